import { closeSync, fdatasync, fsync, writeSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { attempt, systemError } from './attempt.js'
import type { WritableFile } from './file-system.js'

/** Bytes written after which the disk is set to work. */
const FLUSH_BYTES = 32 * 1024 * 1024

/** Brings what was written to a descriptor to the disk, on another thread. */
export interface DiskCalls {
  /** The bytes, and of the rest what is needed to find them. */
  readonly data: (descriptor: number) => Promise<void>
  /** Everything. */
  readonly all: (descriptor: number) => Promise<void>
}

const DISK: DiskCalls = { data: promisify(fdatasync), all: promisify(fsync) }

/**
 * A file of this machine that is written by position.
 *
 * The disk works while rows are still made: every 32 MiB it is told to begin, so that little is left to wait for when the file is
 * synced. Nobody waits for that; a failure is kept for the next {@link sync} or {@link close}, because the operating system tells it
 * once only.
 */
export class LocalWritableFile implements WritableFile {
  readonly #path: string
  readonly #descriptor: number
  readonly #disk: DiskCalls
  #unflushedBytes = 0
  #flush: Promise<void> | null = null
  #failure: NodeJS.ErrnoException | null = null

  /** @param disk the operating system; replaced by tests. */
  constructor(path: string, descriptor: number, disk: DiskCalls = DISK) {
    this.#path = path
    this.#descriptor = descriptor
    this.#disk = disk
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    attempt('FILE_WRITE_FAILED', 'writing', this.#path, () => {
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(this.#descriptor, bytes, written, bytes.length - written, position + written)
      }
    })
    this.#unflushedBytes += bytes.length
    if (this.#unflushedBytes >= FLUSH_BYTES) await this.#startFlush()
  }

  async sync(): Promise<void> {
    await this.#flushed()
    try {
      await this.#disk.all(this.#descriptor)
    } catch (thrown) {
      throw systemError('FILE_WRITE_FAILED', 'syncing', this.#path, thrown as NodeJS.ErrnoException)
    }
    this.#unflushedBytes = 0
  }

  async close(): Promise<void> {
    try {
      await this.#flushed()
    } finally {
      attempt('FILE_WRITE_FAILED', 'closing', this.#path, () => closeSync(this.#descriptor))
    }
  }

  async #startFlush(): Promise<void> {
    // System calls block this thread, so that it has not heard yet when the flush before has ended.
    if (this.#flush !== null) await nextTurn()
    // A disk that is behind gets it all at the end: more requests would not make it faster.
    if (this.#flush !== null) return
    this.#unflushedBytes = 0
    this.#flush = this.#runFlush()
  }

  async #runFlush(): Promise<void> {
    try {
      await this.#disk.data(this.#descriptor)
    } catch (thrown) {
      this.#failure ??= thrown as NodeJS.ErrnoException
    }
    this.#flush = null
  }

  /** Waits until nothing is under way any more and tells what went wrong, once. */
  async #flushed(): Promise<void> {
    await this.#flush
    const failure = this.#failure
    this.#failure = null
    if (failure !== null) throw systemError('FILE_WRITE_FAILED', 'syncing', this.#path, failure)
  }
}
