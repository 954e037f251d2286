import { connect, type Socket } from 'node:net'
import { MillraceError } from '../../core/error.js'
import { guardedLookup } from '../../protocols/egress.js'
import type { MorselInput } from '../../spi/source.js'

/** Longest line. */
const LINE_LIMIT_BYTES = 64 * 1024 * 1024

/** Where to connect to, and until when to read. */
export interface LineSocketSettings {
  readonly host: string
  readonly port: number
  readonly connectTimeoutMs: number
  /** Whether reading ends with the first bytes. */
  readonly isBounded: boolean
}

const NEWLINE = 0x0a

/** A connection without a whole line for so long gives an empty morsel, so that the worker sees checkpoints and the job's end. */
const LINGER_MS = 20

/** Bytes that wait to be read before the server has to wait. */
const BUFFER_LIMIT_BYTES = 4 * 1024 * 1024

/**
 * One connection, cut into morsels behind newlines: a line is never in two of them. The last morsel has what stood behind the
 * last newline.
 */
export class LineSocket {
  readonly #socket: Socket
  readonly #settings: LineSocketSettings
  /** Bytes that came and were not given out. */
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #hasEnded = false
  #failure: MillraceError | null = null
  #wake: (() => void) | null = null

  private constructor(socket: Socket, settings: LineSocketSettings) {
    this.#socket = socket
    this.#settings = settings
    socket.on('data', (bytes) => this.#arrived(bytes))
    socket.on('end', () => this.#ended(null))
    socket.on('close', () => this.#ended(null))
    socket.on('error', (error) => this.#ended(connectionFault(settings, 'reading from', error)))
  }

  /** @throws MillraceError `CONNECTION_FAILED` when there is no connection in time. */
  static connect(settings: LineSocketSettings): Promise<LineSocket> {
    const { host, port, connectTimeoutMs } = settings
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, lookup: guardedLookup })
      const fail = (error: Error): void => {
        socket.destroy()
        reject(error instanceof MillraceError ? error : connectionFault(settings, 'connecting to', error))
      }
      socket.setTimeout(connectTimeoutMs, () => fail(new Error(`no answer within ${connectTimeoutMs} ms`)))
      socket.once('error', fail)
      socket.once('connect', () => {
        socket.setTimeout(0)
        socket.off('error', fail)
        resolve(new LineSocket(socket, settings))
      })
    })
  }

  /** The next morsel, after waiting for it a little. */
  async morsel(): Promise<MorselInput> {
    await this.#wait()
    const { isBounded } = this.#settings
    const isLast = this.#hasEnded || (isBounded && this.#waitingBytes > 0)
    const failure = this.#failure
    const bytes = this.#take(isLast)
    let given = 0
    return {
      arguments: '',
      flags: 0,
      limitBytes: Number.MAX_SAFE_INTEGER,
      read: async (target) => {
        const length = bytes.copy(target, 0, given)
        given += length
        // What came before a broken connection is not lost: the failure follows behind it.
        if (length === 0 && failure !== null) throw failure
        return length
      },
      readRanges: async () => undefined,
      next: async () => (isLast ? null : this.morsel()),
      close: async () => {
        if (isLast) this.close()
      },
    }
  }

  /** Ends the connection, whatever the server does. */
  close(): void {
    this.#socket.destroy()
  }

  #arrived(bytes: Buffer): void {
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes > BUFFER_LIMIT_BYTES) this.#socket.pause()
    if (this.#waitingBytes > LINE_LIMIT_BYTES && !this.#isReady()) {
      this.#ended(new MillraceError('VALUE_TOO_LARGE', `a line is longer than ${LINE_LIMIT_BYTES} bytes`))
    }
    this.#wake?.()
  }

  #ended(failure: MillraceError | null): void {
    this.#hasEnded = true
    this.#failure ??= failure
    this.#wake?.()
  }

  /** Until there is something to give, at most for a while; a bounded connection is waited for without end. */
  async #wait(): Promise<void> {
    const deadline = performance.now() + LINGER_MS
    while (!this.#hasEnded && !this.#isReady()) {
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#wake = null
    }
  }

  #isReady(): boolean {
    return this.#settings.isBounded ? this.#waitingBytes > 0 : this.#waiting.some((bytes) => bytes.includes(NEWLINE))
  }

  /** Takes everything, or up to the last newline. */
  #take(everything: boolean): Buffer {
    const bytes = Buffer.concat(this.#waiting)
    const end = everything ? bytes.length : bytes.lastIndexOf(NEWLINE) + 1
    const rest = bytes.subarray(end)
    this.#waiting = rest.length === 0 ? [] : [rest]
    this.#waitingBytes = rest.length
    this.#socket.resume()
    return bytes.subarray(0, end)
  }
}

function connectionFault({ host, port }: LineSocketSettings, doing: string, cause: Error): MillraceError {
  return new MillraceError('CONNECTION_FAILED', `${doing} '${host}:${port}' failed: ${cause.message}`, {
    cause,
    hint: 'check that the server listens there',
  })
}
