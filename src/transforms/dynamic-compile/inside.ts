// The functions of this file run in the realm of the user's code, which gets them as text: nothing but the language itself, and
// the functions whose text goes with them, may be used. Nothing of the outer realm may come in here but texts and numbers.
import type { ColumnBuffers, ColumnValue } from '../../arrow/column-buffers.js'
import { packColumns, unpackColumns } from '../../arrow/pack.js'
import { isPresent, valueReader } from '../../arrow/read.js'
import { writeColumn } from '../../arrow/write.js'
import type { DataType } from '../../core/schema.js'

/** Columns as the inside knows them. */
export interface InsideColumn {
  readonly name: string
  readonly type: DataType
}

/** What the user's code may define. */
export interface UserFunctions {
  readonly getInlineOutputColumns?: unknown
  readonly getInlineOutputFieldValues?: unknown
  readonly processBatch?: unknown
}

/** What the outside calls. Texts are JSON. */
export interface Inside {
  allocate(bytes: number): ArrayBuffer
  /** `{ columns }` or `{ error }`. */
  columns(table: string): string
  /** Prepares for batches; gives nothing, or `{ error }`. */
  open(input: string, output: string, tableId: string): string
  /** `{ rows, layout, error?, row? }` and the bytes of the columns. */
  process(layout: string, bytes: ArrayBuffer, rows: number): { readonly text: string; readonly bytes: ArrayBuffer }
}

/** UTF-8 without the classes of the outer realm. */
export function utf8Classes() {
  class TextDecoder {
    decode(bytes: Uint8Array): string {
      let text = ''
      for (let at = 0; at < bytes.length; ) {
        const lead = bytes[at++] ?? 0
        if (lead < 0x80) {
          text += String.fromCharCode(lead)
          continue
        }
        const more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1
        let point = lead & (0x3f >> more)
        for (let left = more; left > 0; left -= 1) point = (point << 6) | ((bytes[at++] ?? 0) & 0x3f)
        text += String.fromCodePoint(point)
      }
      return text
    }
  }
  class TextEncoder {
    encode(text: string): Uint8Array {
      const bytes = new Uint8Array(text.length * 3)
      let length = 0
      for (let at = 0; at < text.length; at += 1) {
        let point = text.codePointAt(at) ?? 0
        if (point > 0xffff) at += 1
        // Half of a pair stands for nothing.
        if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd
        if (point < 0x80) bytes[length++] = point
        else if (point < 0x800) {
          bytes[length++] = 0xc0 | (point >> 6)
          bytes[length++] = 0x80 | (point & 0x3f)
        } else if (point < 0x10000) {
          bytes[length++] = 0xe0 | (point >> 12)
          bytes[length++] = 0x80 | ((point >> 6) & 0x3f)
          bytes[length++] = 0x80 | (point & 0x3f)
        } else {
          bytes[length++] = 0xf0 | (point >> 18)
          bytes[length++] = 0x80 | ((point >> 12) & 0x3f)
          bytes[length++] = 0x80 | ((point >> 6) & 0x3f)
          bytes[length++] = 0x80 | (point & 0x3f)
        }
      }
      return bytes.slice(0, length)
    }
  }
  return { TextDecoder, TextEncoder }
}

/** Whatever the user's code threw, as text. */
export function thrownText(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : thrown)
  } catch {
    return 'something that has no text'
  }
}

/** A batch as the user's code sees it: one row at a time, or whole columns. */
export function makeBatch(
  columns: readonly InsideColumn[],
  buffers: readonly ColumnBuffers[],
  rows: number,
  tableId: string,
) {
  const readers: ((row: number) => ColumnValue)[] = []
  const names = new Map(columns.map((column, index) => [column.name, index]))
  const kinds = (buffers[columns.length]?.values ?? null) as Int8Array | null
  const indexOf = (field: unknown): number => {
    const index = typeof field === 'number' ? field : names.get(String(field))
    if (index === undefined || columns[index] === undefined)
      throw new RangeError(`there is no field '${String(field)}'`)
    return index
  }
  const reader = (index: number): ((row: number) => ColumnValue) => {
    readers[index] ??= valueReader(columns[index]?.type as DataType, buffers[index] as ColumnBuffers)
    return readers[index]
  }
  const kind = (row: number): string => ['INSERT', 'UPDATE_BEFORE', 'UPDATE_AFTER', 'DELETE'][kinds?.[row] ?? 0] ?? ''
  let current = 0
  const row = {
    arity: columns.length,
    tableId,
    getField: (field: unknown): ColumnValue => reader(indexOf(field))(current),
    getFields: (): readonly ColumnValue[] => columns.map((_, index) => reader(index)(current)),
    get kind(): string {
      return kind(current)
    },
  }
  const batch = {
    rows,
    tableId,
    column: (field: unknown): readonly ColumnValue[] =>
      Array.from({ length: rows }, (_, at) => reader(indexOf(field))(at)),
    numbers: (field: unknown): unknown => {
      const { values, offsets } = buffers[indexOf(field)] as ColumnBuffers
      const type = columns[indexOf(field)]?.type.kind ?? ''
      if (values === null || offsets !== null || type === 'BOOLEAN' || type === 'DECIMAL') {
        throw new TypeError(`the field '${String(field)}' has no numbers`)
      }
      return values
    },
    isNull: (field: unknown, at: number): boolean => !isPresent(buffers[indexOf(field)] as ColumnBuffers, at),
    kind,
  }
  const moveTo = (at: number): void => {
    current = at
  }
  return { row, batch, moveTo }
}

