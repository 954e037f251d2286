/** Numbers of a column, in the width of its type. */
export type NumberArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | Uint32Array

/**
 * The buffers of one column as Arrow lays them out, without offsets into them.
 *
 * | type | `values` | `offsets` | `children` |
 * |---|---|---|---|
 * | numbers, DATE (days), TIME (ns), TIMESTAMP (µs) | one number per row | – | – |
 * | DECIMAL | four 32-bit words per row, lowest first, two's complement | – | – |
 * | BOOLEAN | one bit per row, as bytes | – | – |
 * | STRING, BYTES, vectors of packed bytes | bytes of all rows | `[rows + 1]` | – |
 * | ARRAY, FLOAT_VECTOR | – | `[rows + 1]` | the elements |
 * | MAP, SPARSE_FLOAT_VECTOR | – | `[rows + 1]` | keys, values |
 * | ROW, TIMESTAMP_TZ (instant, offset in minutes) | – | – | one per field |
 * | NULL | – | – | – |
 */
export interface ColumnBuffers {
  readonly length: number
  /** One bit per row, set when the row has a value; `null` when every row has one. */
  readonly validity: Uint8Array | null
  readonly values: NumberArray | Uint8Array | null
  readonly offsets: Int32Array | null
  readonly children: readonly ColumnBuffers[]
}

/**
 * A value as JavaScript sees it.
 *
 * | type | value |
 * |---|---|
 * | STRING, DECIMAL | `string`; a decimal has all digits of its scale |
 * | BOOLEAN | `boolean` |
 * | TINYINT, SMALLINT, INT, FLOAT, DOUBLE | `number` |
 * | BIGINT | `bigint` |
 * | BYTES, BINARY_VECTOR, FLOAT16_VECTOR, BFLOAT16_VECTOR | `Uint8Array` |
 * | DATE / TIME / TIMESTAMP | `'2024-02-29'` / `'10:15:30.5'` / `'2024-02-29T10:15:30'`, fractions only when there are some |
 * | TIMESTAMP_TZ | as TIMESTAMP with `Z` or `+05:30` behind it |
 * | ARRAY / MAP / ROW | array / `Map` / object by field name |
 * | FLOAT_VECTOR / SPARSE_FLOAT_VECTOR | `Float32Array` / `Map` of index to number |
 * | null | `null` |
 */
export type ColumnValue =
  | null
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | Float32Array
  | readonly ColumnValue[]
  | ReadonlyMap<ColumnValue, ColumnValue>
  | { readonly [field: string]: ColumnValue }
