// Every function of this file is also given, as its text, to code that runs in another realm: nothing but the language itself,
// `TextDecoder` included, and the functions of this file may be used.
import type { DataType } from '../core/schema.js'
import type { ColumnBuffers, ColumnValue } from './column-buffers.js'

/** Whether a row has a value. */
export function isPresent(column: ColumnBuffers, row: number): boolean {
  return column.validity === null || ((column.validity[row >> 3] ?? 0) & (1 << (row & 7))) !== 0
}

/** Reads the values of a column one by one, in the forms of {@link ColumnValue}. */
export function valueReader(type: DataType, column: ColumnBuffers): (row: number) => ColumnValue {
  const read = presentReader(type, column)
  if (type.kind === 'NULL') return () => null
  return column.validity === null ? read : (row) => (isPresent(column, row) ? read(row) : null)
}

/** A reader for rows that have a value. */
export function presentReader(type: DataType, column: ColumnBuffers): (row: number) => ColumnValue {
  const { values, offsets, children } = column
  const start = (row: number): number => offsets?.[row] ?? 0
  const number = (row: number): number => Number(values?.[row] ?? 0)
  const big = (row: number): bigint => BigInt(values?.[row] ?? 0)
  const bytes = (row: number): Uint8Array => (values as Uint8Array).subarray(start(row), start(row + 1))
  switch (type.kind) {
    case 'STRING':
      return textReader(bytes)
    case 'BOOLEAN':
      return (row) => (((values as Uint8Array)[row >> 3] ?? 0) & (1 << (row & 7))) !== 0
    case 'BIGINT':
      return big
    case 'DECIMAL':
      return (row) => decimalText(values as Uint32Array, row, type.scale)
    case 'DATE':
      return (row) => dateText(number(row))
    case 'TIME':
      return (row) => timeText(big(row))
    case 'TIMESTAMP':
      return (row) => timestampText(big(row))
    case 'BYTES':
    case 'BINARY_VECTOR':
    case 'FLOAT16_VECTOR':
    case 'BFLOAT16_VECTOR':
      return (row) => bytes(row).slice()
    case 'FLOAT_VECTOR': {
      const floats = children[0]?.values as Float32Array
      return (row) => floats.slice(start(row), start(row + 1))
    }
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'FLOAT':
    case 'DOUBLE':
      return number
    default:
      return nestedReader(type, column)
  }
}

/** Text of UTF-8 bytes. */
export function textReader(bytes: (row: number) => Uint8Array): (row: number) => string {
  // A mark at the beginning of a text is part of it.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  return (row) => decoder.decode(bytes(row))
}

/** A reader of arrays, maps, rows and instants with an offset. */
export function nestedReader(type: DataType, { offsets, children }: ColumnBuffers): (row: number) => ColumnValue {
  const start = (row: number): number => offsets?.[row] ?? 0
  const child = (index: number, kind: DataType): ((row: number) => ColumnValue) =>
    valueReader(kind, children[index] as ColumnBuffers)
  if (type.kind === 'ARRAY') {
    const element = child(0, type.element)
    return (row) => Array.from({ length: start(row + 1) - start(row) }, (_, index) => element(start(row) + index))
  }
  if (type.kind === 'MAP' || type.kind === 'SPARSE_FLOAT_VECTOR') {
    const key = child(0, type.kind === 'MAP' ? type.key : { kind: 'INT' })
    const value = child(1, type.kind === 'MAP' ? type.value : { kind: 'FLOAT' })
    return (row) => {
      const map = new Map<ColumnValue, ColumnValue>()
      for (let at = start(row); at < start(row + 1); at += 1) map.set(key(at), value(at))
      return map
    }
  }
  if (type.kind === 'ROW') {
    const fields = type.fields.map((field, index) => [field.name, child(index, field.type)] as const)
    return (row) => Object.fromEntries(fields.map(([name, read]) => [name, read(row)]))
  }
  const [instants, minutes] = children
  return (row) => {
    const minutesEast = Number(minutes?.values?.[row] ?? 0)
    const local = BigInt(instants?.values?.[row] ?? 0) + BigInt(minutesEast) * 60_000_000n
    return `${timestampText(local)}${offsetText(minutesEast)}`
  }
}

/** An exact number with all digits of its scale. `words` has four per row. */
export function decimalText(words: Uint32Array, row: number, scale: number): string {
  let value = 0n
  for (let word = 3; word >= 0; word -= 1) value = (value << 32n) | BigInt(words[row * 4 + word] ?? 0)
  const unscaled = BigInt.asIntN(128, value)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const point = digits.length - scale
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`
  return unscaled < 0n ? `-${text}` : text
}

/** `yyyy-MM-dd` of days since 1970-01-01; a year outside 0 … 9999 has a sign, as in Java. */
export function dateText(days: number): string {
  // Days since 0000-03-01 in eras of 400 years; Gregorian calendar in both directions.
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const sign = year < 0 ? '-' : year > 9999 ? '+' : ''
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${sign}${String(Math.abs(year)).padStart(4, '0')}-${two(month)}-${two(day)}`
}

/** `HH:mm:ss` of nanoseconds since midnight, with 3, 6 or 9 digits of a fraction when there is one. */
export function timeText(nanos: bigint): string {
  const seconds = Number(nanos / 1_000_000_000n)
  const fraction = String(nanos % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/(000)+$/, '')
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const text = parts.map((part) => String(part).padStart(2, '0')).join(':')
  return fraction === '' ? text : `${text}.${fraction}`
}

/** Local date and time of microseconds since 1970-01-01T00:00. */
export function timestampText(micros: bigint): string {
  const microsOfDay = ((micros % 86_400_000_000n) + 86_400_000_000n) % 86_400_000_000n
  const days = Number((micros - microsOfDay) / 86_400_000_000n)
  return `${dateText(days)}T${timeText(microsOfDay * 1000n)}`
}

/** `Z` or `+05:30` of an offset in minutes. */
export function offsetText(minutes: number): string {
  if (minutes === 0) return 'Z'
  const two = (value: number): string => String(value).padStart(2, '0')
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}
