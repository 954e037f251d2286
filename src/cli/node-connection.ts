import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { isErrorCode, MillraceError, MillraceErrors } from '../core/error.js'

/** Who asks. */
export type Credentials =
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }

/** How a node is reached. */
export interface ConnectionOptions {
  /** Base addresses, in the order in which they are tried. */
  readonly addresses: readonly string[]
  readonly credentials: Credentials | null
  /** How long the first connection is tried, in milliseconds; `null` without end. */
  readonly connectTimeoutMs: number | null
  /** How long a node that answered before is tried again, in milliseconds. */
  readonly reconnectMs: number
  readonly now: () => number
  /** Told once when a node that answered before does not any more, and once when one does again. */
  readonly onChange?: (state: 'lost' | 'back') => void
}

/** One request. */
export interface NodeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path and query. */
  readonly path: string
  readonly body?: { readonly contentType: string; readonly text: string }
  /** Whether it may be sent a second time when the connection broke and the first may have arrived. */
  readonly isRepeatable: boolean
  /** How long the answer may take, in milliseconds. */
  readonly timeoutMs?: number
}

/** Largest answer that is read, in bytes. */
const ANSWER_LIMIT_BYTES = 64 * 1024 * 1024
/** How long an ordinary answer may take, in milliseconds. */
const ANSWER_TIMEOUT_MS = 30_000
/** First and longest pause between two tries, in milliseconds. */
const RETRY_FIRST_MS = 50
const RETRY_LONGEST_MS = 1000

/** A connection that could not be made or broke. */
class Unreachable extends Error {
  /** Whether the request may have arrived. */
  readonly wasSent: boolean

  constructor(cause: Error, wasSent: boolean) {
    super(cause.message, { cause })
    this.wasSent = wasSent
  }
}

/**
 * Talks HTTP to a node: tries its addresses in turn, keeps connections open, and tries again when a node goes away and comes back.
 * Close it at the end.
 */
export class NodeConnection {
  readonly #options: ConnectionOptions
  #address: string | null = null
  #agent: Agent | null = null
  #isSecureAgent = false

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /** The address that answers, or the first one. */
  get address(): string {
    return this.#address ?? this.#options.addresses[0] ?? ''
  }

  /** Frees the connections. */
  close(): void {
    this.#agent?.destroy()
    this.#agent = null
  }

  /**
   * Sends a request and gives the JSON of its answer.
   *
   * @returns `null` for an empty answer.
   * @throws MillraceErrors with what the node says; `CONNECTION_FAILED` when none answers in time or the answer is no JSON.
   */
  async json(request: NodeRequest): Promise<unknown> {
    const text = await this.text(request)
    if (text.trim() === '') return null
    try {
      return JSON.parse(text)
    } catch (cause) {
      const message = `the answer of '${this.address}' to '${request.path}' is no JSON`
      throw new MillraceError('CONNECTION_FAILED', message, { cause, hint: 'is this the address of a node?' })
    }
  }

