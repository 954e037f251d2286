import type { ColumnValue } from '../../arrow/column-buffers.js'
import type { DataType } from '../../core/schema.js'

/** A value as JSON text: numbers with all their digits, bytes in base64, times as text, what JSON cannot say as text. */
export function jsonText(value: ColumnValue, type: DataType): string {
  if (value === null) return 'null'
  switch (type.kind) {
    case 'BIGINT':
    case 'DECIMAL':
    case 'BOOLEAN':
      return String(value)
    case 'ROW': {
      const row = value as { readonly [field: string]: ColumnValue }
      const fields = type.fields.map(
        (field) => `${JSON.stringify(field.name)}:${jsonText(row[field.name] ?? null, field.type)}`,
      )
      return `{${fields.join(',')}}`
    }
    case 'ARRAY':
      return `[${(value as readonly ColumnValue[]).map((item) => jsonText(item, type.element)).join(',')}]`
    case 'MAP': {
      const entries = [...(value as ReadonlyMap<ColumnValue, ColumnValue>)]
      return `{${entries.map(([key, item]) => `${JSON.stringify(String(key))}:${jsonText(item, type.value)}`).join(',')}}`
    }
    case 'SPARSE_FLOAT_VECTOR':
      return JSON.stringify(Object.fromEntries(value as ReadonlyMap<number, number>))
    case 'FLOAT_VECTOR':
      return JSON.stringify(Array.from(value as Float32Array))
    default:
      break
  }
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'))
  return typeof value === 'number' && !Number.isFinite(value) ? JSON.stringify(String(value)) : JSON.stringify(value)
}

/** A value as text: texts as they are, everything else as its JSON text without quotes around it. */
export function plainText(value: ColumnValue, type: DataType): string {
  if (typeof value === 'string') return value
  const text = jsonText(value, type)
  return text.startsWith('"') ? (JSON.parse(text) as string) : text
}
