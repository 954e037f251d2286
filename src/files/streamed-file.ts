import { pauseAfter, type RetryPolicy } from '../protocols/retry.js'
import { type ByteChunks, ChunkReader } from './byte-stream.js'
import type { ReadableFile } from './file-system.js'

/** How a file of another machine is read in order. */
export interface StreamOrigin {
  readonly sizeBytes: number
  /** Begins to read `length` bytes from `position` on. The chunks are given up by ending the iteration. */
  open(position: number, length: number): Promise<ByteChunks>
  /** Whether a failure can pass by itself; reading then goes on where it stopped. */
  isTransient(failure: unknown): boolean
  /** What a failure is reported as. */
  fault(failure: unknown): Error
  readonly policy: RetryPolicy
}

/** So many unread bytes of a stream are read and dropped rather than the stream given up. */
const DROP_BYTES = 256 * 1024

/**
 * Reads a file by position over streams: as long as positions follow each other, one stream serves them, and no more than the
 * chunk that came in last is kept. A stream that breaks is opened again where it stopped.
 */
export class StreamedFile implements ReadableFile {
  readonly sizeBytes: number
  readonly #origin: StreamOrigin
  #stream: { readonly reader: ChunkReader; position: number; readonly end: number } | null = null

  constructor(origin: StreamOrigin) {
    this.#origin = origin
    this.sizeBytes = origin.sizeBytes
  }

  async read(target: Uint8Array, position: number, aheadBytes: number = target.length): Promise<number> {
    const wanted = Math.max(0, Math.min(target.length, this.sizeBytes - position))
    const end = Math.min(this.sizeBytes, position + Math.max(wanted, aheadBytes))
    let failures = 0
    for (let filled = 0; filled < wanted; ) {
      try {
        const read = await this.#readAt(target.subarray(filled, wanted), position + filled, end)
        filled += read
        if (read > 0) failures = 0
      } catch (thrown) {
        await this.close()
        failures += 1
        if (failures >= this.#origin.policy.attempts || !this.#origin.isTransient(thrown))
          throw this.#origin.fault(thrown)
        await pauseAfter(this.#origin.policy, failures)
      }
    }
    return wanted
  }

  async close(): Promise<void> {
    const stream = this.#stream
    this.#stream = null
    await stream?.reader.close().catch(() => undefined)
  }

  async #readAt(target: Uint8Array, position: number, end: number): Promise<number> {
    const stream = await this.#streamAt(position, end)
    const read = await stream.reader.read(target.subarray(0, stream.end - position))
    if (read === 0) throw Object.assign(new Error('the connection ended early'), { code: 'ECONNRESET' })
    stream.position += read
    if (stream.position === stream.end) {
      // Asking for the end lets the transfer finish, so that its connection can serve the next one.
      if (!(await stream.reader.isAtEnd())) await stream.reader.close()
      this.#stream = null
    }
    return read
  }

  async #streamAt(position: number, end: number): Promise<{ reader: ChunkReader; position: number; end: number }> {
    const current = this.#stream
    if (current !== null) {
      const skipped = position - current.position
      if (skipped >= 0 && skipped <= DROP_BYTES && position < current.end) {
        if (!(await current.reader.skip(skipped))) throw new Error('the connection ended early')
        current.position = position
        return current
      }
      await this.#giveUp(current)
    }
    const reader = new ChunkReader(await this.#origin.open(position, end - position))
    this.#stream = { reader, position, end }
    return this.#stream
  }

  async #giveUp(stream: {
    readonly reader: ChunkReader
    readonly position: number
    readonly end: number
  }): Promise<void> {
    const left = stream.end - stream.position
    if (left <= DROP_BYTES && (await stream.reader.skip(left).catch(() => false))) await stream.reader.isAtEnd()
    await this.close()
  }
}
