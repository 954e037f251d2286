import { MillraceError } from '../core/error.js'

/** First size of the input buffer: one read, small enough to stay in the second-level cache. */
export const INPUT_BYTES = 1024 * 1024
/** Size of one output arena. */
export const OUTPUT_BYTES = 8 * 1024 * 1024

/** The bytes that a program reads from. Grows to the longest record, never beyond the limit. */
export class InputBuffer {
  #bytes = new Uint8Array(new SharedArrayBuffer(INPUT_BYTES))
  #start = 0
  #end = 0
  #limitBytes: number

  /** @param limitBytes largest record, in bytes. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** What was filled and not consumed. */
  get unread(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end)
  }

  /** Whether as much is unread as one record may have. */
  get isAtLimit(): boolean {
    return this.#end - this.#start >= this.#limitBytes
  }

  /** Forgets everything. */
  reset(): void {
    this.#start = 0
    this.#end = 0
  }

  /** Begins another job: empty, of its first size, with the job's largest record. */
  renew(limitBytes: number): void {
    this.reset()
    this.#limitBytes = limitBytes
    if (this.#bytes.length > INPUT_BYTES) this.#bytes = new Uint8Array(new SharedArrayBuffer(INPUT_BYTES))
  }

  consume(bytes: number): void {
    this.#start += bytes
  }

  /**
   * The free tail, after the unread bytes were moved to the front. When nothing is free, the buffer grows.
   *
   * @throws MillraceError `VALUE_TOO_LARGE` when one record is longer than the limit.
   */
  room(): Uint8Array {
    if (this.#start > 0) {
      this.#bytes.copyWithin(0, this.#start, this.#end)
      this.#end -= this.#start
      this.#start = 0
    }
    if (this.#end === this.#bytes.length) this.#grow(this.#bytes.length * 4)
    return this.#bytes.subarray(this.#end)
  }

  /** Counts bytes that were put into {@link room}. */
  filled(bytes: number): void {
    this.#end += bytes
  }

  /** An empty buffer of at least `bytes`, for byte ranges that must be presented at once. */
  exactly(bytes: number): Uint8Array {
    this.reset()
    if (bytes > this.#bytes.length) this.#bytes = new Uint8Array(new SharedArrayBuffer(bytes))
    this.#end = bytes
    return this.#bytes.subarray(0, bytes)
  }

  #grow(wanted: number): void {
    const limit = this.#limitBytes + INPUT_BYTES
    if (this.#bytes.length >= limit) {
      throw new MillraceError('VALUE_TOO_LARGE', `one record is longer than '${this.#limitBytes}' bytes`)
    }
    const grown = new Uint8Array(new SharedArrayBuffer(Math.min(wanted, limit)))
    grown.set(this.#bytes.subarray(0, this.#end))
    this.#bytes = grown
  }
}

/** A remainder of an arena that is smaller than this is left unused. */
const LEAST_ROOM_BYTES = 64 << 10

/** Arenas that a thread keeps from job to job. */
const KEPT_ARENAS = 1

/** The bytes that a program writes into: arenas of one size that are reused for every morsel. */
export class OutputArenas {
  readonly #arenas: Uint8Array[] = []
  #current = 0
  #used = 0

  /** The free part of the current arena, or a fresh one: a program takes a row that does not fit an empty output for too large. */
  free(): Uint8Array {
    const current = this.#arenas[this.#current] ?? this.#add(OUTPUT_BYTES)
    if (current.length - this.#used < LEAST_ROOM_BYTES) this.next()
    const arena = this.#arenas[this.#current] ?? current
    return arena.subarray(this.#used)
  }

  /** Bytes handed out since the last {@link reset}, whole arenas counted in full. */
  get usedBytes(): number {
    return this.#current * OUTPUT_BYTES + this.#used
  }

  /** Counts bytes that were put at the front of {@link free}. */
  use(bytes: number): void {
    this.#used += bytes
  }

  /** Goes on in another arena, which holds at least `bytes`. */
  next(bytes = OUTPUT_BYTES): void {
    this.#current += 1
    this.#used = 0
    const arena = this.#arenas[this.#current]
    if (arena === undefined) this.#add(bytes)
    else if (arena.length < bytes) this.#arenas[this.#current] = new Uint8Array(new SharedArrayBuffer(bytes))
  }

  /** Goes on in a larger arena than the one in which a row did not fit. */
  enlarge(): void {
    const isWhole = this.#used === 0
    const length = this.#arenas[this.#current]?.length ?? OUTPUT_BYTES
    this.next(isWhole ? length * 4 : OUTPUT_BYTES)
  }

  /** Everything is free again; arenas of unusual size are given back. */
  reset(): void {
    this.#current = 0
    this.#used = 0
    while ((this.#arenas.at(-1)?.length ?? 0) > OUTPUT_BYTES) this.#arenas.pop()
  }

  /** Begins another job: what only large morsels need is given back. */
  renew(): void {
    this.reset()
    this.#arenas.length = Math.min(this.#arenas.length, KEPT_ARENAS)
  }

  #add(bytes: number): Uint8Array {
    const arena = new Uint8Array(new SharedArrayBuffer(Math.max(bytes, OUTPUT_BYTES)))
    this.#arenas.push(arena)
    return arena
  }
}

/**
 * What a thread reads into and writes into. Shared memory is given back only when the collector sees that nobody has it any more,
 * which short jobs do not wait for: a thread that works for many of them keeps one set.
 */
export class WorkerMemory {
  readonly input = new InputBuffer(0)
  readonly arenas = new OutputArenas()

  /** Makes it ready for a job. @param limitBytes its largest record, in bytes. */
  renew(limitBytes: number): void {
    this.input.renew(limitBytes)
    this.arenas.renew()
  }
}
