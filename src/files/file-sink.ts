import { randomUUID } from 'node:crypto'
import { MillraceError, MillraceErrors } from '../core/error.js'
import { type CatalogTable, type Column, kernelSchema, tablePathText } from '../core/schema.js'
import type { PlanContext } from '../spi/context.js'
import type { FileWriteOptions, PlannedWrite } from '../spi/format.js'
import type { JsonObject } from '../spi/json.js'
import type { OptionValues } from '../spi/option.js'
import { fillPlaceholders } from '../spi/placeholders.js'
import type { Sink, SinkTable } from '../spi/sink.js'
import { checkEncoding } from './charset.js'
import { FileSinkCommitter } from './committer.js'
import { atOption, blockPlace, optionFault } from './fault.js'
import type { CommitTable } from './file-completion.js'
import type { FileSystem } from './file-system.js'
import { loadFormat } from './formats.js'
import { formatJavaDate, unsupportedPatternLetters } from './java.js'
import type { FILE_SINK_OPTIONS } from './options.js'
import { escapePartitionValue } from './partitions.js'
import { attemptName, nameUuid, type StagingLayout } from './staging.js'
import { hasStreamCodec } from './stream-codec.js'
import type { TableWriteSettings } from './writer.js'

/** The validated options of a file sink. */
export type FileSinkOptions = OptionValues<typeof FILE_SINK_OPTIONS>

/** Options whose value is a path or a part of one: names from outside must not lead elsewhere. */
const PATH_OPTIONS: ReadonlySet<string> = new Set(['path', 'tmpPath', 'fileNameExpression', 'partitionDirExpression'])

const WHOLE_FILES = 'binary files are written from their beginning to their end'

const TRANSACTION_ID = '${transactionId}'

/**
 * Plans a file sink: one set of files per table, with the placeholders of the options filled in.
 *
 * @throws MillraceErrors with the faults of all tables.
 */
export async function planFileSink(
  fileSystem: FileSystem,
  options: FileSinkOptions,
  tables: readonly CatalogTable[],
  context: PlanContext,
): Promise<Sink> {
  const planned: { readonly sink: SinkTable; readonly commit: CommitTable }[] = []
  const faults = new Map<string, MillraceError>()
  for (const table of tables) {
    const filled = fillPlaceholders(options, table, (value, name) =>
      PATH_OPTIONS.has(name) ? escapePartitionValue(value) : value,
    )
    try {
      planned.push(await new SinkTablePlanner(fileSystem, filled, table, context).plan())
      await checkPaths(fileSystem, filled, context)
    } catch (thrown) {
      if (!(thrown instanceof MillraceError)) throw thrown
      faults.set(`${thrown.code} ${thrown.message}`, thrown)
    }
  }
  if (faults.size > 0) throw new MillraceErrors([...faults.values()])
  const commits = planned.map(({ commit }) => commit)
  return {
    tables: planned.map(({ sink }) => sink),
    key: sinkKey(commits),
    ...(commits.some(({ layout }) => layout.isPathPerPartition) ? { fixedParallelism: WHOLE_FILES } : {}),
    committer: new FileSinkCommitter(fileSystem, commits, { ...context, epoch: context.epoch ?? null }),
  }
}

/** Where the files of every table are and how they are called: what was staged under one layout is not found under another one. */
function sinkKey(tables: readonly CommitTable[]): JsonObject {
  return {
    path: tables.map(({ path }) => path),
    // Without the job's id: another job may go on behind a savepoint of this one.
    tmp_path: tables.map(({ layout: { jobFolder, jobId } }) => jobFolder?.slice(0, -jobId.length) ?? null),
    file_name_expression: tables.map(({ layout }) => layout.expression),
    file_format_type: tables.map(({ layout }) => layout.suffix),
    partition_by: tables.map(({ layout }) => [...layout.partitionBy, layout.partitionExpression]),
    'writing options': tables.map(({ layout, streamCodec, encoding }) => [layout.isSingleFile, streamCodec, encoding]),
  }
}

/** Looks at the paths before the job starts, so that one that must not be used shows at its option. */
async function checkPaths(fileSystem: FileSystem, options: FileSinkOptions, context: PlanContext): Promise<void> {
  const place = blockPlace(context.block)
  await atOption(place, 'path', () => fileSystem.stat(fileSystem.resolve(options.path)))
  if (!options.isEnableTransaction) return
  await atOption(place, 'tmp_path', () => fileSystem.stat(fileSystem.resolve(options.tmpPath)))
}

class SinkTablePlanner {
  readonly #fileSystem: FileSystem
  readonly #options: FileSinkOptions
  readonly #table: CatalogTable
  readonly #context: PlanContext

