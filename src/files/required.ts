import { MillraceError } from '../core/error.js'
import type { OptionPlace } from './fault.js'

/**
 * Refuses options that are missing. File sources check this themselves and not by a rule, because every table of
 * `tables_configs` may have options of its own.
 *
 * @param values by the key of the option; `null` and the empty text count as missing.
 * @throws MillraceError `OPTION_REQUIRED` with all missing options.
 */
export function requireOptions(place: OptionPlace, values: Readonly<Record<string, unknown>>): void {
  const missing = Object.keys(values).filter((key) => values[key] === null || values[key] === '')
  if (missing.length === 0) return
  const names = missing.map((key) => `'${key}'`).join(', ')
  const message = `There are unconfigured options, the options(${names}) are required.`
  const { position } = place.object
  throw new MillraceError('OPTION_REQUIRED', message, { path: place.path, position, hint: `add ${names}` })
}
