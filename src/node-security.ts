import { hostname, networkInterfaces } from 'node:os'
import type { ServeRequest } from './cli/serve-request.js'
import { MillraceError } from './core/error.js'
import type { Authenticator } from './rest/auth/authenticator.js'
import { bindAddresses } from './rest/bind-address.js'
import { type EndpointName, endpointSettings } from './rest/endpoints.js'
import {
  checkExposure,
  DEFAULT_ACCOUNT,
  type ExposedAuthentication,
  type ExposedListener,
  exposureLines,
  exposureReport,
  isLocalAddress,
} from './rest/exposure.js'
import { type HostPolicy, hostPolicy } from './rest/guard/host.js'
import { RATE_LIMITS, RateLimiter } from './rest/guard/rate-limit.js'
import type { TlsMaterial } from './rest/transport/listener.js'
import { loadTls } from './rest/transport/tls.js'

/** Variable with names, apart by commas, that the node answers to beside those of this machine. */
const HOSTS_VARIABLE = 'MILLRACE_HOSTS'

const ENDPOINT_NAMES: Readonly<Record<EndpointName, string>> = {
  v1: 'REST API v1',
  v2: 'REST API v2',
  'v2-https': 'REST API v2 over TLS',
  flink: 'REST API of Flink',
}

/** Who reaches a node and who may do what. */
export interface NodeSecurity {
  /** Addresses to listen on, never empty. */
  readonly addresses: readonly string[]
  readonly tls: TlsMaterial | null
  readonly hosts: HostPolicy
  readonly authenticator: Authenticator | null
  /** `null` where only this machine reaches the node. */
  readonly rates: RateLimiter | null
  /** One clause each. */
  readonly warnings: readonly string[]
  /** What is open to whom, when the ports are known. */
  report(port: (name: EndpointName) => number | null): readonly string[]
}

/**
 * Works out from the settings what is open to whom, before anything is opened.
 *
 * @throws MillraceError `HTTP_SETTINGS` when other machines would reach the node unprotected, or as root without `--allow-root`.
 */
export async function nodeSecurity(request: ServeRequest): Promise<NodeSecurity> {
  const { config, usersFile } = request
  const addresses = bindAddresses({
    given: request.host,
    interfaces: config.hazelcast.interfacesEnabled ? config.hazelcast.interfaces : null,
    machineAddresses: machineAddresses(),
  })
  const users = usersFile === null ? null : await readUsers(usersFile)
  const authentication = authenticationOf(request)
  checkExposure(exposedListeners(request, addresses, null), authentication)
  const isOpen = !addresses.every(isLocalAddress)
  const isRoot = process.getuid?.() === 0
  if (isOpen && isRoot && !request.isRootAllowed) {
    throw new MillraceError('HTTP_SETTINGS', 'the node would be open to other machines and run as root', {
      hint: 'run it as another user, or start with --allow-root',
    })
  }
  const { engine } = config
  const plain = engine.basicAuthEnabled ? { name: engine.basicAuthUsername, password: engine.basicAuthPassword } : null
  return {
    addresses,
    tls: engine.httpsEnabled ? await loadTls(engine) : null,
    hosts: hostPolicy(hostNames(request, isOpen), isOpen),
    authenticator:
      plain === null && users === null ? null : await passwordAuthenticator(plain, users?.accounts ?? new Map()),
    rates: isOpen ? new RateLimiter(RATE_LIMITS, () => performance.now()) : null,
    warnings: [...(users?.warnings ?? []), ...(isRoot ? ['the node runs as root: jobs can do everything'] : [])],
    report: (port) => exposureReport(exposedListeners(request, addresses, port), authentication),
  }
}

/** Hashing and its files are loaded only where somebody has a password. */
async function passwordAuthenticator(
  plain: { readonly name: string; readonly password: string } | null,
  accounts: Awaited<ReturnType<typeof readUsers>>['accounts'],
): Promise<Authenticator> {
  const { authenticator } = await import('./rest/auth/authenticator.js')
  return authenticator({ plain, accounts }, () => performance.now())
}

async function readUsers(file: string) {
  const { readUsersFile } = await import('./rest/auth/users-file.js')
  return readUsersFile(file)
}

function authenticationOf({ config, usersFile, isInsecure }: ServeRequest): ExposedAuthentication {
  const { basicAuthEnabled, basicAuthUsername, basicAuthPassword } = config.engine
  const isDefault =
    basicAuthEnabled && basicAuthUsername === DEFAULT_ACCOUNT.name && basicAuthPassword === DEFAULT_ACCOUNT.password
  const kind = isDefault ? 'default' : basicAuthEnabled || usersFile !== null ? 'password' : 'none'
  return { kind, insecure: isInsecure }
}

/** @param port of what is open; `null` for all that is to be opened. */
function exposedListeners(
  request: ServeRequest,
  addresses: readonly string[],
  port: ((name: EndpointName) => number | null) | null,
): readonly ExposedListener[] {
  const lines = exposureLines(request.host, request.files.hazelcast ?? 'hazelcast.yaml')
  return endpointSettings(request.config).flatMap(({ name, port: configured, isSecure: secure }) => {
    const found = port === null ? configured : port(name)
    if (found === null) return []
    return addresses.map((host): ExposedListener => {
      return { ...lines, name: ENDPOINT_NAMES[name], host, port: found, secure }
    })
  })
}

/** Names that clients may call this node by. */
function hostNames({ config, variables }: ServeRequest, isOpen: boolean): readonly string[] {
  const named = (variables.get(HOSTS_VARIABLE) ?? '').split(',').map((name) => name.trim())
  const address = config.hazelcast.publicAddress?.replace(/:\d+$/, '') ?? ''
  return [...named, address, ...(isOpen ? [hostname()] : [])].filter((name) => name !== '')
}

function machineAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address)
}
