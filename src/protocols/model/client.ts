import { MillraceError } from '../../core/error.js'
import { ConcurrencyLimit, RateLimit } from './limiter.js'
import { backoffMs, isRetryable, type RetryPolicy, retryAfterMs } from './retry.js'
import { SYSTEM_TIMERS, type Timers } from './timers.js'

/** Bytes of one answer at most. */
const ANSWER_LIMIT_BYTES = 64 * 1024 * 1024
/** Characters of an answer that an error shows. */
const SHOWN_CHARACTERS = 300
/** Shorter secrets would blot out ordinary text; no key is that short. */
const LEAST_SECRET_CHARACTERS = 4

/** How a client talks to a model. */
export interface ClientSettings {
  /** What errors call the other side, for example `OPENAI gpt-4o-mini`. */
  readonly name: string
  readonly retry: RetryPolicy
  readonly timeoutMs: number
  /** Requests at the same time. */
  readonly concurrency: number
  /** Requests per minute of the whole job; `null` for no limit. */
  readonly requestsPerMinute: number | null
  /** Texts that must not appear in an error, whatever the other side answers. */
  readonly secrets: readonly string[]
}

/** One request. */
export interface ModelRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** JSON text, `null` for none. */
  readonly body: string | null
}

/** An attempt that failed, and whether another one makes sense. */
class AttemptFailure extends Error {
  readonly status: number | null
  readonly shown: string
  readonly isRetryable: boolean
  readonly retryAfterMs: number | null

  constructor(
    message: string,
    details: {
      readonly status?: number
      readonly shown?: string
      readonly isRetryable: boolean
      readonly retryAfterMs?: number | null
      readonly cause?: unknown
    },
  ) {
    super(message, { cause: details.cause })
    this.status = details.status ?? null
    this.shown = details.shown ?? ''
    this.isRetryable = details.isRetryable
    this.retryAfterMs = details.retryAfterMs ?? null
  }
}

/** Sends JSON to a model's HTTP interface: bounded in number, rate, time and size, repeated where that can help. */
export class ModelClient {
  readonly #settings: ClientSettings
  readonly #timers: Timers
  readonly #concurrency: ConcurrencyLimit
  readonly #rate: RateLimit
  readonly #secrets: string[]

  /** @param word shared by all workers of the job; see {@link RateLimit}. */
  constructor(settings: ClientSettings, word: BigInt64Array<SharedArrayBuffer>, timers: Timers = SYSTEM_TIMERS) {
    this.#settings = settings
    this.#timers = timers
    this.#concurrency = new ConcurrencyLimit(settings.concurrency)
    this.#rate = new RateLimit(settings.requestsPerMinute, word, timers)
    this.#secrets = settings.secrets.filter((secret) => secret.length >= LEAST_SECRET_CHARACTERS)
  }

  /** From now on this text is a secret too. */
  addSecret(secret: string): void {
    if (secret.length >= LEAST_SECRET_CHARACTERS) this.#secrets.push(secret)
  }

  /** A text without secrets, short enough for an error. */
  shown(text: string): string {
    const clean = this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
    return clean.length > SHOWN_CHARACTERS ? `${clean.slice(0, SHOWN_CHARACTERS)}…` : clean
  }

  /**
   * The parsed answer of a request.
   *
   * @throws MillraceError `MODEL_REQUEST_FAILED` when the last attempt failed, `MODEL_ANSWER_INVALID` for an answer that is no JSON or
   *   beyond 64 MiB; the signal's reason when it is aborted.
   */
  send(request: ModelRequest, signal: AbortSignal): Promise<unknown> {
    return this.#concurrency.run(() => this.#attempts(request, signal))
  }

