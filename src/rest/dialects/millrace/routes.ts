import { MillraceError } from '../../../core/error.js'
import { END_STATES, type JobView, type LogLevel, type NodeService } from '../../../node/api.js'
import { mayAccess } from '../../auth/user.js'
import type { DescribedAnswer, DescribedBody, DescribedRoute, JsonSchema } from '../../described-route.js'
import { pathParameter, queryParameter } from '../../described-route.js'
import { javaLongText } from '../../java-text.js'
import type { RestRequest } from '../../request.js'
import { ResponseHeaders, type RestResponse } from '../../response.js'
import { type Access, CONFIG_BODY, type RouteParameter } from '../../route.js'
import type { RestServices } from '../../services.js'
import { eventStream } from './event-stream.js'
import { JobOwners } from './job-owners.js'
import { errorJson, eventJson, jobJson, nodeJson, submittedJson } from './json.js'
import { jobLogName, logAnswer, nodeLogName } from './log-answers.js'

/** What every path of the API starts with. */
export const API = '/api/v1'

const JSON_HEADERS = new ResponseHeaders([['Content-Type', 'application/json']])
const EVENT_HEADERS = new ResponseHeaders([
  ['Content-Type', 'text/event-stream'],
  ['Cache-Control', 'no-store'],
])
const PROMETHEUS = new ResponseHeaders([['Content-Type', 'text/plain; version=0.0.4; charset=utf-8']])
const OPENMETRICS = new ResponseHeaders([
  ['Content-Type', 'application/openmetrics-text; version=1.0.0; charset=utf-8'],
])

/** Longest wait for the end of a job in one request, in milliseconds. */
const MAX_WAIT_MS = 600_000

/** A JSON answer. */
export function json(value: unknown, status = 200): RestResponse {
  return { status, headers: JSON_HEADERS, body: JSON.stringify(value) }
}

interface ApiRow {
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly pattern: string
  readonly access: Access
  readonly tag: string
  readonly summary: string
  readonly parameters?: readonly RouteParameter[]
  readonly requestBody?: DescribedBody
  readonly answer: string
  readonly schema?: JsonSchema
  readonly contentType?: string
  readonly status?: number
  readonly errors?: readonly number[]
  readonly deadlineMs?: number
  readonly handler: (request: RestRequest, services: RestServices) => RestResponse | Promise<RestResponse>
}

const OBJECT: JsonSchema = { type: 'object' }
const JOB_ID = pathParameter('jobId', 'Id of the job, a 64-bit number')
const LOG_QUERY = [
  queryParameter('tail', 'Number of lines from the end'),
  queryParameter('follow', 'true: goes on with what is added'),
]
const ERROR_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    status: { type: 'string' },
    message: { type: 'string' },
    code: { type: 'string' },
    where: { type: ['string', 'null'] },
    hint: { type: ['string', 'null'] },
  },
  required: ['status', 'message', 'code', 'where', 'hint'],
}

/** The routes of the API. */
export function apiRoutes(): DescribedRoute[] {
  return [
    ...jobRows(new JobOwners()),
    ...changeRows(),
    ...nodeRows(),
    ...logRows(),
    ...metricRows(),
    ...probeRows(),
  ].map(routeOf)
}

function routeOf(row: ApiRow): DescribedRoute {
  const isRead = row.method === 'GET'
  const contentType = row.contentType ?? 'application/json'
  const good: DescribedAnswer = { status: row.status ?? 200, contentType, description: row.answer }
  const bad = (row.errors ?? []).map((status): DescribedAnswer => {
    return { status, contentType: 'application/json', description: 'Why not', schema: ERROR_SCHEMA }
  })
  return {
    id: row.id,
    // What is streamed or waited for has no head that could be told without it.
    methods: isRead && row.deadlineMs === undefined ? ['GET', 'HEAD'] : [row.method],
    pattern: row.pattern,
    access: row.access,
    ...(isRead ? {} : { body: CONFIG_BODY }),
    ...(row.deadlineMs === undefined ? {} : { deadlineMs: row.deadlineMs }),
    tag: row.tag,
    summary: row.summary,
    parameters: row.parameters ?? [],
    ...(row.requestBody === undefined ? {} : { requestBody: row.requestBody }),
    responses: [row.schema === undefined ? good : { ...good, schema: row.schema }, ...bad],
    handler: row.handler,
  }
}

