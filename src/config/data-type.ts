import { MillraceError } from '../core/error.js'
import type { DataType, RowField, ScalarKind } from '../core/schema.js'
import { type ConfigNode, type ConfigObject, nodeKindText, nodeText } from './document.js'
import { parseHocon } from './hocon/hocon.js'
import { closest } from './similar.js'
import { ABSENT, type ReadContext } from './value-type.js'

/** Nesting that a type may have. */
export const MAX_TYPE_DEPTH = 32
/** Digits that a decimal may have. */
export const MAX_DECIMAL_PRECISION = 76

const SCALARS: ReadonlyMap<string, ScalarKind> = new Map<string, ScalarKind>([
  ...(
    [
      'STRING',
      'BOOLEAN',
      'TINYINT',
      'SMALLINT',
      'INT',
      'BIGINT',
      'FLOAT',
      'DOUBLE',
      'NULL',
      'BYTES',
      'DATE',
      'TIME',
      'TIMESTAMP',
      'TIMESTAMP_TZ',
      'BINARY_VECTOR',
      'FLOAT_VECTOR',
      'FLOAT16_VECTOR',
      'BFLOAT16_VECTOR',
      'SPARSE_FLOAT_VECTOR',
    ] as const
  ).map((kind): [string, ScalarKind] => [kind, kind]),
  ['BYTE', 'TINYINT'],
  ['SHORT', 'SMALLINT'],
  ['LONG', 'BIGINT'],
])

/** Names of other systems that users write, and what they are called here. */
const FOREIGN_NAMES: Readonly<Record<string, string>> = {
  INTEGER: 'int',
  INT32: 'int',
  INT64: 'bigint',
  VARCHAR: 'string',
  CHAR: 'string',
  TEXT: 'string',
  BOOL: 'boolean',
  DATETIME: 'timestamp',
  NUMERIC: 'decimal(38, 18)',
  NUMBER: 'decimal(38, 18)',
  BINARY: 'bytes',
  REAL: 'float',
  STRUCT: '{ name = type }',
}

const DECIMAL = /^DECIMAL\((\d{1,9}),(\d{1,9})\)$/

/**
 * Reads a type as schemas write it: `int`, `decimal(10, 2)`, `map<string, array<int>>`, `{ a = int, b = string }`.
 *
 * Names are matched without regard to case and blanks; names inside a row keep theirs.
 *
 * @param field name for messages.
 * @throws MillraceError `TYPE_UNSUPPORTED` for an unknown name or broken brackets; `SCHEMA_INVALID` for a decimal without
 *   precision and scale, or out of range.
 * @source SeaTunnel `SeaTunnelDataTypeConvertorUtil`
 */
export function parseDataType(text: string, field: string): DataType {
  return parseText(text, field, 0)
}

/** The same for a value of a document, where a row may be an object. Faults go to the context with the value's position. */
export function readDataType(node: ConfigNode, field: string, context: ReadContext): DataType | typeof ABSENT {
  try {
    return parseNode(node, field, 0)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    context.fault(error.code, error.message, error.details.position ?? node.position, error.details.hint)
    return ABSENT
  }
}

function parseNode(node: ConfigNode, field: string, depth: number): DataType {
  try {
    switch (node.kind) {
      case 'string':
        return parseText(node.value, field, depth)
      case 'object':
        return rowOf(node, depth)
      case 'null':
        return { kind: 'NULL' }
      default:
        throw unsupported(
          node.kind === 'list' ? nodeKindText(node) : nodeText(node),
          field,
          'write a type such as string',
        )
    }
  } catch (error) {
    if (!(error instanceof MillraceError) || error.details.position !== undefined) throw error
    throw new MillraceError(error.code, error.message, { ...error.details, position: node.position })
  }
}

