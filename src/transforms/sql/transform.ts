import { lookup, positionInText } from '../../config/document.js'
import { MillraceError } from '../../core/error.js'
import { kernelSchema } from '../../core/schema.js'
import { analyzedColumns, withColumns } from '../../spi/catalog.js'
import type { PlanContext } from '../../spi/context.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Lowers the query to one kernel operator. The kernels parse it: faults point into the query. */
export const transform = transformFactory({
  spec,
  async lower({ query }, table, { backend, program, block }) {
    const operator = { name: 'sql', options: { query } }
    const node = { operator: operator.name, input: 0, options: operator.options }
    const analysis = inQuery(block, () => backend.analyze(program, kernelSchema(table), node))
    return { table: withColumns(table, analyzedColumns(table, analysis)), operators: [operator] }
  },
})

/** Gives a fault with a byte offset in the query its place in the job file. */
function inQuery<T>(block: PlanContext['block'], analyze: () => T): T {
  try {
    return analyze()
  } catch (thrown) {
    const query = lookup(block.options, 'query')?.node
    if (!(thrown instanceof MillraceError) || thrown.details.offset === undefined || query?.kind !== 'string')
      throw thrown
    const position = positionInText(query, thrown.details.offset)
    const path = `${block.kind}[${block.index}].query`
    const located = new MillraceError(thrown.code, thrown.message, { ...thrown.details, path, position })
    if (thrown.stack !== undefined) located.stack = thrown.stack
    throw located
  }
}
