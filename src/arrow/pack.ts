// Every function of this file is also given, as its text, to code that runs in another realm: nothing but the language itself and
// the functions of this file may be used.
import type { ColumnBuffers, NumberArray } from './column-buffers.js'

/** Where a piece of a column stands in packed bytes; `null` when it has none. */
type Place = readonly [array: string, start: number, length: number] | null

/** The shape of a packed column. */
export interface PackedColumn {
  readonly length: number
  readonly validity: Place
  readonly values: Place
  readonly offsets: Place
  readonly children: readonly PackedColumn[]
}

/** Columns as bytes and the text that says where each buffer is; every buffer begins at a multiple of eight. */
export interface PackedColumns {
  readonly layout: string
  readonly bytes: ArrayBuffer
}

/** Columns in one piece of memory. @param allocate makes the memory, of whichever realm. */
export function packColumns(
  columns: readonly ColumnBuffers[],
  allocate: (bytes: number) => ArrayBuffer,
): PackedColumns {
  const arrays: (readonly [array: NumberArray | Uint8Array, start: number])[] = []
  let size = 0
  const place = (array: NumberArray | Uint8Array | null): Place => {
    if (array === null) return null
    const start = size
    arrays.push([array, start])
    size = start + Math.ceil(array.byteLength / 8) * 8
    return [Object.prototype.toString.call(array).slice(8, -1), start, array.length]
  }
  const pack = (column: ColumnBuffers): PackedColumn => {
    const { length, children } = column
    const [validity, values, offsets] = [place(column.validity), place(column.values), place(column.offsets)]
    return { length, validity, values, offsets, children: children.map(pack) }
  }
  const layout = JSON.stringify(columns.map(pack))
  const bytes = allocate(size)
  for (const [array, start] of arrays) {
    new Uint8Array(bytes, start, array.byteLength).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
  }
  return { layout, bytes }
}

/** The columns again, as views of the bytes. */
export function unpackColumns({ layout, bytes }: PackedColumns): readonly ColumnBuffers[] {
  const view = (place: Place): NumberArray | Uint8Array | null => {
    if (place === null) return null
    const [array, start, length] = place
    switch (array) {
      case 'Int8Array':
        return new Int8Array(bytes, start, length)
      case 'Int16Array':
        return new Int16Array(bytes, start, length)
      case 'Int32Array':
        return new Int32Array(bytes, start, length)
      case 'BigInt64Array':
        return new BigInt64Array(bytes, start, length)
      case 'Float32Array':
        return new Float32Array(bytes, start, length)
      case 'Float64Array':
        return new Float64Array(bytes, start, length)
      case 'Uint32Array':
        return new Uint32Array(bytes, start, length)
      default:
        return new Uint8Array(bytes, start, length)
    }
  }
  const unpack = (packed: PackedColumn): ColumnBuffers => ({
    length: packed.length,
    validity: view(packed.validity) as Uint8Array | null,
    values: view(packed.values),
    offsets: view(packed.offsets) as Int32Array | null,
    children: packed.children.map(unpack),
  })
  return (JSON.parse(layout) as readonly PackedColumn[]).map(unpack)
}
