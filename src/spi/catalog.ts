import { MillraceError } from '../core/error.js'
import { type CatalogTable, type Column, tablePathText } from '../core/schema.js'
import type { Analysis } from '../native/backend.js'

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
  }
}

/** The columns of an operator's result: copies keep the attributes of their origin, computed ones are nullable without a length. */
export function analyzedColumns(table: CatalogTable, analysis: Analysis): readonly Column[] {
  return analysis.schema.columns.map(({ name, type, nullable }, index) => {
    const origin = analysis.lineage[index]
    const source = origin === null || origin === undefined ? undefined : table.columns[origin]
    if (source !== undefined) return { ...source, name }
    return { name, type, nullable, length: null, scale: null, defaultValue: null, comment: null }
  })
}

/**
 * The columns of the given names, in that order.
 *
 * @throws MillraceError `FIELD_NOT_FOUND` for one missing field, `FIELDS_NOT_FOUND` for several.
 */
export function requireColumns(table: CatalogTable, names: readonly string[], transform: string): readonly Column[] {
  const byName = new Map(table.columns.map((column) => [column.name, column]))
  const missing = names.filter((name) => !byName.has(name))
  const hint = `fields of '${tablePathText(table.path)}': ${table.columns.map((column) => column.name).join(', ')}`
  if (missing.length === 1) {
    const message = `The input field '${missing[0]}' of '${transform}' transform not found in upstream schema`
    throw new MillraceError('FIELD_NOT_FOUND', message, { hint, field: missing[0] })
  }
  if (missing.length > 1) {
    const message = `The input fields '${missing.join(',')}' of '${transform}' transform not found in upstream schema`
    throw new MillraceError('FIELDS_NOT_FOUND', message, { hint })
  }
  return names.flatMap((name) => byName.get(name) ?? [])
}

/** The operator that chooses, orders and renames columns. */
export function projectOperator(columns: readonly { readonly from: string; readonly name: string }[]) {
  return { name: 'project', options: { columns: columns.map(({ from, name }) => ({ from, name })) } }
}
