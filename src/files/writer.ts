import { MillraceError } from '../core/error.js'
import type { Json, JsonObject } from '../spi/json.js'
import type { Segment, SinkWriter, WriterContext } from '../spi/sink.js'
import { encoderFromUtf8, isUtf8 } from './charset.js'
import type { FileSystem, WritableFile } from './file-system.js'
import { foldersOf, type StagedFile, type StagingLayout, stagedFile, transactionId } from './staging.js'

/** How one table's files are written in a worker. */
export interface TableWriteSettings extends JsonObject {
  readonly layout: StagingLayout
  /** Bytes at the beginning of every file, in base64. */
  readonly header: string
  /** Bytes of a file's first row that are left out. */
  readonly leadingBytes: number
  readonly encoding: string
}

/** A file of which a worker wrote something. */
export interface PreparedFile extends JsonObject {
  readonly stagedPath: string
  readonly folder: string
  readonly stem: string
  readonly part: number
  /** Bytes that this worker wrote. */
  readonly bytes: number
  /** Offset and metadata, in base64, of pieces that the file is completed from. */
  readonly pieces: readonly (readonly [offset: number, metadata: string])[]
}

/** What a worker has to commit. */
export interface PreparedFiles extends JsonObject {
  readonly files: readonly PreparedFile[]
}

/**
 * Where each partition's current file ends: its number and its bytes; behind them the part of a binary file that must follow.
 */
export type WriterState = { readonly [partition: string]: readonly number[] }

interface OwnFile {
  readonly staged: StagedFile
  bytes: number
  readonly pieces: [number, string][]
}

/** Files open at a time in one worker; beyond, the one that was not used for longest is closed. */
const OPEN_LIMIT = 128
/** Files synced at a time where the file system takes several requests: a disk is faster with some in its queue. */
const SYNC_TOGETHER = 8

/**
 * Writes encoded rows into staged files. Several workers write into the same file: every segment gets its range under the turn
 * and is written outside of it, or under it where files only grow at their end.
 */
export class FileSinkWriter implements SinkWriter {
  readonly initialState: WriterState = {}
  readonly #fileSystem: FileSystem
  readonly #settings: TableWriteSettings
  readonly #context: WriterContext
  readonly #header: Uint8Array
  /** `null` for UTF-8. */
  readonly #convert: ((utf8: Uint8Array) => Uint8Array) | null
  readonly #own = new Map<string, OwnFile>()
  /** Insertion order is the order of the last use. */
  readonly #open = new Map<string, WritableFile>()

  constructor(fileSystem: FileSystem, settings: TableWriteSettings, context: WriterContext) {
    this.#fileSystem = fileSystem
    this.#settings = settings
    this.#context = context
    const header = Buffer.from(settings.header, 'base64')
    if (isUtf8(settings.encoding)) {
      this.#header = header
      this.#convert = null
    } else {
      const encoder = encoderFromUtf8(settings.encoding)
      this.#header = Buffer.concat([encoder.mark, encoder.convert(header)])
      this.#convert = encoder.convert
    }
  }

