import type { OptionValues } from '../../config/option.js'
import { MillraceError } from '../../core/error.js'
import { type CatalogTable, kernelSchema, tablePathText } from '../../core/schema.js'
import { computedColumn } from '../../spi/catalog.js'
import type { Json, JsonObject } from '../../spi/json.js'
import { transformFactory } from '../../spi/transform.js'
import { type FIELD_RULE, spec } from './spec.js'

type FieldRule = OptionValues<(typeof FIELD_RULE)['options']>
type Rule = NonNullable<FieldRule['rules']>[number]

/** Checks rows in the kernels. Records of invalid rows leave as a second table. */
export const transform = transformFactory({
  spec,
  async lower({ rowErrorHandleWay, errorTable, fieldRules }, table, { backend, program, warn }) {
    const fields = kernelFields(fieldRules, table, (message, hint) =>
      warn(new MillraceError('OPTION_INVALID', message, { hint })),
    )
    const isRouted = rowErrorHandleWay === 'ROUTE_TO_TABLE' && errorTable !== null && errorTable !== ''
    if (rowErrorHandleWay === 'ROUTE_TO_TABLE' && !isRouted) {
      const message = `invalid rows of '${tablePathText(table.path)}' are dropped: there is no error table to route them to`
      warn(new MillraceError('OPTION_INVALID', message, { hint: 'set row_error_handle_way.error_table' }))
    }
    const errors = isRouted ? validationErrorTable(table, errorTable) : null
    const onFailure = rowErrorHandleWay === 'FAIL' ? 'FAIL' : errors === null ? 'SKIP' : 'ROUTE'
    const options = { onFailure, fields, ...(errors === null ? {} : { errorTable: origin(table, errors) }) }
    const operator = { name: 'data_validator', options }
    // Bounds and patterns are looked at by the kernels.
    backend.analyze(program, kernelSchema(table), { operator: operator.name, input: 0, options })
    const sideTables = errors === null ? [] : [{ table: errors, operator: 0, port: 1 }]
    return { table, operators: [operator], sideTables }
  },
})

/**
 * The fields in the form in which the kernel `data_validator` takes them; several entries of a field are one. A field that the table
 * does not have is warned of and not checked.
 *
 * @source SeaTunnel `DataValidatorTransform.initializeFieldValidators`
 */
function kernelFields(
  fieldRules: readonly FieldRule[],
  table: CatalogTable,
  warn: (message: string, hint: string) => void,
): JsonObject[] {
  const names = table.columns.map((column) => column.name)
  const byField = new Map<string, Json[]>()
  for (const field of fieldRules) {
    const rules = field.rules ?? (field.ruleType === null ? [] : [{ ...field, ruleType: field.ruleType }])
    byField.set(field.fieldName, [...(byField.get(field.fieldName) ?? []), ...rules.map(kernelRule)])
  }
  for (const name of byField.keys()) {
    if (names.includes(name)) continue
    const message = `field '${name}' is not in table '${tablePathText(table.path)}' and is not checked`
    warn(message, `fields: ${names.join(', ')}`)
    byField.delete(name)
  }
  return [...byField].map(([field, rules]) => ({ field, rules }))
}

function kernelRule(rule: Rule): JsonObject {
  const message = rule.customMessage
  switch (rule.ruleType) {
    case 'NOT_NULL':
      return { kind: 'NOT_NULL', message }
    case 'RANGE': {
      const { minValue: min, maxValue: max, minInclusive, maxInclusive } = rule
      return { kind: 'RANGE', min, max, minInclusive, maxInclusive, message }
    }
    case 'LENGTH':
      return { kind: 'LENGTH', min: rule.minLength, max: rule.maxLength, exact: rule.exactLength, message }
    case 'REGEX':
      return { kind: 'REGEX', pattern: rule.pattern ?? '', caseSensitive: rule.caseSensitive, message }
    case 'UDF':
      return { kind: 'UDF', function: rule.functionName ?? '', message }
  }
}

/** The table of records of invalid rows. @source SeaTunnel `DataValidatorTransform.createErrorSchema` */
function validationErrorTable(table: CatalogTable, name: string): CatalogTable {
  const text = { kind: 'STRING' } as const
  const columns = [
    computedColumn('source_table_id', text),
    computedColumn('source_table_path', text),
    computedColumn('original_data', text),
    computedColumn('validation_errors', text),
    computedColumn('create_time', { kind: 'TIMESTAMP' }),
  ]
  return {
    catalogName: table.catalogName,
    path: { database: table.path.database, schema: null, table: name },
    columns: columns.map((column) => ({ ...column, nullable: false })),
    primaryKey: null,
    constraintKeys: [],
    partitionKeys: [],
    comment: 'Error table for validation failures',
  }
}

/** What a record says of where its row comes from. */
function origin(table: CatalogTable, errors: CatalogTable): JsonObject {
  const sourceTablePath = tablePathText(table.path)
  const sourceTableId = [table.catalogName, sourceTablePath].filter((part) => part !== '').join('.')
  return { path: tablePathText(errors.path), sourceTableId, sourceTablePath }
}
