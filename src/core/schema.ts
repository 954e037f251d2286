/**
 * SeaTunnel's types and table schemas. The JSON form is what crosses the kernel boundary; the Rust crate `batch` reads
 * the same members.
 *
 * @source SeaTunnel `SqlType`, `CatalogTable`, `TableSchema`
 */
export type DataType =
  | { readonly kind: ScalarKind }
  | { readonly kind: 'DECIMAL'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'ARRAY'; readonly element: DataType }
  | { readonly kind: 'MAP'; readonly key: DataType; readonly value: DataType }
  | { readonly kind: 'ROW'; readonly fields: readonly RowField[] }

/** Types without parameters. */
export type ScalarKind =
  | 'STRING'
  | 'BOOLEAN'
  | 'TINYINT'
  | 'SMALLINT'
  | 'INT'
  | 'BIGINT'
  | 'FLOAT'
  | 'DOUBLE'
  | 'NULL'
  | 'BYTES'
  | 'DATE'
  | 'TIME'
  | 'TIMESTAMP'
  | 'TIMESTAMP_TZ'
  | 'BINARY_VECTOR'
  | 'FLOAT_VECTOR'
  | 'FLOAT16_VECTOR'
  | 'BFLOAT16_VECTOR'
  | 'SPARSE_FLOAT_VECTOR'

/** A field of a nested row. */
export interface RowField {
  readonly name: string
  readonly type: DataType
}

/** A column of a table with the attributes that catalogues keep. */
export interface Column {
  readonly name: string
  readonly type: DataType
  readonly nullable: boolean
  /** Declared length; `null` when it was not declared (a `columns` entry without one has 0). */
  readonly length: number | null
  readonly scale: number | null
  readonly defaultValue: unknown
  readonly comment: string | null
  /** Type text of the system it was read from; absent when that has none. */
  readonly sourceType?: string
  /** Type text for sinks that create tables, in the words of the target system; absent to let the sink choose. */
  readonly sinkType?: string
  /** What the source's catalogue says beyond this, by name. */
  readonly options?: { readonly [name: string]: string }
}

/** A primary key. */
export interface PrimaryKey {
  readonly name: string | null
  readonly columnNames: readonly string[]
}

/** An index, unique key, foreign key or vector index. */
export interface ConstraintKey {
  readonly name: string
  readonly type: 'INDEX_KEY' | 'UNIQUE_KEY' | 'FOREIGN_KEY' | 'VECTOR_INDEX_KEY'
  readonly columns: readonly { readonly columnName: string; readonly sortType: 'ASC' | 'DESC' }[]
}

/** Where a table lives; absent parts are `null`. */
export interface TablePath {
  readonly database: string | null
  readonly schema: string | null
  readonly table: string
}

/** A table as it flows through a job: identity, columns, keys. */
export interface CatalogTable {
  readonly catalogName: string
  readonly path: TablePath
  readonly columns: readonly Column[]
  readonly primaryKey: PrimaryKey | null
  readonly constraintKeys: readonly ConstraintKey[]
  readonly partitionKeys: readonly string[]
  readonly comment: string | null
  /** What the source's catalogue says beyond this, by name. */
  readonly options?: { readonly [name: string]: string }
  /** What rows of the table carry beside their values; absent for nothing. */
  readonly metadata?: readonly MetadataColumn[]
}

/** Something that a source knows of a row beside its values, for example the file it is from. */
export interface MetadataColumn {
  /** The name under which the transform Metadata asks for it; its case counts. */
  readonly key: string
  readonly type: DataType
}

/** The parts that are set, joined with dots: the table id that rows carry. */
export function tablePathText(path: TablePath): string {
  return [path.database, path.schema, path.table].filter((part) => part !== null && part !== '').join('.')
}

/** The kernel's view of a table. */
export interface KernelSchema {
  readonly table: string
  readonly columns: readonly { readonly name: string; readonly type: DataType; readonly nullable: boolean }[]
}

/** What a kernel program needs to know of a table. */
export function kernelSchema(table: CatalogTable): KernelSchema {
  return {
    table: tablePathText(table.path),
    columns: table.columns.map(({ name, type, nullable }) => ({ name, type, nullable })),
  }
}

/** The name that Console and error texts print: `INT`, `Decimal(10, 2)`, `ARRAY<INT>`, `Map<STRING, INT>`, `ROW<a INT,b STRING>`. */
export function dataTypeText(type: DataType): string {
  switch (type.kind) {
    case 'DECIMAL':
      return `Decimal(${type.precision}, ${type.scale})`
    case 'ARRAY':
      return `ARRAY<${dataTypeText(type.element)}>`
    case 'MAP':
      return `Map<${dataTypeText(type.key)}, ${dataTypeText(type.value)}>`
    case 'ROW':
      return `ROW<${type.fields.map((field) => `${field.name} ${dataTypeText(field.type)}`).join(',')}>`
    default:
      return type.kind
  }
}

/** Whether two types are the same, deeply. */
export function sameType(left: DataType, right: DataType): boolean {
  return dataTypeText(left) === dataTypeText(right)
}