  async place(segment: Segment, state: Json) {
    const key = JSON.stringify(segment.partition)
    const current = (state as WriterState)[key]
    const isNewFile = current === undefined || current[0] !== segment.fileIndex
    const chunks = this.#chunks(segment.bytes, isNewFile)
    const offset = isNewFile ? 0 : (current?.[1] ?? 0)
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    const transaction = transactionId(this.#settings.layout, this.#context.subtask, this.#context.checkpointId())
    const file = this.#ownFile(stagedFile(this.#settings.layout, transaction, segment.partition, segment.fileIndex))
    file.bytes += length
    if (this.#settings.layout.isPathPerPartition) {
      const next = followingPart(segment, current?.[2] ?? 0)
      return {
        state: { ...(state as WriterState), [key]: [segment.fileIndex, offset + length, next] as const },
        write: () => this.#write(file.staged.stagedPath, chunks, offset),
      }
    }
    if (segment.metadata.length > 0) {
      const dataOffset = offset + (isNewFile ? this.#header.length : 0)
      file.pieces.push([dataOffset, Buffer.from(segment.metadata).toString('base64')])
    }
    const next = { ...(state as WriterState), [key]: [segment.fileIndex, offset + length] as const }
    const write = (): Promise<void> => this.#write(file.staged.stagedPath, chunks, offset)
    if (this.#fileSystem.writeOrder === 'any') return { state: next, write }
    await write()
    return { state: next, write: null }
  }

  async prepareCommit(): Promise<Json> {
    const own = [...this.#own.values()]
    const together = this.#fileSystem.writeOrder === 'any' ? SYNC_TOGETHER : 1
    for (let first = 0; first < own.length; first += together) {
      const syncs = own.slice(first, first + together).map(({ staged }) => this.#sync(staged.stagedPath))
      // All of them end before a failure is told: what follows it closes files.
      const failed = (await Promise.allSettled(syncs)).find((result) => result.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    }
    await this.#syncFolders(own.map(({ staged }) => staged.stagedPath))
    const files: PreparedFile[] = own.map(({ staged: { stagedPath, folder, stem, part }, bytes, pieces }) => {
      return { stagedPath, folder, stem, part, bytes, pieces }
    })
    this.#own.clear()
    const prepared: PreparedFiles = { files }
    return prepared
  }

  async close(): Promise<void> {
    for (const [path, file] of this.#open) await this.#close(path, file)
    await this.#fileSystem.close()
  }

  /** What is written of a segment: the file's header first and without the first row's leading bytes in a new file. */
  #chunks(bytes: readonly Uint8Array[], isNewFile: boolean): readonly Uint8Array[] {
    const rows = isNewFile ? dropFront(bytes, this.#settings.leadingBytes) : bytes
    const encoded = this.#convert === null ? rows : [this.#convert(Buffer.concat(rows))]
    return isNewFile && this.#header.length > 0 ? [this.#header, ...encoded] : encoded
  }

  #ownFile(staged: StagedFile): OwnFile {
    const known = this.#own.get(staged.stagedPath)
    if (known !== undefined) return known
    const file: OwnFile = { staged, bytes: 0, pieces: [] }
    this.#own.set(staged.stagedPath, file)
    return file
  }

  async #write(path: string, chunks: readonly Uint8Array[], offset: number): Promise<void> {
    const file = await this.#openFile(path)
    let position = offset
    const isAppended = this.#fileSystem.writeOrder === 'sequential' && chunks.length > 1
    for (const chunk of isAppended ? [Buffer.concat(chunks)] : chunks) {
      await file.write(chunk, position)
      position += chunk.length
    }
  }

  async #openFile(path: string): Promise<WritableFile> {
    const open = this.#open.get(path)
    const file = open ?? (await this.#fileSystem.openForWriting(path))
    this.#open.delete(path)
    this.#open.set(path, file)
    if (this.#open.size > OPEN_LIMIT) {
      const [oldest] = this.#open
      if (oldest !== undefined) await this.#close(oldest[0], oldest[1])
    }
    return file
  }

  /** The files of a durable job are found again after a loss of power. */
  async #syncFolders(stagedPaths: readonly string[]): Promise<void> {
    const { layout } = this.#settings
    if (!layout.isDurable || this.#fileSystem.syncFolders === undefined) return
    await this.#fileSystem.syncFolders([...new Set(stagedPaths.flatMap((path) => foldersOf(layout, path)))])
  }

  async #sync(path: string): Promise<void> {
    const file = await this.#openFile(path)
    await file.sync()
    await this.#close(path, file)
  }

  async #close(path: string, file: WritableFile): Promise<void> {
    this.#open.delete(path)
    await file.close()
  }
}

/**
 * The part that must follow a segment of a binary file.
 *
 * @param expected the part that the segment must begin with.
 * @throws MillraceError `BINARY_PART_ORDER` when it begins with another one.
 * @source SeaTunnel `BinaryWriteStrategy`
 */
function followingPart(segment: Segment, expected: number): number {
  if (segment.metadata.length === 0) return expected
  const metadata = Buffer.from(segment.metadata)
  const first = Number(metadata.readBigInt64LE(0))
  if (first === expected) return Number(metadata.readBigInt64LE(8))
  const message = `part '${first}' of '${segment.partition[0] ?? ''}' comes behind part '${expected - 1}'`
  throw new MillraceError('BINARY_PART_ORDER', message, {
    hint: 'binary files are written from the rows of a binary source, with their order kept',
  })
}

function dropFront(bytes: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  const kept: Uint8Array[] = []
  let left = count
  for (const chunk of bytes) {
    const dropped = Math.min(left, chunk.length)
    left -= dropped
    if (dropped < chunk.length) kept.push(chunk.subarray(dropped))
  }
  return kept
}