  async #attempts(request: ModelRequest, signal: AbortSignal): Promise<unknown> {
    const { retry, name } = this.#settings
    for (let attempt = 1; ; attempt += 1) {
      await this.#rate.take(signal)
      signal.throwIfAborted()
      try {
        return this.#parse(await this.#attempt(request, signal))
      } catch (thrown) {
        signal.throwIfAborted()
        if (!(thrown instanceof AttemptFailure)) throw thrown
        if (!thrown.isRetryable || attempt >= retry.attempts) throw this.#failure(thrown, attempt, name)
        await this.#backOff(thrown, attempt, signal)
      }
    }
  }

  async #backOff(failure: AttemptFailure, attempt: number, signal: AbortSignal): Promise<void> {
    // A server that says when it wants to be asked again speaks to all of us.
    if (failure.retryAfterMs !== null) this.#rate.pause(failure.retryAfterMs)
    else await this.#timers.sleep(backoffMs(this.#settings.retry, attempt, this.#timers.random()), signal)
  }

  #failure(failure: AttemptFailure, attempts: number, name: string): MillraceError {
    const times = attempts === 1 ? '' : ` in '${attempts}' attempts`
    const hint =
      failure.status === 401 || failure.status === 403
        ? 'check api_key'
        : attempts === 1 && failure.isRetryable
          ? 'model_retry_max_attempts repeats requests that fail for a moment'
          : undefined
    const answer = failure.shown === '' ? '' : `: ${this.shown(failure.shown)}`
    const message = `asking the model '${this.shown(name)}' failed${times}, ${this.shown(failure.message)}${answer}`
    // Causes of the runtime name addresses, never headers or bodies.
    return new MillraceError('MODEL_REQUEST_FAILED', message, { hint, cause: failure.cause })
  }

  async #attempt({ method, url, headers, body }: ModelRequest, signal: AbortSignal): Promise<string> {
    const deadline = AbortSignal.timeout(this.#settings.timeoutMs)
    const either = anySignal([signal, deadline])
    try {
      // A redirect could carry a key to another host.
      const response = await fetch(url, { method, headers, body, signal: either.signal, redirect: 'error' })
      const text = await readText(response, ANSWER_LIMIT_BYTES)
      if (response.ok) return text
      throw new AttemptFailure(`it answered with the status '${response.status}'`, {
        status: response.status,
        shown: text,
        isRetryable: isRetryable(response.status),
        retryAfterMs: retryAfterMs(response.headers.get('retry-after'), this.#timers.now()),
      })
    } catch (thrown) {
      if (thrown instanceof AttemptFailure || thrown instanceof MillraceError) throw thrown
      if (deadline.aborted) {
        const message = `there was no answer within '${this.#settings.timeoutMs}' ms`
        throw new AttemptFailure(message, { isRetryable: true })
      }
      throw new AttemptFailure(reasonOf(thrown), { isRetryable: true })
    } finally {
      either.forget()
    }
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text) as unknown
    } catch {
      const message = `the model '${this.#settings.name}' answered with no JSON: ${this.shown(text)}`
      throw new MillraceError('MODEL_ANSWER_INVALID', message)
    }
  }
}

/** The innermost reason of a failed fetch, which says what the outer ones do not. */
function reasonOf(thrown: unknown): string {
  let reason = thrown
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause
  if (!(reason instanceof Error)) return String(reason)
  const code = (reason as NodeJS.ErrnoException).code
  return reason.message === '' && code !== undefined ? code : reason.message
}

/** A signal that is aborted with the first of several. */
function anySignal(signals: readonly AbortSignal[]): { readonly signal: AbortSignal; readonly forget: () => void } {
  const controller = new AbortController()
  const abort = (): void => controller.abort(signals.find((signal) => signal.aborted)?.reason)
  for (const signal of signals) signal.addEventListener('abort', abort, { once: true })
  if (signals.some((signal) => signal.aborted)) abort()
  return {
    signal: controller.signal,
    forget: () => {
      for (const signal of signals) signal.removeEventListener('abort', abort)
    },
  }
}

/** The text of an answer, not longer than the limit. */
async function readText(response: Response, limitBytes: number): Promise<string> {
  const pieces: Uint8Array[] = []
  let length = 0
  const reader = response.body?.getReader()
  while (reader !== undefined) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > limitBytes) {
      await reader.cancel()
      throw new MillraceError('MODEL_ANSWER_INVALID', `an answer of a model is longer than '${limitBytes}' bytes`)
    }
    pieces.push(value)
  }
  return Buffer.concat(pieces).toString('utf8')
}
