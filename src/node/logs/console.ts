import { fstatSync, write } from 'node:fs'
import { Socket } from 'node:net'
import { consoleDescriptor } from '../../core/console-descriptor.js'
import type { LogTarget } from './log-queue.js'

/** Milliseconds until a terminal that takes nothing now is asked again. */
const RETRY_MS = 20

/**
 * Standard output or standard error, written to in the background: neither a reader that does not read nor its end may stop the node
 * or keep it from ending, which writes of `process.stdout` do.
 *
 * @param descriptor 1 or 2.
 */
export function consoleTarget(descriptor: number): LogTarget {
  return isSocket(descriptor) ? new SocketTarget(descriptor) : new DescriptorTarget(consoleDescriptor(descriptor))
}

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket()
  } catch {
    return false
  }
}

/** A file, or a pipe or terminal that does not block. */
class DescriptorTarget implements LogTarget {
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

/** What service managers give. It cannot be opened again; the event loop knows how to wait for it. */
class SocketTarget implements LogTarget {
  readonly #socket: Socket

  constructor(descriptor: number) {
    this.#socket = new Socket({ fd: descriptor, readable: false, writable: true })
    // Every write says for itself what went wrong.
    this.#socket.on('error', () => undefined)
    this.#socket.unref()
  }

  write(lines: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(lines.join(''), (error) => (error instanceof Error ? reject(error) : resolve()))
    })
  }
}
