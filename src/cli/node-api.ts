import { asMillraceErrors, MillraceError, MillraceErrors } from '../core/error.js'
import type {
  JobCheckpoint,
  JobCheckpoints,
  JobDag,
  JobEvent,
  JobFlow,
  JobStatus,
  NodeOverview,
  RestoreRequest,
} from '../node/api.js'
import { errorOf, type NodeConnection } from './node-connection.js'

/** Path that every route of the API starts with. */
const BASE = '/api/v1'

/** A job as a node tells it. Times in milliseconds since 1970; `null` where that has not come. */
export interface RemoteJob {
  readonly jobId: string
  readonly jobName: string
  readonly status: JobStatus
  readonly mode: 'BATCH' | 'STREAMING'
  readonly createdAtMs: number
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
  readonly dag: JobDag
  readonly flow: JobFlow
  readonly failure: { readonly text: string; readonly errors: readonly unknown[] } | null
  /** What a PENDING job waits for. */
  readonly pendingReason: string | null
  readonly restarts: number
  /** Why it has not the parallelism that was asked for; `null` or absent when it has. */
  readonly rescalePending?: string | null
}

/** A node as it tells itself. */
export interface RemoteNode {
  readonly version: string
  readonly clusterName: string
  readonly host: string
  readonly port: number
  readonly uuid: string
  readonly startedAtMs: number
  readonly overview: NodeOverview
}

/** A job that is handed in. */
export interface RemoteSubmission {
  readonly text: string
  readonly format: 'hocon' | 'json' | 'sql'
  /** Given by the client, so that a repeated request is the same job. */
  readonly jobId: string
  readonly jobName: string | null
  readonly isStartWithSavepoint: boolean
  /** What it is to go on behind; absent for nothing. */
  readonly restoreFrom?: RestoreRequest | undefined
}

/** How a job is stopped. */
export interface RemoteStop {
  readonly withSavepoint?: boolean
  readonly force?: boolean
  /** Folder below which the savepoint is kept; `null` for the node's own. */
  readonly directory?: string | null
  /** Whether the sinks commit as at the end of all data. */
  readonly isDrained?: boolean
}

/** What a node answers to a job that it took. */
export interface RemoteSubmitted {
  readonly jobId: string
  readonly jobName: string
  readonly warnings: readonly MillraceError[]
}

/** The API of a node in the words of its clients. */
export class NodeApi {
  readonly connection: NodeConnection

  constructor(connection: NodeConnection) {
    this.connection = connection
  }

  /** The node itself; also finds out which address answers. */
  async node(): Promise<RemoteNode> {
    const value = await this.#get('/node')
    return checked<RemoteNode>(value, ['version', 'clusterName'])
  }

  async submit(submission: RemoteSubmission): Promise<RemoteSubmitted> {
    const { text, format, jobId, jobName, isStartWithSavepoint, restoreFrom } = submission
    const query = new URLSearchParams({ format, jobId })
    if (jobName !== null) query.set('jobName', jobName)
    if (isStartWithSavepoint) query.set('isStartWithSavePoint', 'true')
    if (restoreFrom !== undefined) {
      query.set('restoreFrom', restoreFrom.location)
      if (restoreFrom.allowsMissingState) query.set('allowMissingState', 'true')
      if (restoreFrom.isClaimed) query.set('claim', 'true')
    }
    const contentType = format === 'json' ? 'application/json' : 'text/plain; charset=utf-8'
    const value = await this.connection.json({
      method: 'POST',
      path: `${BASE}/jobs?${query}`,
      body: { contentType, text },
      // The id makes it the same job: a node that has it already answers with it.
      isRepeatable: true,
    })
    const { warnings = [], ...rest } = checked<Omit<RemoteSubmitted, 'warnings'> & { warnings?: readonly unknown[] }>(
      value,
      ['jobId', 'jobName'],
    )
    return { ...rest, warnings: warnings.flatMap((each) => errorOf(each) ?? []) }
  }

  /** Jobs that have not ended, oldest first, and behind them ended ones in the order of their ends. */
  async jobs(): Promise<readonly RemoteJob[]> {
    const value = await this.#get('/jobs')
    const list = Array.isArray(value) ? value : (value as { readonly jobs?: unknown } | null)?.jobs
    if (!Array.isArray(list)) throw unexpected('jobs')
    return list.map((each) => checked<RemoteJob>(each, ['jobId', 'jobName', 'status']))
  }

  /** A job, or `null` when the node does not know it. */
  async job(jobId: string): Promise<RemoteJob | null> {
    const value = await this.#orNull(() => this.#get(`/jobs/${encodeURIComponent(jobId)}`))
    return value === null ? null : checked<RemoteJob>(value, ['jobId', 'jobName', 'status'])
  }