/** The id of a path as the node spells it. @throws MillraceError `JOB_NOT_FOUND` for what is no number. */
function idOf(request: RestRequest): string {
  const text = request.parameters.get('jobId') ?? ''
  const id = javaLongText(text)
  if (id === null)
    throw new MillraceError('JOB_NOT_FOUND', `there is no job '${text.slice(0, 100)}'`, {
      hint: 'an id is a 64-bit number',
    })
  return id
}

function jobOf(request: RestRequest, { node }: RestServices): JobView {
  const id = idOf(request)
  const view = node.job(id)
  if (view === null) throw new MillraceError('JOB_NOT_FOUND', `there is no job '${id}'`)
  return view
}

function jobRows(owners: JobOwners): ApiRow[] {
  const read = (more: Omit<ApiRow, 'method' | 'access' | 'tag'>): ApiRow => ({
    method: 'GET',
    access: 'read',
    tag: 'millrace jobs',
    errors: [404],
    parameters: [JOB_ID],
    ...more,
  })
  return [
    read({
      id: 'listJobs',
      pattern: `${API}/jobs`,
      summary: 'Jobs that have not ended, oldest first, and behind them ended ones in the order of their ends',
      parameters: [
        queryParameter('status', 'Only jobs in this state'),
        queryParameter('limit', 'The last so many only'),
      ],
      answer: 'The jobs and how many there are',
      schema: OBJECT,
      errors: [400],
      handler: listJobs,
    }),
    read({
      id: 'getJob',
      pattern: `${API}/jobs/{jobId}`,
      summary: 'One job',
      answer: 'The job',
      schema: OBJECT,
      handler: (request, services) => json(jobJson(jobOf(request, services))),
    }),
    read({
      id: 'getTimeline',
      pattern: `${API}/jobs/{jobId}/timeline`,
      summary: 'What happened to a job, oldest first',
      answer: 'The events',
      schema: OBJECT,
      handler: (request, services) => json({ events: services.node.timeline(jobOf(request, services).jobId) }),
    }),
    read({
      id: 'getCheckpoints',
      pattern: `${API}/jobs/{jobId}/checkpoints`,
      summary: 'Checkpoints of a job, the newest last',
      answer: 'The checkpoints',
      schema: OBJECT,
      handler: (request, services) => json(services.node.checkpoints(jobOf(request, services).jobId)),
    }),
    read({
      id: 'waitForJob',
      pattern: `${API}/jobs/{jobId}/wait`,
      summary: 'Answers when a job has ended or the time has passed',
      parameters: [
        JOB_ID,
        queryParameter('timeoutMs', 'How long to wait, at most 600000'),
        queryParameter('owner', 'true: the job is canceled when no such request is open for 30 s'),
      ],
      answer: 'The job, ended or not',
      schema: OBJECT,
      deadlineMs: 0,
      handler: (request, services) => waitForJob(request, services, owners),
    }),
  ]
}

function listJobs(request: RestRequest, { node }: RestServices): RestResponse {
  const status = request.query.get('status')?.toUpperCase() ?? null
  const limit = numberOf(request, 'limit', Number.MAX_SAFE_INTEGER)
  const all = [...node.runningJobs(), ...node.endedJobs(null)]
  const views = status === null ? all : all.filter((view) => view.status === status)
  return json({ jobs: views.slice(Math.max(0, views.length - limit)).map(jobJson), total: views.length })
}

function numberOf(request: RestRequest, name: string, otherwise: number): number {
  const text = request.query.get(name)
  if (text === undefined) return otherwise
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new MillraceError('REQUEST_MALFORMED', `'${name}' must be a number, not '${text.slice(0, 40)}'`)
}

