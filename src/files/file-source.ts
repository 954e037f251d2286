import { type ConfigObject, lookup } from '../config/document.js'
import { contentTable, readCatalogTable } from '../config/table-schema.js'
import { readContext } from '../config/validate.js'
import { MillraceError, MillraceErrors } from '../core/error.js'
import type { CatalogTable, Column } from '../core/schema.js'
import type { PlanContext } from '../spi/context.js'
import type { FileFormat, FileProbe, FileReadOptions, PlannedRead } from '../spi/format.js'
import type { JsonObject } from '../spi/json.js'
import { ABSENT, type OptionValues } from '../spi/option.js'
import type { Source, SourceTable, Split, SubtaskSplits } from '../spi/source.js'
import { checkEncoding, isUtf8 } from './charset.js'
import { headProbe } from './data-stream.js'
import { atOption, blockPlace, type OptionPlace, optionFault } from './fault.js'
import type { FileEntry, FileSystem } from './file-system.js'
import { loadFormat } from './formats.js'
import { parseLocalDateTime, subtaskOf } from './java.js'
import { type ListingFilter, listFiles, wholeNamePattern } from './listing.js'
import { FILE_METADATA, fileMetadata } from './metadata.js'
import type { FILE_SOURCE_OPTIONS } from './options.js'
import { partitionsOfPath } from './partitions.js'
import type { TableReadSettings } from './reader.js'
import { cutFile, type DataFile, dataFiles, type FileSplit, morselBytes, probeOf } from './splits.js'
import { hasStreamCodec } from './stream-codec.js'

/** The validated options of one table of a file source. */
export type FileSourceOptions = OptionValues<typeof FILE_SOURCE_OPTIONS>

/** One table of a file source and where its options are written. */
export interface FileSourceTable {
  readonly options: FileSourceOptions
  readonly place: OptionPlace
}

/**
 * Plans a file source of one or more tables: lists the files, settles the columns, cuts the files into splits.
 *
 * @throws MillraceErrors with the faults of all tables.
 */
export async function planFileSource(
  fileSystem: FileSystem,
  tables: readonly FileSourceTable[],
  context: PlanContext,
): Promise<Source> {
  const planned: PlannedTable[] = []
  const faults: MillraceError[] = []
  for (const [index, table] of tables.entries()) {
    try {
      planned.push(await new TablePlanner(fileSystem, table, index, context).plan())
    } catch (thrown) {
      if (thrown instanceof MillraceErrors) faults.push(...thrown.errors)
      else if (thrown instanceof MillraceError) faults.push(thrown)
      else throw thrown
    }
  }
  if (faults.length > 0) throw new MillraceErrors(faults)
  const { parallelism } = context
  return {
    tables: planned.map((table) => table.sourceTable),
    isBounded: true,
    enumerator: {
      async enumerate(): Promise<readonly SubtaskSplits[]> {
        const subtasks: Split[][] = Array.from({ length: parallelism }, () => [])
        for (const { splits } of planned) {
          for (const { path, split } of splits) subtasks[subtaskOf(path, parallelism)]?.push(split)
        }
        return subtasks
      },
    },
    readerConfig: { tables: planned.map((table) => table.settings) },
  }
}

interface PlannedTable {
  readonly sourceTable: SourceTable
  readonly settings: TableReadSettings
  readonly splits: readonly { readonly path: string; readonly split: Split }[]
}

class TablePlanner {
  readonly #fileSystem: FileSystem
  readonly #options: FileSourceOptions
  readonly #place: OptionPlace
  readonly #index: number
  readonly #context: PlanContext
  readonly #entries = new Map<string, FileEntry>()

  constructor(fileSystem: FileSystem, table: FileSourceTable, index: number, context: PlanContext) {
    this.#fileSystem = fileSystem
    this.#options = table.options
    this.#place = table.place
    this.#index = index
    this.#context = context
  }

