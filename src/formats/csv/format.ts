import { MillraceError } from '../../core/error.js'
import type { Column } from '../../core/schema.js'
import { inspectFile } from '../../files/inspect.js'
import { textCodec } from '../../files/text-codec.js'
import type { PlanContext } from '../../spi/context.js'
import type { FileFormat, FileProbe } from '../../spi/format.js'
import type { JsonObject } from '../../spi/json.js'

/** Lines in front of a header are not longer than this. */
const HEADER_LIMIT_BYTES = 1024 * 1024

/** Lines of fields that may be quoted. */
export const format: FileFormat = {
  name: 'csv',
  summary: 'Lines of fields that a comma separates and that may be quoted.',
  readOptions: [
    'field_delimiter',
    'row_delimiter',
    'skip_header_row_number',
    'csv_use_header_line',
    'quote_char',
    'escape_char',
    'csv_quoted_newlines',
    'null_format',
    'encoding',
    'compress_codec',
  ],
  writeOptions: [
    'row_delimiter',
    'enable_header_write',
    'csv_string_quote_mode',
    'encoding',
    'compress_codec',
    'date_format',
    'datetime_format',
    'time_format',
  ],
  notes: [
    'Columns come from `schema`; with `csv_use_header_line` the first line may name them, and they are texts then.',
    'A file is cut anywhere and read by all workers, but with `csv_quoted_newlines` it is read by one.',
    'What is written has a comma between fields.',
  ],
  extension: 'csv',
  needsSchema: true,
  isText: true,

  async planRead(declared, options, first, context) {
    const dialect = {
      fieldDelimiter: options.fieldDelimiter ?? ',',
      rowDelimiter: options.rowDelimiter,
      quote: options.quoteChar,
      escape: options.escapeChar,
      quotedNewlines: options.quotedNewlines,
      nullFormat: options.nullFormat,
    }
    const layout = options.quotedNewlines ? 'sequential' : 'lines'
    const skipHeaderRows = options.skipHeaderRowNumber + (options.csvUseHeaderLine ? 1 : 0)
    if (!options.csvUseHeaderLine || first === null) {
      return { columns: null, layout, codec: 'csv', options: { ...dialect, skipHeaderRows } }
    }
    const names = await headerNames(first, options.skipHeaderRowNumber, dialect, context)
    const isDeclared = declared !== null && !isContentOnly(declared)
    const fileColumns = fileColumnsOf(names, isDeclared ? declared : [], first.path)
    const fileSchema = { columns: fileColumns.map(({ name, type, nullable }) => ({ name, type, nullable })) }
    return {
      columns: isDeclared ? null : fileColumns,
      layout,
      codec: 'csv',
      options: { ...dialect, skipHeaderRows, fileSchema: fileSchema as unknown as JsonObject },
    }
  },

  // The delimiter of csv files that are written is always a comma.
  planWrite(table, options) {
    const { rowDelimiter, dateFormat, datetimeFormat, timeFormat } = options
    const { streamCodec, codecSuffix } = textCodec('csv', options.compressCodec)
    const names = table.columns.map((column) => column.name).join(',')
    return {
      codec: 'csv',
      options: {
        fieldDelimiter: ',',
        rowDelimiter,
        dateFormat,
        datetimeFormat,
        timeFormat,
        quoteMode: options.csvStringQuoteMode,
      },
      suffix: `${codecSuffix}.csv`,
      header: options.enableHeaderWrite ? Buffer.from(names + rowDelimiter) : Buffer.alloc(0),
      leadingBytes: Buffer.byteLength(rowDelimiter),
      isAssembled: false,
      streamCodec,
    }
  },
}

/** The stand-in of a missing schema says nothing about a file that names its columns. */
function isContentOnly(columns: readonly Column[]): boolean {
  return columns.length === 0 || (columns.length === 1 && columns[0]?.name === 'content')
}

async function headerNames(
  first: FileProbe,
  skippedLines: number,
  dialect: JsonObject & { readonly rowDelimiter: string },
  context: PlanContext,
): Promise<readonly string[]> {
  const probe = skippedLines === 0 ? first : await behindLines(first, skippedLines, dialect.rowDelimiter)
  const answer = await inspectFile(probe, 'csv', { ...dialect, readHeader: true }, context)
  const names = answer.headerColumns as readonly string[]
  if (names.length === 0) throw new MillraceError('SCHEMA_INVALID', `'${first.path}' has no header line`)
  return names
}

/** The file without its first lines. */
async function behindLines(file: FileProbe, count: number, rowDelimiter: string): Promise<FileProbe> {
  const head = Buffer.from(await file.read(0, Math.min(HEADER_LIMIT_BYTES, file.lengthBytes)))
  let start = 0
  for (let line = 0; line < count; line += 1) {
    const end = head.indexOf(rowDelimiter, start)
    if (end < 0) throw new MillraceError('SCHEMA_INVALID', `'${file.path}' has no header line`)
    start = end + Buffer.byteLength(rowDelimiter)
  }
  const lengthBytes = file.lengthBytes - start
  return { path: file.path, lengthBytes, read: (offset, length) => file.read(start + offset, length) }
}

/** The columns as the file has them: those that the schema names with its types, others as text. */
function fileColumnsOf(names: readonly string[], declared: readonly Column[], path: string): readonly Column[] {
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated !== undefined) {
    throw new MillraceError('SCHEMA_INVALID', `the header of '${path}' names column '${repeated}' twice`)
  }
  const missing = declared.filter((column) => !names.includes(column.name)).map((column) => `'${column.name}'`)
  if (missing.length > 0) {
    throw new MillraceError('SCHEMA_INVALID', `the header of '${path}' does not name ${missing.join(', ')}`, {
      hint: `it names ${names.join(', ')}`,
    })
  }
  const byName = new Map(declared.map((column) => [column.name, column]))
  return names.map((name) => byName.get(name) ?? textColumn(name))
}

function textColumn(name: string): Column {
  return {
    name,
    type: { kind: 'STRING' },
    nullable: true,
    length: null,
    scale: null,
    defaultValue: null,
    comment: null,
  }
}
