import { setImmediate as nextTurn } from 'node:timers/promises'
import type { KernelSchema } from '../core/schema.js'
import type { KernelBackend, ProgramContext } from '../native/backend.js'
import type { JsonObject } from '../spi/json.js'
import { encoderFromUtf8, isUtf8 } from './charset.js'
import type { FileSystem } from './file-system.js'
import type { SaveModes } from './save-mode.js'
import type { StagingLayout } from './staging.js'

/** What the committer knows of one sink table. */
export interface CommitTable {
  /** Target folder. */
  readonly path: string
  readonly layout: StagingLayout
  readonly saveModes: SaveModes
  /** UTF-8. */
  readonly header: Uint8Array
  readonly encoding: string
  /** How files are completed from their pieces; `null` for formats whose bytes are complete. */
  readonly assembly: {
    readonly codec: string
    readonly schema: KernelSchema
    readonly options: JsonObject
    /** See `PlannedWrite.hasPatches`. */
    readonly hasPatches: boolean
  } | null
  readonly createsEmptyFile: boolean
  /** Codec that finished files go through, or `none`. */
  readonly streamCodec: string
}

/** Bytes of a finished file that are compressed at once. */
const COMPRESS_PIECE_BYTES = 32 * 1024 * 1024

/** A staged file with what all workers wrote of it. */
export interface StagedSum {
  readonly stagedPath: string
  readonly folder: string
  readonly stem: string
  readonly part: number
  bytes: number
  readonly pieces: (readonly [offset: number, metadata: string])[]
}

/** Bytes and where in a file they go. */
export interface BytesAt {
  readonly bytes: Uint8Array
  readonly offset: number
}

/** Makes staged files whole: what is done again gives the same bytes. */
export class FileCompletion {
  readonly #fileSystem: FileSystem
  readonly #backend: KernelBackend
  readonly #program: ProgramContext

  constructor(fileSystem: FileSystem, job: { readonly backend: KernelBackend; readonly program: ProgramContext }) {
    this.#fileSystem = fileSystem
    this.#backend = job.backend
    this.#program = job.program
  }

  /** Completes a staged file and gives the path of the whole one. */
  async complete(table: CommitTable, file: StagedSum): Promise<string> {
    if (table.assembly !== null) await this.#appendEnd(table, file, table.assembly)
    if (table.streamCodec === 'none') return file.stagedPath
    const compressed = `${file.stagedPath}.compressed`
    await this.#compress(table.streamCodec, file, compressed)
    return compressed
  }

  /** Writes into a file at given places and syncs it. */
  async write(path: string, ...writes: readonly BytesAt[]): Promise<void> {
    const open = await this.#fileSystem.openForWriting(path)
    try {
      for (const { bytes, offset } of writes) await open.write(bytes, offset)
      await open.sync()
    } finally {
      await open.close()
    }
  }

  /** Compresses a staged file piece by piece; the pieces are files of the codec that stand one behind the other. */
  async #compress(codec: string, file: StagedSum, path: string): Promise<void> {
    const source = await this.#fileSystem.openForReading(file.stagedPath)
    const target = await this.#fileSystem.openForWriting(path)
    try {
      const piece = new Uint8Array(COMPRESS_PIECE_BYTES)
      let written = 0
      for (let position = 0; position < file.bytes; ) {
        const read = await source.read(piece, position)
        if (read === 0) break
        const bytes = this.#backend.compress(codec, piece.subarray(0, read))
        await target.write(bytes, written)
        position += read
        written += bytes.length
        await nextTurn()
      }
      await target.sync()
    } finally {
      await source.close()
      await target.close()
    }
  }

  /** Writes what completes the file behind its pieces; at the same place when it is done again. */
  async #appendEnd(
    table: CommitTable,
    file: StagedSum,
    { codec, schema, options, hasPatches }: NonNullable<CommitTable['assembly']>,
  ): Promise<void> {
    const pieces = file.pieces
      .map(([offset, metadata]) => ({ offset, metadata: new Uint8Array(Buffer.from(metadata, 'base64')) }))
      .sort((left, right) => left.offset - right.offset)
    const end = this.#backend.assemble({ context: this.#program, codec, schema, options, pieces })
    const writes = hasPatches ? patchesOf(end, file.bytes) : [{ bytes: encoded(table, end), offset: file.bytes }]
    await this.write(file.stagedPath, ...writes)
  }
}

function encoded({ encoding }: CommitTable, bytes: Uint8Array): Uint8Array {
  return isUtf8(encoding) ? bytes : encoderFromUtf8(encoding).convert(bytes)
}

/** Takes apart what completes a file; see `PlannedWrite.hasPatches`. What is behind the changes goes to the file's end. */
function patchesOf(assembled: Uint8Array, fileBytes: number): readonly BytesAt[] {
  const view = Buffer.from(assembled.buffer, assembled.byteOffset, assembled.length)
  const writes: BytesAt[] = []
  let at = 4
  for (let count = view.readUInt32LE(0); count > 0; count -= 1) {
    const offset = Number(view.readBigUInt64LE(at))
    const length = view.readUInt32LE(at + 8)
    at += 12
    writes.push({ bytes: assembled.subarray(at, at + length), offset })
    at += length
  }
  return [...writes, { bytes: assembled.subarray(at), offset: fileBytes }]
}
