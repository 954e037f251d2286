import { write } from 'node:fs'
import type { LogTarget } from './log-queue.js'

/**
 * A file descriptor that lines are written to in the background: a reader that does not read must not stop the node, which writes of
 * `process.stdout` to a pipe do.
 */
export class DescriptorTarget implements LogTarget {
  readonly #descriptor: number

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  async write(lines: readonly string[]): Promise<void> {
    let rest: Buffer = Buffer.from(lines.join(''))
    while (rest.length > 0) rest = rest.subarray(await this.#some(rest))
  }

  #some(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      write(this.#descriptor, bytes, 0, bytes.length, null, (error, written) => {
        if (error === null) resolve(written)
        else if (error.code === 'EAGAIN') setTimeout(() => resolve(0), RETRY_MS)
        else reject(error)
      })
    })
  }
}

/** Milliseconds until a terminal that takes nothing now is asked again. */
const RETRY_MS = 20
