import { kernelSchema } from '../../core/schema.js'
import { analyzedColumns, requireColumns, withColumns } from '../../spi/catalog.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Replaces text in a field. A field that is no text is changed as Java prints it and read back as its type. */
export const transform = transformFactory({
  spec,
  async lower({ replaceField, pattern, replacement, isRegex, replaceFirst }, table, { backend, program }) {
    requireColumns(table, [replaceField], spec.name)
    const options = { replaceField, pattern, replacement, isRegex, replaceFirst: replaceFirst ?? false }
    const analysis = backend.analyze(program, kernelSchema(table), { operator: 'replace', input: 0, options })
    return { table: withColumns(table, analyzedColumns(table, analysis)), operators: [{ name: 'replace', options }] }
  },
})