async function waitForJob(request: RestRequest, services: RestServices, owners: JobOwners): Promise<RestResponse> {
  const { jobId } = jobOf(request, services)
  const { node } = services
  const timeoutMs = Math.min(numberOf(request, 'timeoutMs', MAX_WAIT_MS), MAX_WAIT_MS)
  // Who cannot stop a job does not stop it by going away.
  const isOwner = request.query.get('owner') === 'true' && mayAccess(request.user?.role ?? 'submit', 'operate')
  if (isOwner) owners.hold(jobId)
  try {
    await untilEnd(node, jobId, timeoutMs, request.signal)
  } finally {
    const status = node.job(jobId)?.status
    const giveUp = (): void => {
      // A job that ended or vanished meanwhile needs nothing.
      node.stop(jobId, { withSavepoint: false, user: null }).catch(() => undefined)
    }
    if (isOwner) owners.release(jobId, status === undefined || END_STATES.has(status), giveUp)
  }
  return json(jobJson(jobOf(request, services)))
}

/** Ends with the job, with the time, or when nobody waits any more; leaves nothing behind at a job that goes on. */
async function untilEnd(node: NodeService, jobId: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const isOver = (): boolean => END_STATES.has(node.job(jobId)?.status ?? 'UNKNOWABLE')
  if (isOver() || signal.aborted) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      forget()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, timeoutMs)
    const forget = node.onEvent((id, { status }) => {
      if (id === jobId && END_STATES.has(status)) done()
    })
    signal.addEventListener('abort', done, { once: true })
  })
  if (isOver()) await node.waitForEnd(jobId)
}

function changeRows(): ApiRow[] {
  const change = (more: Omit<ApiRow, 'method' | 'tag' | 'access'> & { readonly access?: Access }): ApiRow => ({
    method: 'POST',
    access: 'operate',
    tag: 'millrace jobs',
    parameters: [JOB_ID],
    errors: [400, 404, 409],
    ...more,
  })
  return [
    change({
      id: 'submitText',
      pattern: `${API}/jobs`,
      access: 'submit',
      summary: 'Submits a job: the body is its text',
      parameters: [
        queryParameter('format', 'json, hocon or sql'),
        queryParameter('jobId', 'Id of the job, a 64-bit number; a new one when absent'),
        queryParameter('jobName', 'Name of the job instead of job.name'),
        queryParameter('isStartWithSavePoint', 'true: the job goes on from its last savepoint or checkpoint'),
        queryParameter('fileName', 'Name that errors show as the file'),
      ],
      requestBody: { contentType: 'text/plain', description: 'The job file' },
      answer: 'Id and name, and what was warned of',
      schema: OBJECT,
      handler: submitText,
    }),
    change({
      id: 'stopOne',
      pattern: `${API}/jobs/{jobId}/stop`,
      summary: 'Asks a job to stop; answers when the request is durable',
      requestBody: { contentType: 'application/json', description: 'withSavepoint, force', schema: OBJECT },
      answer: 'The id',
      schema: OBJECT,
      handler: stopOne,
    }),
    change({
      id: 'takeSavepoint',
      pattern: `${API}/jobs/{jobId}/savepoint`,
      summary: 'Takes a savepoint and lets the job go on',
      answer: 'The savepoint',
      schema: OBJECT,
      deadlineMs: 0,
      handler: async (request, { node }) => {
        const jobId = idOf(request)
        request.note = { jobId }
        return json(await node.savepoint(jobId, request.user?.name ?? null))
      },
    }),
  ]
}

const FORMATS = ['json', 'hocon', 'sql'] as const

async function submitText(request: RestRequest, services: RestServices): Promise<RestResponse> {
  const { query } = request
  const format = FORMATS.find((each) => each === (query.get('format') ?? 'json').toLowerCase())
  if (format === undefined)
    throw new MillraceError('REQUEST_MALFORMED', `'format' must be one of ${FORMATS.join(', ')}`)
  const idText = query.get('jobId') || null
  const jobId = idText === null ? null : javaLongText(idText)
  if (idText !== null && jobId === null)
    throw new MillraceError('REQUEST_MALFORMED', `'jobId' must be a 64-bit number, not '${idText.slice(0, 40)}'`)
  const submitted = await services.node.submit({
    text: request.text() ?? '',
    format,
    fileName: query.get('fileName')?.slice(0, 255) || null,
    jobId: jobId ?? undefined,
    jobName: query.get('jobName') || undefined,
    isStartWithSavepoint: query.get('isStartWithSavePoint')?.toLowerCase() === 'true',
    origin: services.isLocalUser?.(request) === true ? 'cli' : 'rest',
    user: request.user?.name ?? null,
  })
  request.note = { jobId: submitted.jobId }
  return json(submittedJson(submitted))
}

