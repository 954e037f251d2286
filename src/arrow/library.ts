import type { DataType as ArrowType, Data, Field } from 'apache-arrow'
import type { Column, DataType } from '../core/schema.js'
import type { ColumnBuffers, NumberArray } from './column-buffers.js'

/** The package that reads and writes Arrow IPC. */
export type ArrowLibrary = typeof import('apache-arrow')

let loading: Promise<ArrowLibrary> | null = null

/** Loads the package when it is needed: most jobs never do, and it has hundreds of files. */
export function loadArrow(): Promise<ArrowLibrary> {
  loading ??= import('apache-arrow')
  return loading
}

/** The Arrow type of a SeaTunnel type; the Rust crate `batch` has the same table. */
export function arrowType(arrow: ArrowLibrary, type: DataType): ArrowType {
  switch (type.kind) {
    case 'STRING':
      return new arrow.Utf8()
    case 'BOOLEAN':
      return new arrow.Bool()
    case 'TINYINT':
      return new arrow.Int8()
    case 'SMALLINT':
      return new arrow.Int16()
    case 'INT':
      return new arrow.Int32()
    case 'BIGINT':
      return new arrow.Int64()
    case 'FLOAT':
      return new arrow.Float32()
    case 'DOUBLE':
      return new arrow.Float64()
    case 'DECIMAL':
      return new arrow.Decimal(type.scale, type.precision, 128)
    case 'NULL':
      return new arrow.Null()
    case 'BYTES':
    case 'BINARY_VECTOR':
    case 'FLOAT16_VECTOR':
    case 'BFLOAT16_VECTOR':
      return new arrow.Binary()
    case 'DATE':
      return new arrow.DateDay()
    case 'TIME':
      return new arrow.TimeNanosecond()
    case 'TIMESTAMP':
      return new arrow.TimestampMicrosecond()
    default:
      return nestedType(arrow, type)
  }
}

function nestedType(arrow: ArrowLibrary, type: DataType): ArrowType {
  const field = (name: string, child: ArrowType, nullable = true): Field => new arrow.Field(name, child, nullable)
  const map = (key: DataType, value: DataType): ArrowType => {
    const fields = [field('key', arrowType(arrow, key), false), field('value', arrowType(arrow, value))]
    return new arrow.Map_(new arrow.Field('entries', new arrow.Struct(fields), false) as never, false)
  }
  switch (type.kind) {
    case 'ARRAY':
      return new arrow.List(field('item', arrowType(arrow, type.element)))
    case 'FLOAT_VECTOR':
      return new arrow.List(field('item', new arrow.Float32()))
    case 'MAP':
      return map(type.key, type.value)
    case 'SPARSE_FLOAT_VECTOR':
      return map({ kind: 'INT' }, { kind: 'FLOAT' })
    case 'ROW':
      return new arrow.Struct(type.fields.map((each) => field(each.name, arrowType(arrow, each.type))))
    default:
      return new arrow.Struct([
        field('instant', new arrow.TimestampMicrosecond('UTC')),
        field('offsetMinutes', new arrow.Int16()),
      ])
  }
}

/** The Arrow field of a column. */
export function arrowField(arrow: ArrowLibrary, { name, type }: Pick<Column, 'name' | 'type'>): Field {
  return new arrow.Field(name, arrowType(arrow, type), true)
}

/** The buffers of a column that was read from a stream, as they are in it. */
export function buffersOf(data: Data): ColumnBuffers {
  // The entries of a map are one struct without nulls of its own.
  const isMap = data.children[0]?.children.length === 2 && data.valueOffsets !== undefined
  const children = isMap ? (data.children[0]?.children ?? []) : data.children
  return {
    length: data.length,
    validity: data.nullCount > 0 ? data.nullBitmap : null,
    values: (data.values as NumberArray | Uint8Array | undefined) ?? null,
    offsets: (data.valueOffsets as Int32Array | undefined) ?? null,
    children: children.map(buffersOf),
  }
}

/** A column of Arrow around buffers. */
export function dataOf(arrow: ArrowLibrary, type: ArrowType, column: ColumnBuffers): Data {
  const { length, validity } = column
  const nullBitmap = validity ?? undefined
  const common = { type, length, nullBitmap, nullCount: validity === null ? 0 : -1 }
  if (arrow.DataType.isNull(type)) return arrow.makeData({ type, length })
  if (arrow.DataType.isStruct(type)) {
    const children = type.children.map((field, index) =>
      dataOf(arrow, field.type, column.children[index] as ColumnBuffers),
    )
    return arrow.makeData({ ...common, children } as never)
  }
  const valueOffsets = column.offsets ?? undefined
  if (arrow.DataType.isMap(type)) {
    const entries = type.children[0]?.type as ArrowType
    const count = column.children[0]?.length ?? 0
    const child = dataOf(arrow, entries, { ...column, length: count, validity: null, values: null, offsets: null })
    return arrow.makeData({ ...common, valueOffsets, child } as never)
  }
  if (arrow.DataType.isList(type)) {
    const child = dataOf(arrow, type.valueType as ArrowType, column.children[0] as ColumnBuffers)
    return arrow.makeData({ ...common, valueOffsets, child } as never)
  }
  return arrow.makeData({ ...common, valueOffsets, data: column.values } as never)
}
