import { MillraceError } from '../../core/error.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Refuses every job: `UNIMPLEMENTED`. */
export const transform = transformFactory({
  spec,
  async lower() {
    throw new MillraceError('UNIMPLEMENTED', `the transform '${spec.name}' is not implemented`, {
      hint: 'write the query for the transform Sql, or use DynamicCompile with compile_language = JAVASCRIPT',
    })
  },
})
