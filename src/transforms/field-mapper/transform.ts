import { projectOperator, requireColumns, requireDistinctNames, withColumns } from '../../spi/catalog.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Keeps and renames fields. A key is dropped when one of its columns is not among the output names. */
export const transform = transformFactory({
  spec,
  async lower({ fieldMapper }, table) {
    const sources = requireColumns(table, [...fieldMapper.keys()], spec.name)
    const columns = sources.map((column) => ({ from: column.name, name: fieldMapper.get(column.name) ?? column.name }))
    requireDistinctNames(columns, spec.name)
    const renamed = sources.map((column, index) => ({ ...column, name: columns[index]?.name ?? column.name }))
    return { table: withColumns(table, renamed), operators: [projectOperator(columns)] }
  },
})
