import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'
import type { RowLog } from '../../spi/context.js'
import type { JsonObject } from '../../spi/json.js'

const STDOUT = 1

/** Nothing is followed or waited for: not a link, not a pipe. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Where rows go without a node: standard output. */
const PRINTED: RowLog = { file: null, limitBytes: 0, isPrinted: true, linePrefix: '' }

/** Writes printed rows, from whichever thread: to standard output, to a log file, or both. */
export class RowOutput {
  readonly #log: RowLog

  constructor(log: RowLog = PRINTED) {
    this.#log = log
  }

  /** As it crosses into workers. */
  config(): JsonObject {
    return { ...this.#log }
  }

  static fromConfig({ file, limitBytes, isPrinted, linePrefix }: JsonObject): RowOutput {
    return new RowOutput({
      file: typeof file === 'string' ? file : null,
      limitBytes: Number(limitBytes),
      isPrinted: isPrinted === true,
      linePrefix: String(linePrefix),
    })
  }

  get linePrefix(): string {
    return this.#log.linePrefix
  }

  write(bytes: Uint8Array): void {
    if (this.#log.isPrinted) print(bytes)
    if (this.#log.file !== null) append(this.#log.file, bytes, this.#log.limitBytes)
  }
}

/** Appends as a whole. A log that cannot be written is no reason for a job to fail. */
function append(file: string, bytes: Uint8Array, limitBytes: number): void {
  try {
    const descriptor = openSync(file, APPEND, 0o600)
    try {
      if (fstatSync(descriptor).size <= limitBytes) writeSync(descriptor, bytes)
    } finally {
      closeSync(descriptor)
    }
  } catch {
    // The node says it where it cannot write the file itself.
  }
}

/** Writes all bytes, waiting where standard output is a full pipe. */
function print(bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(STDOUT, bytes, written)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}