  async plan(): Promise<PlannedTable> {
    const { path, formatName } = this.#required()
    const format = await atOption(this.#place, 'file_format_type', () => loadFormat(this.#context.registry, formatName))
    if (format.planRead === undefined)
      throw this.#fault('file_format_type', 'UNIMPLEMENTED', `format '${format.name}' cannot be read`)
    const declared = this.#declaredTable(format)
    const settings = await this.#streamSettings(format)
    const files = await this.#files(path, format)
    const read = await this.#planRead(format, declared, files, settings)
    const columns = this.#projected(read.columns ?? declared?.columns ?? [])
    const partitionNames = read.hasFixedColumns === true ? [] : this.#partitionNames(files, columns)
    const table = this.#catalogTable(declared, [...columns, ...partitionNames.map(textColumn)])
    const fileColumns = read.columns ?? declared?.columns ?? []
    const options = {
      fileSchema: {
        columns: fileColumns.map(({ name, type, nullable }) => ({ name, type, nullable })),
      } as unknown as JsonObject,
      ...read.options,
      partitionColumns: partitionNames,
    }
    const tableSettings: TableReadSettings = {
      encoding: settings.encoding,
      streamCodec: settings.streamCodec,
      maxBytes: this.#options.archiveMaxBytes,
      maxRatio: this.#options.archiveMaxRatio,
      morselBytes: morselBytes(this.#context.morselRowsLimit),
      delimiterBytes: Buffer.byteLength(String(read.options.rowDelimiter ?? '\n')),
      isWhole: read.isWhole === true,
    }
    const splits = await this.#cut(files, format, read, tableSettings)
    return { sourceTable: { table, decoder: { codec: read.codec, options } }, settings: tableSettings, splits }
  }

  #required(): { readonly path: string; readonly formatName: string } {
    const { path, fileFormat } = this.#options
    const missing = [...(path === null ? ['path'] : []), ...(fileFormat === null ? ['file_format_type'] : [])]
    if (path !== null && fileFormat !== null) return { path, formatName: fileFormat.toLowerCase() }
    const names = missing.map((name) => `'${name}'`).join(', ')
    const message = `There are unconfigured options, the options(${names}) are required.`
    const { position } = this.#place.object
    throw new MillraceError('OPTION_REQUIRED', message, { path: this.#place.path, position, hint: `add ${names}` })
  }

  #declaredTable(format: FileFormat): CatalogTable | null {
    const { output } = this.#context.block
    const naming = { output, catalogName: 'schema' }
    const found = lookup(this.#place.object, 'schema')
    if (found === null) return format.needsSchema ? contentTable(naming) : null
    const faults: MillraceError[] = []
    const warnings: MillraceError[] = []
    const inner = readContext(`${this.#place.path}.schema`, 'schema', faults, warnings)
    if (found.node.kind !== 'object') {
      throw this.#fault('schema', 'OPTION_TYPE', "option 'schema' must be an object")
    }
    const table = readCatalogTable(found.node as ConfigObject, inner, naming)
    for (const warning of warnings) this.#context.warn(warning)
    if (table === ABSENT || faults.length > 0) throw new MillraceErrors(faults)
    return table
  }

  async #streamSettings(format: FileFormat): Promise<{ readonly encoding: string; readonly streamCodec: string }> {
    const { encoding, compressCodec } = this.#options
    if (format.isText !== true) return { encoding: 'UTF-8', streamCodec: 'none' }
    await atOption(this.#place, 'encoding', () => checkEncoding(encoding))
    if (compressCodec !== 'none' && compressCodec !== 'lzo') {
      const message = `compress_codec '${compressCodec}' has no effect on ${format.name} files that are read`
      this.#context.warn(this.#fault('compress_codec', 'OPTION_INVALID', message))
      return { encoding, streamCodec: 'none' }
    }
    if (!hasStreamCodec(compressCodec)) {
      const message = `codec '${compressCodec}' for ${format.name} files is not implemented`
      throw this.#fault('compress_codec', 'UNIMPLEMENTED', message)
    }
    return { encoding, streamCodec: compressCodec }
  }

  async #files(path: string, format: FileFormat): Promise<readonly DataFile[]> {
    const { archiveCodec, filenameExtension } = this.#options
    const filter = await this.#listingFilter()
    const entries = await atOption(this.#place, 'path', () => listFiles(this.#fileSystem, path, filter))
    const extension = filenameExtension === null ? null : withPoint(filenameExtension.toLowerCase())
    const isPacked = archiveCodec !== 'NONE'
    for (const entry of entries) this.#entries.set(entry.path, entry)
    const named =
      extension === null || isPacked ? entries : entries.filter((entry) => entry.path.toLowerCase().endsWith(extension))
    const files = await atOption(this.#place, 'archive_compress_codec', () =>
      dataFiles(this.#fileSystem, named, archiveCodec, extension === null ? suffixesOf(format) : [extension]),
    )
    if (files.length > 0) return files
    const hint = 'check the path and the filters; empty files, hidden files and _SUCCESS are not read'
    const message = `there is no file to read at '${path}'`
    const fault = this.#fault('path', 'FILE_LIST_EMPTY', message, hint)
    if (!format.needsSchema && lookup(this.#place.object, 'schema') === null) throw fault
    this.#context.warn(fault)
    return files
  }

  async #listingFilter(): Promise<ListingFilter> {
    const { fileFilterPattern, readPartitions, modifiedStart, modifiedEnd } = this.#options
    const namePattern = await atOption(this.#place, 'file_filter_pattern', () =>
      fileFilterPattern === null || fileFilterPattern === '' ? null : wholeNamePattern(fileFilterPattern),
    )
    return {
      namePattern,
      modifiedStartMs: this.#localTime('file_filter_modified_start', modifiedStart),
      modifiedEndMs: this.#localTime('file_filter_modified_end', modifiedEnd),
      partitions: readPartitions ?? [],
    }
  }

  #localTime(key: string, text: string | null): number | null {
    if (text === null) return null
    const value = parseLocalDateTime(text, this.#context.program.zone)
    if (value !== null) return value
    throw this.#fault(
      key,
      'OPTION_INVALID',
      `option '${key}' must be a time like 2024-01-31 08:00:00, but it is '${text}'`,
    )
  }

  async #planRead(
    format: FileFormat,
    declared: CatalogTable | null,
    files: readonly DataFile[],
    settings: { readonly encoding: string; readonly streamCodec: string },
  ): Promise<PlannedRead> {
    if (format.planRead === undefined) throw new Error(`format '${format.name}' cannot be read`)
    const [first] = files
    const options = this.#readOptions()
    const columns = declared === null || declared.columns.length === 0 ? null : declared.columns
    // A schema block without columns only names the table; formats that need columns have none then.
    const wanted = format.needsSchema ? (declared?.columns ?? []) : columns
    if (first === undefined) return format.planRead(wanted, options, null, this.#context)
    const limit = { maxBytes: this.#options.archiveMaxBytes, maxRatio: this.#options.archiveMaxRatio }
    const isPlain = first.bytes.kind === 'range' && settings.streamCodec === 'none' && isUtf8(settings.encoding)
    const probe = await (isPlain ? this.#rangeProbe(first) : this.#headProbe(first, { ...settings, limit }))
    try {
      return await format.planRead(wanted, options, probe.probe, this.#context)
    } finally {
      await probe.close()
    }
  }

  async #rangeProbe(file: DataFile): Promise<{ readonly probe: FileProbe; close(): Promise<void> }> {
    const probe = await probeOf(this.#fileSystem, file)
    return { probe, close: () => probe.close() }
  }

  async #headProbe(file: DataFile, settings: Parameters<typeof headProbe>[2]) {
    const open = await this.#fileSystem.openForReading(file.path)
    try {
      return { probe: await headProbe(open, file, settings), close: async () => undefined }
    } finally {
      await open.close()
    }
  }

  #readOptions(): FileReadOptions {
    const {
      fieldDelimiter,
      rowDelimiter,
      skipHeaderRowNumber,
      quoteChar,
      escapeChar,
      nullFormat,
      quotedNewlines,
      csvUseHeaderLine,
      sheetName,
      xmlRowTag,
      xmlUseAttrFormat,
      binaryChunkSize,
      binaryCompleteFileMode,
    } = this.#options
    return {
      fieldDelimiter: fieldDelimiter === null ? null : this.#literal(fieldDelimiter),
      rowDelimiter,
      skipHeaderRowNumber,
      quoteChar: quoteChar === '' ? null : quoteChar,
      escapeChar: escapeChar === '' ? null : escapeChar,
      nullFormat,
      quotedNewlines,
      csvUseHeaderLine,
      path: this.#options.path ?? '',
      sheetName,
      xmlRowTag,
      xmlUseAttrFormat,
      binaryChunkSize,
      binaryCompleteFileMode,
    }
  }

  /** The text that a delimiter stands for where it is written as a regular expression. */
  #literal(delimiter: string): string {
    const literal = literalOfPattern(delimiter)
    if (literal !== null) return literal
    const message = `field_delimiter '${delimiter}' is a regular expression for more than one text`
    throw this.#fault('field_delimiter', 'UNIMPLEMENTED', message, 'write the delimiter itself')
  }

  /** The columns that are read, in the order of `read_columns`. */
  #projected(columns: readonly Column[]): readonly Column[] {
    const { readColumns } = this.#options
    if (readColumns === null || readColumns.length === 0) return columns
    return readColumns.map((name) => {
      const column = columns.find((candidate) => candidate.name === name)
      if (column !== undefined) return column
      const hint = `the columns are ${columns.map((candidate) => candidate.name).join(', ')}`
      throw this.#fault('read_columns', 'OPTION_INVALID', `column '${name}' of read_columns is not in the file`, hint)
    })
  }

  /** Partition columns as the first file has them; a column of the file keeps its name. */
  #partitionNames(files: readonly DataFile[], columns: readonly Column[]): readonly string[] {
    const [first] = files
    if (first === undefined || !this.#options.parsePartitionFromPath) return []
    const taken = new Set(columns.map((column) => column.name))
    return [...partitionsOfPath(first.path).keys()].filter((name) => !taken.has(name))
  }

  #catalogTable(declared: CatalogTable | null, columns: readonly Column[]): CatalogTable {
    const base = declared ?? contentTable({ output: this.#context.block.output })
    return { ...base, columns, metadata: FILE_METADATA }
  }

  async #cut(files: readonly DataFile[], format: FileFormat, read: PlannedRead, settings: TableReadSettings) {
    const isPlain = isUtf8(settings.encoding) && settings.streamCodec === 'none'
    const cut = {
      table: this.#index,
      layout: read.layout,
      isPlain,
      morselBytes: settings.morselBytes,
      withPartitions: this.#options.parsePartitionFromPath,
    }
    const splits: { path: string; split: Split }[] = []
    for (const file of files) {
      const split = await atOption(this.#place, 'path', () =>
        cutFile(this.#fileSystem, file, cut, format, read.options, this.#context),
      )
      splits.push({ path: file.path, split: this.#withMetadata(file, split) })
    }
    return splits
  }

  #withMetadata(file: DataFile, split: Split): Split {
    const entry = this.#entries.get(file.path)
    const inArchive = file.name === file.path ? null : file.name.slice(file.path.length + 1)
    const metadata = entry && fileMetadata(entry, inArchive, this.#context.metadataKeys ?? new Set())
    return metadata == null ? split : { ...split, payload: { ...(split.payload as FileSplit), metadata } }
  }

  #fault(key: string, code: MillraceError['code'], message: string, hint?: string): MillraceError {
    return optionFault(this.#place, key, code, message, { hint })
  }
}

/** What the names of archive entries of a format end with. */
function suffixesOf(format: FileFormat): readonly string[] {
  return [format.extension, ...(format.otherExtensions ?? [])].map((extension) => `.${extension}`)
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

function withPoint(extension: string): string {
  return extension.startsWith('.') ? extension : `.${extension}`
}

const ESCAPED_LETTERS: Readonly<Record<string, string>> = {
  t: '\t',
  n: '\n',
  r: '\r',
  f: '\f',
  a: '\u0007',
  e: '\u001b',
}

/**
 * The one text that a regular expression matches, or `null` when there are several. A pattern of one character is that
 * character, whatever it means in a pattern.
 *
 * @source SeaTunnel splits text lines with `String.split`, so job files escape delimiters
 */
export function literalOfPattern(pattern: string): string | null {
  if ([...pattern].length <= 1) return pattern
  const single = /^\[([^\\^\]]|\\.)\]$/u.exec(pattern)?.[1]
  if (single !== undefined) return literalOfPattern(single)
  const quoted = /^\\Q(.*)\\E$/su.exec(pattern)?.[1]
  if (quoted !== undefined && !quoted.includes('\\E')) return quoted
  let literal = ''
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index)
    if (character !== '\\') {
      literal += character
      continue
    }
    index += 1
    const escaped = pattern.charAt(index)
    const unicode = /^u([0-9a-fA-F]{4})|^x([0-9a-fA-F]{2})/.exec(pattern.slice(index))
    if (unicode !== null) {
      literal += String.fromCharCode(Number.parseInt(unicode[1] ?? unicode[2] ?? '', 16))
      index += unicode[0].length - 1
    } else if (/[A-Za-z0-9]/.test(escaped) || escaped === '') {
      const letter = ESCAPED_LETTERS[escaped]
      if (letter === undefined) return null
      literal += letter
    } else {
      literal += escaped
    }
  }
  return literal
}

/** The tables of a source block: those of `tables_configs`, else the block itself. */
export function sourceTablesOf<O extends FileSourceOptions>(
  options: O & { readonly tablesConfigs: readonly FileSourceOptions[] | null },
  context: PlanContext,
): readonly FileSourceTable[] {
  const place = blockPlace(context.block)
  const { tablesConfigs } = options
  if (tablesConfigs === null) return [{ options, place }]
  const list = lookup(place.object, 'tables_configs')?.node
  const items = list?.kind === 'list' ? list.items : list === undefined ? [] : [list]
  return tablesConfigs.map((table, index) => {
    const item = items[index]
    const object = item?.kind === 'object' ? item : place.object
    return { options: table, place: { path: `${place.path}.tables_configs[${index}]`, object } }
  })
}
