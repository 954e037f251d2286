import { option, optionSpec, REPLICA_NO_EFFECT } from '../../config/option.js'
import { sinkSpec } from '../../spi/spec.js'

const fieldRule = optionSpec({
  options: {
    fieldName: option.string('field_name', { required: true, doc: 'Field the rule is about.' }),
    fieldType: option.node('field_type', { doc: 'Type the field must have, as in a schema.' }),
    fieldValue: option.node('field_value', {
      doc: 'List of { rule_type = NULL | NOT_NULL | MIN | MAX | MIN_LENGTH | MAX_LENGTH, rule_value, equals_to }.',
    }),
  },
})

const rowRule = optionSpec({
  options: {
    ruleType: option.enumeration('rule_type', ['MIN_ROW', 'MAX_ROW'], { required: true, doc: 'Which bound it is.' }),
    ruleValue: option.long('rule_value', { required: true, doc: 'Rows of the table over all subtasks.' }),
  },
})

const constraintColumn = optionSpec({
  options: {
    name: option.string('constraint_key_column_name', { required: true, doc: 'Column of the key.' }),
    sortType: option.string('constraint_key_sort_type', { doc: 'ASC or DESC.' }),
  },
})

const catalogRule = optionSpec({
  options: {
    primaryKey: option.object(
      'primary_key_rule',
      optionSpec({
        options: {
          name: option.string('primary_key_name', { doc: 'Name of the key.' }),
          columns: option.stringList('primary_key_columns', { doc: 'Columns of the key.' }),
        },
      }),
      { doc: 'The primary key that the table must have.' },
    ),
    constraintKeys: option.objectList(
      'constraint_key_rule',
      optionSpec({
        options: {
          name: option.string('constraint_key_name', { required: true, doc: 'Name of the key.' }),
          type: option.string('constraint_key_type', { required: true, doc: 'INDEX_KEY, UNIQUE_KEY, …' }),
          columns: option.objectList('constraint_key_columns', constraintColumn, {
            required: true,
            doc: 'Columns of the key.',
          }),
        },
      }),
      { doc: 'The constraint keys that the table must have, in order.' },
    ),
    columns: option.objectList(
      'column_rule',
      optionSpec({
        options: {
          name: option.string('name', { required: true, doc: 'Name of the column.' }),
          type: option.node('type', { required: true, doc: 'Type of the column, as in a schema.' }),
          length: option.long('column_length', { doc: 'Declared length.' }),
          nullable: option.boolean('nullable', { doc: 'Whether nulls are allowed.' }),
          defaultValue: option.node('default_value', { doc: 'Default value.' }),
          comment: option.string('comment', { doc: 'Comment.' }),
        },
      }),
      { doc: 'The columns that the table must have, in order. What a rule leaves out is not compared.' },
    ),
    tableIdentifier: option.object(
      'table_identifier_rule',
      optionSpec({
        options: {
          catalogName: option.string('catalog_name', { doc: 'Name of the catalogue.' }),
          table: option.string('table', { doc: 'Full table path.' }),
        },
      }),
      { doc: 'The identity that the table must have.' },
    ),
  },
})

/** The rules of one table. */
export const RULE_OPTIONS = {
  fieldRules: option.objectList('field_rules', fieldRule, { doc: 'Rules over the values of fields.' }),
  rowRules: option.objectList('row_rules', rowRule, { doc: 'Bounds of the number of rows.' }),
  catalogRule: option.object('catalog_table_rule', catalogRule, { doc: 'What the table must look like.' }),
} as const

const tableRules = optionSpec({
  options: {
    ...RULE_OPTIONS,
    tablePath: option.string('table_path', { required: true, doc: 'Table that the rules are about.' }),
  },
})

const rules = optionSpec({
  options: {
    ...RULE_OPTIONS,
    tableNames: option.stringList('table-names', { doc: 'The set of tables that must arrive, no more and no less.' }),
    tablesConfigs: option.objectList('tables_configs', tableRules, { doc: 'Rules per table.' }),
  },
})

/** Options of Assert. @source SeaTunnel `AssertConfig`, `AssertRuleParser` */
export const spec = sinkSpec('Assert', {
  summary: 'Fails the job when rows, fields or tables break its rules.',
  options: {
    rules: option.object('rules', rules, { required: true, doc: 'What must hold.' }),
    multiTableSinkReplica: option.int('multi_table_sink_replica', {
      default: 1,
      min: 1,
      doc: 'Accepted for compatibility.',
      noEffect: REPLICA_NO_EFFECT,
    }),
  },
  example: 'Assert { rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 1 }] } }',
  examples: [
    {
      title: 'values of fields',
      block: `Assert {
  rules {
    field_rules = [
      { field_name = id, field_type = bigint, field_value = [{ rule_type = NOT_NULL }, { rule_type = MIN, rule_value = 1 }] }
      { field_name = name, field_type = string, field_value = [{ equals_to = "Ann" }] }
    ]
  }
}`,
    },
    {
      title: 'several tables and what they look like',
      block: `Assert {
  rules {
    table-names = ["shop.users", "shop.orders"]
    tables_configs = [
      {
        table_path = "shop.users"
        row_rules = [{ rule_type = MIN_ROW, rule_value = 100 }, { rule_type = MAX_ROW, rule_value = 100 }]
        catalog_table_rule {
          primary_key_rule { primary_key_name = pk, primary_key_columns = [id] }
          column_rule = [{ name = id, type = bigint, nullable = true }, { name = name, type = string, nullable = true }]
        }
      }
      { table_path = "shop.orders", row_rules = [{ rule_type = MIN_ROW, rule_value = 1 }] }
    ]
  }
}`,
    },
  ],
})
