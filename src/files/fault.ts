import { type ConfigObject, lookup } from '../config/document.js'
import type { PluginBlock } from '../config/job-document.js'
import { type ErrorCode, type ErrorDetails, MillraceError } from '../core/error.js'

/** Where the options of one table are written. */
export interface OptionPlace {
  readonly path: string
  readonly object: ConfigObject
}

/** The place of a plug-in's own options. */
export function blockPlace(block: PluginBlock): OptionPlace {
  return { path: `${block.kind}[${block.index}]`, object: block.options }
}

/** A fault at an option: its path, and the position of its value or else of the block. */
export function optionFault(
  place: OptionPlace,
  key: string,
  code: ErrorCode,
  message: string,
  details: ErrorDetails = {},
): MillraceError {
  const found = lookup(place.object, key)
  const position = found?.node.position ?? place.object.position
  return new MillraceError(code, message, { path: `${place.path}.${key}`, position, ...details })
}

/** Runs something that an option decides; faults without a place get that of the option. */
export async function atOption<T>(place: OptionPlace, key: string, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (thrown) {
    if (!(thrown instanceof MillraceError) || thrown.details.position !== undefined) throw thrown
    const fault = optionFault(place, key, thrown.code, thrown.message, thrown.details)
    if (thrown.stack !== undefined) fault.stack = thrown.stack
    throw fault
  }
}
