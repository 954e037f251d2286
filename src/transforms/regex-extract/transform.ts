import { kernelSchema } from '../../core/schema.js'
import { analyzedColumns, EXTRACTED_TEXT, requireColumns, withColumns } from '../../spi/catalog.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Adds or replaces text fields by the groups of a pattern found in another one. */
export const transform = transformFactory({
  spec,
  async lower({ sourceField, regexPattern, outputFields, defaultValues }, table, { backend, program }) {
    requireColumns(table, [sourceField], spec.name)
    const options = {
      sourceField,
      regexPattern,
      outputFields: [...outputFields],
      defaultValues: [...(defaultValues ?? [])],
    }
    const analysis = backend.analyze(program, kernelSchema(table), { operator: 'regex_extract', input: 0, options })
    const columns = analyzedColumns(table, analysis, () => EXTRACTED_TEXT)
    return { table: withColumns(table, columns), operators: [{ name: 'regex_extract', options }] }
  },
})
