import { STATUS_CODES } from 'node:http'

/** One header: its name as it is sent, and its value. */
export type HeaderPair = readonly [name: string, value: string]

/** Characters of a header's name. @source RFC 9110, section 5.6.2 (token) */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** What a value must not have: the end of a line, NUL, other control characters, and what is no single byte. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are refused.
const REFUSED_IN_VALUE = /[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/

/** Headers that the transport fills in: a dialect names them with an empty value to say where they stand. */
const BY_TRANSPORT: ReadonlySet<string> = new Set(['content-length', 'date'])
/** Headers that belong to the connection; only the transport may send them. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'trailer',
])

/**
 * The headers of an answer in the order in which they are sent. They are checked once, when the list is made, so that a route makes
 * its list when it is loaded and answers with it for free.
 *
 * `Content-Length` and `Date` have an empty value: their place is the dialect's, their value the transport's. A list without `Date`
 * asks for none; `Content-Length` is always sent where the length is known. The uWebSockets.js transport cannot choose the
 * place of the two: both come last, and `Date` is always there.
 */
export class ResponseHeaders {
  readonly pairs: readonly HeaderPair[]
  /** Every header but those of the transport as the lines behind a status line, each with a line break in front of it. */
  readonly lines: string

  /** @throws TypeError for a name that is no token, a value with a line break or NUL, or a header of the connection. */
  constructor(pairs: readonly HeaderPair[]) {
    let lines = ''
    for (const [name, value] of pairs) {
      checkHeader(name, value)
      if (!BY_TRANSPORT.has(name.toLowerCase())) lines += `\r\n${name}: ${value}`
    }
    this.pairs = Object.freeze(pairs.map((pair) => Object.freeze([...pair] as const)))
    this.lines = lines
  }

  /** A list with more headers at its end. */
  with(...more: readonly HeaderPair[]): ResponseHeaders {
    return new ResponseHeaders([...this.pairs, ...more])
  }
}

function checkHeader(name: string, value: string): void {
  // A faulty header is a mistake of ours, not of the user: what came from outside must have been checked before.
  if (!HEADER_NAME.test(name)) throw new TypeError(`header name ${JSON.stringify(name)} is no token`)
  if (REFUSED_IN_VALUE.test(value)) throw new TypeError(`the value of header '${name}' has a character that is refused`)
  const lower = name.toLowerCase()
  if (OF_CONNECTION.has(lower)) throw new TypeError(`header '${name}' belongs to the transport`)
  if (BY_TRANSPORT.has(lower) && value !== '') throw new TypeError(`the value of header '${name}' is the transport's`)
}

/** No headers beside those that the transport has to send. */
export const NO_HEADERS = new ResponseHeaders([])

/**
 * Content of an answer that is made while it is sent. Texts are sent as UTF-8. Its `return` is called when the client leaves, also when
 * nothing was read; a generator should open what it needs when it is first read, and watch the request's signal while it waits.
 */
export type BodyStream = AsyncIterable<string | Uint8Array>

/** An answer as plain data. */
export interface RestResponse {
  /** 200..599. */
  readonly status: number
  /** Text behind the status; absent: the usual one. */
  readonly reason?: string
  readonly headers: ResponseHeaders
  /**
   * Text (sent as UTF-8), bytes, a stream (sent in chunks), or nothing: length 0. Bytes must not change afterwards. For `HEAD` the
   * transport sends the length only.
   */
  readonly body?: string | Uint8Array | BodyStream
  /** Closes the connection after the answer. */
  readonly close?: boolean
  /** Sends nothing and closes the connection: what REST v1 does for paths of a group that is off. */
  readonly closeWithoutReply?: boolean
}

/** The answer that is none. */
export const CLOSE_WITHOUT_REPLY: RestResponse = Object.freeze({
  status: 500,
  headers: NO_HEADERS,
  closeWithoutReply: true,
})

/** `404 Not Found` for 404: what stands in a status line. A reason with characters that must not be there is left out. */
export function statusLine(status: number, reason: string | undefined): string {
  if (reason === undefined) return STATUS_LINES[status] ?? `${status} Unknown`
  return REFUSED_IN_VALUE.test(reason) ? (STATUS_LINES[status] ?? `${status} Unknown`) : `${status} ${reason}`
}

const STATUS_LINES: readonly (string | undefined)[] = Array.from({ length: 600 }, (_, status) =>
  STATUS_CODES[status] === undefined ? undefined : `${status} ${STATUS_CODES[status]}`,
)

/** Whether a body is a stream. */
export function isStream(body: RestResponse['body']): body is BodyStream {
  return typeof body === 'object' && body !== null && !(body instanceof Uint8Array)
}
