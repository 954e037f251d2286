import { MillraceError } from '../../../core/error.js'
import { PARALLELISM_LIMIT } from '../../../engine/parallelism.js'
import { END_STATES, type JobView } from '../../../node/api.js'
import { mayAccess } from '../../auth/user.js'
import { queryParameter } from '../../described-route.js'
import { configHash } from '../../handlers/config-hash.js'
import { javaLongText } from '../../java-text.js'
import type { RestRequest } from '../../request.js'
import type { RestResponse } from '../../response.js'
import type { Access } from '../../route.js'
import type { RestServices } from '../../services.js'
import { idOf, jobOf, numberOf, objectBody } from './api-request.js'
import { API, type ApiRow, JOB_ID, json, OBJECT } from './api-route.js'
import { untilEnd } from './job-end.js'
import type { JobOwners } from './job-owners.js'
import { jobJson, submittedJson } from './json.js'

/** Longest wait for the end of a job in one request, in milliseconds. */
const MAX_WAIT_MS = 600_000

/** What can be asked about jobs. */
export function jobRows(owners: JobOwners): ApiRow[] {
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
        queryParameter('limit', 'So many ended ones at most, the last; 1000 when absent'),
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
      handler: (request, services) => jobAnswer(jobOf(request, services)),
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

/** Ended jobs that are listed when the request does not say how many. */
const LISTED = 1000

/** Running jobs all, of the ended ones the last. */
function listJobs(request: RestRequest, { node }: RestServices): RestResponse {
  const status = request.query.get('status')?.toUpperCase() ?? null
  const limit = numberOf(request, 'limit', LISTED)
  const fits = (view: JobView) => status === null || view.status === status
  const running = node.runningJobs().filter(fits)
  const ended = node.endedJobs(null).filter(fits)
  const shown = [...running, ...ended.slice(Math.max(0, ended.length - limit))]
  return {
    ...json(null),
    body: `{"jobs":[${shown.map(jobText).join(',')}],"total":${running.length + ended.length}}`,
  }
}

/** One job. */
function jobAnswer(view: JobView): RestResponse {
  return { ...json(null), body: jobText(view) }
}

const endedTexts = new WeakMap<JobView, string>()

/** A job as text; that of an ended one is kept with its view. */
function jobText(view: JobView): string {
  const known = endedTexts.get(view)
  if (known !== undefined) return known
  const text = JSON.stringify(jobJson(view))
  if (END_STATES.has(view.status)) endedTexts.set(view, text)
  return text
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
  return jobAnswer(jobOf(request, services))
}

/** What can be done with them. */
export function changeRows(): ApiRow[] {
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
        queryParameter('restoreFrom', 'A savepoint or checkpoint that the job goes on behind'),
        queryParameter('allowMissingState', 'true: what it holds of plug-ins that the job has no more is dropped'),
        queryParameter('claim', 'true: the savepoint belongs to the job and is removed with its checkpoints'),
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
      requestBody: {
        contentType: 'application/json',
        description: 'withSavepoint, force; directory, drain, cancel',
        schema: OBJECT,
      },
      answer: 'The id',
      schema: OBJECT,
      handler: stopOne,
    }),
    change({
      id: 'takeSavepoint',
      pattern: `${API}/jobs/{jobId}/savepoint`,
      summary: 'Takes a savepoint and lets the job go on',
      requestBody: { contentType: 'application/json', description: 'directory', schema: OBJECT },
      answer: 'The savepoint',
      schema: OBJECT,
      deadlineMs: 0,
      handler: async (request, { node }) => {
        const jobId = idOf(request)
        request.note = { jobId }
        const { directory } = objectBody(request)
        return json(await node.savepoint(jobId, { user: userOf(request), directory: textOf('directory', directory) }))
      },
    }),
    change({
      id: 'rescaleOne',
      pattern: `${API}/jobs/{jobId}/rescale`,
      summary: 'Lets a running job go on with another parallelism; answers when it runs with it',
      requestBody: { contentType: 'application/json', description: 'parallelism, from 1 to 1024', schema: OBJECT },
      answer: 'The job',
      schema: OBJECT,
      deadlineMs: 0,
      handler: rescaleOne,
    }),
  ]
}

async function rescaleOne(request: RestRequest, services: RestServices): Promise<RestResponse> {
  const jobId = idOf(request)
  request.note = { jobId }
  const { parallelism } = objectBody(request)
  const isPossible =
    Number.isInteger(parallelism) && Number(parallelism) >= 1 && Number(parallelism) <= PARALLELISM_LIMIT
  if (!isPossible)
    throw new MillraceError('REQUEST_MALFORMED', `'parallelism' must be a whole number from 1 to ${PARALLELISM_LIMIT}`)
  await services.node.rescale(jobId, { parallelism: Number(parallelism), user: request.user?.name ?? null })
  return jobAnswer(jobOf(request, services))
}

const FORMATS = ['json', 'hocon', 'sql'] as const

async function submitText(request: RestRequest, { node }: RestServices): Promise<RestResponse> {
  const { query } = request
  const format = FORMATS.find((each) => each === (query.get('format') ?? 'json').toLowerCase())
  if (format === undefined)
    throw new MillraceError('REQUEST_MALFORMED', `'format' must be one of ${FORMATS.join(', ')}`)
  const idText = query.get('jobId') || null
  const jobId = idText === null ? null : javaLongText(idText)
  if (idText !== null && jobId === null)
    throw new MillraceError('REQUEST_MALFORMED', `'jobId' must be a 64-bit number, not '${idText.slice(0, 40)}'`)
  const isTrue = (name: string): boolean => query.get(name)?.toLowerCase() === 'true'
  const location = query.get('restoreFrom') || null
  const text = request.text() ?? ''
  const hash = configHash(text)
  request.note = jobId === null ? { configHash: hash } : { jobId, configHash: hash }
  const submitted = await node.submit({
    text,
    format,
    fileName: query.get('fileName')?.slice(0, 255) || null,
    jobId: jobId ?? undefined,
    jobName: query.get('jobName') || undefined,
    isStartWithSavepoint: isTrue('isStartWithSavePoint'),
    restoreFrom:
      location === null
        ? undefined
        : { location, allowsMissingState: isTrue('allowMissingState'), isClaimed: isTrue('claim') },
    origin: 'rest',
    user: request.user?.name ?? null,
  })
  request.note = { jobId: submitted.jobId, configHash: hash }
  return json(submittedJson(submitted))
}

async function stopOne(request: RestRequest, { node }: RestServices): Promise<RestResponse> {
  const jobId = idOf(request)
  request.note = { jobId }
  const { withSavepoint, force, directory, drain, cancel } = objectBody(request)
  const stop = { directory: textOf('directory', directory), isDrained: drain === true, isCanceled: cancel === true }
  await node.stop(jobId, {
    withSavepoint: withSavepoint === true,
    force: force === true,
    user: userOf(request),
    ...(stop.directory !== null || stop.isDrained || stop.isCanceled ? { stop } : {}),
  })
  return json({ jobId })
}

const userOf = ({ user }: RestRequest): string | null => user?.name ?? null

/** A member of a body that may be absent. @throws MillraceError `REQUEST_MALFORMED` */
function textOf(name: string, value: unknown): string | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'string' && value !== '') return value
  throw new MillraceError('REQUEST_MALFORMED', `'${name}' must be a text`)
}
