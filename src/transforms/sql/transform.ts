import { kernelSchema } from '../../core/schema.js'
import { analyzedColumns, withColumns } from '../../spi/catalog.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Lowers the query to one kernel operator. The kernels parse it: faults carry the byte offset in the query. */
export const transform = transformFactory({
  spec,
  async lower({ query }, table, { backend, program }) {
    const operator = { name: 'sql', options: { query } }
    const node = { operator: operator.name, input: 0, options: operator.options }
    const analysis = backend.analyze(program, kernelSchema(table), node)
    return { table: withColumns(table, analyzedColumns(table, analysis)), operators: [operator] }
  },
})
