import { option, optionSpec } from '../../config/option.js'
import { exactlyOneOf, requiredWhen } from '../../config/option-rule.js'
import { transformSpec } from '../../spi/spec.js'

const RULE_TYPES = ['NOT_NULL', 'RANGE', 'LENGTH', 'REGEX', 'UDF'] as const

/** What a rule has beside its type. */
const RULE_OPTIONS = {
  minValue: option.string('min_value', { doc: 'RANGE: lowest value; a number, date, time or text like the field.' }),
  maxValue: option.string('max_value', { doc: 'RANGE: highest value.' }),
  minInclusive: option.boolean('min_inclusive', {
    default: true,
    doc: 'RANGE: whether `min_value` itself is allowed.',
  }),
  maxInclusive: option.boolean('max_inclusive', {
    default: true,
    doc: 'RANGE: whether `max_value` itself is allowed.',
  }),
  minLength: option.int('min_length', {
    doc: 'LENGTH: fewest characters (UTF-16 units) of a text, elements of an array or map, bytes of a binary value.',
  }),
  maxLength: option.int('max_length', { doc: 'LENGTH: most of them.' }),
  exactLength: option.int('exact_length', { doc: 'LENGTH: how many there must be.' }),
  pattern: option.string('pattern', { doc: 'REGEX: Java regular expression that the whole text must match.' }),
  caseSensitive: option.boolean('case_sensitive', { default: true, doc: "REGEX: whether letters' case counts." }),
  functionName: option.string('function_name', { doc: 'UDF: name of the function; `EMAIL` is built in.' }),
  customMessage: option.string('custom_message', {
    doc: "What is said of a bad value instead of the rule's own message.",
  }),
} as const

const CONDITIONS = [requiredWhen('ruleType', 'REGEX', 'pattern'), requiredWhen('ruleType', 'UDF', 'functionName')]

const RULE = optionSpec({
  options: {
    ruleType: option.enumeration('rule_type', RULE_TYPES, { required: true, doc: 'What is checked.' }),
    ...RULE_OPTIONS,
  },
  rules: CONDITIONS,
})

/** A field with its rules in a list, or with one rule beside its name. */
export const FIELD_RULE = optionSpec({
  options: {
    fieldName: option.string('field_name', { required: true, doc: 'Field that is checked.' }),
    rules: option.objectList('rules', RULE, { doc: 'Rules of the field.' }),
    ruleType: option.enumeration('rule_type', RULE_TYPES, { doc: 'What is checked, for a field with one rule.' }),
    ...RULE_OPTIONS,
  },
  rules: [exactlyOneOf('ruleType', 'rules'), ...CONDITIONS],
})

/** Options of DataValidator. @source SeaTunnel `DataValidatorTransformConfig`, `TransformCommonOptions` */
export const spec = transformSpec('DataValidator', {
  summary: 'Checks fields against rules; rows that break one fail the job, are dropped, or go to an error table.',
  options: {
    rowErrorHandleWay: option.enumeration('row_error_handle_way', ['FAIL', 'SKIP', 'ROUTE_TO_TABLE'], {
      default: 'FAIL',
      doc:
        'What becomes of a row that breaks a rule. `ROUTE_TO_TABLE` sends a record of it to `row_error_handle_way.error_table`, ' +
        'which flows on as a table of its own beside the valid rows.',
    }),
    errorTable: option.string('row_error_handle_way.error_table', {
      doc: 'Name of the error table. Without it `ROUTE_TO_TABLE` warns and drops the rows.',
    }),
    fieldRules: option.objectList('field_rules', FIELD_RULE, {
      required: true,
      doc: 'Rules of fields. A null value keeps every rule but `NOT_NULL`.',
    }),
  },
  example:
    'DataValidator { field_rules = [{ field_name = "age", rule_type = "RANGE", min_value = 0, max_value = 150 }] }',
})
