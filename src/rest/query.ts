import { MillraceError } from '../core/error.js'

/** Parameters of a query string. A name that is given several times has the value that the dialect's rule chooses. */
export type QueryParameters = ReadonlyMap<string, string>

/** No parameters. */
export const NO_PARAMETERS: QueryParameters = new Map()

/** More parameters than this are refused. @source Jetty `maxFormKeys` */
const MAX_PARAMETERS = 1000

/**
 * Decodes `%41` as UTF-8, and `+` as a blank where the text is part of a form.
 *
 * @returns `null` when a `%` is not followed by two hexadecimal digits or the bytes are no UTF-8.
 */
export function decodePercent(text: string, plusIsBlank = false): string | null {
  const spaced = plusIsBlank && text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return null
  }
}

/**
 * Reads a query string as a form: `a=1&b=two+words`. A part without `=` has an empty value, an empty part is skipped.
 *
 * @param raw text behind the first `?`.
 * @param repeated which value counts when a name is given several times: the servlets of v2 take the first, the map of v1
 *   the last; Flink has them all, with commas between them.
 * @returns a map, never an object, so that names such as `__proto__` are names like any other.
 * @throws MillraceError `REQUEST_MALFORMED` for faulty escapes and for more than 1000 parameters.
 */
export function formParameters(raw: string, repeated: 'first' | 'last' | 'joined' = 'first'): QueryParameters {
  if (raw === '') return NO_PARAMETERS
  const parameters = new Map<string, string>()
  let count = 0
  for (const part of raw.split('&')) {
    if (part === '') continue
    count += 1
    if (count > MAX_PARAMETERS)
      throw new MillraceError('REQUEST_MALFORMED', `the query has more than ${MAX_PARAMETERS} parameters`, {
        hint: 'leave out what the route does not need',
      })
    const equals = part.indexOf('=')
    const name = decodePercent(equals < 0 ? part : part.slice(0, equals), true)
    const value = equals < 0 ? '' : decodePercent(part.slice(equals + 1), true)
    if (name === null || value === null)
      throw new MillraceError('REQUEST_MALFORMED', 'the query has an escape that is no UTF-8 text', {
        hint: "write '%25' for a percent sign",
      })
    const known = parameters.get(name)
    if (known === undefined || repeated === 'last') parameters.set(name, value)
    else if (repeated === 'joined') parameters.set(name, `${known},${value}`)
  }
  return parameters
}
