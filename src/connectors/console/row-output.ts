import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'
import { consoleDescriptor } from '../../core/console-descriptor.js'
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
  /** Of a node, one that a stuck reader cannot hold its threads with; opened for the first row. */
  #descriptor: number | null

  constructor(log: RowLog = PRINTED) {
    this.#log = log
    this.#descriptor = log === PRINTED ? STDOUT : null
  }

  /** As it crosses into workers. */
  config(): JsonObject {
    return { ...this.#log, isNode: this.#log !== PRINTED }
  }

  static fromConfig(config: JsonObject): RowOutput {
    const { file, limitBytes, isPrinted, linePrefix, isNode } = config
    if (isNode !== true) return new RowOutput()
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
    if (this.#log.isPrinted) {
      this.#descriptor ??= nodeOutput()
      print(this.#descriptor, bytes)
    }
    if (this.#log.file !== null) append(this.#log.file, bytes, this.#log.limitBytes)
  }
}

let openedOutput: number | null = null

/** One descriptor for all sinks of this thread. */
function nodeOutput(): number {
  openedOutput ??= consoleDescriptor(STDOUT)
  return openedOutput
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
function print(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(descriptor, bytes, written)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}
