import { closest } from '../../config/similar.js'
import { MillraceError } from '../../core/error.js'
import { type CatalogTable, type DataType, tablePathText } from '../../core/schema.js'
import { computedColumn, withColumns } from '../../spi/catalog.js'
import type { PlanContext } from '../../spi/context.js'
import type { JsonObject } from '../../spi/json.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

const STRING: DataType = { kind: 'STRING' }
const BIGINT: DataType = { kind: 'BIGINT' }

/** What every SeaTunnel that has this transform takes, and gives as null where the source does not know it. */
const NULL_WHERE_UNKNOWN: Readonly<Record<string, DataType>> = { EventTime: BIGINT, Delay: BIGINT, Partition: STRING }

/** What sources of other kinds know. */
const KNOWN_ELSEWHERE: Readonly<Record<string, string>> = {
  SourceTimestamp: 'change-log sources',
  BinlogFile: 'MySQL-CDC',
  BinlogPos: 'MySQL-CDC',
  BinlogRow: 'MySQL-CDC',
  Gtid: 'MySQL-CDC',
  FilePath: 'file sources',
  FileCreateTime: 'file sources',
  FileUpdateTime: 'file sources',
  FileSize: 'file sources',
  FileType: 'file sources',
}

const ON_EVERY_ROW = ['Database', 'Table', 'RowKind']

/** Appends one nullable column per metadata key. */
export const transform = transformFactory({
  spec,
  async lower({ metadataFields }, table, context) {
    const names = new Set(table.columns.map((column) => column.name))
    const added: AddedColumn[] = []
    for (const [key, name] of metadataFields) {
      if (names.has(name)) {
        const message = `The metadata mapping field '${key}' of '${spec.name}' transform already exists in upstream schema`
        throw new MillraceError('METADATA_FIELD_EXISTS', message, { field: name, hint: `the field '${name}' is taken` })
      }
      names.add(name)
      added.push({ name, ...sourceOf(key, table, context) })
    }
    if (added.length === 0) return { table, operators: [] }
    const columns = [...table.columns, ...added.map(({ name, type }) => computedColumn(name, type))]
    return { table: withColumns(table, columns), operators: [{ name: 'metadata', options: { columns: added } }] }
  },
  metadataKeys: ({ metadataFields }) => [...metadataFields.keys()],
})

/** A column as the kernel `metadata` takes it. */
type AddedColumn = JsonObject & { readonly name: string; readonly type: DataType & JsonObject }

type ColumnSource = Omit<AddedColumn, 'name'> & { readonly type: AddedColumn['type'] }

function sourceOf(key: string, table: CatalogTable, context: PlanContext): ColumnSource {
  const typed = (type: DataType): AddedColumn['type'] => type as AddedColumn['type']
  if (key === 'Database') return { type: typed(STRING), from: 'CONSTANT', value: table.path.database }
  if (key === 'Table') return { type: typed(STRING), from: 'CONSTANT', value: table.path.table }
  if (key === 'RowKind') return { type: typed(STRING), from: 'ROW_KIND' }
  const offered = table.metadata?.find((column) => column.key === key)
  if (offered !== undefined) return { type: typed(offered.type), from: 'WORK', key }
  const type = NULL_WHERE_UNKNOWN[key]
  if (type === undefined) throw notFound(key, table)
  const message = `rows of '${tablePathText(table.path)}' have no metadata '${key}': the field is null`
  context.warn(new MillraceError('METADATA_NOT_FOUND', message, { position: context.block.position }))
  return { type: typed(type), from: 'CONSTANT', value: null }
}

function notFound(key: string, table: CatalogTable): MillraceError {
  const message = `The metadata fields '${key}' of '${spec.name}' transform not found`
  const elsewhere = KNOWN_ELSEWHERE[key]
  const here = [...ON_EVERY_ROW, ...(table.metadata ?? []).map((column) => column.key)]
  const near = closest(
    key.toLowerCase(),
    [...here, ...Object.keys(KNOWN_ELSEWHERE)].map((each) => each.toLowerCase()),
  )
  const suggested = [...here, ...Object.keys(KNOWN_ELSEWHERE)].find((each) => each.toLowerCase() === near)
  const hint =
    elsewhere !== undefined
      ? `only ${elsewhere} give it; '${tablePathText(table.path)}' has ${here.join(', ')}`
      : suggested === undefined
        ? `'${tablePathText(table.path)}' has ${here.join(', ')}`
        : `did you mean '${suggested}'?`
  return new MillraceError('METADATA_NOT_FOUND', message, { hint })
}
