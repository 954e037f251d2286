import { type ErrorCode, MillraceError } from '../core/error.js'

/** What the user should know of a failure against another machine. */
export interface RemoteReason {
  readonly reason: string
  readonly hint?: string | undefined
}

/**
 * A failure of a step on another machine, with what was done, where, and why it failed. Faults that are coded already only get
 * the place in front.
 *
 * @param where the path as the user knows it, with the server's name; never with a password.
 */
export function remoteFault(
  code: ErrorCode,
  doing: string,
  where: string,
  thrown: unknown,
  explain: (thrown: unknown) => RemoteReason,
): MillraceError {
  if (thrown instanceof MillraceError) {
    if (thrown.code === code) return thrown
    return new MillraceError(thrown.code, `${doing} '${where}' failed: ${thrown.message}`, {
      ...thrown.details,
      cause: thrown,
    })
  }
  const { reason, hint } = explain(thrown)
  return new MillraceError(code, `${doing} '${where}' failed: ${reason}`, { cause: thrown, hint })
}

/** Why a socket failed, in words. */
export function socketReason(thrown: unknown, server: string): RemoteReason {
  const { code, message } = thrown as NodeJS.ErrnoException
  switch (code) {
    case 'ECONNREFUSED':
      return { reason: `'${server}' refuses connections`, hint: 'check host and port, and that the server runs' }
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { reason: `there is no address for '${server}'`, hint: 'check the name of the host' }
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { reason: `'${server}' does not answer`, hint: 'check host and port, and what stands between' }
    case 'ECONNRESET':
    case 'EPIPE':
      return { reason: `the connection to '${server}' was lost` }
    default:
      return { reason: `'${server}' failed: ${message}` }
  }
}
