/** A number as `Double.toString` prints it: `0.0`, `123.45`, `1.0E7`, with the fewest digits that give the number back. */
export function javaDoubleText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const size = Math.abs(value)
  if (size >= 1e-3 && size < 1e7) {
    const text = String(value)
    return text.includes('.') ? text : `${text}.0`
  }
  const [mantissa = '', exponent = ''] = value.toExponential().split('e')
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent.replace('+', '')}`
}

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

/** The message of Java's exception for a text that is no number. */
export function notANumberText(text: string): string {
  return `For input string: "${text}"`
}

const twoDigits = (value: number) => (value < 10 ? `0${value}` : String(value))

/** `yyyy-MM-dd HH:mm:ss` in the time zone of the process. @param timeMs milliseconds since 1970. */
export function localTimeText(timeMs: number): string {
  const time = new Date(timeMs)
  const day = `${time.getFullYear()}-${twoDigits(time.getMonth() + 1)}-${twoDigits(time.getDate())}`
  return `${day} ${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}:${twoDigits(time.getSeconds())}`
}
