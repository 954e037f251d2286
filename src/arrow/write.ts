// Every function of this file is also given, as its text, to code that runs in another realm: nothing but the language itself,
// `TextEncoder` included, and the functions of this file may be used.
import type { DataType } from '../core/schema.js'
import type { ColumnBuffers, NumberArray } from './column-buffers.js'

/**
 * The buffers of a column from one value per row. Beside the forms that reading gives it takes what is near them:
 *
 * | type | also |
 * |---|---|
 * | STRING | numbers and booleans, as their text |
 * | whole numbers | `bigint` and `number` for each other, in the type's range |
 * | FLOAT, DOUBLE | `bigint` |
 * | DECIMAL | numbers; digits behind the scale are rounded half up |
 * | DATE, TIMESTAMP, TIMESTAMP_TZ | `Date`, by its UTC fields |
 * | BYTES and packed vectors | every view of bytes |
 * | ARRAY, FLOAT_VECTOR | every typed array; ARRAY of numbers for FLOAT_VECTOR |
 * | MAP, SPARSE_FLOAT_VECTOR | an object by key |
 * | ROW | an array by position |
 * | null | `undefined` |
 *
 * @throws Error with `row` for the first value that is none of its type; rows of nested values are those of the column.
 */
export function writeColumn(type: DataType, values: readonly unknown[]): ColumnBuffers {
  switch (type.kind) {
    case 'NULL':
      return { length: values.length, validity: null, values: null, offsets: null, children: [] }
    case 'STRING':
      return writeBytes(type, values, textBytes)
    case 'BYTES':
    case 'BINARY_VECTOR':
    case 'FLOAT16_VECTOR':
    case 'BFLOAT16_VECTOR':
      return writeBytes(type, values, viewBytes)
    case 'BOOLEAN':
      return writeBooleans(type, values)
    case 'DECIMAL':
      return writeDecimals(type, values)
    case 'ARRAY':
    case 'FLOAT_VECTOR':
    case 'MAP':
    case 'SPARSE_FLOAT_VECTOR':
      return writeLists(type, values)
    case 'ROW':
      return writeFields(type, values)
    case 'TIMESTAMP_TZ':
      return writeInstants(type, values)
    default:
      return writeNumbers(type, values)
  }
}

/** Whether a value stands for null. */
export function isNull(value: unknown): value is null | undefined {
  return value === null || value === undefined
}

/** Refuses the value of a row. */
export function refuseValue(type: DataType, value: unknown, row: number): never {
  let text: string
  try {
    text = typeof value === 'string' ? value : `${typeof value} ${String(value)}`
  } catch {
    text = typeof value
  }
  const short = text.length > 64 ? `${text.slice(0, 64)}…` : text
  throw Object.assign(new Error(`'${short}' is not a value of the type ${type.kind}`), { row })
}

/** The bit per row that says which have a value, or `null` when all have one. */
export function validityOf(values: readonly unknown[]): Uint8Array | null {
  let bits: Uint8Array | null = null
  for (let row = 0; row < values.length; row += 1) {
    if (!isNull(values[row])) continue
    bits ??= new Uint8Array((values.length + 7) >> 3).fill(0xff)
    bits[row >> 3] = (bits[row >> 3] ?? 0) & ~(1 << (row & 7))
  }
  return bits
}

/** A column of numbers of one width. */
export function writeNumbers(type: DataType, values: readonly unknown[]): ColumnBuffers {
  const numbers = numberArray(type, values.length)
  if (isLike(numbers, values)) {
    return {
      length: values.length,
      validity: null,
      values: values as unknown as NumberArray,
      offsets: null,
      children: [],
    }
  }
  const isBig = numbers instanceof BigInt64Array
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]
    if (isNull(value)) continue
    const number = numberOf(type, value)
    if (number === null) refuseValue(type, value, row)
    if (isBig) numbers[row] = BigInt(number)
    else numbers[row] = Number(number)
  }
  return { length: values.length, validity: validityOf(values), values: numbers, offsets: null, children: [] }
}

/** Whether values are an array of exactly these numbers already; days and times only come as they are read. */
export function isLike(numbers: NumberArray, values: unknown): boolean {
  return (
    ArrayBuffer.isView(values) && Object.prototype.toString.call(values) === Object.prototype.toString.call(numbers)
  )
}