  /**
   * As {@link job}, when the job has ended or the time has passed.
   *
   * @param isOwner the job is canceled when this client is gone: when it does not ask again for half a minute.
   */
  async waitForJob(jobId: string, timeoutMs: number, isOwner: boolean): Promise<RemoteJob | null> {
    const owner = isOwner ? '&owner=true' : ''
    const path = `/jobs/${encodeURIComponent(jobId)}/wait?timeoutMs=${timeoutMs}${owner}`
    const value = await this.#orNull(() => this.#get(path))
    return value === null ? null : checked<RemoteJob>(value, ['jobId', 'jobName', 'status'])
  }

  /** What happened to a job, oldest first. */
  async timeline(jobId: string): Promise<readonly JobEvent[]> {
    const value = await this.#get(`/jobs/${encodeURIComponent(jobId)}/timeline`)
    return listOf<JobEvent>(value, 'events')
  }

  async checkpoints(jobId: string): Promise<JobCheckpoints | null> {
    const value = await this.#orNull(() => this.#get(`/jobs/${encodeURIComponent(jobId)}/checkpoints`))
    return value === null ? null : checked<JobCheckpoints>(value, ['history'])
  }

  /** Asks a job to stop; ends when the request is durable. @throws MillraceError `JOB_NOT_FOUND`, `JOB_STATE` as the node says it. */
  async stop(jobId: string, { withSavepoint = false, force = false, ...more }: RemoteStop = {}): Promise<void> {
    const { directory = null, isDrained = false } = more
    const body = { ...(directory === null ? {} : { directory }), ...(isDrained ? { drain: true } : {}) }
    await this.#post(`/jobs/${encodeURIComponent(jobId)}/stop`, { withSavepoint, force, ...body })
  }

  /** Takes a savepoint of a job that goes on. @param directory folder below which it is kept; `null` for the node's own. */
  async savepoint(jobId: string, directory: string | null = null): Promise<JobCheckpoint> {
    const body = directory === null ? {} : { directory }
    const value = await this.#post(`/jobs/${encodeURIComponent(jobId)}/savepoint`, body)
    return checked<JobCheckpoint>(value, ['id', 'status'])
  }

  /** Lets a job go on with another parallelism; ends when it runs with it. @throws MillraceError as the node says it. */
  async rescale(jobId: string, parallelism: number): Promise<RemoteJob> {
    const value = await this.#post(`/jobs/${encodeURIComponent(jobId)}/rescale`, { parallelism })
    return checked<RemoteJob>(value, ['jobId', 'jobName', 'status'])
  }

  /** The last part of a job's log, or of the node's own for `null`. */
  async log(jobId: string | null, tailLines: number): Promise<string> {
    return this.connection.text({ method: 'GET', path: logPath(jobId, tailLines, false), isRepeatable: true })
  }

  /** As {@link log}, and then what is added until the signal is aborted. */
  followLog(jobId: string | null, tailLines: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
    return this.connection.stream({ method: 'GET', path: logPath(jobId, tailLines, true), isRepeatable: true }, signal)
  }

  #get(path: string): Promise<unknown> {
    return this.connection.json({ method: 'GET', path: `${BASE}${path}`, isRepeatable: true })
  }

  #post(path: string, body: object): Promise<unknown> {
    const json = { contentType: 'application/json', text: JSON.stringify(body) }
    return this.connection.json({ method: 'POST', path: `${BASE}${path}`, body: json, isRepeatable: false })
  }

  async #orNull(ask: () => Promise<unknown>): Promise<unknown> {
    try {
      return await ask()
    } catch (thrown) {
      if (asMillraceErrors(thrown)[0]?.code === 'JOB_NOT_FOUND') return null
      throw thrown
    }
  }
}

function logPath(jobId: string | null, tailLines: number, follow: boolean): string {
  const of = jobId === null ? '/logs' : `/jobs/${encodeURIComponent(jobId)}/log`
  return `${BASE}${of}?tail=${tailLines}${follow ? '&follow=true' : ''}`
}

/** What a failed job failed of. */
export function failureOf(job: RemoteJob): MillraceErrors {
  const errors = (job.failure?.errors ?? []).flatMap((each) => errorOf(each) ?? [])
  if (errors.length > 0) return new MillraceErrors(errors)
  return new MillraceErrors([new MillraceError('JOB_FAILED', job.failure?.text ?? `the job ended as ${job.status}`)])
}

function checked<T>(value: unknown, names: readonly (keyof T & string)[]): T {
  if (typeof value !== 'object' || value === null) throw unexpected('object')
  const missing = names.find((name) => !Object.hasOwn(value, name))
  if (missing !== undefined) throw unexpected(missing)
  return value as T
}

function listOf<T>(value: unknown, member: string): readonly T[] {
  const list = Array.isArray(value) ? value : (value as Readonly<Record<string, unknown>> | null)?.[member]
  if (!Array.isArray(list)) throw unexpected(member)
  return list as readonly T[]
}

function unexpected(what: string): MillraceError {
  return new MillraceError('CONNECTION_FAILED', `the answer of the node has no '${what}'`, {
    hint: 'node and command line should be of one version',
  })
}
