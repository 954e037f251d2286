import type { ErrorCode, SourcePosition } from '../core/error.js'
import { type ConfigList, type ConfigNode, type ConfigObject, nodeKindText, nodeText, toJsonText } from './document.js'
import { type DescribedGroup, describeGroup, readGroup } from './group.js'
import { parseJsonValue } from './json.js'
import type { OptionFields, OptionSpec, OptionValues } from './option.js'

/** What a type's reader answers when it has reported a fault. */
export const ABSENT: unique symbol = Symbol('absent')

/** Where a reader says what is wrong. */
export interface ReadContext {
  /** Dotted path of the value, for example `source[0].schema.columns[1].type`. */
  readonly path: string
  /** The option's own key as the user wrote it. */
  readonly key: string
  /** Whether the value must not be shown in messages. */
  readonly secret: boolean
  fault(code: ErrorCode, message: string, position: SourcePosition, hint?: string): void
  warn(code: ErrorCode, message: string, position: SourcePosition, hint?: string): void
  /** A context for a part of the value: `.key` or `[index]` is appended to the path. */
  child(part: string | number): ReadContext
  /** The same context for a value that must not be shown. */
  hidden(): ReadContext
}

/** A type as data, for `--help`, JSON Schema and the REST answers. */
export interface TypeDescription {
  readonly name:
    | 'string'
    | 'int'
    | 'long'
    | 'bigint'
    | 'float'
    | 'double'
    | 'boolean'
    | 'duration'
    | 'enum'
    | 'list'
    | 'map'
    | 'object'
    | 'any'
  readonly values?: readonly string[]
  readonly min?: number
  readonly max?: number
  readonly element?: TypeDescription
  readonly group?: DescribedGroup
}

/** How values of one type are read from a document and described. */
export interface ValueType<out T> {
  describe(): TypeDescription
  /** Reads a value; on a fault it reports to the context and answers `ABSENT`. Never throws for user input. */
  read(node: ConfigNode, context: ReadContext): T | typeof ABSENT
}

interface Bounds {
  readonly min?: number
  readonly max?: number
}

const WHOLE = /^[+-]?\d+$/
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
/** Units in any case, and the ISO-8601 form of one unit, for example `PT10S`. */
const DURATION = /^(?:PT(?=\d+[smh]$))?(\d+)\s*(ms|s|m|h|d)?$/i
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function shown(node: ConfigNode, context: ReadContext): string {
  if (context.secret) return '******'
  const text = nodeText(node)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

const EXPECTED_HINTS: Readonly<Record<string, string>> = {
  'a list': 'write it as ["a", "b"]',
  'an object': 'write it as { key = value }',
}

function wrongType(node: ConfigNode, context: ReadContext, expected: string, hint?: string): typeof ABSENT {
  const found = node.kind === 'list' || node.kind === 'object' ? nodeKindText(node) : `'${shown(node, context)}'`
  context.fault(
    'OPTION_TYPE',
    `option '${context.key}' must be ${expected}, but it is ${found}`,
    node.position,
    hint ?? EXPECTED_HINTS[expected] ?? 'write digits only, for example 10',
  )
  return ABSENT
}

function within(value: number, bounds: Bounds, node: ConfigNode, context: ReadContext): number | typeof ABSENT {
  const { min, max } = bounds
  if (min !== undefined && value < min) {
    const message = `option '${context.key}' must be at least ${min}, but it is ${shown(node, context)}`
    context.fault('OPTION_INVALID', message, node.position, `use a value of ${min} or more`)
    return ABSENT
  }
  if (max !== undefined && value > max) {
    const message = `option '${context.key}' must be at most ${max}, but it is ${shown(node, context)}`
    context.fault('OPTION_INVALID', message, node.position, `use a value of ${max} or less`)
    return ABSENT
  }
  return value
}

function pickBounds({ min, max }: Bounds): Bounds {
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }
}

function scalarText(node: ConfigNode): string | null {
  return node.kind === 'string' || node.kind === 'number' ? nodeText(node) : null
}

function wholeNumber(name: 'int' | 'long', bounds: Bounds, limit: number): ValueType<number> {
  const lowest = name === 'int' ? -limit - 1 : -limit
  return {
    describe: () => ({ name, ...pickBounds(bounds) }),
    read(node, context) {
      const text = scalarText(node)
      if (text === null || !WHOLE.test(text)) return wrongType(node, context, 'a whole number')
      const value = Number(text)
      if (value < lowest || value > limit) {
        const range = `${lowest} to ${limit}`
        context.fault(
          'OPTION_TYPE',
          `option '${context.key}' is out of range: ${shown(node, context)}`,
          node.position,
          `use a whole number from ${range}`,
        )
        return ABSENT
      }
      return within(value, bounds, node, context)
    },
  }
}

function realNumber(name: 'float' | 'double', bounds: Bounds): ValueType<number> {
  return {
    describe: () => ({ name, ...pickBounds(bounds) }),
    read(node, context) {
      const text = scalarText(node)
      if (text === null || !DECIMAL.test(text)) return wrongType(node, context, 'a number')
      const value = name === 'float' ? Math.fround(Number(text)) : Number(text)
      if (!Number.isFinite(value)) return wrongType(node, context, `a number in the range of a ${name}`)
      return within(value, bounds, node, context)
    },
  }
}

const stringType: ValueType<string> = {
  describe: () => ({ name: 'string' }),
  read: (node) => nodeText(node),
}

