import { MillraceError } from '../core/error.js'
import { STEP_FLAG } from '../native/backend.js'
import type { JsonObject } from '../spi/json.js'
import type { MorselInput, SourceReader, Split } from '../spi/source.js'
import { type DataStream, openDataStream, type StreamSettings } from './data-stream.js'
import type { FileSystem, ReadableFile } from './file-system.js'

import { entryMetadata } from './metadata.js'
import { type FileSplit, knownSize } from './splits.js'

/** How a table's files are read in a worker. */
export interface TableReadSettings extends JsonObject {
  readonly encoding: string
  readonly streamCodec: string
  readonly maxBytes: number
  readonly maxRatio: number
  /** Length of the row delimiter: a morsel begins so much earlier, in order to see whether a row begins at its first byte. */
  readonly delimiterBytes: number
  /** Whether a file read in order is one morsel, however long: the decoder cannot go on in its middle. */
  readonly isWhole: boolean
}

/** Reads behind a morsel's end complete its last record, which is mostly short. */
const OVERHANG_BYTES = 64 * 1024
/** Without a bound a morsel ends with its file. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER

/** Opens the morsels of file splits in one worker. */
export class FileSourceReader implements SourceReader {
  readonly #fileSystemOf: (table: number) => FileSystem
  readonly #tables: readonly TableReadSettings[]
  #open: { readonly fileSystem: FileSystem; readonly path: string; readonly file: ReadableFile } | null = null

  /** @param fileSystemOf where a table's files are. */
  constructor(fileSystemOf: (table: number) => FileSystem, tables: readonly TableReadSettings[]) {
    this.#fileSystemOf = fileSystemOf
    this.#tables = tables
  }

  /** @throws MillraceError `FILE_READ_FAILED`, and what archives and encodings say. */
  async open(split: Split, _subtask: number, morsel: number): Promise<MorselInput> {
    const payload = split.payload as FileSplit
    const settings = this.#tables[split.table]
    if (settings === undefined) throw new Error(`the source has no table ${split.table}`)
    const file = await this.#file(this.#fileSystemOf(split.table), payload)
    if (payload.pieces !== null) {
      const piece = { ...payload.pieces[morsel], ...workArguments(payload, null), fileId: payload.name }
      return new PieceInput(file, payload, JSON.stringify(piece))
    }
    if (split.morsels !== null) {
      return rangeInput(file, payload, settings, morsel, JSON.stringify(workArguments(payload, null)))
    }
    const limit = { maxBytes: settings.maxBytes, maxRatio: settings.maxRatio }
    const streamSettings: StreamSettings = { encoding: settings.encoding, streamCodec: settings.streamCodec, limit }
    const stream = await openDataStream(file, payload, streamSettings)
    const limitBytes = settings.isWhole ? NO_LIMIT : payload.morselBytes
    return new SequentialInput(stream, payload, limitBytes, NOTHING, true)
  }

  async close(): Promise<void> {
    await this.#open?.file.close()
    this.#open = null
  }

  /** The file of the last morsel is kept open: the next one is mostly in it too. */
  async #file(fileSystem: FileSystem, { path, bytes }: FileSplit): Promise<ReadableFile> {
    if (this.#open?.path === path && this.#open.fileSystem === fileSystem) return this.#open.file
    await this.close()
    const file = await fileSystem.openForReading(path, knownSize(bytes))
    this.#open = { fileSystem, path, file }
    return file
  }
}

const NOTHING = new Uint8Array(0)

/** What decoder and operators are told of a piece of work beside its bytes. */
function workArguments({ partitions, metadata }: FileSplit, entryName: string | null): JsonObject {
  if (metadata === undefined) return { partitions }
  return { partitions, metadata: entryName === null ? metadata : entryMetadata(metadata, entryName) }
}

function rangeInput(
  file: ReadableFile,
  split: FileSplit,
  settings: TableReadSettings,
  morsel: number,
  arguments_: string,
): MorselInput {
  const { bytes } = split
  if (bytes.kind !== 'range') throw new Error('a compressed file is not read by morsel')
  const start = morsel * split.morselBytes
  const lead = morsel === 0 ? 0 : Math.min(settings.delimiterBytes, start)
  const from = bytes.offset + start - lead
  const fileEnd = bytes.offset + bytes.length
  const limitBytes = Math.min(split.morselBytes + lead, fileEnd - from)
  return new RangeInput(file, { from, fileEnd, limitBytes, arguments: arguments_, isFirst: morsel === 0 })
}

/** A range of a file of lines. */
class RangeInput implements MorselInput {
  readonly arguments: string
  readonly flags: number
  readonly limitBytes: number
  readonly #file: ReadableFile
  readonly #morselEnd: number
  readonly #fileEnd: number
  #position: number

