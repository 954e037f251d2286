import { type ConfigObject, lookup } from '../config/document.js'
import { contentTable, readCatalogTable } from '../config/table-schema.js'
import { readContext } from '../config/validate.js'
import { MillraceError, MillraceErrors } from '../core/error.js'
import type { CatalogTable, Column } from '../core/schema.js'
import type { PlanContext } from '../spi/context.js'
import type { FileFormat, FileProbe, FileReadOptions, PlannedRead } from '../spi/format.js'
import type { JsonObject } from '../spi/json.js'
import { ABSENT, type OptionValues } from '../spi/option.js'
import type { Source, SourceTable, Split, SplitDiscovery, SubtaskSplits } from '../spi/source.js'
import { checkEncoding, isUtf8 } from './charset.js'
import { mapConcurrently } from './concurrent.js'
import { headProbe } from './data-stream.js'

import { atOption, type OptionPlace, optionFault } from './fault.js'
import type { FileEntry, FileSystem } from './file-system.js'
import { loadFormat } from './formats.js'
import { subtaskOf } from './java.js'
import { FileLister } from './lister.js'
import { FILE_METADATA, fileMetadata } from './metadata.js'
import { morselBytes } from './morsel-size.js'
import type { FILE_SOURCE_OPTIONS } from './options.js'
import { partitionsOfPath } from './partitions.js'
import { literalOfPattern } from './pattern-literal.js'
import type { TableReadSettings } from './reader.js'
import { requireOptions } from './required.js'
import { cutFile, type DataFile, dataFiles, type FileSplit, knownSize, probeOf } from './splits.js'

import { hasStreamCodec } from './stream-codec.js'

/** The validated options of one table of a file source. */
export type FileSourceOptions = OptionValues<typeof FILE_SOURCE_OPTIONS>

/** One table of a file source: where its options are written and where its files are. */
export interface FileSourceTable {
  readonly options: FileSourceOptions
  readonly place: OptionPlace
  readonly fileSystem: FileSystem
}

/**
 * Plans a file source of one or more tables: lists the files, settles the columns, cuts the files into splits.
 *
 * @throws MillraceErrors with the faults of all tables.
 */
export async function planFileSource(tables: readonly FileSourceTable[], context: PlanContext): Promise<Source> {
  const planned: PlannedTable[] = []
  const faults: MillraceError[] = []
  for (const [index, table] of tables.entries()) {
    try {
      planned.push(await new TablePlanner(table, index, context).plan())
    } catch (thrown) {
      if (thrown instanceof MillraceErrors) faults.push(...thrown.errors)
      else if (thrown instanceof MillraceError) faults.push(thrown)
      else throw thrown
    }
  }
  if (faults.length > 0) throw new MillraceErrors(faults)
  const { parallelism } = context
  const continuous = tables.filter((table) => table.options.discoveryMode === 'continuous')
  const discovery: SplitDiscovery = {
    intervalMs: Math.min(...continuous.map((table) => table.options.scanIntervalMs)),
    async discover() {
      const found: PlannedSplit[] = []
      for (const table of planned) found.push(...((await table.discover?.()) ?? []))
      return bySubtask(found, parallelism)
    },
    state: () => planned.map((table) => table.seen?.() ?? []),
    restore: (state) => {
      for (const [index, seen] of (state as readonly (readonly string[])[]).entries()) planned[index]?.restore?.(seen)
    },
  }
  return {
    tables: planned.map((table) => table.sourceTable),
    isBounded: continuous.length === 0,
    enumerator: {
      enumerate: async () =>
        bySubtask(
          planned.flatMap((table) => table.splits),
          parallelism,
        ),
      ...(continuous.length === 0 ? {} : { discovery }),
    },
    key: sourceKey(planned),
    readerConfig: { tables: planned.map((table) => table.settings) },
  }
}

/** What decides which rows a morsel has, beside the split itself. */
function sourceKey(planned: readonly PlannedTable[]): JsonObject {
  return {
    file_format_type: planned.map(({ sourceTable }) => sourceTable.decoder.codec),
    encoding: planned.map(({ settings }) => settings.encoding),
    compress_codec: planned.map(({ settings }) => settings.streamCodec),
    'reading options': planned.map(({ sourceTable, settings }) => [sourceTable.decoder.options, settings.isWhole]),
  }
}

/** Whole files are dealt out by the hash of their paths, so that every file has one subtask. */
function bySubtask(splits: readonly PlannedSplit[], parallelism: number): readonly SubtaskSplits[] {
  const subtasks: Split[][] = Array.from({ length: parallelism }, () => [])
  for (const { path, split } of splits) subtasks[subtaskOf(path, parallelism)]?.push(split)
  return subtasks
}