function parseText(text: string, field: string, depth: number): DataType {
  if (depth > MAX_TYPE_DEPTH) {
    throw new MillraceError('SCHEMA_INVALID', `the type of '${field}' is nested deeper than ${MAX_TYPE_DEPTH} levels`, {
      hint: 'use fewer levels',
    })
  }
  const trimmed = text.trim()
  if (trimmed.startsWith('{')) return rowOf(rowText(trimmed, field), depth)
  const name = trimmed.toUpperCase().replaceAll(/\s/g, '')
  const scalar = SCALARS.get(name)
  if (scalar !== undefined) return { kind: scalar }
  if (name.startsWith('MAP')) return mapOf(trimmed, field, depth)
  if (name.startsWith('ARRAY')) return { kind: 'ARRAY', element: parseText(generic(trimmed, field), field, depth + 1) }
  if (name.startsWith('DECIMAL')) return decimalOf(name, trimmed, field)
  const known = FOREIGN_NAMES[name.replace(/\(.*$/, '')] ?? closest(name, SCALARS.keys())?.toLowerCase()
  throw unsupported(text, field, known === undefined ? TYPE_HINT : `did you mean '${known}'?`)
}

const TYPE_HINT =
  'use a type such as string, int, bigint, double, decimal(10, 2), timestamp, array<int> or map<string, int>'

function unsupported(text: string, field: string, hint: string): MillraceError {
  return new MillraceError('TYPE_UNSUPPORTED', `'SeaTunnel' unsupported data type '${text}' of '${field}'`, {
    field,
    hint,
  })
}

function decimalOf(name: string, text: string, field: string): DataType {
  const match = DECIMAL.exec(name)
  if (match === null) {
    const message = 'Decimal type should assign precision and scale information'
    throw new MillraceError('SCHEMA_INVALID', message, { field, hint: `write decimal(10, 2) instead of '${text}'` })
  }
  const [precision, scale] = [Number(match[1]), Number(match[2])]
  if (precision < 1 || precision > MAX_DECIMAL_PRECISION || scale > precision) {
    const message = `decimal precision ${precision} and scale ${scale} of '${field}' are out of range`
    const hint = `use a precision from 1 to ${MAX_DECIMAL_PRECISION} and a scale from 0 to the precision`
    throw new MillraceError('SCHEMA_INVALID', message, { field, hint })
  }
  return { kind: 'DECIMAL', precision, scale }
}

function mapOf(text: string, field: string, depth: number): DataType {
  const inner = generic(text, field)
  const comma = topLevelComma(inner)
  if (comma < 0) throw unsupported(text, field, 'a map has two types: map<string, int>')
  return {
    kind: 'MAP',
    key: parseText(inner.slice(0, comma), field, depth + 1),
    value: parseText(inner.slice(comma + 1), field, depth + 1),
  }
}

/** What stands between the outer `<` and `>`. */
function generic(text: string, field: string): string {
  const match = /^[A-Za-z]+\s*<(.*)>$/s.exec(text)
  if (match?.[1] === undefined || match[1].trim() === '' || !/^(?:map|array)\s*</i.test(text)) {
    throw unsupported(text, field, 'write array<type> or map<key type, value type>')
  }
  return match[1]
}

function topLevelComma(text: string): number {
  let depth = 0
  for (const [index, char] of [...text].entries()) {
    if ('<({'.includes(char)) depth += 1
    else if ('>)}'.includes(char)) depth -= 1
    else if (char === ',' && depth === 0) return [...text].slice(0, index).join('').length
  }
  return -1
}

function rowText(text: string, field: string): ConfigObject {
  try {
    return parseHocon(text, '', { pluginSections: false })
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    throw unsupported(text, field, `the row type cannot be read: ${error.message}`)
  }
}

function rowOf(object: ConfigObject, depth: number): DataType {
  const inText = object.position.file === ''
  const fields: RowField[] = []
  for (const [name, node] of object.entries) {
    fields.push({ name, type: inText ? withoutPosition(node, name, depth + 1) : parseNode(node, name, depth + 1) })
  }
  return { kind: 'ROW', fields }
}

/** Positions inside a type text mean nothing to the user; the text's own position is given further up. */
function withoutPosition(node: ConfigNode, field: string, depth: number): DataType {
  if (node.kind === 'object') return rowOf(node, depth)
  return parseText(nodeText(node), field, depth)
}
