import { kernelSchema } from '../../core/schema.js'
import { analyzedColumns, EXTRACTED_TEXT, requireColumns, withColumns } from '../../spi/catalog.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Adds or replaces text fields by the parts of another one. Missing parts are null. */
export const transform = transformFactory({
  spec,
  async lower({ separator, splitField, outputFields }, table, { backend, program }) {
    requireColumns(table, [splitField], spec.name)
    const options = { separator, splitField, outputFields: [...outputFields] }
    const analysis = backend.analyze(program, kernelSchema(table), { operator: 'split', input: 0, options })
    const columns = analyzedColumns(table, analysis, () => EXTRACTED_TEXT)
    return { table: withColumns(table, columns), operators: [{ name: 'split', options }] }
  },
})
