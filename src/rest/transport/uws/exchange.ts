import { RestRequest } from '../../request.js'
import { type RestResponse, statusLine } from '../../response.js'
import { Exchange } from '../exchange.js'
import type { HeadCheck } from '../framing.js'
import { WHOLE_ANSWER_BYTES } from '../limits.js'
import { type ListenerState, overloaded } from '../listener-state.js'
import type { NativeRequest, NativeResponse } from './addon.js'
import { addressText } from './address.js'

/** The addon gives methods in small letters. */
const METHODS: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  get: 'GET',
  post: 'POST',
  put: 'PUT',
  head: 'HEAD',
  delete: 'DELETE',
})

/** Characters up to which a text is shorter than {@link WHOLE_ANSWER_BYTES} whatever it holds. */
const WHOLE_TEXT_LENGTH = WHOLE_ANSWER_BYTES / 4

const CLOSE_LINE = '\r\nConnection: close'

/** One request of uWebSockets.js. */
export class UwsExchange extends Exchange {
  readonly secure = false
  readonly localPort: number
  readonly #response: NativeResponse
  /** Whether the response may still be touched. */
  #isLive = true
  /** Whether the handler of the request has not returned yet: then what is written is sent together. */
  #isFirstTurn = true
  #address: string | null = null

  constructor(state: ListenerState, response: NativeResponse, localPort: number) {
    super(state)
    this.#response = response
    this.localPort = localPort
    response.onAborted(() => this.guarded(() => this.#gone()))
  }

  /** Serves the request. The first turn is over when it returns; it never throws. */
  serve(native: NativeRequest, check: HeadCheck): void {
    this.guarded(() => this.#serve(native, check))
    this.#isFirstTurn = false
  }

  #serve(native: NativeRequest, check: HeadCheck): void {
    const headers: string[] = []
    native.forEach((name, value) => {
      headers.push(name, value)
    })
    const method = native.getMethod()
    const path = native.getUrl()
    const query = native.getQuery() ?? null
    const request = new RestRequest(METHODS[method] ?? method.toUpperCase(), path, query, { headers, peer: this })
    const fault = check.fault(path, query, headers)
    if (fault === null) {
      this.begin(request, check.length, check.chunked)
      this.#readBody()
    } else if (fault.ambiguous) this.cut()
    else this.reject(request, fault)
  }

  remoteAddress(): string {
    if (this.#address === null) this.#address = this.#isLive ? addressText(this.#response.getRemoteAddress()) : ''
    return this.#address
  }

  protected send(response: RestResponse, isHead: boolean, close: boolean): void {
    if (this.#isFirstTurn) this.#sendNow(response, isHead, close)
    else this.#response.cork(() => this.#sendNow(response, isHead, close))
  }

  protected sendHead(response: RestResponse, close: boolean): void {
    // The library would write its own line about closing into the middle of a body that is sent in pieces.
    const head = `${headText(response)}${close ? CLOSE_LINE : ''}`
    this.#response.cork(() => this.#response.writeStatus(head))
    this.#response.onWritable(() => {
      this.guarded(() => this.drained())
      return true
    })
  }

  protected sendPiece(piece: Uint8Array | string): boolean {
    let takesMore = false
    if (this.#isLive)
      this.#response.cork(() => {
        takesMore = this.#response.write(piece)
      })
    return takesMore
  }

  protected sendEnd(isHead: boolean): void {
    if (!this.#isLive) return
    this.#response.cork(() => {
      if (isHead) this.#response.endWithoutBody()
      else this.#response.end()
    })
    this.#sent()
  }

  protected cut(): void {
    // The library tells of the end by `onAborted`.
    if (this.#isLive) this.#response.close()
  }

  protected pauseBody(): void {
    if (this.#isLive) this.#response.pause()
  }

  protected resumeBody(): void {
    if (this.#isLive) this.#response.resume()
  }

  #readBody(): void {
    const { body } = this
    if (body === null || this.settled) return
    this.#response.onData((piece, isLast) => this.guarded(() => body.push(new Uint8Array(piece.slice(0)), isLast)))
  }

  #sendNow(response: RestResponse, isHead: boolean, close: boolean): void {
    const { body = '' } = response
    // Bytes are what a text is counted in, and what is left of it is cut from; a short one is handed over as it is.
    const isShort = typeof body === 'string' && body.length <= WHOLE_TEXT_LENGTH
    const whole = typeof body === 'string' && !isShort ? Buffer.from(body, 'utf8') : (body as string | Uint8Array)
    const size = typeof whole === 'string' ? Buffer.byteLength(whole, 'utf8') : whole.byteLength
    if (isHead) this.#sendLength(response, size, close)
    else if (size > WHOLE_ANSWER_BYTES && !this.reserve(size)) this.#sendBusy()
    else if (size === 0 || (close && size <= WHOLE_ANSWER_BYTES)) this.#sendAtOnce(response, whole, close)
    else this.#sendBody(response, whole, size, close)
  }

  #sendLength(response: RestResponse, size: number, close: boolean): void {
    // The library takes an answer whose length it is told for one that is still to come.
    const lengthLine = `\r\nContent-Length: ${size}`
    this.#response.writeStatus(`${headText(response)}${lengthLine}${close ? CLOSE_LINE : ''}`).endWithoutBody()
    this.#sent()
  }

  #sendBusy(): void {
    this.#response.writeStatus(statusLine(overloaded('').status, undefined)).end('', true)
    this.#sent()
  }

  #sendAtOnce(response: RestResponse, body: string | Uint8Array, close: boolean): void {
    this.#response.writeStatus(headText(response)).end(body, close)
    this.#sent()
  }

  /**
   * Sends a body as the client takes it. Short ones too: `end` would keep what a client does not read in the memory of the library,
   * which a client that sends many requests and reads nothing could fill. As it is, its next request ends the connection.
   */
  #sendBody(response: RestResponse, body: string | Uint8Array, size: number, close: boolean): void {
    const native = this.#response
    native.writeStatus(close ? headText(response) + CLOSE_LINE : headText(response))
    if (native.tryEnd(body, size)[1]) {
      this.#sent()
      return
    }
    const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body
    if (size <= WHOLE_ANSWER_BYTES && !this.reserve(size)) {
      this.cut()
      return
    }
    this.expectProgress()
    native.onWritable((offset) => {
      const [taken, done] = native.tryEnd(bytes.subarray(offset), size)
      this.guarded(() => (done ? this.#sent() : this.expectProgress()))
      return taken
    })
  }

  #sent(): void {
    this.#isLive = false
    this.finished()
  }

  #gone(): void {
    this.#isLive = false
    this.aborted()
  }
}

/** Status line and headers; the library adds date and length. */
function headText(response: RestResponse): string {
  return statusLine(response.status, response.reason) + response.headers.lines
}
