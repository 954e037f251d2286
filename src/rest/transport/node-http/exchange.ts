import type { IncomingMessage, ServerResponse } from 'node:http'
import { RestRequest } from '../../request.js'
import { type ResponseHeaders, type RestResponse, statusLine } from '../../response.js'
import { Exchange } from '../exchange.js'
import type { HeadCheck } from '../framing.js'
import { WHOLE_ANSWER_BYTES } from '../limits.js'
import { type ListenerState, overloaded } from '../listener-state.js'

/** What is known about a connection across its requests. */
export interface NodeConnection {
  /** Requests that are not answered completely. */
  readonly open: Set<NodeExchange>
  /**
   * Whether an answer said that it is the last one. The parser may have found further requests in the bytes behind it; they are not
   * served, because where one is unclear, what follows it may be anything.
   */
  closing: boolean
}

/** One request of node:http. */
export class NodeExchange extends Exchange {
  readonly secure: boolean
  readonly localPort: number
  readonly #incoming: IncomingMessage
  readonly #outgoing: ServerResponse
  readonly #connection: NodeConnection

  constructor(
    state: ListenerState,
    connection: NodeConnection,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    secure: boolean,
  ) {
    super(state)
    this.#connection = connection
    connection.open.add(this)
    this.secure = secure
    this.localPort = incoming.socket.localPort ?? 0
    this.#incoming = incoming
    this.#outgoing = outgoing
    outgoing.on('close', () => this.guarded(() => this.connectionClosed()))
    outgoing.on('drain', () => this.guarded(() => this.drained()))
    // A request that breaks off closes its answer too; without a listener the error would end the process.
    incoming.on('error', () => this.guarded(() => this.aborted()))
    outgoing.on('error', () => this.guarded(() => this.aborted()))
  }

  /** The answer is out, or the connection is gone: an answer that waits behind others is not told of that by itself. */
  connectionClosed(): void {
    this.#connection.open.delete(this)
    if (this.#outgoing.writableFinished) this.finished()
    else this.aborted()
  }

  /** Serves the request. Never throws. */
  serve(check: HeadCheck): void {
    this.guarded(() => this.#serve(check))
  }

  #serve(check: HeadCheck): void {
    const incoming = this.#incoming
    const target = incoming.url ?? ''
    const mark = target.indexOf('?')
    const path = mark < 0 ? target : target.slice(0, mark)
    const query = mark < 0 ? null : target.slice(mark + 1)
    const headers = incoming.rawHeaders.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text))
    const request = new RestRequest(incoming.method ?? '', path, query, { headers, peer: this })
    const fault = check.fault(path, query, headers, incoming.httpVersion !== '1.0')
    if (fault !== null) {
      this.reject(request, fault)
      return
    }
    this.begin(request, check.length, check.chunked)
    const { body } = this
    if (this.settled || body === null) return void incoming.resume()
    incoming.on('data', (piece: Buffer) => this.guarded(() => body.push(piece, false)))
    incoming.on('end', () => this.guarded(() => body.push(NOTHING, true)))
  }

  remoteAddress(): string {
    return this.#incoming.socket.remoteAddress ?? ''
  }

  protected send(response: RestResponse, isHead: boolean, close: boolean): void {
    const { body = '' } = response
    const bytes = typeof body === 'string' ? Buffer.from(body as string, 'utf8') : (body as Uint8Array)
    const waits = !isHead && bytes.byteLength > WHOLE_ANSWER_BYTES
    if (!isHead && !this.reserve(bytes.byteLength)) {
      this.#sendBusy()
      return
    }
    this.#writeHead(response, close, bytes.byteLength)
    if (!waits) {
      this.#outgoing.end(isHead ? undefined : bytes)
      this.expectProgress()
      return
    }
    this.#sendLarge(bytes, 0)
  }

  protected sendHead(response: RestResponse, close: boolean): void {
    this.#writeHead(response, close, null)
  }

  protected sendPiece(piece: Uint8Array | string): boolean {
    return this.#outgoing.write(piece)
  }

  protected sendEnd(_isHead: boolean): void {
    this.#outgoing.end()
    this.expectProgress()
  }

  protected cut(): void {
    this.#incoming.socket.destroy()
  }

  protected pauseBody(): void {
    this.#incoming.pause()
  }

  protected resumeBody(): void {
    this.#incoming.resume()
  }

  /** Sends a large body as the client takes it, so that one that takes nothing is noticed. */
  #sendLarge(bytes: Uint8Array, from: number): void {
    const outgoing = this.#outgoing
    let offset = from
    while (offset < bytes.byteLength) {
      const flows = outgoing.write(bytes.subarray(offset, offset + WHOLE_ANSWER_BYTES))
      offset += WHOLE_ANSWER_BYTES
      if (flows || offset >= bytes.byteLength) continue
      this.expectProgress()
      outgoing.once('drain', () => this.guarded(() => this.#sendLarge(bytes, offset)))
      return
    }
    this.sendEnd(false)
  }

  #sendBusy(): void {
    const reason = overloaded('too many bytes wait in memory')
    this.#connection.closing = true
    this.#outgoing.writeHead(reason.status, ['Content-Length', '0', 'Connection', 'close']).end()
  }

  #writeHead(response: RestResponse, close: boolean, length: number | null): void {
    const outgoing = this.#outgoing
    if (close) this.#connection.closing = true
    const line = statusLine(response.status, response.reason)
    // What is not asked for is not sent: node:http adds a date and the state of the connection by itself.
    outgoing.sendDate = false
    outgoing.removeHeader('Connection')
    outgoing.writeHead(response.status, line.slice(line.indexOf(' ') + 1), headerList(response.headers, close, length))
  }
}

const NOTHING = new Uint8Array(0)

/** Names and values, one after the other, with those of the transport in their places. */
function headerList(headers: ResponseHeaders, close: boolean, length: number | null): string[] {
  const list: string[] = []
  let hasLength = false
  for (const [name, value] of headers.pairs) {
    const lower = name.toLowerCase()
    if (lower === 'date') list.push(name, httpDate())
    else if (lower !== 'content-length') list.push(name, value)
    else if (length !== null) {
      list.push(name, String(length))
      hasLength = true
    }
  }
  if (length !== null && !hasLength) list.push('Content-Length', String(length))
  if (close) list.push('Connection', 'close')
  return list
}

let dateSecond = -1
let dateText = ''

/** The time as HTTP writes it, made once a second. */
function httpDate(): string {
  const second = Math.floor(Date.now() / 1000)
  if (second !== dateSecond) [dateSecond, dateText] = [second, new Date(second * 1000).toUTCString()]
  return dateText
}