/** The array that holds the numbers of a type. */
export function numberArray(type: DataType, length: number): Exclude<NumberArray, Uint32Array> {
  switch (type.kind) {
    case 'TINYINT':
      return new Int8Array(length)
    case 'SMALLINT':
      return new Int16Array(length)
    case 'INT':
    case 'DATE':
      return new Int32Array(length)
    case 'FLOAT':
      return new Float32Array(length)
    case 'DOUBLE':
      return new Float64Array(length)
    default:
      return new BigInt64Array(length)
  }
}

/** The number that a column of the type holds for a value, or `null` when it is none of the type. */
export function numberOf(type: DataType, value: unknown): number | bigint | null {
  switch (type.kind) {
    case 'FLOAT':
    case 'DOUBLE':
      return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null
    case 'DATE':
      return dateDays(value)
    case 'TIME':
      return typeof value === 'string' ? timeNanos(value) : null
    case 'TIMESTAMP':
      return timestampMicros(value)
    default: {
      const bits = type.kind === 'TINYINT' ? 8 : type.kind === 'SMALLINT' ? 16 : type.kind === 'INT' ? 32 : 64
      const whole = typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'bigint'
      return whole && BigInt.asIntN(bits, BigInt(value as number)) === BigInt(value as number)
        ? BigInt(value as number)
        : null
    }
  }
}

/** Days since 1970-01-01 of `yyyy-MM-dd` or a `Date`. */
export function dateDays(value: unknown): number | null {
  if (isDate(value)) {
    const days = Math.floor(Number(value) / 86_400_000)
    return Number.isNaN(days) ? null : days
  }
  const found = typeof value === 'string' ? /^([+-]?\d{4,7})-(\d\d)-(\d\d)$/.exec(value) : null
  if (found === null) return null
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])]
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  if (day < 1 || day > (lengths[month - 1] ?? 0)) return null
  const shiftedYear = month <= 2 ? year - 1 : year
  const era = Math.floor(shiftedYear / 400)
  const yearOfEra = shiftedYear - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  const days = era * 146_097 + dayOfEra - 719_468
  return Math.abs(days) < 2 ** 31 ? days : null
}

/** Whether a value is a `Date`, of whichever realm. */
export function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]'
}

/** Nanoseconds since midnight of `HH:mm`, `HH:mm:ss` or `HH:mm:ss.fraction`. */
export function timeNanos(text: string): bigint | null {
  const found = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?$/.exec(text)
  if (found === null) return null
  const [hours, minutes, seconds] = [Number(found[1]), Number(found[2]), Number(found[3] ?? '0')]
  if (hours > 23 || minutes > 59 || seconds > 59) return null
  return BigInt((hours * 60 + minutes) * 60 + seconds) * 1_000_000_000n + BigInt((found[4] ?? '').padEnd(9, '0'))
}

/** Microseconds since 1970-01-01T00:00 of a local date and time, or of a `Date` by its UTC fields. */
export function timestampMicros(value: unknown): bigint | null {
  if (isDate(value)) return Number.isNaN(Number(value)) ? null : BigInt(Number(value)) * 1000n
  const found = typeof value === 'string' ? /^(\S{10,})[T ]([\d:.]+)$/.exec(value) : null
  const days = dateDays(found?.[1])
  const nanos = timeNanos(found?.[2] ?? '')
  if (days === null || nanos === null) return null
  const micros = BigInt(days) * 86_400_000_000n + nanos / 1000n
  return BigInt.asIntN(64, micros) === micros ? micros : null
}

/** Instant in microseconds and offset in minutes of a date and time with an offset, or of a `Date` at offset 0. */
export function instantOf(value: unknown): readonly [micros: bigint, minutes: number] | null {
  if (isDate(value)) {
    const micros = timestampMicros(value)
    return micros === null ? null : [micros, 0]
  }
  const found = typeof value === 'string' ? /^(.*?)(?:Z|([+-])(\d\d):(\d\d))$/.exec(value) : null
  const local = timestampMicros(found?.[1])
  if (found === null || local === null) return null
  const minutes = (found[2] === '-' ? -1 : 1) * (Number(found[3] ?? '0') * 60 + Number(found[4] ?? '0'))
  return Math.abs(minutes) > 18 * 60 ? null : [local - BigInt(minutes) * 60_000_000n, minutes]
}

