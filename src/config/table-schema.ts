import type { SourcePosition } from '../core/error.js'
import type { CatalogTable, Column, ConstraintKey, PrimaryKey, TablePath } from '../core/schema.js'
import { readDataType } from './data-type.js'
import { type ConfigNode, type ConfigObject, nodeText, toJson } from './document.js'
import { readGroup } from './group.js'
import { option, optionSpec, type SpecValues } from './option.js'
import { ABSENT, type ReadContext } from './value-type.js'

/** The table that a source has when nothing names one. */
export const DEFAULT_TABLE = 'default.default.default'

/** The option group of a `schema` block. */
export const SCHEMA_SPEC = optionSpec({
  options: {
    table: option.string('table', { doc: 'Table path: table, database.table or database.schema.table.' }),
    schemaFirst: option.boolean('schema_first', {
      doc: 'Reads a path of two parts as schema.table.',
      default: false,
    }),
    comment: option.string('comment', { doc: 'Comment of the table.' }),
    fields: option.node('fields', { doc: 'Columns in order, name = type.' }),
    columns: option.node('columns', { doc: 'Columns in order with their attributes.' }),
    primaryKey: option.node('primaryKey', { doc: 'Primary key.' }),
    constraintKeys: option.node('constraintKeys', { doc: 'Indexes and unique keys.' }),
  },
})

const COLUMN_SPEC = optionSpec({
  options: {
    name: option.string('name', { doc: 'Name of the column.', required: true }),
    type: option.node('type', { doc: 'Type of the column.', required: true }),
    nullable: option.boolean('nullable', { doc: 'Whether it may be null.', default: true }),
    length: option.long('columnLength', { doc: 'Declared length.', default: 0, min: 0 }),
    scale: option.int('columnScale', { doc: 'Declared scale; the dimension of a vector.' }),
    defaultValue: option.node('defaultValue', { doc: 'Value of the column when it is absent.' }),
    comment: option.string('comment', { doc: 'Comment of the column.' }),
  },
})

const PRIMARY_KEY_SPEC = optionSpec({
  options: {
    name: option.string('name', { doc: 'Name of the key.', required: true }),
    columnNames: option.stringList('columnNames', { doc: 'Its columns.', required: true, fallback: ['columns'] }),
  },
})

const CONSTRAINT_SPEC = optionSpec({
  options: {
    name: option.string('constraintName', { doc: 'Name of the constraint.', required: true }),
    type: option.enumeration('constraintType', ['INDEX_KEY', 'UNIQUE_KEY', 'FOREIGN_KEY', 'VECTOR_INDEX_KEY'], {
      doc: 'Kind of the constraint.',
      required: true,
    }),
    columns: option.objectList(
      'constraintColumns',
      {
        options: {
          columnName: option.string('columnName', { doc: 'Name of a column.', required: true }),
          sortType: option.enumeration('sortType', ['ASC', 'DESC'], { doc: 'Order of the column.', default: 'ASC' }),
        },
      },
      { doc: 'Its columns.', required: true },
    ),
  },
})

/** What a table is called when its schema does not say. */
export interface TableNaming {
  /** The block's output name, `null` when it has none. */
  readonly output: string | null
  readonly catalogName?: string
  /** Comment on the plug-in block, used when the schema has none. */
  readonly comment?: string | null
}

/**
 * Reads a `schema` block.
 *
 * A block without `fields` and `columns` gives a table without columns. Columns of `fields` are nullable and have length
 * `null`; columns of `columns` have length 0 where none is given.
 *
 * @returns `ABSENT` after faults: `SCHEMA_INVALID`, `TYPE_UNSUPPORTED`, `OPTION_*`, all of them, each with its position.
 * @source SeaTunnel `CatalogTableUtil`, `ReadonlyConfigParser`
 */
