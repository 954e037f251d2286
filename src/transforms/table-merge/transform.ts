import { MillraceError } from '../../core/error.js'
import { type CatalogTable, dataTypeText, tablePathText } from '../../core/schema.js'
import { movedTable } from '../../spi/catalog.js'
import { type TransformedTable, transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Gives all tables one path. Keys and attributes of columns are those of the first table. */
export const transform = transformFactory({
  spec,
  async lower({ database, schema, table: name }, table) {
    return movedTable(table, { database, schema, table: name })
  },
  /** Tables of one path must have the same columns. @source SeaTunnel `TableMergeMultiCatalogTransform` (text) */
  verify(tables) {
    const first = new Map<string, TransformedTable>()
    for (const merged of tables) {
      const path = tablePathText(merged.output.path)
      const other = first.get(path)
      if (other === undefined) first.set(path, merged)
      else requireSameColumns(other.input, merged.input)
    }
  },
})

function requireSameColumns(left: CatalogTable, right: CatalogTable): void {
  const [ours, theirs] = [structureOf(left), structureOf(right)]
  if (ours === theirs) return
  const [leftPath, rightPath] = [tablePathText(left.path), tablePathText(right.path)]
  const message =
    'the schema of the tables to be merged must be the same. ' +
    `The schema of the table ${leftPath} is different from the schema of the table ${rightPath}`
  throw new MillraceError('JOB_DEFINITION', message, {
    hint: `'${leftPath}' has ${ours}; '${rightPath}' has ${theirs}`,
  })
}

function structureOf({ columns }: CatalogTable): string {
  return columns.map(({ name, type }) => `${name} ${dataTypeText(type)}`).join(', ')
}