async function stopOne(request: RestRequest, { node }: RestServices): Promise<RestResponse> {
  const jobId = idOf(request)
  request.note = { jobId }
  const { withSavepoint, force } = objectBody(request)
  await node.stop(jobId, {
    withSavepoint: withSavepoint === true,
    force: force === true,
    user: request.user?.name ?? null,
  })
  return json({ jobId })
}

/** The body as an object; an absent one is empty. @throws MillraceError `REQUEST_MALFORMED` */
function objectBody(request: RestRequest): Readonly<Record<string, unknown>> {
  const text = request.text() ?? ''
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Said below, like what is JSON and no object.
  }
  throw new MillraceError('REQUEST_MALFORMED', 'the body must be a JSON object')
}

function nodeRows(): ApiRow[] {
  const row = (more: Omit<ApiRow, 'tag'>): ApiRow => ({ tag: 'millrace node', ...more })
  return [
    row({
      id: 'getNode',
      method: 'GET',
      pattern: `${API}/node`,
      access: 'read',
      summary: 'The node, its slots and how many jobs it has',
      answer: 'The node',
      schema: OBJECT,
      handler: (_request, { node }) => json(nodeJson(node, node.overview())),
    }),
    row({
      id: 'getTags',
      method: 'GET',
      pattern: `${API}/tags`,
      access: 'read',
      summary: 'Tags of the node',
      answer: 'The tags',
      schema: OBJECT,
      handler: (_request, { node }) => json(Object.fromEntries(node.tags)),
    }),
    row({
      id: 'setTags',
      method: 'PUT',
      pattern: `${API}/tags`,
      access: 'operate',
      summary: 'Replaces the tags of the node',
      requestBody: { contentType: 'application/json', description: 'All tags', schema: OBJECT },
      answer: 'The tags',
      schema: OBJECT,
      errors: [400],
      handler: (request, { node }) => {
        const tags = Object.entries(objectBody(request)).map(([key, value]) => [key, String(value ?? '')] as const)
        node.setTags(new Map(tags))
        return json(Object.fromEntries(tags))
      },
    }),
    row({
      id: 'events',
      method: 'GET',
      pattern: `${API}/events`,
      access: 'read',
      summary: 'Events of all jobs, or of one, as they happen',
      parameters: [queryParameter('jobId', 'Only events of this job')],
      answer: 'A stream of events',
      contentType: 'text/event-stream',
      deadlineMs: 0,
      handler: (request, { node }) => {
        const feed = (listener: (jobId: string, event: object) => void) =>
          node.onEvent((jobId, event) => listener(jobId, eventJson(jobId, event)))
        const body = eventStream(feed, request.query.get('jobId') ?? null, request.signal)
        return { status: 200, headers: EVENT_HEADERS, body }
      },
    }),
  ]
}