  /** As {@link json}, with the text of the answer. */
  async text(request: NodeRequest): Promise<string> {
    const response = await this.#answered(request)
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > ANSWER_LIMIT_BYTES) {
        response.destroy()
        throw new MillraceError('CONNECTION_FAILED', `the answer is larger than '${ANSWER_LIMIT_BYTES}' bytes`)
      }
      chunks.push(chunk)
    }
    const text = Buffer.concat(chunks).toString('utf8')
    const { statusCode = 0 } = response
    if (statusCode >= 200 && statusCode < 300) return text
    throw refusalOf(statusCode, text, this.address)
  }

  /** As {@link text}, piece by piece until the node ends or the signal is aborted. */
  async *stream(request: NodeRequest, signal: AbortSignal): AsyncGenerator<Buffer, void> {
    const response = await this.#answered({ ...request, timeoutMs: 0 })
    const stop = (): void => void response.destroy()
    signal.addEventListener('abort', stop, { once: true })
    try {
      const { statusCode = 0 } = response
      if (statusCode < 200 || statusCode >= 300) {
        let text = ''
        for await (const chunk of response as AsyncIterable<Buffer>) text += chunk.toString('utf8')
        throw refusalOf(statusCode, text, this.address)
      }
      for await (const chunk of response as AsyncIterable<Buffer>) yield chunk
    } catch (thrown) {
      if (!signal.aborted) throw thrown
    } finally {
      signal.removeEventListener('abort', stop)
      response.destroy()
    }
  }

  /** The head of the first answer that comes, with tries again while there is time. */
  async #answered(request: NodeRequest): Promise<IncomingMessage> {
    const { now, reconnectMs, connectTimeoutMs, onChange } = this.#options
    const wasConnected = this.#address !== null
    const limitMs = wasConnected ? reconnectMs : connectTimeoutMs
    const startMs = now()
    let pauseMs = RETRY_FIRST_MS
    let isLost = false
    for (;;) {
      const failure = await this.#tryAddresses(request).catch((thrown: unknown) => {
        if (thrown instanceof Unreachable) return thrown
        throw thrown
      })
      if (!(failure instanceof Unreachable)) {
        if (isLost) onChange?.('back')
        return failure
      }
      if (failure.wasSent && !request.isRepeatable) throw this.#unreachable(failure, true)
      if (limitMs !== null && now() - startMs + pauseMs > limitMs) throw this.#unreachable(failure, wasConnected)
      if (wasConnected && !isLost) onChange?.('lost')
      isLost = wasConnected
      await sleep(pauseMs)
      pauseMs = Math.min(pauseMs * 2, RETRY_LONGEST_MS)
    }
  }

  async #tryAddresses(request: NodeRequest): Promise<IncomingMessage> {
    const { addresses } = this.#options
    const first = this.#address
    const inTurn = first === null ? addresses : [first, ...addresses.filter((each) => each !== first)]
    let last: Unreachable | null = null
    for (const address of inTurn) {
      try {
        const response = await this.#send(address, request)
        this.#address = address
        return response
      } catch (thrown) {
        if (!(thrown instanceof Unreachable)) throw thrown
        last = thrown
        // Another node does not know what this one was asked to do.
        if (thrown.wasSent) break
      }
    }
    throw last ?? new Unreachable(new Error('no address was given'), false)
  }

  async #send(address: string, { method, path, body, timeoutMs }: NodeRequest): Promise<IncomingMessage> {
    const url = new URL(`${address}${path}`)
    const isSecure = url.protocol === 'https:'
    // Loaded here: commands that ask no node do not wait for it.
    const http = isSecure ? await import('node:https') : await import('node:http')
    if (this.#agent === null || this.#isSecureAgent !== isSecure) {
      this.close()
      this.#agent = new http.Agent({ keepAlive: true })
      this.#isSecureAgent = isSecure
    }
    const headers = {
      accept: 'application/json',
      ...authorization(this.#options.credentials),
      ...(body === undefined
        ? {}
        : { 'content-type': body.contentType, 'content-length': String(Buffer.byteLength(body.text)) }),
    }
    const limitMs = timeoutMs ?? ANSWER_TIMEOUT_MS
    return new Promise((resolve, reject) => {
      const sent: ClientRequest = http.request(url, {
        method,
        headers,
        agent: this.#agent ?? undefined,
        timeout: limitMs,
      })
      let wasSent = false
      sent.on('socket', (socket) => {
        if (socket.connecting) socket.once('connect', () => (wasSent = true))
        else wasSent = true
      })
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${limitMs} ms`)))
      sent.on('error', (cause) => reject(new Unreachable(cause, wasSent)))
      sent.on('response', resolve)
      sent.end(body?.text)
    })
  }

  #unreachable(cause: Error, wasConnected: boolean): MillraceError {
    const where = this.#options.addresses.map((address) => `'${address}'`).join(', ')
    const reason = cause.message === '' ? '' : ` (${cause.message})`
    return wasConnected
      ? new MillraceError('CONNECTION_FAILED', `the node at ${where} does not answer any more${reason}`, {
          cause,
          hint: 'jobs that it runs go on or resume with it; look again with "millrace jobs"',
        })
      : new MillraceError('CONNECTION_FAILED', `no node answers at ${where}${reason}`, {
          cause,
          hint: 'start one with "millrace serve", or name another with --node, MILLRACE_NODE or hazelcast-client.yaml',
        })
  }
}

function authorization(credentials: Credentials | null): Readonly<Record<string, string>> {
  if (credentials === null) return {}
  if (credentials.kind === 'token') return { authorization: `Bearer ${credentials.token}` }
  const { user, password } = credentials
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}

/** What a node said no with, as the errors that it was made of. */
function refusalOf(status: number, text: string, address: string): MillraceError | MillraceErrors {
  const body = parsedObject(text)
  const errors = Array.isArray(body.errors) ? body.errors.flatMap((each) => errorOf(each) ?? []) : []
  if (errors.length > 0) return new MillraceErrors(errors)
  const own = errorOf(body)
  const isAboutUser = status === 401 || status === 403
  const hint = isAboutUser ? { hint: 'give --user with MILLRACE_PASSWORD, or MILLRACE_TOKEN' } : {}
  if (own !== null) return isAboutUser ? new MillraceError(own.code, own.message, { ...hint, ...own.details }) : own
  const message = typeof body.message === 'string' ? body.message : `it answers with status ${status}`
  const what = isAboutUser ? 'this user' : 'the request'
  return new MillraceError('CONNECTION_FAILED', `the node at '${address}' refuses ${what}: ${message}`, hint)
}

function parsedObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** An error as a node writes it; `null` when it has no code that this version knows. */
export function errorOf(value: unknown): MillraceError | null {
  if (typeof value !== 'object' || value === null) return null
  const { code, message, path, hint, position, row, field } = value as Readonly<Record<string, unknown>>
  if (typeof code !== 'string' || !isErrorCode(code) || typeof message !== 'string') return null
  return new MillraceError(code, message, {
    ...(typeof path === 'string' ? { path } : {}),
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(typeof row === 'number' ? { row } : {}),
    ...(typeof field === 'string' ? { field } : {}),
    ...(isPosition(position) ? { position } : {}),
  })
}

function isPosition(value: unknown): value is { file: string; line: number; column: number } {
  if (typeof value !== 'object' || value === null) return false
  const { file, line, column } = value as Readonly<Record<string, unknown>>
  return typeof file === 'string' && typeof line === 'number' && typeof column === 'number'
}
