import { option } from '../../config/option.js'
import { transformSpec } from '../../spi/spec.js'

/** Options of TableMerge. @source SeaTunnel `TableMergeConfig` */
export const spec = transformSpec('TableMerge', {
  summary: 'Makes one table of several ones with the same columns.',
  options: {
    database: option.string('database', { doc: 'Database of the merged table; none when absent.' }),
    schema: option.string('schema', { doc: 'Schema of the merged table; none when absent.' }),
    table: option.string('table', { required: true, doc: 'Name of the merged table.' }),
  },
  example: 'TableMerge { table_match_regex = "shop.user_.*", database = shop, table = users }',
  examples: [
    {
      title: 'the parts of a table that is cut by month',
      block: 'TableMerge { table_match_regex = "app\\\\.orders_\\\\d{6}", database = app, table = orders }',
      input: { fields: 'id = int', rows: [[1]], table: 'app.orders_202401' },
      output: { fields: 'id = int', rows: [[1]] },
    },
  ],
})
