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
})
