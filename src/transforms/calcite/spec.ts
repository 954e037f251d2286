import { option } from '../../config/option.js'
import { transformSpec } from '../../spi/spec.js'

/** Calcite is known by name, so that a job that has it is told what to use. */
export const spec = transformSpec('Calcite', {
  summary: 'Not implemented: there is no Calcite engine. Use Sql, or DynamicCompile with JavaScript.',
  options: { query: option.string('query', { doc: 'Query in the dialect of Apache Calcite.' }) },
  acceptsKey: () => true,
  example: 'Calcite { query = "select id from fake" }',
})