/** Calls the row function for every row; stops at the first that fails. */
export function callRows(
  user: (row: unknown) => unknown,
  made: ReturnType<typeof makeBatch>,
  width: number,
): { readonly columns: unknown[][]; readonly error: string | null } {
  const columns: unknown[][] = Array.from({ length: width }, () => [])
  for (let row = 0; row < made.batch.rows; row += 1) {
    made.moveTo(row)
    try {
      const values = user(made.row) as readonly unknown[]
      if (!Array.isArray(values) || values.length !== width) {
        throw new TypeError(`getInlineOutputFieldValues must return an array of ${width} values`)
      }
      for (let column = 0; column < width; column += 1) columns[column]?.push(values[column])
    } catch (thrown) {
      return { columns, error: thrownText(thrown) }
    }
  }
  return { columns, error: null }
}

/** Calls the batch function. Its failure is one of the batch's first row: which one failed is not known. */
export function callBatch(
  user: (batch: unknown) => unknown,
  made: ReturnType<typeof makeBatch>,
  width: number,
): { readonly columns: unknown[][]; readonly error: string | null } {
  const { rows } = made.batch
  try {
    const columns = user(made.batch) as unknown[][]
    const isColumn = (column: unknown): boolean =>
      (Array.isArray(column) || ArrayBuffer.isView(column)) && (column as unknown as unknown[]).length === rows
    if (!Array.isArray(columns) || columns.length !== width || !columns.every(isColumn)) {
      throw new TypeError(`processBatch must return ${width} arrays of ${rows} values`)
    }
    return { columns, error: null }
  } catch (thrown) {
    return { columns: Array.from({ length: width }, () => []), error: thrownText(thrown) }
  }
}

/** Buffers of the columns; a value that is not of its type cuts all of them in front of its row. */
export function writeOutputs(output: readonly InsideColumn[], columns: unknown[][], error: string | null) {
  let rows = Math.min(...columns.map((column) => column.length))
  let failed = error
  const write = (): ColumnBuffers[] | null => {
    const buffers: ColumnBuffers[] = []
    for (const [index, column] of output.entries()) {
      const values = columns[index] ?? []
      try {
        buffers.push(writeColumn(column.type, values.length === rows ? values : values.slice(0, rows)))
      } catch (thrown) {
        rows = (thrown as { readonly row?: number }).row ?? 0
        failed = `the value of '${column.name}' cannot be kept, ${thrown instanceof Error ? thrown.message : ''}`
        return null
      }
    }
    return buffers
  }
  let buffers = write()
  while (buffers === null) buffers = write()
  return { rows, buffers, error: failed }
}

/** Everything that the outside calls, around the user's functions. */
export function makeInside(user: UserFunctions): Inside {
  const { parse, stringify } = JSON
  const Memory = ArrayBuffer
  let input: readonly InsideColumn[] = []
  let output: readonly InsideColumn[] = []
  let tableId = ''
  const allocate = (bytes: number): ArrayBuffer => new Memory(bytes)
  const { getInlineOutputColumns, getInlineOutputFieldValues, processBatch } = user
  return {
    allocate,
    columns: (table) => {
      try {
        if (typeof getInlineOutputColumns !== 'function') throw new TypeError('getInlineOutputColumns is not defined')
        if (typeof getInlineOutputFieldValues !== 'function' && typeof processBatch !== 'function') {
          throw new TypeError('neither getInlineOutputFieldValues nor processBatch is defined')
        }
        const columns = getInlineOutputColumns(parse(table)) as readonly Record<string, unknown>[]
        if (!Array.isArray(columns)) throw new TypeError('getInlineOutputColumns must return an array')
        return stringify({
          columns: columns.map((column) => ({
            name: String(column?.name),
            type: typeof column?.type === 'string' ? column.type : stringify(column?.type ?? null),
            nullable: column?.nullable !== false,
            comment: typeof column?.comment === 'string' ? column.comment : null,
          })),
        })
      } catch (thrown) {
        return stringify({ error: thrownText(thrown) })
      }
    },
    open: (inputText, outputText, table) => {
      input = parse(inputText) as readonly InsideColumn[]
      output = parse(outputText) as readonly InsideColumn[]
      tableId = table
      return ''
    },
    process: (layout, bytes, rows) => {
      const made = makeBatch(input, unpackColumns({ layout, bytes }), rows, tableId)
      const called =
        typeof processBatch === 'function'
          ? callBatch(processBatch as (batch: unknown) => unknown, made, output.length)
          : callRows(getInlineOutputFieldValues as (row: unknown) => unknown, made, output.length)
      const written = writeOutputs(output, called.columns, called.error)
      const packed = packColumns(written.buffers, allocate)
      return {
        text: stringify({ rows: written.rows, layout: packed.layout, error: written.error }),
        bytes: packed.bytes,
      }
    },
  }
}
