import { MillraceError } from '../core/error.js'
import type { Json } from '../spi/json.js'

const HEADER_BYTES = 4
const FIRST_BYTES = 4 * 1024
const LIMIT_BYTES = 64 * 1024 * 1024

/**
 * A small JSON record in shared memory. It is not a lock: whoever reads or writes it must hold the turn that guards it.
 */
export class SharedRecord<T extends Json> {
  readonly buffer: SharedArrayBuffer
  readonly #length: Int32Array

  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(FIRST_BYTES, { maxByteLength: LIMIT_BYTES })
    this.#length = new Int32Array(this.buffer, 0, 1)
  }

  /** The record, or `null` when nothing was written since the last {@link clear}. */
  read(): T | null {
    const length = Atomics.load(this.#length, 0)
    if (length === 0) return null
    return JSON.parse(Buffer.from(this.buffer, HEADER_BYTES, length).toString('utf8')) as T
  }

  /** @throws MillraceError `MEMORY_EXCEEDED` beyond 64 MiB; what was there stays. */
  write(value: T): void {
    const text = JSON.stringify(value)
    const length = Buffer.byteLength(text)
    const needed = HEADER_BYTES + length
    if (needed > LIMIT_BYTES) {
      throw new MillraceError(
        'MEMORY_EXCEEDED',
        `the state of a lane has '${length}' bytes, at most '${LIMIT_BYTES}' are kept`,
      )
    }
    if (needed > this.buffer.byteLength) this.buffer.grow(Math.min(LIMIT_BYTES, needed * 2))
    Buffer.from(this.buffer, HEADER_BYTES, length).write(text)
    Atomics.store(this.#length, 0, length)
  }

  clear(): void {
    Atomics.store(this.#length, 0, 0)
  }
}
