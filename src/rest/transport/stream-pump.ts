import type { BodyStream } from '../response.js'
import { WHOLE_ANSWER_BYTES } from './limits.js'

/** Where the pieces of a stream go. */
export interface PumpTarget {
  /** @param piece at most {@link WHOLE_ANSWER_BYTES}. @returns whether the client takes more; if not, the pump waits for `drained`. */
  send(piece: Uint8Array): boolean
  /** The stream has ended. */
  end(): void
  /** The stream failed, or it could not be sent. */
  failed(error: unknown): void
  /** The client takes nothing for now (`true`), or goes on. */
  stalled(isStalled: boolean): void
}

/** Moves a stream to a client, no faster than the client reads. */
export class StreamPump {
  readonly #target: PumpTarget
  readonly #iterator: AsyncIterator<string | Uint8Array>
  #stopped = false
  #wake: (() => void) | null = null

  constructor(stream: BodyStream, target: PumpTarget) {
    this.#iterator = stream[Symbol.asyncIterator]()
    this.#target = target
  }

  /** Moves everything. Never rejects. */
  async run(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#iterator.next()
        if (this.#stopped) return
        if (done === true) break
        if (!(await this.#send(typeof value === 'string' ? Buffer.from(value, 'utf8') : value))) return
      }
      this.#stopped = true
      this.#target.end()
    } catch (error) {
      this.#target.failed(error)
    }
  }

  /** The client takes bytes again. */
  drained(): void {
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }

  /** The client is gone: the stream is told to end. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.drained()
    this.#iterator.return?.().catch((error: unknown) => this.#target.failed(error))
  }

  /** @returns whether the client is still there. */
  async #send(bytes: Uint8Array): Promise<boolean> {
    for (let start = 0; start < bytes.byteLength; start += WHOLE_ANSWER_BYTES) {
      if (this.#target.send(bytes.subarray(start, start + WHOLE_ANSWER_BYTES))) continue
      if (this.#stopped) return false
      this.#target.stalled(true)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      if (this.#stopped) return false
      this.#target.stalled(false)
    }
    return true
  }
}