const LEVELS: readonly LogLevel[] = ['OFF', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE']

function logRows(): ApiRow[] {
  const row = (more: Omit<ApiRow, 'tag' | 'method' | 'access'> & Partial<ApiRow>): ApiRow => ({
    tag: 'millrace logs',
    method: 'GET',
    access: 'read',
    errors: [404],
    ...more,
  })
  return [
    row({
      id: 'getJobLog',
      pattern: `${API}/jobs/{jobId}/log`,
      summary: 'Log of a job; following it ends with the job',
      parameters: [JOB_ID, ...LOG_QUERY],
      answer: 'The lines',
      contentType: 'text/plain',
      deadlineMs: 0,
      handler: (request, services) => {
        const { jobId } = jobOf(request, services)
        return logAnswer(jobLogName(jobId), request, services, services.node.waitForEnd(jobId))
      },
    }),
    row({
      id: 'getNodeLog',
      pattern: `${API}/logs`,
      summary: "The node's own log",
      parameters: LOG_QUERY,
      answer: 'The lines',
      contentType: 'text/plain',
      deadlineMs: 0,
      handler: async (request, services) => logAnswer(await nodeLogName(services), request, services, null),
    }),
    row({
      id: 'listLogFiles',
      pattern: `${API}/log-files`,
      summary: 'Log files of the node',
      answer: 'The files',
      schema: OBJECT,
      handler: async (_request, { logs }) => json({ files: await logs.list() }),
    }),
    row({
      id: 'getLogFile',
      pattern: `${API}/log-files/{name}`,
      summary: 'One log file',
      parameters: [pathParameter('name', 'The file'), ...LOG_QUERY],
      answer: 'The lines',
      contentType: 'text/plain',
      deadlineMs: 0,
      handler: (request, services) => logAnswer(request.parameters.get('name') ?? '', request, services, null),
    }),
    row({
      id: 'getLogLevels',
      pattern: `${API}/log-levels`,
      summary: 'Log levels by logger',
      answer: 'The levels',
      schema: OBJECT,
      handler: (_request, { logs }) => json(Object.fromEntries(logs.levels())),
    }),
    row({
      id: 'putLogLevel',
      method: 'PUT',
      access: 'operate',
      pattern: `${API}/log-levels`,
      summary: 'Sets the level of a logger',
      requestBody: { contentType: 'application/json', description: 'logger, level', schema: OBJECT },
      answer: 'The levels',
      schema: OBJECT,
      errors: [400],
      handler: (request, { logs }) => {
        const { logger, level } = objectBody(request)
        const known = LEVELS.find((each) => each === String(level).toUpperCase())
        if (typeof logger !== 'string' || logger === '' || known === undefined)
          throw new MillraceError(
            'REQUEST_MALFORMED',
            `'logger' must be a name and 'level' one of ${LEVELS.join(', ')}`,
          )
        logs.setLevel(logger, known)
        return json(Object.fromEntries(logs.levels()))
      },
    }),
  ]
}

function metricRows(): ApiRow[] {
  const tag = 'millrace node'
  return [
    {
      id: 'getMetrics',
      method: 'GET',
      pattern: `${API}/metrics`,
      access: 'read',
      tag,
      summary: 'Metrics as Prometheus text, or as OpenMetrics for who accepts it',
      answer: 'The page',
      contentType: 'text/plain',
      handler: (request, { monitor }) => {
        const isOpen = (request.header('accept') ?? '').includes('application/openmetrics-text')
        const body = monitor.metricsText(isOpen ? 'openmetrics' : 'prometheus')
        return { status: 200, headers: isOpen ? OPENMETRICS : PROMETHEUS, body }
      },
    },
    {
      id: 'getSystem',
      method: 'GET',
      pattern: `${API}/system`,
      access: 'read',
      tag,
      summary: 'Figures of the process and the machine',
      answer: 'The figures',
      schema: OBJECT,
      handler: (_request, { monitor }) => json(Object.fromEntries(monitor.systemInformation())),
    },
    {
      id: 'getThreads',
      method: 'GET',
      pattern: `${API}/threads`,
      access: 'read',
      tag,
      summary: 'Threads of the process',
      answer: 'The threads',
      schema: OBJECT,
      handler: (_request, { monitor }) => json({ threads: monitor.threads() }),
    },
  ]
}

/** For probes, which have no password; they say no more than yes or no. */
function probeRows(): ApiRow[] {
  const isReady = ({ isReady: ready }: RestServices) => ready?.() ?? true
  const probe = (id: string, pattern: string, summary: string, handler: ApiRow['handler']): ApiRow => ({
    id,
    method: 'GET',
    pattern,
    access: 'public',
    tag: 'probes',
    summary,
    answer: 'Yes',
    schema: OBJECT,
    handler,
  })
  return [
    probe('healthz', '/healthz', 'Whether the process lives', () => json({ status: 'ok' })),
    probe('readyz', '/readyz', 'Whether the node takes jobs', (_request, services) =>
      isReady(services) ? json({ status: 'ok' }) : json({ status: 'stopping' }, 503),
    ),
  ]
}

/** An error in the words of the API: what SeaTunnel's clients read first, then what ours do. */
export function failureJson(errors: readonly MillraceError[], message: string, code: string): object {
  const [first] = errors
  const { message: _message, ...details } =
    first === undefined ? { code, message, where: null, hint: null } : errorJson(first)
  const body = { status: 'fail', message, ...details }
  return errors.length > 1 ? { ...body, errors: errors.map(errorJson) } : body
}
