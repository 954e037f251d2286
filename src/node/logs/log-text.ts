import { MillraceError, MillraceErrors } from '../../core/error.js'

/** Longest text of one entry, in UTF-16 units. */
const MAX_TEXT = 64 * 1024
/** Most causes behind each other, and errors beside each other. */
const MAX_CAUSES = 16

/**
 * The text of a log entry: the message, then its cause. Every line after the first is indented and control characters are written
 * out, so that no text can pretend to be a line of its own.
 */
export function logText(message: string, cause: unknown, redact: (text: string) => string): string {
  const lines = cause === undefined ? [message] : [message, ...causeLines(cause)]
  const text = redact(lines.join('\n')).replace(/\n$/, '')
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)} … (${text.length - MAX_TEXT} more characters)` : text
  return cut.replace(/\r?\n/g, '\n\t').replace(CONTROL, written)
}

// Characters that a terminal obeys, and line ends of Unicode.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g

function written(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** What a cause says, the causes of it behind. Errors without a code are bugs: their stack is kept. */
function causeLines(cause: unknown): string[] {
  const lines: string[] = []
  const seen = new Set<unknown>()
  let current = cause
  for (let depth = 0; depth < MAX_CAUSES && current !== undefined && current !== null; depth += 1) {
    if (seen.has(current)) break
    seen.add(current)
    lines.push(...errorLines(current, depth === 0 ? '' : 'Caused by: '))
    current = current instanceof Error ? current.cause : undefined
  }
  return lines
}

function errorLines(error: unknown, prefix: string): string[] {
  if (error instanceof MillraceErrors)
    return error.errors.slice(0, MAX_CAUSES).flatMap((each) => errorLines(each, prefix))
  if (error instanceof MillraceError) {
    const hint = error.details.hint === undefined ? [] : [`hint: ${error.details.hint}`]
    return [`${prefix}${error.code}: ${error.seatunnelText()}`, ...hint]
  }
  if (error instanceof Error) return `${prefix}${error.stack ?? `${error.name}: ${error.message}`}`.split('\n')
  return [`${prefix}${String(error)}`]
}