  constructor(
    file: ReadableFile,
    range: {
      readonly from: number
      readonly fileEnd: number
      readonly limitBytes: number
      readonly arguments: string
      readonly isFirst: boolean
    },
  ) {
    this.#file = file
    this.#position = range.from
    this.#morselEnd = range.from + range.limitBytes
    this.#fileEnd = range.fileEnd
    this.arguments = range.arguments
    this.flags = range.isFirst ? STEP_FLAG.startOfFile : STEP_FLAG.skipPartialRecord
    this.limitBytes = range.limitBytes
  }

  async read(target: Uint8Array): Promise<number> {
    const isInside = this.#position < this.#morselEnd
    const end = isInside ? this.#morselEnd : Math.min(this.#fileEnd, this.#position + OVERHANG_BYTES)
    const wanted = Math.min(target.length, end - this.#position)
    if (wanted <= 0) return 0
    const read = await this.#file.read(target.subarray(0, wanted), this.#position, end - this.#position)
    this.#position += read
    return read
  }

  async readRanges(): Promise<void> {
    throw new Error('a file of lines is not read by ranges')
  }

  async next(): Promise<null> {
    return null
  }

  async close(): Promise<void> {}
}

/** A piece that the decoder reads by position. */
class PieceInput implements MorselInput {
  readonly arguments: string
  readonly flags = STEP_FLAG.startOfFile
  readonly limitBytes = NO_LIMIT
  readonly #file: ReadableFile
  readonly #offset: number
  readonly #name: string

  constructor(file: ReadableFile, split: FileSplit, arguments_: string) {
    if (split.bytes.kind !== 'range') throw new Error('a compressed file is not read by ranges')
    this.#file = file
    this.#name = split.name
    this.#offset = split.bytes.offset
    this.arguments = arguments_
  }

  async read(): Promise<number> {
    return 0
  }

  async readRanges(ranges: readonly (readonly [start: number, length: number])[], target: Uint8Array): Promise<void> {
    let filled = 0
    for (const [start, length] of ranges) {
      const read = await this.#file.read(target.subarray(filled, filled + length), this.#offset + start)
      if (read < length) {
        throw new MillraceError('FILE_READ_FAILED', `'${this.#name}' became shorter while it was read`)
      }
      filled += length
    }
  }

  async next(): Promise<null> {
    return null
  }

  async close(): Promise<void> {}
}

/** A morsel of a stream; the bytes that were read and not used begin the next one. */
class SequentialInput implements MorselInput {
  readonly arguments: string
  readonly flags: number
  readonly limitBytes: number
  readonly #stream: DataStream
  readonly #split: FileSplit
  #prefix: Uint8Array
  readonly #givenBytes: number
  #hasEntryEnded = false
  #isHandedOn = false

  constructor(stream: DataStream, split: FileSplit, limitBytes: number, prefix: Uint8Array, isStart: boolean) {
    this.#stream = stream
    this.#split = split
    this.arguments = JSON.stringify(workArguments(split, stream.entryName))
    this.limitBytes = limitBytes
    this.flags = isStart ? STEP_FLAG.startOfFile : 0
    this.#prefix = prefix
    this.#givenBytes = prefix.length
  }

  async read(target: Uint8Array): Promise<number> {
    if (this.#prefix.length > 0) {
      const taken = Math.min(target.length, this.#prefix.length)
      target.set(this.#prefix.subarray(0, taken))
      this.#prefix = this.#prefix.subarray(taken)
      return taken
    }
    const read = await this.#stream.entry.read(target)
    if (read === 0) this.#hasEntryEnded = true
    return read
  }

  async readRanges(): Promise<void> {
    throw new Error('a compressed file is not read by ranges')
  }

  async next(unused: Uint8Array): Promise<MorselInput | null> {
    // The unused bytes lie in the runner's buffer, which the next morsel reuses.
    const prefix = Buffer.concat([unused, this.#prefix])
    const hasEnded = this.#hasEntryEnded || (await this.#stream.entry.isAtEnd())
    // A rest that the decoder has seen at the end of the entry and not taken is no record: it must not be given for ever.
    const isStuck = this.#hasEntryEnded && this.#givenBytes > 0 && prefix.length === this.#givenBytes
    if (prefix.length > 0 && !isStuck) return this.#following(prefix, false)
    if (!hasEnded) return this.#following(NOTHING, false)
    return (await this.#stream.nextEntry()) ? this.#following(NOTHING, true) : null
  }

  async close(): Promise<void> {
    if (!this.#isHandedOn) await this.#stream.close()
  }

  #following(prefix: Uint8Array, isStart: boolean): SequentialInput {
    this.#isHandedOn = true
    return new SequentialInput(this.#stream, this.#split, this.limitBytes, prefix, isStart)
  }
}