export function readCatalogTable(
  schema: ConfigObject,
  context: ReadContext,
  naming: TableNaming,
): CatalogTable | typeof ABSENT {
  const group = readGroup(SCHEMA_SPEC, schema, context)
  if (group === ABSENT) return ABSENT
  const columns = readColumns(group, schema, context)
  const path = readTablePath(group, schema, context, naming)
  if (columns === ABSENT) return ABSENT
  const names = new Set(columns.map((column) => column.name))
  const primaryKey = readPrimaryKey(group.primaryKey, names, context.child('primaryKey'))
  const constraintKeys = readConstraintKeys(group.constraintKeys, names, context.child('constraintKeys'))
  if (path === ABSENT || primaryKey === ABSENT || constraintKeys === ABSENT) return ABSENT
  return {
    catalogName: naming.catalogName ?? 'schema',
    path,
    columns,
    primaryKey,
    constraintKeys,
    partitionKeys: [],
    comment: group.comment ?? naming.comment ?? null,
  }
}

/** The table of a text source without a schema: one text column `content`. */
export function contentTable(naming: TableNaming): CatalogTable {
  return {
    catalogName: naming.catalogName ?? 'schema',
    path: outputPath(naming.output),
    columns: [column('content', { kind: 'STRING' })],
    primaryKey: null,
    constraintKeys: [],
    partitionKeys: [],
    comment: naming.comment ?? null,
  }
}

/** Cuts a path text at its dots; `null` when it has no part or more than three. */
export function tablePathOf(text: string, schemaFirst = false): TablePath | null {
  const [first, second, third, ...rest] = text.split('.')
  if (first === undefined || rest.length > 0 || text === '') return null
  if (second === undefined) return { database: null, schema: null, table: first }
  if (third !== undefined) return { database: first, schema: second, table: third }
  return schemaFirst
    ? { database: null, schema: first, table: second }
    : { database: first, schema: null, table: second }
}

/** A plug-in's output is a free name: one that is no table path is a table's name as a whole. */
function outputPath(output: string | null): TablePath {
  const text = output ?? DEFAULT_TABLE
  return tablePathOf(text) ?? { database: null, schema: null, table: text }
}

type SchemaGroup = SpecValues<typeof SCHEMA_SPEC>

function readTablePath(group: SchemaGroup, schema: ConfigObject, context: ReadContext, naming: TableNaming) {
  if (group.table === null) return outputPath(naming.output)
  const text = group.table
  const path = tablePathOf(text, group.schemaFirst)
  if (path !== null) return path
  const message = `Cannot get split '${text}' to get databaseName and tableName`
  const position = schema.entries.get('table')?.position ?? schema.position
  context
    .child('table')
    .fault('SCHEMA_INVALID', message, position, 'write table, database.table or database.schema.table')
  return ABSENT
}

function readColumns(
  group: SchemaGroup,
  schema: ConfigObject,
  context: ReadContext,
): readonly Column[] | typeof ABSENT {
  if (group.fields !== null && group.columns !== null) {
    const message = "Schema config can't contains both [fields] and [columns], please correct your config first"
    const position = schema.keyPositions.get('columns') ?? group.columns.position
    context.fault('SCHEMA_INVALID', message, position, "keep 'columns' when attributes are needed, else 'fields'")
    return ABSENT
  }
  if (group.fields !== null) return columnsOfFields(group.fields, context.child('fields'))
  if (group.columns !== null) return columnsOfList(group.columns, context.child('columns'))
  return []
}

function columnsOfFields(node: ConfigNode, context: ReadContext): readonly Column[] | typeof ABSENT {
  if (node.kind !== 'object') {
    context.fault(
      'SCHEMA_INVALID',
      "'fields' must be an object of names and types",
      node.position,
      'write fields { id = bigint }',
    )
    return ABSENT
  }
  const columns: Column[] = []
  let complete = true
  for (const [name, typeNode] of node.entries) {
    const type = readDataType(typeNode, name, context.child(name))
    if (type === ABSENT) complete = false
    else columns.push(column(name, type))
  }
  return complete ? columns : ABSENT
}

function column(name: string, type: Column['type']): Column {
  return { name, type, nullable: true, length: null, scale: null, defaultValue: null, comment: null }
}