/** A split and the file whose path decides who reads it. */
interface PlannedSplit {
  readonly path: string
  readonly split: Split
}

interface PlannedTable {
  readonly sourceTable: SourceTable
  readonly settings: TableReadSettings
  readonly splits: readonly PlannedSplit[]
  /** Finds the files that have come since the last look; `null` for a table that is looked at once. */
  readonly discover: (() => Promise<readonly PlannedSplit[]>) | null
  /** The files that were given out, and how another attempt's are taken over; absent for a table that is looked at once. */
  readonly seen?: () => readonly string[]
  readonly restore?: (seen: readonly string[]) => void
}

/** Footers of files that are looked at side by side while a job is planned. */
const FOOTERS_UNDER_WAY = 8

class TablePlanner {
  readonly #fileSystem: FileSystem
  readonly #options: FileSourceOptions
  readonly #place: OptionPlace
  readonly #index: number
  readonly #context: PlanContext
  readonly #entries = new Map<string, FileEntry>()

  constructor(table: FileSourceTable, index: number, context: PlanContext) {
    this.#fileSystem = table.fileSystem
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
    const lister = await FileLister.make(this.#fileSystem, path, this.#options, this.#place, this.#context)
    const entries = await lister.list()
    const files = await this.#dataFiles(entries, format)
    if (files.length === 0) this.#reportNoFiles(path, format)
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
      delimiterBytes: Buffer.byteLength(String(read.options.rowDelimiter ?? '\n')),
      isWhole: read.isWhole === true,
    }
    const cut = async (found: readonly FileEntry[]): Promise<readonly PlannedSplit[]> => {
      return this.#cut(await this.#dataFiles(found, format), format, read, tableSettings)
    }
    const sourceTable = { table, decoder: { codec: read.codec, options } }
    if (this.#options.discoveryMode === 'once') {
      const splits = await this.#cut(files, format, read, tableSettings)
      return { sourceTable, settings: tableSettings, splits, discover: null }
    }
    const first = lister.unseen(entries)
    const splits = this.#options.startMode === 'latest' ? [] : await cut(first)
    const discover = async () => cut(lister.unseen(await lister.list()))
    const [seen, restore] = [() => lister.seen, (files: readonly string[]) => lister.restore(files)]
    return { sourceTable, settings: tableSettings, splits, discover, seen, restore }
  }

  #required(): { readonly path: string; readonly formatName: string } {
    const { path, fileFormat } = this.#options
    requireOptions(this.#place, { path, file_format_type: fileFormat })
    return { path: path ?? '', formatName: (fileFormat ?? '').toLowerCase() }
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

  async #dataFiles(entries: readonly FileEntry[], format: FileFormat): Promise<readonly DataFile[]> {
    const { archiveCodec, filenameExtension } = this.#options
    const extension = filenameExtension === null ? null : withPoint(filenameExtension.toLowerCase())
    const isPacked = archiveCodec !== 'NONE'
    for (const entry of entries) this.#entries.set(entry.path, entry)
    const named =
      extension === null || isPacked ? entries : entries.filter((entry) => entry.path.toLowerCase().endsWith(extension))
    return atOption(this.#place, 'archive_compress_codec', () =>
      dataFiles(this.#fileSystem, named, archiveCodec, extension === null ? suffixesOf(format) : [extension]),
    )
  }

  /** No files are an empty job, unless the columns have to come from one; a continuous job waits for them. */
  #reportNoFiles(path: string, format: FileFormat): void {
    const hint = 'check the path and the filters; empty files, hidden files and _SUCCESS are not read'
    const fault = this.#fault('path', 'FILE_LIST_EMPTY', `there is no file to read at '${path}'`, hint)
    if (!format.needsSchema && lookup(this.#place.object, 'schema') === null) throw fault
    if (this.#options.discoveryMode === 'once') this.#context.warn(fault)
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
    const open = await this.#fileSystem.openForReading(file.path, knownSize(file.bytes))
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

  async #cut(
    files: readonly DataFile[],
    format: FileFormat,
    read: PlannedRead,
    settings: TableReadSettings,
  ): Promise<readonly PlannedSplit[]> {
    const isPlain = isUtf8(settings.encoding) && settings.streamCodec === 'none'
    const cut = {
      table: this.#index,
      layout: read.layout,
      isPlain,
      morselBytes: morselBytes(this.#fileSystem.morselBytes, this.#context.morselRowsLimit),
      withPartitions: this.#options.parsePartitionFromPath,
    }
    return mapConcurrently(files, FOOTERS_UNDER_WAY, async (file): Promise<PlannedSplit> => {
      const split = await atOption(this.#place, 'path', () =>
        cutFile(this.#fileSystem, file, cut, format, read.options, this.#context),
      )
      return { path: file.path, split: this.#withMetadata(file, split) }
    })
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
