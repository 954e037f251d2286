import { Readable, type Transform } from 'node:stream'
import { MillraceError } from '../core/error.js'
import type { ReadableFile } from './file-system.js'

/** Bytes that come in order, in chunks of any size. */
export type ByteChunks = AsyncIterable<Uint8Array>

/** Bytes read at once from a file that is read in order. */
const CHUNK_BYTES = 256 * 1024

/** The bytes of a file from `offset` on, `length` of them or fewer where the file ends. */
export async function* fileChunks(file: ReadableFile, offset: number, length: number): AsyncGenerator<Uint8Array> {
  for (let position = offset; position < offset + length; ) {
    // Every chunk is fresh: what takes it may keep it while the next one is read.
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, offset + length - position))
    const read = await file.read(chunk, position, offset + length - position)
    if (read === 0) return
    yield chunk.subarray(0, read)
    position += read
  }
}

/**
 * Bytes that went through a stream of `node:zlib`.
 *
 * @throws MillraceError `FILE_CORRUPT` when the input is damaged or cut off.
 */
export async function* throughTransform(input: ByteChunks, transform: Transform, what: string): ByteChunks {
  const source = Readable.from(input)
  // The failure of either side is thrown below; without a listener it would end the process.
  let inputFailure: unknown = null
  source.on('error', (error) => {
    inputFailure = error
    transform.destroy(error)
  })
  source.pipe(transform)
  try {
    for await (const chunk of transform) yield chunk as Uint8Array
  } catch (thrown) {
    if (inputFailure !== null) throw inputFailure
    const cause = thrown as Error
    throw new MillraceError('FILE_CORRUPT', `${what} cannot be decompressed: ${cause.message}`, { cause })
  } finally {
    source.destroy()
    transform.destroy()
  }
}

/** Limits on what a compressed file may become. */
export interface ExpansionLimit {
  /** Largest size in bytes after decompression. */
  readonly maxBytes: number
  /** Largest ratio of the sizes after and before; small files may have any. */
  readonly maxRatio: number
}

/** Up to this size nothing is a bomb, whatever its ratio. */
const RATIO_FREE_BYTES = 64 * 1024 * 1024

/**
 * Passes bytes on until there are more than the limit allows.
 *
 * @throws MillraceError `VALUE_TOO_LARGE`.
 */
export async function* limited(
  input: ByteChunks,
  compressedBytes: number,
  limit: ExpansionLimit,
  what: string,
): ByteChunks {
  const byRatio = Math.max(RATIO_FREE_BYTES, compressedBytes * limit.maxRatio)
  const most = Math.min(limit.maxBytes, byRatio)
  let total = 0
  for await (const chunk of input) {
    total += chunk.length
    if (total > most) {
      const message = `${what} has '${compressedBytes}' bytes and becomes more than '${most}'`
      throw new MillraceError('VALUE_TOO_LARGE', message, {
        hint: "raise 'archive_max_bytes' or 'archive_max_ratio' if the file is to be trusted",
      })
    }
    yield chunk
  }
}

/** Takes bytes out of chunks in the sizes that a caller wants. */
export class ChunkReader {
  readonly #iterator: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)
  #hasEnded = false

  constructor(chunks: ByteChunks) {
    this.#iterator = chunks[Symbol.asyncIterator]()
  }

  /** Puts the next bytes into `target` and gives their number; 0 at the end, or for an empty target. */
  async read(target: Uint8Array): Promise<number> {
    if (target.length === 0 || !(await this.#fill())) return 0
    const taken = Math.min(target.length, this.#chunk.length)
    target.set(this.#chunk.subarray(0, taken))
    this.#chunk = this.#chunk.subarray(taken)
    return taken
  }

  /** The next `length` bytes, or fewer at the end. */
  async take(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      const read = await this.read(bytes.subarray(filled))
      if (read === 0) break
      filled += read
    }
    return bytes.subarray(0, filled)
  }

  /** Drops `length` bytes; `false` when there are fewer. */
  async skip(length: number): Promise<boolean> {
    for (let left = length; left > 0; ) {
      if (!(await this.#fill())) return false
      const dropped = Math.min(left, this.#chunk.length)
      this.#chunk = this.#chunk.subarray(dropped)
      left -= dropped
    }
    return true
  }

  /** Whether nothing is left. */
  async isAtEnd(): Promise<boolean> {
    return !(await this.#fill())
  }

  async close(): Promise<void> {
    this.#hasEnded = true
    this.#chunk = new Uint8Array(0)
    await this.#iterator.return?.()
  }

  async #fill(): Promise<boolean> {
    while (this.#chunk.length === 0 && !this.#hasEnded) {
      const next = await this.#iterator.next()
      if (next.done === true) this.#hasEnded = true
      else this.#chunk = next.value
    }
    return this.#chunk.length > 0
  }
}