/** A column of bits. */
export function writeBooleans(type: DataType, values: readonly unknown[]): ColumnBuffers {
  const bits = new Uint8Array((values.length + 7) >> 3)
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]
    if (value === true) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7))
    else if (value !== false && !isNull(value)) refuseValue(type, value, row)
  }
  return { length: values.length, validity: validityOf(values), values: bits, offsets: null, children: [] }
}

/** A column of exact numbers. */
export function writeDecimals(type: DataType, values: readonly unknown[]): ColumnBuffers {
  const words = new Uint32Array(values.length * 4)
  const { precision, scale } = type as Extract<DataType, { kind: 'DECIMAL' }>
  for (let row = 0; row < values.length; row += 1) {
    if (isNull(values[row])) continue
    const unscaled = unscaledOf(values[row], scale)
    if (unscaled === null || String(unscaled < 0n ? -unscaled : unscaled).length > precision) {
      refuseValue(type, values[row], row)
    }
    for (let word = 0; word < 4; word += 1) {
      words[row * 4 + word] = Number(BigInt.asUintN(32, unscaled >> BigInt(32 * word)))
    }
  }
  return { length: values.length, validity: validityOf(values), values: words, offsets: null, children: [] }
}

/** The whole number of a decimal's digits at a scale, rounded half up. */
export function unscaledOf(value: unknown, scale: number): bigint | null {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return null
  const found = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(String(value).trim())
  if (found === null) return null
  const [sign, whole, fraction] = [found[1], found[2] ?? '', found[3] ?? '']
  if (whole === '' && fraction === '') return null
  // Digits behind the point that are left over, or zeros that are missing.
  const excess = fraction.length - Number(found[4] ?? '0') - scale
  const digits = BigInt(whole + fraction)
  const divisor = 10n ** BigInt(Math.max(excess, 0))
  const scaled = excess <= 0 ? digits * 10n ** BigInt(-excess) : (digits + divisor / 2n) / divisor
  return sign === '-' ? -scaled : scaled
}

/** A column of texts or bytes. */
export function writeBytes(
  type: DataType,
  values: readonly unknown[],
  bytesOf: (value: unknown) => Uint8Array | null,
): ColumnBuffers {
  const offsets = new Int32Array(values.length + 1)
  const pieces: Uint8Array[] = []
  let length = 0
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]
    if (!isNull(value)) {
      const bytes = bytesOf(value)
      if (bytes === null) refuseValue(type, value, row)
      length += bytes.length
      if (length > 2 ** 31 - 1) throw Object.assign(new Error('a column has more than 2 GiB of bytes'), { row })
      pieces.push(bytes)
    }
    offsets[row + 1] = length
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return { length: values.length, validity: validityOf(values), values: bytes, offsets, children: [] }
}

/** UTF-8 of a text; numbers and booleans have one too. */
export function textBytes(value: unknown): Uint8Array | null {
  const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
  return isText || typeof value === 'boolean' ? new TextEncoder().encode(String(value)) : null
}

/** The bytes of a view. */
export function viewBytes(value: unknown): Uint8Array | null {
  if (!ArrayBuffer.isView(value)) return null
  return new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength)
}

/** A column of lists or maps. */
export function writeLists(type: DataType, values: readonly unknown[]): ColumnBuffers {
  const isMap = type.kind === 'MAP' || type.kind === 'SPARSE_FLOAT_VECTOR'
  const offsets = new Int32Array(values.length + 1)
  const rows: number[] = []
  const first: unknown[] = []
  const second: unknown[] = []
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]
    if (!isNull(value)) {
      const items = isMap ? entriesOf(type, value) : itemsOf(value)
      if (items === null) refuseValue(type, value, row)
      for (const item of items) {
        first.push(isMap ? (item as readonly unknown[])[0] : item)
        if (isMap) second.push((item as readonly unknown[])[1])
        rows.push(row)
      }
    }
    offsets[row + 1] = first.length
  }
  const nullKey = isMap ? first.findIndex(isNull) : -1
  if (nullKey >= 0) refuseValue(type, null, rows[nullKey] ?? 0)
  const types = childTypes(type)
  const children = types.map((child, index) => writeChild(child, index === 0 ? first : second, rows))
  return { length: values.length, validity: validityOf(values), values: null, offsets, children }
}

