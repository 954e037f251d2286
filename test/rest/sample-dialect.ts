import { MillraceError } from '../../src/core/error.js'
import { formParameters } from '../../src/rest/query.js'
import type { RestRequest } from '../../src/rest/request.js'
import { CLOSE_WITHOUT_REPLY, ResponseHeaders, type RestResponse } from '../../src/rest/response.js'
import { type Access, type BodyRule, CONFIG_BODY, type Dialect, type RouteDefinition } from '../../src/rest/route.js'

/** What the sample routes work with: what they did is looked at by the tests. */
export interface SampleServices {
  /** Routes that were called, by id. */
  readonly calls: string[]
  /** Streams that were told to end because their client left. */
  readonly returned: string[]
  /** Requests whose signal was aborted. */
  readonly aborted: string[]
  /** Bytes that streams have made. */
  streamedBytes: number
  /** Settled by {@link openGate}. */
  readonly gate: Promise<void>
  readonly openGate: () => void
}

const TEXT = new ResponseHeaders([['Content-Type', 'text/plain']])
const ORDERED = new ResponseHeaders([
  ['Date', ''],
  ['X-first', '1'],
  ['Content-Length', ''],
  ['x-LAST', '2'],
])

/** A text answer. */
export function text(body: RestResponse['body'], status = 200): RestResponse {
  return body === undefined ? { status, headers: TEXT } : { status, headers: TEXT, body }
}

/** A promise that is settled in a later turn of the event loop. */
const later = <T>(value: () => T): Promise<T> =>
  new Promise((resolve, reject) =>
    setImmediate(() => {
      try {
        resolve(value())
      } catch (error) {
        reject(error)
      }
    }),
  )

async function* lines(services: SampleServices, count: number, size: number): AsyncGenerator<string> {
  try {
    for (let line = 0; line < count; line += 1) {
      services.streamedBytes += size
      yield `${'x'.repeat(size - 1)}\n`
    }
  } finally {
    services.returned.push('lines')
  }
}

async function* broken(services: SampleServices): AsyncGenerator<string> {
  yield 'part'
  await services.gate
  throw new Error('the stream broke')
}

async function upload(request: RestRequest): Promise<RestResponse> {
  let bytes = 0
  for await (const piece of request.bodyStream ?? []) bytes += piece.byteLength
  return text(String(bytes))
}

/** Says that it began, and goes on until nobody waits. */
async function* endless(signal: AbortSignal): AsyncGenerator<string> {
  yield 'begun\n'
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  yield 'ended\n'
}

type Handler = (request: RestRequest, services: SampleServices) => RestResponse | Promise<RestResponse>

function route(
  id: string,
  method: string,
  access: Access,
  handler: Handler,
  body?: BodyRule,
): RouteDefinition<SampleServices> {
  const pattern = `/${id}`
  const plain = { id, methods: [method, 'HEAD'], pattern, access, summary: id, parameters: [], responses: [] }
  const counted: Handler = (request, services) => {
    services.calls.push(id)
    return handler(request, services)
  }
  return body === undefined ? { ...plain, handler: counted } : { ...plain, handler: counted, body }
}

const QUERY_NUMBER = (request: RestRequest, name: string): number => Number(request.query.get(name) ?? '0')

/** Routes that show every way of a request through a transport. */
export const SAMPLE_ROUTES: readonly RouteDefinition<SampleServices>[] = [
  route('open', 'GET', 'public', () => text('open')),
  route('hello', 'GET', 'read', () => text('hello')),
  route('none', 'GET', 'read', () => ({ status: 204, headers: new ResponseHeaders([]) })),
  route('ordered', 'GET', 'read', () => ({ status: 200, reason: 'Fine', headers: ORDERED, body: 'hello' })),
  route('async', 'GET', 'read', () => later(() => text('later'))),
  route('throw', 'GET', 'read', () => {
    throw new Error('secret text of a fault')
  }),
  route('reject', 'GET', 'read', () =>
    later(() => {
      throw new MillraceError('JOB_DEFINITION', "the job has no 'source'")
    }),
  ),
  route('target', 'GET', 'read', (request) => text(request.target)),
  route('query', 'GET', 'read', (request) => text(JSON.stringify([...request.query]))),
  route('who', 'GET', 'read', ({ remoteAddress, peer }) => text(`${remoteAddress} ${peer.localPort} ${peer.secure}`)),
  route('silent', 'GET', 'read', () => CLOSE_WITHOUT_REPLY),
  route('large', 'GET', 'read', (request) => text(Buffer.alloc(QUERY_NUMBER(request, 'bytes'), 'y'))),
  route('stream', 'GET', 'read', (request, services) =>
    text(lines(services, QUERY_NUMBER(request, 'lines'), QUERY_NUMBER(request, 'size'))),
  ),
  route('broken', 'GET', 'read', (_request, services) => text(broken(services))),
  // A stream that holds something open before it is read.
  route('held', 'GET', 'read', (_request, services) =>
    services.gate.then(() =>
      text({
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: true, value: undefined }),
          return: async () => {
            services.returned.push('held')
            return { done: true, value: undefined }
          },
        }),
      }),
    ),
  ),
  route('gate', 'GET', 'read', (_request, services) => services.gate.then(() => text('through'))),
  route('never', 'GET', 'read', (request, services) => {
    request.signal.addEventListener('abort', () => services.aborted.push('never'))
    return new Promise(() => {})
  }),
  { ...route('endless', 'GET', 'read', ({ signal }) => text(endless(signal))), deadlineMs: 0 },
  route('echo', 'POST', 'operate', (request) => text(request.body ?? 'no body'), CONFIG_BODY),
  route('small', 'POST', 'operate', (request) => text(String(request.body?.byteLength)), {
    kind: 'whole',
    limitBytes: 16,
  }),
  route('unread', 'POST', 'operate', () => text('unread')),
  route(
    'submit',
    'POST',
    'submit',
    (request) => {
      request.note = { jobId: '42', configHash: 'abc' }
      return text('submitted')
    },
    CONFIG_BODY,
  ),
  route('upload', 'POST', 'submit', upload, { kind: 'stream', limitBytes: 64 * 1024 * 1024 }),
]

const BY_PATH = new Map(SAMPLE_ROUTES.map((each) => [each.pattern, each]))

/** A dialect with plain text answers. */
export const SAMPLE_DIALECT: Dialect<SampleServices> = {
  name: 'sample',
  routes: SAMPLE_ROUTES,
  readQuery: (raw) => formParameters(raw),
  match(request) {
    const found = BY_PATH.get(request.path)
    if (found === undefined) return text('not found', 404)
    return found.methods.includes(request.method) ? { route: found, parameters: new Map() } : text('not allowed', 405)
  },
  refuse(_request, refusal) {
    const headers = TEXT.with(...refusal.headers)
    return { status: refusal.status, headers, body: `${refusal.code}: ${refusal.message}` }
  },
}

/** Services of a fresh test. */
export function sampleServices(): SampleServices {
  let openGate = (): void => {}
  const gate = new Promise<void>((resolve) => {
    openGate = resolve
  })
  return { calls: [], returned: [], aborted: [], streamedBytes: 0, gate, openGate }
}
