import { projectOperator, requireAllColumns, requireDistinctNames, withColumns } from '../../spi/catalog.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Keeps the included fields in the given order, or all but the excluded ones in theirs. */
export const transform = transformFactory({
  spec,
  async lower({ includeFields, excludeFields }, table) {
    const named = requireAllColumns(table, includeFields ?? excludeFields ?? [], spec.name)
    const excluded = new Set(excludeFields ?? [])
    const kept = includeFields === null ? table.columns.filter((column) => !excluded.has(column.name)) : named
    const columns = kept.map(({ name }) => ({ from: name, name }))
    requireDistinctNames(columns, spec.name)
    return { table: withColumns(table, kept), operators: [projectOperator(columns)] }
  },
})
