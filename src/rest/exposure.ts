import { MillraceError } from '../core/error.js'
import { isLoopback } from './guard/rate-limit.js'

/** One listener, as far as it matters who reaches it. */
export interface ExposedListener {
  /** `REST API v1` */
  readonly name: string
  readonly host: string
  readonly port: number
  readonly secure: boolean
  /** The setting that chose the address, with its file: `network.interfaces in config/hazelcast.yaml`. */
  readonly openedBy: string
  /** The line that makes it listen on this machine only. */
  readonly closingLine: string
  /** The line that opens it to others. */
  readonly openingLine: string
}

/** How users are told apart. */
export interface ExposedAuthentication {
  /** `null`: everybody may do everything. `default`: with the name and password that stand in SeaTunnel's documentation. */
  readonly kind: 'none' | 'default' | 'password'
  /** Whether listeners beyond this machine may do without authentication and without TLS: `--insecure`. */
  readonly insecure: boolean
}

/** Which settings choose the address of a listener, and the lines that change it. */
export type ExposureLines = Pick<ExposedListener, 'openedBy' | 'closingLine' | 'openingLine'>

/**
 * The lines for listeners whose address comes from the command line or from `hazelcast.yaml`.
 *
 * @param host value of `--host`; `null` without it.
 * @param file path of `hazelcast.yaml`, for the lines.
 */
export function exposureLines(host: string | null, file: string): ExposureLines {
  const openingLine = `write 'interfaces: { enabled: true, interfaces: ["*.*.*.*"] }' below 'hazelcast.network' in ${file}`
  return host === null
    ? {
        openedBy: `'hazelcast.network.interfaces' in ${file}`,
        closingLine: `write 'enabled: false' below 'hazelcast.network.interfaces' in ${file}`,
        openingLine,
      }
    : { openedBy: `'--host ${host}'`, closingLine: "start it without '--host'", openingLine }
}

/** Name and password that SeaTunnel has when none are set. @source SeaTunnel `ServerConfigOptions` */
export const DEFAULT_ACCOUNT = { name: 'admin', password: 'admin' } as const

/** Whether an address can be reached from this machine only. */
export function isLocalAddress(host: string): boolean {
  return isLoopback(host) || host === 'localhost'
}

/**
 * The lines to print when the node starts: what is open to whom and which line closes it, and for what is open to this machine only the
 * one line that opens it.
 */
export function exposureReport(
  listeners: readonly ExposedListener[],
  authentication: ExposedAuthentication,
): readonly string[] {
  return listeners.flatMap((listener) => {
    const { name, host, port, secure, openedBy, closingLine, openingLine } = listener
    const place = `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
    if (isLocalAddress(host))
      return [`${name} listens on ${place}, for programs of this machine only; to open it to others: ${openingLine}`]
    const reached = host === '0.0.0.0' || host === '::' ? 'on every address of this machine' : `on ${host}`
    return [
      `${name} is OPEN TO OTHER MACHINES at ${place} (${reached}, by ${openedBy}): ${whoMay(authentication, secure)}`,
      `to close it: ${closingLine}`,
    ]
  })
}

function whoMay({ kind }: ExposedAuthentication, secure: boolean): string {
  if (kind === 'none') return 'whoever reaches it can run jobs with the rights of this process, WITHOUT A PASSWORD'
  const way = secure ? 'over TLS' : 'which crosses the network IN THE CLEAR'
  return `requests need a password, ${way}`
}

/**
 * Refuses to open the node to other machines without protection.
 *
 * @throws MillraceError `HTTP_SETTINGS` for a listener beyond this machine without authentication, with the name and password of
 * SeaTunnel's documentation, or with passwords in the clear, unless the settings allow it. The hint has the lines to change.
 */
export function checkExposure(listeners: readonly ExposedListener[], authentication: ExposedAuthentication): void {
  const { kind, insecure } = authentication
  if (insecure) return
  for (const { name, host, port, secure, closingLine } of listeners) {
    if (isLocalAddress(host)) continue
    const fault = (message: string, hint: string): MillraceError =>
      new MillraceError(
        'HTTP_SETTINGS',
        `${name} would be open to other machines on '${host}' port ${port} ${message}`,
        {
          hint: `${hint}; or keep it to this machine: ${closingLine}`,
        },
      )
    if (kind === 'none')
      throw fault(
        'without authentication',
        "set 'seatunnel.engine.http.enable-basic-auth: true' with a user name and a password in seatunnel.yaml, or start with '--insecure'",
      )
    if (kind === 'default')
      throw fault(
        'with a password that everybody knows',
        "set 'seatunnel.engine.http.basic-auth-password' in seatunnel.yaml, or start with '--insecure'",
      )
    if (!secure)
      throw fault(
        'with passwords that cross the network in the clear',
        "set 'enable-https: true' with a key store in seatunnel.yaml, or start with '--insecure'",
      )
  }
}
