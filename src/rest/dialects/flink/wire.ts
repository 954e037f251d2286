import { decodePercent } from '../../query.js'
import { type HeaderPair, ResponseHeaders, type RestResponse } from '../../response.js'
import { filePath } from './dashboard.js'
import { errorsJson } from './fault.js'

/** The headers and bodies of this dialect's answers. */
export class FlinkWire {
  readonly #json: ResponseHeaders
  readonly #plainJson: ResponseHeaders
  readonly #text: ResponseHeaders
  readonly #empty: ResponseHeaders
  readonly #tagOnly: ResponseHeaders

  /** @param allowedOrigin value of `access-control-allow-origin`; `null` to send none. */
  constructor(allowedOrigin: string | null) {
    const origin: readonly HeaderPair[] = allowedOrigin === null ? [] : [['access-control-allow-origin', allowedOrigin]]
    this.#json = new ResponseHeaders([JSON_TYPE, ...origin, LENGTH])
    this.#plainJson = new ResponseHeaders([JSON_TYPE, LENGTH])
    this.#text = new ResponseHeaders([['content-type', 'text/plain'], LENGTH])
    this.#empty = new ResponseHeaders([LENGTH])
    this.#tagOnly = new ResponseHeaders(origin)
  }

  json(value: unknown, status = 200): RestResponse {
    return this.jsonText(JSON.stringify(value), status)
  }

  /** An answer whose JSON the caller has written. */
  jsonText(body: string, status = 200): RestResponse {
    return { status, headers: this.#json, body }
  }

  /** JSON with a tag by which it is known again. */
  tagged(body: Uint8Array, tag: string): RestResponse {
    return { status: 200, headers: this.#json.with(['etag', tag]), body }
  }

  /** To who has an answer already. */
  unchanged(tag: string): RestResponse {
    return { status: 304, headers: this.#tagOnly.with(['etag', tag]) }
  }

  /** JSON that pages of other origins may never read, as in Flink. */
  plainJson(value: unknown): RestResponse {
    return { status: 200, headers: this.#plainJson, body: JSON.stringify(value) }
  }

  /** A log file: no page of another origin may read it. */
  text(body: Uint8Array): RestResponse {
    return { status: 200, headers: this.#text, body }
  }

  /** @param more headers that a refusal needs. */
  fail(status: number, message: string, code: string | null, more: readonly HeaderPair[] = []): RestResponse {
    const headers = more.length === 0 ? this.#json : this.#json.with(...more)
    return { status, headers, body: errorsJson(message, code) }
  }

  /** An error that pages of other origins may never read. */
  plainFail(status: number, message: string, code: string | null): RestResponse {
    return { status, headers: this.#plainJson, body: errorsJson(message, code) }
  }

  /** To a body beyond the limit: no text, as Java's clients make their own of the status. */
  tooLarge(): RestResponse {
    return { status: 413, headers: this.#empty, close: true }
  }

  /** What no operation answers. `GET` goes to the static files in Flink, whose answers have no CORS header. */
  unrouted(method: string, target: string, path: string): RestResponse {
    const shown = (text: string) => text.slice(0, SHOWN_LENGTH)
    if (method === 'GET')
      return this.plainFail(404, `Unable to load requested file ${shown(decoded(filePath(path)))}.`, null)
    return { status: 404, headers: this.#json, body: errorsJson(`Not found: ${shown(target)}`, null) }
  }
}

const JSON_TYPE: HeaderPair = ['content-type', 'application/json; charset=UTF-8']
const LENGTH: HeaderPair = ['content-length', '']
/** Characters of a path that an answer repeats. */
const SHOWN_LENGTH = 1000

const decoded = (path: string): string => decodePercent(path) ?? path
