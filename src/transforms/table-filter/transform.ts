import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Drops tables as a whole. A part that a path does not have is matched as an empty text. */
export const transform = transformFactory({
  spec,
  async lower({ databasePattern, schemaPattern, tablePattern, patternMode }, table, { backend }) {
    const { database, schema, table: name } = table.path
    const parts = [
      [databasePattern, database],
      [schemaPattern, schema],
      [tablePattern, name],
    ] as const
    const isMatch = parts.every(
      ([pattern, part]) => pattern === null || backend.findPattern(pattern, part ?? '').isWhole,
    )
    const isKept = isMatch === (patternMode === 'INCLUDE')
    return isKept ? { table, operators: [] } : { table, operators: [], isDropped: true }
  },
})
