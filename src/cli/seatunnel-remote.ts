import { toJsonText } from '../config/document.js'
import { jobDocument } from '../config/job-document.js'
import { asMillraceErrors, MillraceError, MillraceErrors } from '../core/error.js'
import { newJobId } from '../engine/job-id.js'
import { progressIntervalMs } from './client-settings.js'
import { EXIT, signalExit } from './environment.js'
import { placedErrors } from './error-place.js'
import { errorText } from './error-report.js'
import { followJob, metricsOf } from './follow-job.js'
import { readJobTree } from './job-file.js'
import { failureOf, type NodeApi, type RemoteJob } from './node-api.js'
import { ProgressReporter, totals } from './progress.js'
import { CLOSE_LIMIT_MS, type ClientCall, jobFileRequest, jobIdOf, jobNameOf, logJobFile } from './seatunnel-call.js'
import { LOGGER } from './seatunnel-log.js'
import { jobStatistics } from './statistics.js'

/** How often a job that waits for slots is spoken of, in milliseconds. @source SeaTunnel `JobStatusRunner` */
const PENDING_INTERVAL_MS = 5000
/** Id that a text may have: a signed number of 64 bits. */
const JOB_ID = /^[+-]?\d{1,19}$/

/** Hands the job file to a node and, without `--async`, waits for the end of the job. */
export async function runRemote(call: ClientCall, api: NodeApi): Promise<number> {
  const { given, log } = call
  let isWaiting = false
  try {
    const submitted = await submit(call, api)
    if (given.has('--async')) return EXIT.ok
    isWaiting = true
    return await new RemoteRun(call, api, submitted).finish()
  } finally {
    log.info(LOGGER.client, 'Closed SeaTunnel client......')
    if (isWaiting) log.info(LOGGER.client, 'Closed metrics executor service ......')
  }
}

interface Submitted {
  readonly jobId: string
  readonly startMs: number
}

async function submit(call: ClientCall, api: NodeApi): Promise<Submitted> {
  const { given, environment, log } = call
  const startMs = environment.now()
  const request = jobFileRequest(call)
  log.info(LOGGER.config, `Loading config file from path: ${request.file}`)
  // Secrets stay encrypted: the node has the key.
  const root = readJobTree(request, environment.redactor)
  logJobFile(log, root)
  call.document = jobDocument(root)
  const restored = given.value('--restore')
  const jobId = jobIdOf(call) ?? (restored === null ? newJobId(startMs) : numberOf(restored))
  log.info(LOGGER.proxy, `Start submit job, job id: ${jobId}, with plugin jar []`)
  const { jobName, warnings } = await api
    .submit({
      text: toJsonText(root),
      format: 'json',
      jobId,
      jobName: jobNameOf(call),
      isStartWithSavepoint: restored !== null,
    })
    .catch((thrown: unknown) => {
      throw new MillraceErrors(placedErrors(asMillraceErrors(thrown), root))
    })
  for (const warning of placedErrors(warnings, root)) {
    log.warn(LOGGER.client, errorText(warning, { label: 'warning' }))
  }
  log.info(LOGGER.proxy, `Submit job finished, job id: ${jobId}, job name: ${jobName}`)
  return { jobId, startMs }
}

/**
 * A job id as the original reads it.
 *
 * @throws MillraceError `CLI_USAGE` with the message of Java.
 */
export function numberOf(text: string): string {
  if (JOB_ID.test(text)) return text.replace(/^\+/, '')
  throw new MillraceError('CLI_USAGE', `For input string: "${text}"`, { hint: 'give the number of a job' })
}

/** A job in a node that is waited for. */
class RemoteRun {
  readonly #call: ClientCall
  readonly #api: NodeApi
  readonly #jobId: string
  readonly #startMs: number
  #last: RemoteJob | null = null
  #progress: ProgressReporter | null = null
  #pendingSinceMs: number | null = null
  #signal: string | null = null

  constructor(call: ClientCall, api: NodeApi, { jobId, startMs }: Submitted) {
    this.#call = call
    this.#api = api
    this.#jobId = jobId
    this.#startMs = startMs
  }

  /** Waits and reports. A signal cancels the job, or with `-cj` leaves it alone. */
  async finish(): Promise<number> {
    const { environment, log } = this.#call
    const end = new AbortController()
    const forgetSignals = environment.onSignal((name) => void this.#close(name, end))
    try {
      const job = await followJob(this.#api, this.#jobId, {
        onLook: (seen) => this.#look(seen),
        signal: end.signal,
        isOwner: !this.#call.given.has('--close-job'),
      })
      if (job === null) throw new MillraceError('JOB_NOT_FOUND', `the node does not know job '${this.#jobId}' any more`)
      if (end.signal.aborted && job.finishedAtMs === null) return signalExit(this.#signal ?? '')
      log.info(LOGGER.proxy, `Job (${this.#jobId}) end with state ${job.status}`)
      if (job.status === 'FAILED' || job.status === 'UNKNOWABLE') throw failureOf(job)
      const { rowsRead, rowsWritten } = totals(metricsOf(job))
      const endMs = environment.now()
      log.info(LOGGER.client, jobStatistics({ startMs: this.#startMs, endMs, rowsRead, rowsWritten }))
      return this.#signal === null ? EXIT.ok : signalExit(this.#signal)
    } finally {
      forgetSignals()
      this.#progress?.stop()
    }
  }

  /** With `-cj` the job goes on without its client. */
  async #close(signal: string, end: AbortController): Promise<void> {
    const { given, log } = this.#call
    this.#signal = signal
    log.info(LOGGER.client, 'run shutdown hook because get close signal')
    if (given.has('--close-job')) {
      end.abort()
      return
    }
    log.info(LOGGER.client, 'Task will be closed due to client shutdown.')
    setTimeout(() => end.abort(), CLOSE_LIMIT_MS).unref()
    try {
      await this.#api.stop(this.#jobId)
    } catch (thrown) {
      log.warn(LOGGER.client, asMillraceErrors(thrown)[0]?.message ?? '')
      end.abort()
    }
  }

  #look(job: RemoteJob): void {
    this.#last = job
    this.#lookForSlots(job)
    if (this.#progress !== null || job.startedAtMs === null) return
    const { environment, properties, log } = this.#call
    this.#progress = new ProgressReporter({
      metrics: () => metricsOf(this.#last ?? job),
      pipelines: [],
      write: (text) => log.info(LOGGER.metrics, text, `job-metrics-runner-${this.#jobId}`),
      now: environment.now,
    })
    this.#progress.startBlocks(this.#jobId, progressIntervalMs({ ...environment, properties }))
  }

  #lookForSlots(job: RemoteJob): void {
    const { environment, log } = this.#call
    const thread = `job-status-runner-${this.#jobId}`
    if (job.status === 'PENDING') {
      const nowMs = environment.now()
      if (this.#pendingSinceMs !== null && nowMs - this.#pendingSinceMs < PENDING_INTERVAL_MS) return
      this.#pendingSinceMs = nowMs
      const state = `Job Id : ${this.#jobId} enter pending queue, current status:PENDING ,please wait task schedule`
      log.info(LOGGER.status, job.pendingReason === null ? state : `${state} (${job.pendingReason})`, thread)
    } else if (this.#pendingSinceMs !== null) {
      this.#pendingSinceMs = null
      const next = `has been scheduled and entered the next state. Current status: ${job.status}`
      log.info(LOGGER.status, `Job ID: ${this.#jobId} ${next}`, thread)
    }
  }
}
