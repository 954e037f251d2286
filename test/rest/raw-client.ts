import { connect, type Socket } from 'node:net'

/** One answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number
  readonly reason: string
  /** In the order and letter case of the wire. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/** Nothing that a test waits for takes longer than this. */
const DEADLINE_MS = 20_000

/** A connection whose bytes are written by hand. */
export class RawConnection {
  readonly socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #closed = false
  readonly #waiting = new Set<() => void>()

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (piece: Buffer) => {
      this.#received = Buffer.concat([this.#received, piece])
      this.#notify()
    })
    // A connection that the server cuts while bytes are under way ends with an error; how is not what is tested.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#closed = true
      this.#notify()
    })
  }

  /** Opens a plain connection to this machine. */
  static async open(port: number): Promise<RawConnection> {
    const socket = connect(port, '127.0.0.1')
    const connection = new RawConnection(socket)
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return connection
  }

  /** Whether the server has closed the connection. */
  get isClosed(): boolean {
    return this.#closed
  }

  /** Bytes that came and belong to no answer that was taken. */
  get rest(): string {
    return this.#received.toString('latin1')
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /**
   * The next complete answer.
   *
   * @param withoutBody for answers to `HEAD`.
   * @returns `null` when the connection was closed in front of it.
   */
  async answer(withoutBody = false): Promise<RawAnswer | null> {
    let found: { answer: RawAnswer; size: number } | null = null
    await this.until(() => {
      found = parseAnswer(this.#received, withoutBody)
      return found !== null || this.#closed
    })
    const taken = found as { answer: RawAnswer; size: number } | null
    if (taken === null) return null
    this.#received = this.#received.subarray(taken.size)
    return taken.answer
  }

  /** Waits until the server closes the connection. */
  async closed(): Promise<void> {
    await this.until(() => this.#closed)
  }

  /** Waits for a condition that is looked at whenever something arrives. */
  async until(holds: () => boolean): Promise<void> {
    if (holds()) return
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!holds()) return
        clearTimeout(deadline)
        this.#waiting.delete(look)
        resolve()
      }
      const deadline = setTimeout(() => {
        this.#waiting.delete(look)
        reject(new Error(`nothing more came in time; there is '${this.rest.slice(0, 300)}'`))
      }, DEADLINE_MS)
      this.#waiting.add(look)
    })
  }

  #notify(): void {
    for (const look of this.#waiting) look()
  }
}

/** The first complete answer in some bytes, and how long it is. */
function parseAnswer(bytes: Buffer, withoutBody: boolean): { answer: RawAnswer; size: number } | null {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return null
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const match = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(first)
  if (match === null) throw new Error(`'${first}' is no status line`)
  const headers = lines.map(
    (line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const,
  )
  const status = Number(match[1])
  const value = (name: string): string | undefined => headers.find(([each]) => each.toLowerCase() === name)?.[1]
  const start = end + 4
  const give = (body: string, size: number) => ({ answer: { status, reason: match[2] ?? '', headers, body }, size })
  if (withoutBody || status < 200) return give('', start)
  if (value('transfer-encoding') === 'chunked') return parseChunks(bytes, start, give)
  const length = Number(value('content-length') ?? '0')
  return bytes.length < start + length ? null : give(bytes.toString('utf8', start, start + length), start + length)
}

function parseChunks<T>(bytes: Buffer, start: number, give: (body: string, size: number) => T): T | null {
  const pieces: Buffer[] = []
  for (let offset = start; ; ) {
    const line = bytes.indexOf('\r\n', offset)
    if (line < 0) return null
    const size = Number.parseInt(bytes.toString('latin1', offset, line), 16)
    const next = line + 2 + size + 2
    if (bytes.length < next) return null
    if (size === 0) return give(Buffer.concat(pieces).toString('utf8'), next)
    pieces.push(bytes.subarray(line + 2, line + 2 + size))
    offset = next
  }
}
