import type { FLINK_SHAPES, FlinkAnswer, FlinkOperationName } from './dialects/flink/shapes.js'
import type { Members, Shape, TypeOf, TypeOfMembers } from './shape.js'

export type { FlinkAnswer, FlinkOperationName }

type ShapesOf<N extends FlinkOperationName> = (typeof FLINK_SHAPES)[N]
type PathNames<P extends string> = P extends `${string}:${infer N}/${infer R}`
  ? N | PathNames<`/${R}`>
  : P extends `${string}:${infer N}`
    ? N
    : never
type Flat<T> = { readonly [N in keyof T]: T[N] }

/** What a call of an operation takes: the parts of its path by name, its query, its body or file. */
export type FlinkParameters<N extends FlinkOperationName> = Flat<
  { readonly [P in PathNames<N>]: string | number } & (ShapesOf<N> extends { readonly query: infer Q extends Members }
    ? object extends TypeOfMembers<Q>
      ? { readonly query?: TypeOfMembers<Q> }
      : { readonly query: TypeOfMembers<Q> }
    : unknown) &
    (ShapesOf<N> extends { readonly body: infer B } ? { readonly body?: TypeOf<B> } : unknown) &
    (ShapesOf<N> extends { readonly takesFile: true } ? { readonly file: Blob; readonly fileName: string } : unknown)
>

/** Operations that are asked until something has come to its end. */
export type FlinkPollName = {
  [N in FlinkOperationName]: ShapesOf<N> extends { readonly answer: Shape<infer A> }
    ? A extends { readonly status: { readonly id: unknown }; readonly operation: unknown }
      ? N
      : never
    : never
}[FlinkOperationName]

/** What an operation has come to. */
export type FlinkResult<N extends FlinkPollName> =
  FlinkAnswer<N> extends { readonly operation: infer R } ? NonNullable<R> : never

/** Nothing has to be said for operations that take nothing. */
type Rest<N extends FlinkOperationName> =
  object extends FlinkParameters<N>
    ? readonly [parameters?: FlinkParameters<N>]
    : readonly [parameters: FlinkParameters<N>]

/** A request that was refused. */
export class FlinkApiError extends Error {
  readonly status: number
  /** What the answer says: one line for people, then a code. Empty when it was no answer of this API. */
  readonly errors: readonly string[]

  constructor(name: string, status: number, errors: readonly string[]) {
    super(`${name} answered ${status}: ${errors[0] ?? 'no answer of this API'}`)
    this.name = 'FlinkApiError'
    this.status = status
    this.errors = errors
  }
}

/** An operation that has failed, though asking for it has not. */
export class FlinkOperationError extends Error {
  /** Name of the class of the failure. */
  readonly className: string

  constructor(className: string, text: string) {
    super(text)
    this.name = 'FlinkOperationError'
    this.className = className
  }
}

/** How a client reaches its server. */
export interface FlinkClientOptions {
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** In the place of the global `fetch`. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
}

/** How long an operation is waited for. */
export interface FlinkWaitOptions {
  /** The first pause; each is twice the one before, 2 seconds at most. Default: 10. */
  readonly pauseMs?: number
  /** Ends the wait with its reason. */
  readonly signal?: AbortSignal
}

/** A typed client of Flink's REST API. */
export interface FlinkClient {
  /**
   * Calls an operation.
   *
   * @throws FlinkApiError when it is refused; whatever `fetch` throws when nobody answers.
   */
  call<N extends FlinkOperationName>(name: N, ...parameters: Rest<N>): Promise<FlinkAnswer<N>>
  /**
   * Asks until an operation is over.
   *
   * @throws FlinkApiError, FlinkOperationError
   */
  result<N extends FlinkPollName>(
    name: N,
    parameters: FlinkParameters<N>,
    options?: FlinkWaitOptions,
  ): Promise<FlinkResult<N>>
}

const LONGEST_PAUSE_MS = 2000

/**
 * A client of a node, or of a cluster of Flink. It needs nothing but `fetch`.
 *
 * @param baseUrl where the API is: `http://127.0.0.1:8081`, or `http://127.0.0.1:5801/flink`.
 */
export function flinkClient(baseUrl: string, options: FlinkClientOptions = {}): FlinkClient {
  const { token, headers = {}, fetch: send = fetch } = options
  const own: Record<string, string> = {
    ...headers,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  const call = async (name: FlinkOperationName, given: AnyParameters = {}): Promise<unknown> => {
    const [method = '', path = ''] = name.split(' ')
    const { body, type } = bodyOf(given)
    const response = await send(`${baseUrl.replace(/\/+$/, '')}${pathOf(path, given)}${queryOf(given.query)}`, {
      method,
      headers: type === null ? own : { ...own, 'content-type': type },
      ...(body === null ? {} : { body }),
    })
    const text = await response.text()
    if (!response.ok) throw new FlinkApiError(name, response.status, errorsOf(text))
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
    return isJson ? JSON.parse(text) : text
  }
  return {
    call: ((name: FlinkOperationName, given?: AnyParameters) => call(name, given)) as FlinkClient['call'],
    result: (async (name: FlinkPollName, given: AnyParameters, { pauseMs = 10, signal }: FlinkWaitOptions = {}) => {
      for (let pause = pauseMs; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
        const { status, operation } = (await call(name, given)) as PolledOperation
        if (status.id === 'COMPLETED') return resultOf(operation ?? {})
        await paused(pause, signal)
      }
    }) as FlinkClient['result'],
  }
}

/** Parameters of any operation. */
interface AnyParameters {
  readonly [part: string]: unknown
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly file?: Blob
  readonly fileName?: string
}
interface Failure {
  readonly class: string
  readonly 'stack-trace': string
}
interface PolledOperation {
  readonly status: { readonly id: string }
  readonly operation:
    | (Readonly<Record<string, unknown>> & {
        readonly 'failure-cause'?: Failure
        readonly failureCause?: Failure
      })
    | null
}

/** Pauses. @throws the signal's reason */
function paused(pauseMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end)
      resolve()
    }, pauseMs)
    if (signal?.aborted === true) end()
    else signal?.addEventListener('abort', end, { once: true })
  })
}

function resultOf(operation: NonNullable<PolledOperation['operation']>): unknown {
  const failure = operation['failure-cause'] ?? operation.failureCause
  if (failure === undefined) return operation
  const [first = ''] = failure['stack-trace'].split('\n')
  const prefix = `${failure.class}: `
  throw new FlinkOperationError(failure.class, first.startsWith(prefix) ? first.slice(prefix.length) : first)
}

function pathOf(path: string, given: AnyParameters): string {
  return path.replaceAll(/:(\w+)/g, (_, name: string) => {
    const value = given[name]
    if (value === undefined || value === '') throw new TypeError(`'${name}' is missing`)
    return encodeURIComponent(String(value))
  })
}

function queryOf(query: AnyParameters['query'] = {}): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      // Between values a comma, within one its code.
      const values = (Array.isArray(value) ? value : [value]).map((each) => encodeURIComponent(String(each)))
      return `${encodeURIComponent(name)}=${values.join(',')}`
    })
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

function bodyOf({ body, file, fileName = 'file' }: AnyParameters) {
  if (file !== undefined) {
    const form = new FormData()
    form.append('jarfile', file, fileName)
    return { body: form, type: null }
  }
  if (body === undefined) return { body: null, type: null }
  return { body: JSON.stringify(body), type: 'application/json' }
}

function errorsOf(text: string): readonly string[] {
  try {
    const { errors } = JSON.parse(text) as { readonly errors?: readonly unknown[] }
    return (errors ?? []).map(String)
  } catch {
    return []
  }
}
