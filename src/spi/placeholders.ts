import { type CatalogTable, tablePathText } from '../core/schema.js'

/** The placeholders that sink options may hold; they are filled per table. @source SeaTunnel `TablePlaceholder` */
export const SINK_PLACEHOLDERS = [
  'database_name',
  'schema_name',
  'schema_full_name',
  'table_name',
  'table_full_name',
  'primary_key',
  'unique_key',
  'field_names',
] as const

type SinkPlaceholder = (typeof SINK_PLACEHOLDERS)[number]

const PATTERN = new RegExp(`\\$\\{(${SINK_PLACEHOLDERS.join('|')})(?::([^}]*))?\\}`, 'g')

/** Changes a filled-in value for the option it stands in, for example so that it cannot leave a folder. */
export type PlaceholderEscape = (value: string, optionName: string) => string

/**
 * A sink's options for one table: placeholders in texts are filled in, and a list whose only element is `${primary_key}`,
 * `${unique_key}` or `${field_names}` becomes the list of those columns. Nested groups are left alone. A missing database, schema
 * or table is the placeholder's default, else empty; a key that the table does not have is the default, else left as written.
 *
 * @source SeaTunnel `TablePlaceholderProcessor`
 */
export function fillPlaceholders<T extends { readonly [name: string]: unknown }>(
  options: T,
  table: CatalogTable,
  escapeValue: PlaceholderEscape = (value) => value,
): T {
  const filled: Record<string, unknown> = { ...options }
  for (const [name, value] of Object.entries(options)) {
    if (typeof value === 'string') filled[name] = fillText(value, table, (text) => escapeValue(text, name))
    else if (Array.isArray(value)) filled[name] = fillList(value, table)
  }
  return filled as T
}

function fillText(text: string, table: CatalogTable, escapeValue: (value: string) => string): string {
  return text.replace(PATTERN, (written: string, name: SinkPlaceholder, otherwise: string | undefined) => {
    const values = valuesOf(name, table)
    if (values !== null && values.length > 0) return escapeValue(values.join(separatorOf(name)))
    if (otherwise !== undefined) return otherwise
    return values === null ? written : ''
  })
}

function fillList(list: readonly unknown[], table: CatalogTable): readonly unknown[] {
  const [only, ...others] = list
  if (typeof only !== 'string' || others.length > 0) return list
  const name = /^\$\{(primary_key|unique_key|field_names)\}$/.exec(only)?.[1]
  if (name === undefined) return list
  const values = valuesOf(name as SinkPlaceholder, table)
  return values === null || values.length === 0 ? list : values
}

function separatorOf(name: SinkPlaceholder): string {
  return name === 'schema_full_name' || name === 'table_full_name' ? '.' : ','
}

/** `null` for a key that the table does not have; empty for a part of its path that is missing. */
function valuesOf(name: SinkPlaceholder, table: CatalogTable): readonly string[] | null {
  const { path } = table
  switch (name) {
    case 'database_name':
      return present(path.database)
    case 'schema_name':
      return present(path.schema)
    case 'table_name':
      return present(path.table)
    case 'schema_full_name':
      return [...present(path.database), ...present(path.schema)]
    case 'table_full_name':
      return present(tablePathText(path))
    case 'primary_key':
      return table.primaryKey?.columnNames ?? null
    case 'unique_key': {
      const keys = table.constraintKeys.filter((key) => key.type === 'UNIQUE_KEY')
      return keys.length === 0 ? null : keys.flatMap((key) => key.columns.map(({ columnName }) => columnName))
    }
    case 'field_names':
      return table.columns.map((column) => column.name)
  }
}

function present(part: string | null): readonly string[] {
  return part === null || part === '' ? [] : [part]
}
