/** What a body reader needs from the connection that it reads. */
export interface BodySource {
  /** Stops and continues the flow of bytes. What is under way may still arrive after `pause`. */
  pause(): void
  resume(): void
  /** Bytes are about to be kept until the body is read. @returns whether the node has room for them; if not, nobody waits for the body. */
  hold(bytes: number): boolean
  /** A body grew beyond its limit. */
  tooLarge(limitBytes: number): void
  /** The whole body is there; only for bodies that are collected. */
  complete(body: Uint8Array): void
  /** A stream waits for bytes (`true`), or does no more (`false`). */
  waiting(isWaiting: boolean): void
}

/** Bytes of a stream that may wait before the connection is paused. */
const STREAM_HIGH_BYTES = 256 * 1024

/**
 * Takes the pieces of one body. It starts by holding them, because whoever asks may not be known yet, and then collects, streams or
 * drops them.
 */
export class BodyReader {
  readonly #source: BodySource
  #mode: 'hold' | 'whole' | 'stream' | 'drop' = 'hold'
  #limitBytes = Number.POSITIVE_INFINITY
  #pieces: Uint8Array[] = []
  /** Bytes that have arrived, and those of them that are still here. */
  #arrivedBytes = 0
  #heldBytes = 0
  #ended = false
  #failure: Error | null = null
  #paused = false
  #wake: (() => void) | null = null

  constructor(source: BodySource) {
    this.#source = source
  }

  /** Whether the last byte has arrived. */
  get ended(): boolean {
    return this.#ended
  }

  /** Bytes that have arrived so far. */
  get arrivedBytes(): number {
    return this.#arrivedBytes
  }

  /** Holds what comes until it is known what to do with it, and asks the connection to send no more. */
  hold(): void {
    this.#pause()
  }

  /** Takes one piece. @param piece is kept: it must not change afterwards. */
  push(piece: Uint8Array, isLast: boolean): void {
    if (this.#ended || this.#failure !== null) return
    this.#arrivedBytes += piece.byteLength
    if (isLast) this.#ended = true
    if (this.#arrivedBytes > this.#limitBytes) {
      this.#source.tooLarge(this.#limitBytes)
      return
    }
    if (this.#mode !== 'drop' && piece.byteLength > 0) {
      // A stream holds little, and gives it on.
      if (this.#mode !== 'stream' && !this.#source.hold(piece.byteLength)) return
      this.#pieces.push(piece)
      this.#heldBytes += piece.byteLength
    }
    this.#advance()
  }

  /** Collects the body and hands it over when it is complete: possibly before this returns. */
  collect(limitBytes: number): void {
    this.#settle('whole', limitBytes)
  }

  /** Throws the body away, up to a limit. */
  drop(limitBytes: number): void {
    this.#settle('drop', limitBytes)
    this.#pieces = []
    this.#heldBytes = 0
  }

  /** Throws away what is still to come: the request was answered. A connection that was paused goes on. */
  discard(): void {
    this.drop(Number.POSITIVE_INFINITY)
  }

  /** Gives the body piece by piece. It can be read once; a body that breaks off ends with the error of {@link fail}. */
  stream(limitBytes: number): AsyncIterable<Uint8Array> {
    const reader = this
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (;;) {
        const piece = reader.#take()
        if (piece !== null) yield piece
        else if (reader.#failure !== null) throw reader.#failure
        else if (reader.#ended) return
        else await reader.#arrival()
      }
    }
    this.#settle('stream', limitBytes)
    return pieces()
  }

  /** Ends the body early: whoever reads the stream gets the error. */
  fail(error: Error): void {
    if (this.#ended && this.#pieces.length === 0) return
    this.#failure ??= error
    this.#pieces = []
    this.#heldBytes = 0
    this.#wakeUp()
  }

  #settle(mode: 'whole' | 'stream' | 'drop', limitBytes: number): void {
    this.#mode = mode
    this.#limitBytes = limitBytes
    if (this.#arrivedBytes > limitBytes) {
      this.#source.tooLarge(limitBytes)
      return
    }
    this.#resume()
    this.#advance()
  }

  #advance(): void {
    if (this.#mode === 'whole' && this.#ended) this.#source.complete(this.#joined())
    if (this.#mode !== 'stream') return
    if (this.#heldBytes > STREAM_HIGH_BYTES) this.#pause()
    this.#wakeUp()
  }

  #joined(): Uint8Array {
    const [only] = this.#pieces
    const body = this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#heldBytes = 0
    return body
  }

  #take(): Uint8Array | null {
    const piece = this.#pieces.shift() ?? null
    this.#heldBytes -= piece?.byteLength ?? 0
    if (piece !== null && this.#heldBytes <= STREAM_HIGH_BYTES) this.#resume()
    return piece
  }

  async #arrival(): Promise<void> {
    this.#source.waiting(true)
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#source.waiting(false)
  }

  #wakeUp(): void {
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }

  #pause(): void {
    if (this.#paused || this.#ended) return
    this.#paused = true
    this.#source.pause()
  }

  #resume(): void {
    if (!this.#paused || this.#failure !== null) return
    this.#paused = false
    this.#source.resume()
  }
}
