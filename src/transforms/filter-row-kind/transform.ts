import { ROW_KINDS } from '../../core/row-kind.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Drops rows whose kind is not wanted; the schema stays. */
export const transform = transformFactory({
  spec,
  async lower({ includeKinds, excludeKinds }, table) {
    const keep = ROW_KINDS.filter((kind) =>
      includeKinds === null ? !excludeKinds?.includes(kind) : includeKinds.includes(kind),
    )
    return { table, operators: [{ name: 'filter_row_kind', options: { keep } }] }
  },
})