const booleanType: ValueType<boolean> = {
  describe: () => ({ name: 'boolean' }),
  read(node, context) {
    if (node.kind === 'boolean') return node.value
    const text = node.kind === 'string' ? node.value.toLowerCase() : ''
    if (text === 'true' || text === 'false') return text === 'true'
    const message = `Unrecognized option for boolean: ${shown(node, context)}. Expected either true or false(case insensitive)`
    context.fault('OPTION_TYPE', message, node.position, `set '${context.key}' to true or false`)
    return ABSENT
  },
}

const bigintType: ValueType<bigint> = {
  describe: () => ({ name: 'bigint' }),
  read(node, context) {
    const text = scalarText(node)
    if (text === null || !WHOLE.test(text) || text.length > 40) return wrongType(node, context, 'a whole number')
    const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
    if (BigInt.asIntN(64, value) !== value) return wrongType(node, context, 'a whole number of 64 bits')
    return value
  },
}

function durationType(bounds: Bounds): ValueType<number> {
  const limits = { min: 0, ...pickBounds(bounds) }
  return {
    describe: () => ({ name: 'duration', ...limits }),
    read(node, context) {
      const match = DURATION.exec(scalarText(node) ?? '')
      const value =
        match === null ? Number.NaN : Number(match[1]) * (UNIT_MS[(match[2] ?? 'ms').toLowerCase()] ?? Number.NaN)
      if (!Number.isSafeInteger(value)) {
        return wrongType(node, context, 'a duration', 'use whole milliseconds, or a number with ms, s, m, h or d')
      }
      return within(value, limits, node, context)
    },
  }
}

function enumerationType<const V extends readonly string[]>(values: V): ValueType<V[number]> {
  const byName = new Map(values.map((value) => [value.toLowerCase(), value]))
  return {
    describe: () => ({ name: 'enum', values }),
    read(node, context) {
      const found = byName.get((scalarText(node) ?? (node.kind === 'boolean' ? String(node.value) : '')).toLowerCase())
      if (found !== undefined) return found
      const message = `Could not parse value for enum class ${context.key}. Expected one of: [${values.join(', ')}]`
      context.fault('OPTION_TYPE', message, node.position, `'${shown(node, context)}' is not one of them`)
      return ABSENT
    },
  }
}

/** The list that a text stands for: JSON, else its parts between commas, which is worth a warning. */
function listOfText(node: ConfigNode & { kind: 'string' }, context: ReadContext): ConfigList {
  const parsed = parseJsonValue(node.value, node.position)
  if (parsed?.kind === 'list') return parsed
  const message = `option '${context.key}' is a list; the text is split at ','`
  context.warn('OPTION_TYPE', message, node.position, 'write it as ["a", "b"]')
  const items = node.value.split(',').map((value) => ({ kind: 'string', position: node.position, value }) as const)
  return { kind: 'list', position: node.position, items }
}

function listType<T>(element: ValueType<T>): ValueType<readonly T[]> {
  return {
    describe: () => ({ name: 'list', element: element.describe() }),
    read(node, context) {
      if (node.kind === 'object') return wrongType(node, context, 'a list')
      const list = node.kind === 'string' ? listOfText(node, context) : node.kind === 'list' ? node : { items: [node] }
      const values: T[] = []
      let complete = true
      for (const [index, item] of list.items.entries()) {
        const value = element.read(item, context.child(index))
        if (value === ABSENT) complete = false
        else values.push(value)
      }
      return complete ? values : ABSENT
    },
  }
}

function asObject(node: ConfigNode, context: ReadContext): ConfigObject | typeof ABSENT {
  if (node.kind === 'object') return node
  if (node.kind !== 'string') return wrongType(node, context, 'an object')
  const parsed = parseJsonValue(node.value, node.position)
  if (parsed?.kind === 'object') return parsed
  const message = `Json parsing exception, value '${shown(node, context)}', and expected type 'object' of option '${context.key}'`
  context.fault('OPTION_TYPE', message, node.position, 'write it as an object in braces')
  return ABSENT
}

const mapType: ValueType<ReadonlyMap<string, string>> = {
  describe: () => ({ name: 'map' }),
  read(node, context) {
    const object = asObject(node, context)
    if (object === ABSENT) return ABSENT
    const result = new Map<string, string>()
    flatten(object, '', result)
    return result
  },
}

function flatten(object: ConfigObject, prefix: string, result: Map<string, string>): void {
  for (const [key, value] of object.entries) {
    if (value.kind === 'object') flatten(value, `${prefix}${key}.`, result)
    else if (value.kind === 'list') result.set(prefix + key, toJsonText(value))
    else if (value.kind !== 'null') result.set(prefix + key, nodeText(value))
  }
}

function objectType<F extends OptionFields>(spec: OptionSpec<F>): ValueType<OptionValues<F>> {
  return {
    describe: () => ({ name: 'object', group: describeGroup(spec) }),
    read(node, context) {
      const object = asObject(node, context)
      return object === ABSENT ? ABSENT : readGroup(spec, object, context)
    },
  }
}

const nodeType: ValueType<ConfigNode> = { describe: () => ({ name: 'any' }), read: (node) => node }

const INT_LIMIT = 2 ** 31 - 1

/** The value types, for options and for the elements of lists. */
export const types = {
  string: stringType,
  boolean: booleanType,
  int: (bounds: Bounds = {}) => wholeNumber('int', bounds, INT_LIMIT),
  long: (bounds: Bounds = {}) => wholeNumber('long', bounds, Number.MAX_SAFE_INTEGER),
  bigint: bigintType,
  float: (bounds: Bounds = {}) => realNumber('float', bounds),
  double: (bounds: Bounds = {}) => realNumber('double', bounds),
  durationMs: (bounds: Bounds = {}) => durationType(bounds),
  enumeration: enumerationType,
  list: listType,
  map: mapType,
  object: objectType,
  node: nodeType,
}
