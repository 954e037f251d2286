import { type ErrorCode, MillraceError, MillraceErrors, type SourcePosition } from '../core/error.js'
import { type ConfigObject, nodeText } from './document.js'
import { type DescribedGroup, describeGroup, readGroup } from './group.js'
import {
  type AnyOptionSpec,
  type OptionFields,
  type OptionSpec,
  type OptionValues,
  REPLICA_NO_EFFECT,
} from './option.js'
import { ABSENT, type ReadContext } from './value-type.js'

/** What validation of one block found. */
export interface Validated<Values> {
  /** The typed values, or `null` when there are faults. */
  readonly values: Values | null
  /** What makes the block unusable, in the order of the text. */
  readonly faults: readonly MillraceError[]
  /** What the user may want to know, in the order of the text: unknown and deprecated keys, texts read as lists. */
  readonly warnings: readonly MillraceError[]
}

/** The part of a plug-in block that validation looks at. */
export interface OptionBlock {
  readonly kind: string
  readonly index: number
  readonly options: ConfigObject
}

/** Keys that every plug-in block may have without declaring them. */
export const COMMON_KEYS: ReadonlySet<string> = new Set([
  'plugin_name',
  'plugin_input',
  'plugin_output',
  'source_table_name',
  'result_table_name',
  'parallelism',
])

/** Key of the number of writers that a table has, which every sink may have. */
const REPLICA_KEY = 'multi_table_sink_replica'

/** The same for sinks, which may also say how many writers a table has. */
export const SINK_KEYS: ReadonlySet<string> = new Set([...COMMON_KEYS, REPLICA_KEY])

/**
 * Checks a plug-in block against its declared options and reads the values.
 *
 * Never throws for user input: everything wrong is in `faults`, all at once, each with code, option path, position and hint.
 * Codes: `OPTION_TYPE`, `OPTION_INVALID`, `OPTION_REQUIRED`, `OPTION_EXCLUSIVE`, `OPTION_BUNDLED`, `OPTION_CONDITIONAL`,
 * `OPTION_CHOICE`; warnings `OPTION_UNKNOWN`, `OPTION_DEPRECATED`, `OPTION_NO_EFFECT`, `OPTION_TYPE`.
 */
export function validateOptions<F extends OptionFields>(
  spec: OptionSpec<F>,
  block: OptionBlock,
): Validated<OptionValues<F>> {
  const path = `${block.kind}[${block.index}]`
  const validated = validateObject(spec, block.options, path, block.kind === 'sink' ? SINK_KEYS : COMMON_KEYS)
  const isDeclared = Object.values(spec.options).some(({ key }) => key === REPLICA_KEY)
  const replica = block.kind === 'sink' && !isDeclared ? block.options.entries.get(REPLICA_KEY) : undefined
  if (replica === undefined || nodeText(replica) === String(REPLICA_NO_EFFECT.except)) return validated
  const warning = new MillraceError('OPTION_NO_EFFECT', `option '${REPLICA_KEY}' has no effect here`, {
    path: `${path}.${REPLICA_KEY}`,
    position: block.options.keyPositions.get(REPLICA_KEY) ?? replica.position,
    hint: REPLICA_NO_EFFECT.hint,
  })
  return { ...validated, warnings: inOrder([...validated.warnings, warning]) }
}

/** Checks any object against a spec; `path` is put in front of the paths in errors. */
export function validateObject<F extends OptionFields>(
  spec: OptionSpec<F>,
  object: ConfigObject,
  path: string,
  commonKeys: ReadonlySet<string> = new Set(),
): Validated<OptionValues<F>> {
  const faults: MillraceError[] = []
  const warnings: MillraceError[] = []
  const read = readGroup(spec, object, readContext(path, path, faults, warnings), commonKeys)
  return { values: read === ABSENT ? null : read, faults: inOrder(faults), warnings: inOrder(warnings) }
}

/**
 * The values of a validated block.
 *
 * @throws MillraceErrors with all faults when there are any.
 */
export function valuesOrThrow<Values>(validated: Validated<Values>): Values {
  if (validated.values === null) throw new MillraceErrors(validated.faults)
  return validated.values
}

/** The declared surface as plain data for `--help`, JSON Schema and the REST option rules. */
export function describeOptions(spec: AnyOptionSpec): DescribedGroup {
  return describeGroup(spec)
}

/** A context that collects into the two lists. */
export function readContext(
  path: string,
  key: string,
  faults: MillraceError[],
  warnings: MillraceError[],
  secret = false,
): ReadContext {
  const raise =
    (list: MillraceError[]) => (code: ErrorCode, message: string, position: SourcePosition, hint?: string) => {
      list.push(new MillraceError(code, message, { path, position, hint }))
    }
  return {
    path,
    key,
    secret,
    fault: raise(faults),
    warn: raise(warnings),
    hidden: () => readContext(path, key, faults, warnings, true),
    child(part) {
      const index = typeof part === 'number'
      const childPath = index ? `${path}[${part}]` : path === '' ? part : `${path}.${part}`
      return readContext(childPath, index ? key : part, faults, warnings, secret)
    },
  }
}

/** Errors sorted by where they are; those of one place keep their order. */
export function inOrder(errors: readonly MillraceError[]): MillraceError[] {
  return errors.toSorted((left, right) => {
    const [a, b] = [left.details.position, right.details.position]
    if (a === undefined || b === undefined || a.file !== b.file) return 0
    return a.line - b.line || a.column - b.column
  })
}
