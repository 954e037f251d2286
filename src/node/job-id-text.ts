import { MillraceError } from '../core/error.js'

const LONG = /^[+-]?\d{1,20}$/

/**
 * A job id in the form in which it is kept: any signed 64-bit number, negative ones and 0 included.
 *
 * @throws MillraceError `OPTION_INVALID` when the text is no such number.
 * @source Java `Long.parseLong`
 */
export function canonicalJobId(text: string): string {
  const value = LONG.test(text) ? BigInt(text.replace(/^\+/, '')) : null
  if (value !== null && BigInt.asIntN(64, value) === value) return String(value)
  const hint = 'use a whole number from -9223372036854775808 to 9223372036854775807'
  throw new MillraceError('OPTION_INVALID', `'${text.slice(0, 40)}' is no job id`, { path: 'jobId', hint })
}
