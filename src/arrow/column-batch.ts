import type { Data } from 'apache-arrow'
import { MillraceError } from '../core/error.js'
import type { DataType, KernelSchema } from '../core/schema.js'
import type { ColumnBuffers, ColumnValue } from './column-buffers.js'
import { type BatchFrame, FRAME_HEADER_BYTES, frameOf } from './frame.js'
import { type ArrowLibrary, arrowField, arrowType, buffersOf, dataOf } from './library.js'
import { valueReader } from './read.js'
import { writeColumn } from './write.js'

/** Name of the column behind the others that holds row kinds. */
const KIND_FIELD = '__kind'

/** One batch of a table's rows in TypeScript: columns that can be read, and made into another batch. */
export class ColumnBatch {
  readonly rows: number
  readonly schema: KernelSchema
  readonly #arrow: ArrowLibrary
  readonly #columns: readonly Data[]
  readonly #kinds: Data | null

  private constructor(
    arrow: ArrowLibrary,
    schema: KernelSchema,
    parts: { readonly rows: number; readonly columns: readonly Data[]; readonly kinds: Data | null },
  ) {
    this.#arrow = arrow
    this.schema = schema
    this.rows = parts.rows
    this.#columns = parts.columns
    this.#kinds = parts.kinds
  }

  /** @throws MillraceError `PROGRAM_INVALID` when the frame is not of the table. */
  static read(arrow: ArrowLibrary, schema: KernelSchema, { rows, bytes }: BatchFrame): ColumnBatch {
    const reader = arrow.RecordBatchReader.from(bytes.subarray(FRAME_HEADER_BYTES)).open()
    const next = reader.next() as IteratorResult<{ readonly data: Data }>
    const children = next.done === true ? [] : next.value.data.children
    const count = schema.columns.length
    if (children.length !== count && children.length !== count + 1) {
      throw new MillraceError('PROGRAM_INVALID', `a batch has '${children.length}' columns, its table '${count}'`)
    }
    return new ColumnBatch(arrow, schema, { rows, columns: children.slice(0, count), kinds: children[count] ?? null })
  }

  /** A batch of new columns; every row is an insert when `kinds` is `null`. */
  static of(
    arrow: ArrowLibrary,
    schema: KernelSchema,
    columns: readonly ColumnBuffers[],
    { rows, kinds }: { readonly rows: number; readonly kinds: Int8Array | null },
  ): ColumnBatch {
    const data = columns.map((column, index) =>
      dataOf(arrow, arrowType(arrow, schema.columns[index]?.type as DataType), column),
    )
    const kindData = kinds === null ? null : arrow.makeData({ type: new arrow.Int8(), length: rows, data: kinds })
    return new ColumnBatch(arrow, schema, { rows, columns: data, kinds: kindData })
  }

  /** Row kinds as wire values, `null` when every row is an insert. */
  get kinds(): Int8Array | null {
    return this.#kinds === null ? null : (this.#kinds.values as Int8Array)
  }

  /** The buffers of a column, as they are in the frame. */
  buffers(column: number): ColumnBuffers {
    return buffersOf(this.#column(column))
  }

  /** Reads a column row by row. */
  reader(column: number): (row: number) => ColumnValue {
    const type = this.schema.columns[column]?.type
    if (type === undefined) throw new Error(`the batch has no column ${column}`)
    return valueReader(type, this.buffers(column))
  }

  #column(column: number): Data {
    const data = this.#columns[column]
    if (data === undefined) throw new Error(`the batch has no column ${column}`)
    return data
  }

  /**
   * The frame of a batch with the same rows and kinds, or the first of them.
   *
   * @param columns for every column of `schema` the number of the column it is a copy of, or new buffers of `rows` rows.
   */
  write(schema: KernelSchema, columns: readonly (number | ColumnBuffers)[], rows = this.rows): BatchFrame {
    const arrow = this.#arrow
    const fields = schema.columns.map((column) => arrowField(arrow, column))
    const children = columns.map((column, index) => {
      if (typeof column === 'number') return firstRows(arrow, this.#column(column), rows)
      return dataOf(arrow, arrowType(arrow, schema.columns[index]?.type as DataType), column)
    })
    if (this.#kinds !== null) {
      fields.push(new arrow.Field(KIND_FIELD, new arrow.Int8(), false))
      children.push(firstRows(arrow, this.#kinds, rows))
    }
    const data = arrow.makeData({ type: new arrow.Struct(fields), length: rows, nullCount: 0, children } as never)
    const batch = new arrow.RecordBatch(new arrow.Schema(fields), data as never)
    const stream = new arrow.RecordBatchStreamWriter()
    stream.write(batch)
    stream.finish()
    return frameOf(stream.toUint8Array(true), rows)
  }
}

/** The first rows of a column. Columns without values lose their number of nulls when the package cuts them. */
function firstRows(arrow: ArrowLibrary, data: Data, rows: number): Data {
  const { type } = data
  if (data.length === rows) return data
  if (arrow.DataType.isNull(type)) return arrow.makeData({ type, length: rows })
  if (!arrow.DataType.isStruct(type)) return data.slice(0, rows)
  const children = data.children.map((child) => firstRows(arrow, child, rows))
  return arrow.makeData({ type, length: rows, nullBitmap: data.nullBitmap, nullCount: -1, children } as never)
}

/**
 * A column of values for {@link ColumnBatch.write}.
 *
 * @throws MillraceError `VALUE_MALFORMED` with the row and the field of the first value that is not of the type.
 */
export function columnOf(field: string, type: DataType, values: readonly unknown[]): ColumnBuffers {
  try {
    return writeColumn(type, values)
  } catch (thrown) {
    const { message, row } = thrown as Error & { readonly row?: number }
    throw new MillraceError('VALUE_MALFORMED', message, { row, field, cause: thrown })
  }
}
