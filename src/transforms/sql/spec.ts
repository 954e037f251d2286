import { option } from '../../config/option.js'
import { transformSpec } from '../../spi/spec.js'

/** Options of Sql. @source SeaTunnel `SQLTransform` */
export const spec = transformSpec('Sql', {
  summary: 'Computes, chooses and filters with one SELECT over one table.',
  options: {
    query: option.string('query', {
      required: true,
      doc: 'SELECT items FROM table [WHERE predicate]. The table is the input; another name gives a warning only.',
      example: 'select id, upper(name) as name from fake where age > 18',
    }),
    engine: option.enumeration('engine', ['ZETA', 'INTERNAL'], {
      default: 'ZETA',
      doc: 'Accepted for compatibility; both are the one engine.',
    }),
  },
  example: 'Sql { query = "select id, upper(name) as name from fake where id > 1" }',
  examples: [
    {
      title: 'computed fields and a condition',
      block: `Sql {
  query = "select id, upper(name) as name, price * 2 as double_price from fake where price >= 1.5"
}`,
      input: {
        fields: 'id = int, name = string, price = double',
        rows: [
          [1, 'Ann', 1.5],
          [2, 'Bob', 1],
          [3, null, 4.25],
        ],
      },
      output: {
        fields: 'id = int, name = string, double_price = double',
        rows: [
          [1, 'ANN', 3],
          [3, null, 8.5],
        ],
      },
    },
  ],
})
