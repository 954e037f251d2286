import { requireColumns } from '../../spi/catalog.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Sets the sink type of columns; of several entries for a column the last one counts. */
export const transform = transformFactory({
  spec,
  async lower({ columns }, table) {
    requireColumns(
      table,
      columns.map(({ column }) => column),
      spec.name,
    )
    const types = new Map(columns.map(({ column, type }) => [column, type]))
    const typed = table.columns.map((column) => {
      const sinkType = types.get(column.name)
      return sinkType === undefined ? column : { ...column, sinkType }
    })
    return { table: { ...table, columns: typed }, operators: [] }
  },
})