/** The types of what a list or a map holds. */
export function childTypes(type: DataType): readonly DataType[] {
  switch (type.kind) {
    case 'ARRAY':
      return [type.element]
    case 'FLOAT_VECTOR':
      return [{ kind: 'FLOAT' }]
    case 'MAP':
      return [type.key, type.value]
    case 'SPARSE_FLOAT_VECTOR':
      return [{ kind: 'INT' }, { kind: 'FLOAT' }]
    default:
      return []
  }
}

/** A nested column; a value that it refuses is refused at the row of the outer column. */
export function writeChild(type: DataType, values: readonly unknown[], rows: readonly number[]): ColumnBuffers {
  try {
    return writeColumn(type, values)
  } catch (thrown) {
    const { row } = thrown as { readonly row?: number }
    if (row === undefined) throw thrown
    throw Object.assign(thrown as Error, { row: rows[row] ?? row })
  }
}

/** The items of an array or a typed array. */
export function itemsOf(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value as readonly unknown[]
  const isTyped = ArrayBuffer.isView(value) && Object.prototype.toString.call(value) !== '[object DataView]'
  return isTyped ? Array.from(value as Uint8Array) : null
}

/** Keys and values of a map or an object; an object's keys are texts, read as numbers where the type asks for them. */
export function entriesOf(type: DataType, value: unknown): readonly (readonly unknown[])[] | null {
  if (typeof value !== 'object' || value === null) return null
  if (Object.prototype.toString.call(value) === '[object Map]') return Array.from(value as Map<unknown, unknown>)
  if (itemsOf(value) !== null) return null
  const key = type.kind === 'MAP' ? type.key.kind : 'INT'
  const keyOf = (text: string): unknown => {
    if (key === 'BIGINT') return /^-?\d+$/.test(text) ? BigInt(text) : text
    return ['TINYINT', 'SMALLINT', 'INT', 'FLOAT', 'DOUBLE'].includes(key) && text.trim() !== '' ? Number(text) : text
  }
  return Object.entries(value).map(([text, item]) => [keyOf(text), item])
}

/** A column of rows. */
export function writeFields(type: Extract<DataType, { kind: 'ROW' }>, values: readonly unknown[]): ColumnBuffers {
  const parts = values.map((value, row) =>
    isNull(value) ? null : (fieldValues(type, value) ?? refuseValue(type, value, row)),
  )
  const children = type.fields.map((field, index) =>
    writeColumn(
      field.type,
      parts.map((part) => part?.[index]),
    ),
  )
  return { length: values.length, validity: validityOf(values), values: null, offsets: null, children }
}

/** A column of instants with the offsets they were written in. */
export function writeInstants(type: DataType, values: readonly unknown[]): ColumnBuffers {
  const micros = new BigInt64Array(values.length)
  const minutes = new Int16Array(values.length)
  for (let row = 0; row < values.length; row += 1) {
    if (isNull(values[row])) continue
    const instant = instantOf(values[row]) ?? refuseValue(type, values[row], row)
    micros[row] = instant[0]
    minutes[row] = instant[1]
  }
  const validity = validityOf(values)
  const child = (numbers: BigInt64Array | Int16Array): ColumnBuffers => {
    return { length: values.length, validity, values: numbers, offsets: null, children: [] }
  }
  return { length: values.length, validity, values: null, offsets: null, children: [child(micros), child(minutes)] }
}

/** A row's values in the order of its fields. */
export function fieldValues(type: Extract<DataType, { kind: 'ROW' }>, value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value.length === type.fields.length ? (value as readonly unknown[]) : null
  if (typeof value !== 'object' || value === null || isDate(value) || ArrayBuffer.isView(value)) return null
  return type.fields.map((field) => (Object.hasOwn(value, field.name) ? Reflect.get(value, field.name) : null))
}
