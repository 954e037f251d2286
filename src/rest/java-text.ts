const LONG_TEXT = /^[+-]?\d{1,40}$/
const LONG_MAX = 2n ** 63n - 1n
const LONG_MIN = -(2n ** 63n)

/**
 * A text as `Long.parseLong` reads it.
 *
 * @returns the number's own text, without leading zeros or `+`; `null` where Java throws.
 */
export function javaLongText(text: string): string | null {
  if (!LONG_TEXT.test(text)) return null
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return value > LONG_MAX || value < LONG_MIN ? null : String(value)
}

/** Characters of a text from outside that an answer repeats. */
const REPEATED = 1000

/** The message of Java's exception for a text that is no number; of a very long one its beginning. */
export function notANumberText(text: string): string {
  return `For input string: "${text.length > REPEATED ? `${text.slice(0, REPEATED)}…` : text}"`
}

const twoDigits = (value: number) => (value < 10 ? `0${value}` : String(value))

/** `yyyy-MM-dd HH:mm:ss` in the time zone of the process. @param timeMs milliseconds since 1970. */
export function localTimeText(timeMs: number): string {
  const time = new Date(timeMs)
  const day = `${time.getFullYear()}-${twoDigits(time.getMonth() + 1)}-${twoDigits(time.getDate())}`
  return `${day} ${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}:${twoDigits(time.getSeconds())}`
}