  constructor(fileSystem: FileSystem, options: FileSinkOptions, table: CatalogTable, context: PlanContext) {
    this.#fileSystem = fileSystem
    this.#options = options
    this.#table = table
    this.#context = context
  }

  async plan(): Promise<{ readonly sink: SinkTable; readonly commit: CommitTable }> {
    const options = this.#options
    const chosenPartitions = this.#columnNames('partition_by', options.partitionBy ?? [])
    const chosenColumns = this.#writtenColumns(chosenPartitions)
    const { write, isText } = await this.#plannedWrite(chosenColumns)
    const { pathColumn } = write
    const partitionBy = pathColumn === undefined ? chosenPartitions : [pathColumn]
    const columns = chosenColumns.filter((name) => name !== pathColumn)
    const path = this.#fileSystem.resolve(options.path)
    const layout = this.#layout(write, path, partitionBy)
    const encoding = isText ? options.encoding : 'UTF-8'
    const settings: TableWriteSettings = {
      layout,
      header: Buffer.from(write.header).toString('base64'),
      leadingBytes: write.leadingBytes,
      encoding,
    }
    const { codec } = write
    const isAll =
      columns.length === this.#table.columns.length &&
      columns.every((name, at) => name === this.#table.columns[at]?.name)
    const sink: SinkTable = {
      encoder: { codec, options: write.options, partitionBy, columns: isAll ? null : columns },
      rowsPerFile: pathColumn !== undefined || options.singleFileMode ? null : options.batchSize,
      writerConfig: settings,
    }
    const commit: CommitTable = {
      path,
      layout,
      saveModes: { schema: options.schemaSaveMode, data: options.dataSaveMode },
      header: write.header,
      encoding,
      streamCodec: write.streamCodec,
      assembly: write.isAssembled
        ? {
            codec,
            schema: this.#writtenSchema(columns),
            options: write.options,
            hasPatches: write.hasPatches === true,
          }
        : null,
      createsEmptyFile: options.createEmptyFile,
    }
    return { sink, commit }
  }

  async #plannedWrite(written: readonly string[]): Promise<{ readonly write: PlannedWrite; readonly isText: boolean }> {
    const name = this.#options.fileFormat.toLowerCase()
    const place = blockPlace(this.#context.block)
    const format = await atOption(place, 'file_format_type', () => loadFormat(this.#context.registry, name))
    const { planWrite } = format
    if (planWrite === undefined)
      throw this.#fault('file_format_type', 'UNIMPLEMENTED', `format '${name}' cannot be written`)
    const write = await atOption(place, 'compress_codec', () =>
      planWrite.call(
        format,
        this.#table,
        this.#writeOptions(),
        written.flatMap((column) => this.#table.columns.find((candidate) => candidate.name === column) ?? []),
      ),
    )
    if (!hasStreamCodec(write.streamCodec)) {
      const message = `codec '${write.streamCodec}' for ${name} files is not implemented`
      throw this.#fault('compress_codec', 'UNIMPLEMENTED', message)
    }
    const isText = format.isText === true
    if (isText) await atOption(place, 'encoding', () => checkEncoding(this.#options.encoding))
    return { write, isText }
  }

  #writeOptions(): FileWriteOptions {
    const { fieldDelimiter, rowDelimiter, dateFormat, datetimeFormat, timeFormat, enableHeaderWrite } = this.#options
    const { compressCodec, csvStringQuoteMode, timestampAsInt96, fixedAsInt96, mergeUpdateEvent } = this.#options
    const { encoding, sheetName, sheetMaxRows, xmlRootTag, xmlRowTag, xmlUseAttrFormat } = this.#options
    return {
      fieldDelimiter,
      rowDelimiter,
      dateFormat,
      datetimeFormat,
      timeFormat,
      enableHeaderWrite,
      compressCodec,
      csvStringQuoteMode,
      timestampAsInt96,
      fixedAsInt96,
      encoding,
      sheetName,
      sheetMaxRows,
      xmlRootTag,
      xmlRowTag,
      xmlUseAttrFormat,
      mergeUpdateEvent,
    }
  }

  /** Columns of the files, in order. @source SeaTunnel `FileSinkConfig` */
  #writtenColumns(partitionBy: readonly string[]): readonly string[] {
    const { sinkColumns, isPartitionFieldWriteInFile } = this.#options
    const isChosen = sinkColumns !== null && sinkColumns.length > 0
    const all = this.#table.columns.map((column) => column.name)
    const chosen = isChosen ? this.#columnNames('sink_columns', sinkColumns) : all
    if (partitionBy.some((name) => !chosen.includes(name))) {
      throw this.#fault('partition_by', 'OPTION_INVALID', 'partition fields must in sink columns')
    }
    const written = isPartitionFieldWriteInFile ? chosen : chosen.filter((name) => !partitionBy.includes(name))
    if (written.length === 0) throw this.#fault('sink_columns', 'OPTION_INVALID', 'sink columns can not be empty')
    return written
  }

  /** The table's spelling of names, which are found without regard to case. */
  #columnNames(key: string, names: readonly string[]): readonly string[] {
    const { columns } = this.#table
    return names.map((name) => {
      const exact = columns.find((column) => column.name === name)
      const found: Column | undefined =
        exact ?? columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
      if (found !== undefined) return found.name
      const message = `column '${name}' of ${key} is not in the table`
      const hint = `the columns are ${columns.map((column) => column.name).join(', ')}`
      throw this.#fault(key, 'OPTION_INVALID', message, hint)
    })
  }

  #writtenSchema(columns: readonly string[]): ReturnType<typeof kernelSchema> {
    const schema = kernelSchema(this.#table)
    return {
      ...schema,
      columns: columns.flatMap((name) => schema.columns.find((column) => column.name === name) ?? []),
    }
  }

  #layout(write: PlannedWrite, path: string, partitionBy: readonly string[]): StagingLayout {
    const { isEnableTransaction, tmpPath, singleFileMode, partitionDirExpression } = this.#options
    const { jobId } = this.#context
    const epoch = this.#context.epoch ?? null
    const uuid = epoch === null ? randomUUID() : this.#stableUuid(path)
    const shared = isEnableTransaction ? `${this.#fileSystem.resolve(tmpPath)}/seatunnel/${jobId}` : null
    // Without transactions nothing but the target folder is used, so that a rename is always possible.
    const jobFolder = epoch === null ? shared : (shared ?? `${path}/.staging-${jobId}`)
    const name = epoch === null ? uuid : attemptName(uuid, epoch)
    return {
      root: jobFolder === null ? `${path}/.staging-${uuid}` : `${jobFolder}/${name}`,
      jobFolder,
      jobId,
      isDurable: epoch !== null,
      uuid,
      expression: this.#expression(),
      suffix: this.#suffix(write.suffix),
      isSingleFile: singleFileMode,
      isPathPerPartition: write.pathColumn !== undefined,
      partitionBy,
      partitionExpression: partitionDirExpression,
    }
  }

  /** The same in all attempts of a durable job, which share their seed, so that file names go on as if there were one attempt. */
  #stableUuid(path: string): string {
    const { jobId, program, block } = this.#context
    const { kind, index, pluginName, position } = block
    const table = tablePathText(this.#table.path)
    return nameUuid(
      JSON.stringify([jobId, program.seed, kind, index, pluginName, position.line, position.column, path, table]),
    )
  }

  #expression(): string {
    const { fileNameExpression, filenameTimeFormat, isEnableTransaction } = this.#options
    if (isEnableTransaction && !fileNameExpression.includes(TRANSACTION_ID)) {
      const message = `file_name_expression must contains ${TRANSACTION_ID} when is_enable_transaction is true`
      throw this.#fault('file_name_expression', 'OPTION_INVALID', message)
    }
    const [unsupported] = unsupportedPatternLetters(filenameTimeFormat)
    if (unsupported !== undefined) {
      const message = `'${unsupported}' in filename_time_format is not supported`
      throw this.#fault('filename_time_format', 'UNIMPLEMENTED', message)
    }
    const { nowMicros, zone } = this.#context.program
    const now = formatJavaDate(filenameTimeFormat, Math.floor(nowMicros / 1000), zone)
    const expression = fileNameExpression.replaceAll('${now}', now)
    if (expression === '' || /[/\0]/.test(expression)) {
      const message = `file_name_expression makes '${expression}', which is not a file name`
      throw this.#fault('file_name_expression', 'OPTION_INVALID', message)
    }
    return expression
  }

  #suffix(suffix: string): string {
    const { filenameExtension } = this.#options
    if (filenameExtension === null || filenameExtension === '') return suffix
    if (/[/\0]/.test(filenameExtension)) {
      throw this.#fault('filename_extension', 'OPTION_INVALID', `'${filenameExtension}' is not a file name extension`)
    }
    const extension = filenameExtension.startsWith('.') ? filenameExtension : `.${filenameExtension}`
    return suffix.slice(0, suffix.lastIndexOf('.')) + extension
  }

  #fault(key: string, code: MillraceError['code'], message: string, hint?: string): MillraceError {
    return optionFault(blockPlace(this.#context.block), key, code, message, { hint })
  }
}
