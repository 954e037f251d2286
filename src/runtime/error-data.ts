import { MillraceError } from '../core/error.js'
import type { ErrorData } from './messages.js'

/** An error in a form that crosses threads; the cause's text is kept in the stack. */
export function errorData(error: MillraceError): ErrorData {
  const { cause, ...details } = error.details
  const causeStack = cause instanceof Error ? `\nCaused by: ${cause.stack ?? cause.message}` : ''
  return { code: error.code, message: error.message, details, stack: `${error.stack ?? ''}${causeStack}` }
}

/** The error again, with the stack of the thread it came from. */
export function errorFromData(data: ErrorData): MillraceError {
  const error = new MillraceError(data.code, data.message, data.details)
  if (data.stack !== null) error.stack = data.stack
  return error
}