function columnsOfList(node: ConfigNode, context: ReadContext): readonly Column[] | typeof ABSENT {
  if (node.kind !== 'list') {
    context.fault(
      'SCHEMA_INVALID',
      "'columns' must be a list of columns",
      node.position,
      'write columns = [{ name = id, type = bigint }]',
    )
    return ABSENT
  }
  const columns: Column[] = []
  const positions = new Map<string, SourcePosition>()
  let complete = true
  for (const [index, item] of node.items.entries()) {
    const inner = context.child(index)
    const read = readColumn(item, inner)
    if (read === ABSENT) {
      complete = false
      continue
    }
    const earlier = positions.get(read.name)
    if (earlier !== undefined) {
      const message = `column '${read.name}' was already given at line ${earlier.line}`
      inner.fault('SCHEMA_INVALID', message, item.position, 'remove or rename one of the two')
      complete = false
    }
    positions.set(read.name, item.position)
    columns.push(read)
  }
  return complete ? columns : ABSENT
}

function readColumn(item: ConfigNode, context: ReadContext): Column | typeof ABSENT {
  if (item.kind !== 'object') {
    context.fault('SCHEMA_INVALID', 'a column must be an object', item.position, 'write { name = id, type = bigint }')
    return ABSENT
  }
  const group = readGroup(COLUMN_SPEC, item, context)
  if (group === ABSENT) return ABSENT
  const type = readDataType(group.type, group.name, context.child('type'))
  if (type === ABSENT) return ABSENT
  const { name, nullable, length, scale, comment } = group
  return {
    name,
    type,
    nullable,
    length,
    scale,
    comment,
    defaultValue: group.defaultValue === null ? null : toJson(group.defaultValue),
  }
}

function unknownColumn(
  name: string,
  kind: string,
  position: SourcePosition,
  names: ReadonlySet<string>,
  context: ReadContext,
): void {
  const hint = names.size === 0 ? 'declare the columns first' : `the columns are ${[...names].slice(0, 20).join(', ')}`
  context.fault('SCHEMA_INVALID', `column '${name}' of the ${kind} is not in the schema`, position, hint)
}

function readPrimaryKey(
  node: ConfigNode | null,
  names: ReadonlySet<string>,
  context: ReadContext,
): PrimaryKey | null | typeof ABSENT {
  if (node === null) return null
  if (node.kind !== 'object') {
    context.fault(
      'SCHEMA_INVALID',
      "'primaryKey' must be an object",
      node.position,
      'write primaryKey { name = pk, columnNames = [id] }',
    )
    return ABSENT
  }
  const group = readGroup(PRIMARY_KEY_SPEC, node, context)
  if (group === ABSENT) return ABSENT
  const unknown = group.columnNames.filter((name) => !names.has(name))
  for (const name of unknown) unknownColumn(name, 'primary key', node.position, names, context)
  return unknown.length > 0 ? ABSENT : { name: group.name, columnNames: group.columnNames }
}

function readConstraintKeys(
  node: ConfigNode | null,
  names: ReadonlySet<string>,
  context: ReadContext,
): readonly ConstraintKey[] | typeof ABSENT {
  if (node === null) return []
  if (node.kind !== 'list') {
    context.fault('SCHEMA_INVALID', "'constraintKeys' must be a list", node.position, 'put the constraint in brackets')
    return ABSENT
  }
  const keys: ConstraintKey[] = []
  let complete = true
  for (const [index, item] of node.items.entries()) {
    const key = readConstraintKey(item, names, context.child(index))
    if (key === ABSENT) complete = false
    else keys.push(key)
  }
  return complete ? keys : ABSENT
}

function readConstraintKey(
  item: ConfigNode,
  names: ReadonlySet<string>,
  context: ReadContext,
): ConstraintKey | typeof ABSENT {
  if (item.kind !== 'object') {
    context.fault(
      'SCHEMA_INVALID',
      `a constraint must be an object, but it is '${nodeText(item)}'`,
      item.position,
      'put it in braces',
    )
    return ABSENT
  }
  const group = readGroup(CONSTRAINT_SPEC, item, context)
  if (group === ABSENT) return ABSENT
  const unknown = group.columns.filter(({ columnName }) => !names.has(columnName))
  for (const { columnName } of unknown)
    unknownColumn(columnName, `constraint '${group.name}'`, item.position, names, context)
  return unknown.length > 0 ? ABSENT : { name: group.name, type: group.type, columns: group.columns }
}
