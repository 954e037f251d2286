import { readDataType } from '../../config/data-type.js'
import { nodeText } from '../../config/document.js'
import type { OptionValues } from '../../config/option.js'
import { readContext } from '../../config/validate.js'
import { ABSENT } from '../../config/value-type.js'
import { MillraceError, MillraceErrors } from '../../core/error.js'
import { type CatalogTable, type Column, dataTypeText, tablePathText } from '../../core/schema.js'
import type { RULE_OPTIONS } from './spec.js'

type CatalogRule = NonNullable<OptionValues<typeof RULE_OPTIONS>['catalogRule']>
type ColumnRule = NonNullable<CatalogRule['columns']>[number]

/**
 * Compares a table with what a rule says of it.
 *
 * @throws MillraceError `CATALOG_ASSERTION_FAILED` at the first difference.
 * @source SeaTunnel `AssertCatalogTableRule`
 */
export function requireCatalog(rule: CatalogRule, table: CatalogTable): void {
  if (rule.primaryKey !== null) requirePrimaryKey(rule.primaryKey, table)
  if (rule.constraintKeys !== null) requireConstraintKeys(rule.constraintKeys, table)
  if (rule.columns !== null) requireColumnRules(rule.columns, table)
  const identity = rule.tableIdentifier
  if (identity?.catalogName != null && identity.catalogName !== table.catalogName) {
    throw failed(`tableId: ${table.catalogName} is not equal to ${identity.catalogName}`)
  }
  if (identity?.table != null && identity.table !== tablePathText(table.path)) {
    throw failed(`tableId: ${tablePathText(table.path)} is not equal to ${identity.table}`)
  }
}

function requirePrimaryKey(rule: NonNullable<CatalogRule['primaryKey']>, { primaryKey }: CatalogTable): void {
  if (primaryKey === null) throw failed('primaryKey is null')
  const wanted = rule.columns ?? primaryKey.columnNames
  const isSame =
    (rule.name === null || rule.name === primaryKey.name) && wanted.join(',') === primaryKey.columnNames.join(',')
  if (!isSame)
    throw failed(`primaryKey: ${primaryKey.name} (${primaryKey.columnNames}) is not equal to ${rule.name} (${wanted})`)
}

function requireConstraintKeys(rules: NonNullable<CatalogRule['constraintKeys']>, table: CatalogTable): void {
  const text = (name: string, type: string, columns: readonly string[]): string => `${name} ${type} (${columns})`
  const actual = table.constraintKeys.map((key) =>
    text(
      key.name,
      key.type,
      key.columns.map((column) => `${column.columnName} ${column.sortType}`),
    ),
  )
  const wanted = rules.map((rule) =>
    text(
      rule.name,
      rule.type,
      rule.columns.map((column) => `${column.name} ${column.sortType ?? 'ASC'}`),
    ),
  )
  if (actual.join('; ') !== wanted.join('; '))
    throw failed(`constraintKeys: ${actual.join('; ')} is not equal to ${wanted.join('; ')}`)
}

function requireColumnRules(rules: readonly ColumnRule[], table: CatalogTable): void {
  const actual = table.columns.map((column) => column.name)
  const wanted = rules.map((rule) => rule.name)
  if (actual.join(',') !== wanted.join(',')) throw failed(`columns: ${actual} is not equal to ${wanted}`)
  for (const [index, rule] of rules.entries()) {
    const column = table.columns[index]
    if (column !== undefined) requireColumn(rule, column)
  }
}

function requireColumn(rule: ColumnRule, column: Column): void {
  const faults: MillraceError[] = []
  const type = readDataType(
    rule.type,
    rule.name,
    readContext('rules.catalog_table_rule.column_rule', 'type', faults, []),
  )
  if (type === ABSENT) throw new MillraceErrors(faults)
  const differences = [
    dataTypeText(type) === dataTypeText(column.type)
      ? null
      : `type ${dataTypeText(column.type)} is not equal to ${dataTypeText(type)}`,
    // A column without a declared length is as good as one of length 0: catalogues do not tell them apart.
    rule.length === null || rule.length === (column.length ?? 0)
      ? null
      : `length ${column.length} is not equal to ${rule.length}`,
    rule.nullable === null || rule.nullable === column.nullable
      ? null
      : `nullable ${column.nullable} is not equal to ${rule.nullable}`,
    rule.comment === null || rule.comment === column.comment
      ? null
      : `comment ${column.comment} is not equal to ${rule.comment}`,
    rule.defaultValue === null || nodeText(rule.defaultValue) === String(column.defaultValue)
      ? null
      : `default value ${String(column.defaultValue)} is not equal to ${nodeText(rule.defaultValue)}`,
  ].filter((text) => text !== null)
  if (differences.length > 0) throw failed(`columns: ${column.name}: ${differences.join(', ')}`)
}

function failed(message: string): MillraceError {
  return new MillraceError('CATALOG_ASSERTION_FAILED', message)
}
