/** Bounds of what a transport spends on its clients. All times in milliseconds. */
export interface TransportLimits {
  /** Requests that are being read, served or sent at a time; further ones are answered with 503. */
  readonly requestsInFlight: number
  /** Connections at a time. Counted by the transport of node:http only: uWebSockets.js tells nobody when one opens. */
  readonly connections: number
  /** A request that is not answered after this is answered with 503. */
  readonly requestMs: number
  /** A whole body has to be there after this. */
  readonly bodyMs: number
  /** A connection that takes or gives no byte of a body or an answer for this long is cut. */
  readonly noProgressMs: number
  /** The head of a request has to be there after this. The pinned build of uWebSockets.js has about 10 s of its own. */
  readonly headMs: number
  /** A connection without a request is closed after this. The pinned build of uWebSockets.js has about 10 s of its own. */
  readonly idleMs: number
  /** Bytes of answers that wait in memory for clients to read them, all together. */
  readonly pendingBytes: number
  /** Open requests have this long to end when the listener closes. */
  readonly drainMs: number
}

/** What holds unless it is configured. */
export const TRANSPORT_LIMITS: TransportLimits = {
  requestsInFlight: 1024,
  connections: 4096,
  requestMs: 30_000,
  bodyMs: 30_000,
  noProgressMs: 30_000,
  headMs: 10_000,
  idleMs: 60_000,
  pendingBytes: 256 * 1024 * 1024,
  drainMs: 10_000,
}

/** Answers up to this size are handed over in one piece; larger ones are sent as the client takes them. */
export const WHOLE_ANSWER_BYTES = 64 * 1024
