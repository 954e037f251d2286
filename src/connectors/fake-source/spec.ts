import { option, optionSpec } from '../../config/option.js'
import { requiredWhen } from '../../config/option-rule.js'
import { sourceSpec } from '../../spi/spec.js'

const MODES = ['RANGE', 'TEMPLATE'] as const
const FLOAT_MAX = 3.4028234663852886e38
const LONG_MAX = 9223372036854775807n

const mode = (type: string) =>
  option.enumeration(`${type}.fake.mode`, MODES, {
    default: 'RANGE',
    doc: `How ${type} values are made: RANGE is random within the bounds, TEMPLATE picks from ${type}.template.`,
  })
const template = (type: string) =>
  option.stringList(`${type}.template`, {
    doc: `Values to pick from at random; used whenever it is given and not empty.`,
  })
const dateTemplate = (part: string) =>
  option.stringList(part, { doc: `Values to pick from for this part of a date or time.` })

/** Options that one table of FakeSource has. @source SeaTunnel `FakeOption` */
export const TABLE_OPTIONS = {
  schema: option.node('schema', { doc: 'Columns of the table, see "schema".' }),
  rows: option.node('rows', {
    doc: 'Rows to emit instead of random ones: a list of { kind, fields }. All of them are emitted for every split of every reader.',
  }),
  rowNum: option.long('row.num', { default: 5, min: 0, doc: 'Rows per reader.' }),
  splitNum: option.int('split.num', { default: 1, min: 1, doc: 'Splits per reader.' }),
  splitReadIntervalMs: option.int('split.read-interval', {
    default: 1,
    min: 0,
    doc: 'Milliseconds between two splits of a reader.',
  }),
  stringLength: option.int('string.length', {
    default: 5,
    min: 0,
    doc: 'Letters of a string whose column has no length.',
  }),
  bytesLength: option.int('bytes.length', { default: 5, min: 0, doc: 'Bytes of a bytes value.' }),
  mapSize: option.int('map.size', { default: 5, min: 0, doc: 'Entries of a map.' }),
  arraySize: option.int('array.size', { default: 5, min: 0, doc: 'Elements of an array.' }),
  vectorDimension: option.int('vector.dimension', { default: 4, min: 1, doc: 'Elements of a dense vector.' }),
  binaryVectorDimension: option.int('binary.vector.dimension', { default: 8, min: 1, doc: 'Bits of a binary vector.' }),
  vectorFloatMin: option.double('vector.float.min', { default: 0, doc: 'Smallest element of a float vector.' }),
  vectorFloatMax: option.double('vector.float.max', {
    default: FLOAT_MAX,
    doc: 'Upper bound of the elements of a float vector.',
  }),
  tinyintMin: option.int('tinyint.min', { default: 0, min: 0, max: 127, doc: 'Smallest tinyint.' }),
  tinyintMax: option.int('tinyint.max', { default: 127, min: 0, max: 127, doc: 'Upper bound of tinyints.' }),
  smallintMin: option.int('smallint.min', { default: 0, min: 0, max: 32767, doc: 'Smallest smallint.' }),
  smallintMax: option.int('smallint.max', { default: 32767, min: 0, max: 32767, doc: 'Upper bound of smallints.' }),
  intMin: option.int('int.min', { default: 0, min: 0, doc: 'Smallest int.' }),
  intMax: option.int('int.max', { default: 2147483647, min: 0, doc: 'Upper bound of ints.' }),
  bigintMin: option.bigint('bigint.min', { default: 0n, doc: 'Smallest bigint.' }),
  bigintMax: option.bigint('bigint.max', { default: LONG_MAX, doc: 'Upper bound of bigints.' }),
  floatMin: option.double('float.min', { default: 0, min: 0, max: FLOAT_MAX, doc: 'Smallest float.' }),
  floatMax: option.double('float.max', { default: FLOAT_MAX, min: 0, max: FLOAT_MAX, doc: 'Upper bound of floats.' }),
  doubleMin: option.double('double.min', { default: 0, min: 0, doc: 'Smallest double.' }),
  doubleMax: option.double('double.max', { default: Number.MAX_VALUE, min: 0, doc: 'Upper bound of doubles.' }),
  stringMode: mode('string'),
  tinyintMode: mode('tinyint'),
  smallintMode: mode('smallint'),
  intMode: mode('int'),
  bigintMode: mode('bigint'),
  floatMode: mode('float'),
  doubleMode: mode('double'),
  stringTemplate: template('string'),
  tinyintTemplate: template('tinyint'),
  smallintTemplate: template('smallint'),
  intTemplate: template('int'),
  bigintTemplate: template('bigint'),
  floatTemplate: template('float'),
  doubleTemplate: template('double'),
  dateYearTemplate: dateTemplate('date.year.template'),
  dateMonthTemplate: dateTemplate('date.month.template'),
  dateDayTemplate: dateTemplate('date.day.template'),
  timeHourTemplate: dateTemplate('time.hour.template'),
  timeMinuteTemplate: dateTemplate('time.minute.template'),
  timeSecondTemplate: dateTemplate('time.second.template'),
  autoIncrementEnabled: option.boolean('auto.increment.enabled', {
    default: false,
    doc: 'Whether the primary key column counts up instead of being random.',
  }),
  autoIncrementStart: option.long('auto.increment.start', { default: 1, doc: 'First number of the count.' }),
} as const

const RULES = [
  requiredWhen('stringMode', 'TEMPLATE', 'stringTemplate'),
  requiredWhen('tinyintMode', 'TEMPLATE', 'tinyintTemplate'),
  requiredWhen('smallintMode', 'TEMPLATE', 'smallintTemplate'),
  requiredWhen('intMode', 'TEMPLATE', 'intTemplate'),
  requiredWhen('bigintMode', 'TEMPLATE', 'bigintTemplate'),
  requiredWhen('floatMode', 'TEMPLATE', 'floatTemplate'),
  requiredWhen('doubleMode', 'TEMPLATE', 'doubleTemplate'),
] as const

/** One entry of `tables_configs`. */
export const tableSpec = optionSpec({ options: TABLE_OPTIONS, rules: RULES })

/** Options of FakeSource. */
export const spec = sourceSpec('FakeSource', {
  summary: 'Makes rows: random ones of a schema, or the ones that are given.',
  options: {
    ...TABLE_OPTIONS,
    tablesConfigs: option.objectList('tables_configs', tableSpec, {
      doc: 'Several tables, each with its own schema and options.',
    }),
  },
  rules: RULES,
  example: 'FakeSource { row.num = 16, schema { fields { name = "string", age = "int" } }, plugin_output = "fake" }',
  examples: [
    {
      title: 'the rows that are given, with their change kinds',
      block: `FakeSource {
  schema {
    table = "shop.orders"
    fields { id = bigint, price = "decimal(10, 2)", day = date }
    primaryKey { name = pk, columnNames = [id] }
  }
  rows = [
    { kind = INSERT, fields = [1, "9.50", "2024-01-31"] }
    { kind = UPDATE_BEFORE, fields = [1, "9.50", "2024-01-31"] }
    { kind = UPDATE_AFTER, fields = [1, "8.00", "2024-01-31"] }
    { kind = DELETE, fields = [1, "8.00", "2024-01-31"] }
  ]
}`,
    },
    {
      title: 'several tables',
      block: `FakeSource {
  tables_configs = [
    { row.num = 100, schema { table = "shop.users", fields { id = bigint, name = string } } }
    { row.num = 500, schema { table = "shop.orders", fields { id = bigint, user_id = bigint } } }
  ]
}`,
    },
  ],
})
