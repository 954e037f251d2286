import { type ErrorCode, MillraceError } from '../core/error.js'

/**
 * Calls the operating system and says what went wrong in the words of a user.
 *
 * @param doing what is being done, as in 'reading'.
 * @throws MillraceError `code`, with a hint where there is something to do about it.
 */
export function attempt<T>(code: ErrorCode, doing: string, path: string, call: () => T): T {
  try {
    return call()
  } catch (thrown) {
    throw systemError(code, doing, path, thrown as NodeJS.ErrnoException)
  }
}

/** A failure of the operating system in the words of a user; see {@link attempt}. */
export function systemError(code: ErrorCode, doing: string, path: string, cause: NodeJS.ErrnoException): MillraceError {
  return new MillraceError(code, `${doing} '${path}' failed: ${reason(cause)}`, { cause, hint: hintFor(cause.code) })
}

function reason(cause: NodeJS.ErrnoException): string {
  const text = cause.message.replace(/^[A-Z0-9_]+: /, '')
  const comma = text.lastIndexOf(', ')
  return cause.code === undefined || comma < 0 ? text : `${text.slice(0, comma)} (${cause.code})`
}

function hintFor(code: string | undefined): string | undefined {
  switch (code) {
    case 'ENOENT':
      return 'check that the path exists on the node that runs the job'
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'give the user that runs the node the right to use it'
    case 'ENOSPC':
    case 'EDQUOT':
      return 'free some space; what was staged is removed when the job ends'
    default:
      return undefined
  }
}
