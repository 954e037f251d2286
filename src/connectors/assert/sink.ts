import { readDataType } from '../../config/data-type.js'
import type { ConfigNode } from '../../config/document.js'
import type { OptionValues } from '../../config/option.js'
import { readContext } from '../../config/validate.js'
import { ABSENT } from '../../config/value-type.js'
import { MillraceError, MillraceErrors } from '../../core/error.js'
import { type CatalogTable, tablePathText } from '../../core/schema.js'
import { exactJson, type Json, type JsonObject } from '../../spi/json.js'
import { type CommitInfo, type SinkWriter, sinkFactory } from '../../spi/sink.js'
import { requireCatalog } from './catalog-rule.js'
import { type RULE_OPTIONS, spec } from './spec.js'

type Rules = OptionValues<typeof RULE_OPTIONS>
type FieldRule = NonNullable<Rules['fieldRules']>[number]

const VALUE_RULES = ['NULL', 'NOT_NULL', 'MIN', 'MAX', 'MIN_LENGTH', 'MAX_LENGTH']

/** Checks fields in the kernels row by row, tables when the job is planned, and row counts when it ends. */
export const sink = sinkFactory({
  spec,
  async create({ rules }, tables) {
    requireRules(rules)
    if (rules.tableNames !== null) requireTableNames(rules.tableNames, tables)
    const perTable = tables.map((table): Rules => {
      const path = tablePathText(table.path)
      return rules.tablesConfigs?.find((config) => config.tablePath === path) ?? rules
    })
    for (const [index, table] of tables.entries()) {
      const rule = perTable[index]?.catalogRule
      if (rule != null) requireCatalog(rule, table)
    }
    return {
      tables: perTable.map((config) => ({
        encoder: {
          codec: 'discard',
          options: {},
          partitionBy: [],
          columns: null,
          operator: { name: 'assert', options: { fieldRules: (config.fieldRules ?? []).map(kernelRule) } },
        },
        rowsPerFile: null,
        writerConfig: {},
      })),
      committer: {
        open: async () => undefined,
        // A job whose rows break a rule must not commit anything, in no sink.
        settle: async (_checkpointId, infos, isLast) => {
          if (isLast) requireRowCounts(perTable, infos)
          return null
        },
        commit: async () => undefined,
        abort: async () => undefined,
      },
    }
  },
  createWriter: async (): Promise<SinkWriter> => ({
    initialState: null,
    place: async () => ({ state: null, write: null }),
    prepareCommit: async () => null,
    close: async () => undefined,
  }),
})

function requireRules(rules: Rules & { readonly tableNames: unknown; readonly tablesConfigs: unknown }): void {
  const given = [rules.fieldRules, rules.rowRules, rules.catalogRule, rules.tableNames, rules.tablesConfigs]
  if (given.every((rule) => rule === null)) {
    throw new MillraceError('OPTION_INVALID', 'the rules of Assert are empty', {
      hint: 'give field_rules, row_rules, catalog_table_rule, table-names or tables_configs',
    })
  }
}

function requireTableNames(names: readonly string[], tables: readonly CatalogTable[]): void {
  const actual = tables.map((table) => tablePathText(table.path))
  const isSame = names.length === actual.length && names.every((name) => actual.includes(name))
  if (!isSame) throw new MillraceError('ASSERTION_FAILED', `table names: ${actual} is not equal to ${names}`)
}

/** The form in which the kernel `assert` takes a field rule. */
function kernelRule(rule: FieldRule): JsonObject {
  const faults: MillraceError[] = []
  const context = readContext('rules.field_rules', 'field_type', faults, [])
  const type = rule.fieldType === null ? null : readDataType(rule.fieldType, rule.fieldName, context)
  if (type === ABSENT) throw new MillraceErrors(faults)
  const values =
    rule.fieldValue?.kind === 'list' ? rule.fieldValue.items : rule.fieldValue === null ? [] : [rule.fieldValue]
  return { field: rule.fieldName, type: type as Json, rules: values.map((value) => valueRule(value, rule.fieldName)) }
}

function valueRule(node: ConfigNode, field: string): JsonObject {
  if (node.kind !== 'object') {
    throw new MillraceError('OPTION_TYPE', `a value rule of field '${field}' must be an object`, {
      position: node.position,
    })
  }
  const type = node.entries.get('rule_type')
  const value = node.entries.get('rule_value')
  const equalsTo = node.entries.get('equals_to')
  const kind = type?.kind === 'string' ? type.value : type?.kind === 'null' ? 'NULL' : null
  if (type !== undefined && (kind === null || !VALUE_RULES.includes(kind))) {
    throw new MillraceError('OPTION_CHOICE', `the rule_type '${kind}' of field '${field}' is not known`, {
      position: type.position,
      hint: `one of ${VALUE_RULES.join(', ')}`,
    })
  }
  return {
    ...(kind === null ? {} : { kind }),
    ...(value === undefined ? {} : { value: exactJson(value) }),
    ...(equalsTo === undefined ? {} : { equalsTo: exactJson(equalsTo) }),
  }
}

/** Rows are counted over all subtasks of a table. */
function requireRowCounts(perTable: readonly Rules[], infos: readonly CommitInfo[]): void {
  for (const [table, { rowRules }] of perTable.entries()) {
    const rows = infos.filter((info) => info.table === table).reduce((sum, info) => sum + info.rows, 0)
    const broken = rowRules?.find(({ ruleType, ruleValue }) =>
      ruleType === 'MIN_ROW' ? rows < ruleValue : rows > ruleValue,
    )
    if (broken === undefined) continue
    const rule = `AssertFieldRule.AssertRule(ruleType=${broken.ruleType}, ruleValue=${broken.ruleValue}.0, equalTo=null)`
    throw new MillraceError('ASSERTION_FAILED', `row num :${rows} fail rule: ${rule}`)
  }
}
