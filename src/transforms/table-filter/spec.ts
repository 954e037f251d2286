import { option } from '../../config/option.js'
import { transformSpec } from '../../spi/spec.js'

/** Options of TableFilter. @source SeaTunnel `TableFilterConfig` */
export const spec = transformSpec('TableFilter', {
  summary: 'Keeps or drops whole tables by their names.',
  options: {
    databasePattern: option.string('database_pattern', {
      doc: 'Java regular expression for the whole database name; any when absent.',
    }),
    schemaPattern: option.string('schema_pattern', {
      doc: 'Java regular expression for the whole schema name; any when absent.',
    }),
    tablePattern: option.string('table_pattern', {
      doc: 'Java regular expression for the whole table name; any when absent.',
    }),
    patternMode: option.enumeration('pattern_mode', ['INCLUDE', 'EXCLUDE'], {
      default: 'INCLUDE',
      doc: 'INCLUDE keeps tables that match all patterns, EXCLUDE drops them.',
    }),
  },
  example: 'TableFilter { database_pattern = shop, table_pattern = "user_\\\\d+", pattern_mode = EXCLUDE }',
  examples: [
    {
      title: 'one database',
      block: 'TableFilter { database_pattern = shop }',
      input: { fields: 'id = int', rows: [[1]], table: 'shop.orders' },
      output: { fields: 'id = int', rows: [[1]] },
    },
  ],
})
