import { MillraceError } from '../core/error.js'
import { type CatalogTable, type Column, type DataType, type TablePath, tablePathText } from '../core/schema.js'
import type { Analysis } from '../native/backend.js'
import type { LoweredTransform } from './transform.js'

/**
 * A table with other columns. The primary key and every constraint key stay only if all their columns are still there by name.
 *
 * @source SeaTunnel transforms: keys are compared with the output's column names, and not renamed.
 */
export function withColumns(table: CatalogTable, columns: readonly Column[]): CatalogTable {
  const names = new Set(columns.map((column) => column.name))
  const { primaryKey } = table
  return {
    ...table,
    columns,
    primaryKey: primaryKey?.columnNames.every((name) => names.has(name)) ? primaryKey : null,
    constraintKeys: table.constraintKeys.filter((key) => key.columns.every(({ columnName }) => names.has(columnName))),
    partitionKeys: table.partitionKeys.filter((name) => names.has(name)),
  }
}

/** Attributes of the text columns that SeaTunnel's transforms extract from other fields. */
export const EXTRACTED_TEXT: Partial<Column> = { length: 200, defaultValue: '', comment: '' }

/**
 * The columns of an operator's result: copies keep the attributes of their origin, computed ones are nullable without a length.
 *
 * @param attributes further attributes of a computed column.
 */
export function analyzedColumns(
  table: CatalogTable,
  analysis: Analysis,
  attributes: (column: Pick<Column, 'name' | 'type'>) => Partial<Column> = () => ({}),
): readonly Column[] {
  return analysis.schema.columns.map(({ name, type, nullable }, index) => {
    const origin = analysis.lineage[index]
    const source = origin === null || origin === undefined ? undefined : table.columns[origin]
    if (source !== undefined) return { ...source, name }
    return { ...computedColumn(name, type), nullable, ...attributes({ name, type }) }
  })
}

/** A column of values that a transform makes: nullable, nothing declared. */
export function computedColumn(name: string, type: DataType): Column {
  return { name, type, nullable: true, length: null, scale: null, defaultValue: null, comment: null }
}

/** A table under another path, for `lower` to return. */
export function movedTable(table: CatalogTable, path: TablePath): LoweredTransform {
  const [from, to] = [tablePathText(table.path), tablePathText(path)]
  const operators = from === to ? [] : [{ name: 'rename_table', options: { table: to } }]
  return { table: { ...table, path }, operators }
}

/**
 * The columns of the given names, in that order.
 *
 * @throws MillraceError `FIELD_NOT_FOUND` for one missing field, `FIELDS_NOT_FOUND` for several.
 */
export function requireColumns(table: CatalogTable, names: readonly string[], transform: string): readonly Column[] {
  const missing = missingNames(table, names)
  if (missing.length !== 1) return requireAllColumns(table, names, transform)
  const message = `The input field '${missing[0]}' of '${transform}' transform not found in upstream schema`
  throw new MillraceError('FIELD_NOT_FOUND', message, { hint: fieldsHint(table), field: missing[0] })
}

/**
 * The same for transforms that speak of all fields that they miss, be it one.
 *
 * @throws MillraceError `FIELDS_NOT_FOUND`
 */
export function requireAllColumns(table: CatalogTable, names: readonly string[], transform: string): readonly Column[] {
  const missing = missingNames(table, names)
  if (missing.length > 0) {
    const message = `The input fields '${missing.join(',')}' of '${transform}' transform not found in upstream schema`
    throw new MillraceError('FIELDS_NOT_FOUND', message, { hint: fieldsHint(table) })
  }
  const byName = new Map(table.columns.map((column) => [column.name, column]))
  return names.flatMap((name) => byName.get(name) ?? [])
}

function missingNames(table: CatalogTable, names: readonly string[]): readonly string[] {
  const known = new Set(table.columns.map((column) => column.name))
  return [...new Set(names)].filter((name) => !known.has(name))
}

function fieldsHint(table: CatalogTable): string {
  return `fields of '${tablePathText(table.path)}': ${table.columns.map((column) => column.name).join(', ')}`
}

/**
 * Refuses output columns of one name.
 *
 * @throws MillraceError `FIELD_EXISTS` for the first name that comes twice.
 */
export function requireDistinctNames(
  columns: readonly { readonly from: string; readonly name: string }[],
  transform: string,
): void {
  const seen = new Map<string, string>()
  for (const { from, name } of columns) {
    const other = seen.get(name)
    if (other !== undefined) {
      const message = `the fields '${other}' and '${from}' would both be called '${name}' behind '${transform}'`
      throw new MillraceError('FIELD_EXISTS', message, { field: name, hint: 'give every field a name of its own' })
    }
    seen.set(name, from)
  }
}

/** The operator that chooses, orders and renames columns. */
export function projectOperator(columns: readonly { readonly from: string; readonly name: string }[]) {
  return { name: 'project', options: { columns: columns.map(({ from, name }) => ({ from, name })) } }
}

/**
 * A table with computed columns: one of an existing name takes its place, the others are appended in their order.
 *
 * @returns the table, and for every column of it the number of the column of `table` it is, or −1 − the number in `computed`.
 * @source SeaTunnel `MultipleFieldOutputTransform`
 */
export function overwriteColumns(
  table: CatalogTable,
  computed: readonly Column[],
): { readonly table: CatalogTable; readonly origins: readonly number[] } {
  const columns = [...table.columns]
  const origins = [...table.columns.keys()]
  for (const [index, column] of computed.entries()) {
    const at = table.columns.findIndex((each) => each.name === column.name)
    columns[at < 0 ? columns.length : at] = column
    origins[at < 0 ? origins.length : at] = -1 - index
  }
  return { table: withColumns(table, columns), origins }
}
