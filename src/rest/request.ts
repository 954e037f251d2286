import type { User } from './auth/user.js'
import { NO_PARAMETERS, type QueryParameters } from './query.js'

/** Where a request came from and whether it is still waited for: what a transport knows beside the text of the request. */
export interface Peer {
  /** Address of the other side as text, without a port; `''` when it is not known any more. */
  remoteAddress(): string
  /** Whether the request came over TLS. */
  readonly secure: boolean
  /** Port that the request came in on. */
  readonly localPort: number
  /** Aborted when the client leaves, the request's deadline passes, or the node stops and the request has none. Made at the first use. */
  signal(): AbortSignal
}

/** What an answer to a request concerns, for the audit log. Never a job's text. */
export interface AuditNote {
  readonly jobId?: string
  /** Hash of the submitted configuration. */
  readonly configHash?: string
}

/** What can be said about a request apart from its first line. */
export interface RequestParts {
  /** Names in lower case and values, one after the other, in the order in which they came. */
  readonly headers?: readonly string[]
  readonly body?: Uint8Array | null
  readonly peer?: Peer
}

/** A peer for requests that come from no socket. */
export const LOCAL_PEER: Peer = {
  remoteAddress: () => '127.0.0.1',
  secure: false,
  localPort: 0,
  signal: () => new AbortController().signal,
}

/** Turns a query string into parameters; throws `REQUEST_MALFORMED`. */
export type QueryReader = (raw: string) => QueryParameters

/**
 * One request as plain data, the same from every transport. The path is neither decoded nor normalised: a dialect decides what it means.
 */
export class RestRequest {
  /** In capitals. */
  readonly method: string
  /** Everything in front of the first `?`, as it was sent. */
  readonly path: string
  /** Everything behind the first `?`, as it was sent; `null` without one. */
  readonly rawQuery: string | null
  readonly headers: readonly string[]
  readonly peer: Peer
  /** The whole body; `null` when the request announced none: neither `Content-Length` nor `Transfer-Encoding`. */
  body: Uint8Array | null
  /** The body of a route that takes it as it comes; `null` for every other. */
  bodyStream: AsyncIterable<Uint8Array> | null = null
  /** Who asks; `null` when authentication is off. */
  user: User | null = null
  /** Parts of the path, as the dialect's matching rule named them. */
  parameters: ReadonlyMap<string, string> = NO_PARAMETERS
  /** What the handler said about the request, for the audit log. */
  note: AuditNote | null = null
  /** The dialect's rule for query strings; set when the request is admitted. */
  readQuery: QueryReader | null = null
  #query: QueryParameters | null = null

  constructor(method: string, path: string, rawQuery: string | null, parts: RequestParts = {}) {
    this.method = method
    this.path = path
    this.rawQuery = rawQuery
    this.headers = parts.headers ?? []
    this.body = parts.body ?? null
    this.peer = parts.peer ?? LOCAL_PEER
  }

  /** Path and query as they were sent. */
  get target(): string {
    return this.rawQuery === null ? this.path : `${this.path}?${this.rawQuery}`
  }

  /**
   * Parameters of the query by the dialect's rule, read at the first use.
   *
   * @throws MillraceError `REQUEST_MALFORMED`
   */
  get query(): QueryParameters {
    if (this.#query === null)
      this.#query = this.rawQuery === null || this.readQuery === null ? NO_PARAMETERS : this.readQuery(this.rawQuery)
    return this.#query
  }

  /** Value of the first header of a name. @param name in lower case. @returns `null` without such a header. */
  header(name: string): string | null {
    const { headers } = this
    for (let index = 0; index < headers.length; index += 2) if (headers[index] === name) return headers[index + 1] ?? ''
    return null
  }

  /** Address of the other side as text. */
  get remoteAddress(): string {
    return this.peer.remoteAddress()
  }

  /** Aborted when nobody waits for the answer any more. */
  get signal(): AbortSignal {
    return this.peer.signal()
  }

  /** The body as UTF-8 text; faulty bytes become replacement characters. `null` without a body. */
  text(): string | null {
    return this.body === null
      ? null
      : Buffer.from(this.body.buffer, this.body.byteOffset, this.body.byteLength).toString('utf8')
  }
}
