import { MillraceError } from '../../core/error.js'
import { type CatalogTable, kernelSchema } from '../../core/schema.js'
import { analyzedColumns, requireColumns } from '../../spi/catalog.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Refuses output fields that would overwrite a part of a key: chunks of different rows would get the same key. */
function requireNoKey(table: CatalogTable, names: readonly string[]): void {
  const unique = table.constraintKeys.filter((key) => key.type === 'UNIQUE_KEY')
  const keyColumns = new Set([
    ...(table.primaryKey?.columnNames ?? []),
    ...unique.flatMap((key) => key.columns.map((column) => column.columnName)),
  ])
  const taken = names.find((name) => keyColumns.has(name))
  if (taken === undefined) return
  throw new MillraceError('OPTION_INVALID', `field '${taken}' is part of a key and cannot hold chunks`, {
    hint: 'choose other names for output_field and chunk_index_field',
    field: taken,
  })
}

/** The keys of a table, with the chunk's number behind what makes a row unique. */
function extendedKeys({ primaryKey, constraintKeys }: CatalogTable, number: string) {
  return {
    primaryKey: primaryKey === null ? null : { ...primaryKey, columnNames: [...primaryKey.columnNames, number] },
    constraintKeys: constraintKeys.map((key) =>
      key.type === 'UNIQUE_KEY'
        ? { ...key, columns: [...key.columns, { columnName: number, sortType: 'ASC' as const }] }
        : key,
    ),
  }
}

/** Gives one row per chunk of a text. */
export const transform = transformFactory({
  spec,
  async lower(
    { textField, outputField, chunkIndexField, chunkSize, overlapSize, separators, skipEmptyText },
    table,
    { backend, program },
  ) {
    requireColumns(table, [textField], spec.name)
    requireNoKey(table, [outputField, chunkIndexField])
    const options = {
      textField,
      outputField,
      chunkIndexField,
      chunkSize,
      overlapSize,
      separators: [...separators],
      skipEmptyText,
    }
    const analysis = backend.analyze(program, kernelSchema(table), { operator: 'text_chunk', input: 0, options })
    const columns = analyzedColumns(table, analysis, ({ name }) => ({ nullable: name !== chunkIndexField }))
    return {
      table: { ...table, columns, ...extendedKeys(table, chunkIndexField) },
      operators: [{ name: 'text_chunk', options }],
    }
  },
})
