import { readEnv } from '../config/env-options.js'
import { envTexts } from '../config/java-text.js'
import { documentFromText, type JobDocument } from '../config/job-document.js'
import { MillraceError, MillraceErrors } from '../core/error.js'
import { jobDag } from '../engine/job-dag.js'
import { newJobId } from '../engine/job-id.js'
import type { JobService, PreparedJob } from '../engine/job-service.js'
import type {
  JobCheckpoint,
  JobCheckpoints,
  JobEvent,
  JobStatus,
  JobSubmission,
  JobView,
  NodeIdentity,
  NodeOverview,
  NodeService,
  StopRequest,
  SubmittedJob,
} from './api.js'
import type { NodeClock } from './clock.js'
import { engineAttempt, type JobAttempt } from './job-attempt.js'
import { QUEUED_JOB, QUEUED_PASSED } from './job-fsm.js'
import { type EndedJob, type HistoryLimits, JobHistory } from './job-history.js'
import { canonicalJobId } from './job-id-text.js'
import { JobMaster, type JobMasterParts } from './job-master.js'
import { type JobProgress, type JobRecord, NO_CHECKPOINTS, NO_FLOW } from './job-record.js'
import type { JobStore } from './job-store.js'
import { SlotScheduler, type SlotSettings } from './scheduler.js'
import { slotsNeeded } from './slots-needed.js'

/** What a node is made of. */
export interface NodeParts {
  readonly jobs: JobService
  readonly store: JobStore
  readonly clock: NodeClock
  /** The object itself is kept: whoever binds the ports may fill them in later. */
  readonly identity: NodeIdentity
  readonly slots: SlotSettings
  readonly history: HistoryLimits
  readonly tags: ReadonlyMap<string, string>
}

/** Milliseconds between two looks for expired jobs. */
const EXPIRY_INTERVAL_MS = 60_000

/** The jobs of one node. */
export class MillraceNode implements NodeService {
  readonly identity: NodeIdentity
  readonly #parts: NodeParts
  readonly #masters = new Map<string, JobMaster>()
  readonly #history: JobHistory
  readonly #scheduler: SlotScheduler
  readonly #listeners = new Set<(jobId: string, event: JobEvent) => void>()
  /** Submissions under way, by the id that they ask for. */
  readonly #submitting = new Map<string, Promise<SubmittedJob>>()
  /** Planned jobs whose first attempt has not begun. */
  readonly #prepared = new Map<string, PreparedJob>()
  #tags: ReadonlyMap<string, string>
  #sequence = 0
  #attempts = 0
  #isStopping = false
  #forgetExpiry: () => void = () => undefined

  constructor(parts: NodeParts) {
    this.#parts = parts
    this.identity = parts.identity
    this.#tags = parts.tags
    this.#history = new JobHistory(parts.history, parts.clock.now)
    this.#scheduler = new SlotScheduler(
      parts.slots,
      () => this.#tags,
      (jobId, answer) => void this.#masters.get(jobId)?.answer(answer),
    )
    this.#armExpiry()
  }

  async submit(submission: JobSubmission): Promise<SubmittedJob> {
    if (this.#isStopping) throw new MillraceError('NODE_STOPPING', 'the node is stopping and takes no more jobs')
    if (submission.jobId === undefined) return this.#accept(submission, newJobId(this.#parts.clock.now()))
    const jobId = canonicalJobId(submission.jobId)
    for (let other = this.#submitting.get(jobId); other !== undefined; other = this.#submitting.get(jobId)) {
      await other.catch(() => undefined)
    }
    const master = this.#masters.get(jobId)
    if (master !== undefined) {
      return { jobId, jobName: master.record.jobName, isDuplicate: true, warnings: [] }
    }
    if (this.#history.get(jobId) !== null && !submission.isStartWithSavepoint) {
      const message = `The job id ${jobId} has already been submitted and is not starting with a savepoint.`
      throw new MillraceError('JOB_EXISTS', message, { path: 'jobId', hint: 'use another id, or none' })
    }
    const accepted = this.#accept(submission, jobId)
    this.#submitting.set(jobId, accepted)
    try {
      return await accepted
    } finally {
      this.#submitting.delete(jobId)
    }
  }

  /** Plans and stores a job. Nothing is left of one that fails here. */
  async #accept(submission: JobSubmission, jobId: string): Promise<SubmittedJob> {
    const document = documentOf(submission)
    const jobName = submission.jobName === '' ? undefined : submission.jobName
    const prepared = await this.#parts.jobs.prepare({ document, jobId, jobName, countsBytes: true })
    if (this.#isStopping) throw new MillraceError('NODE_STOPPING', 'the node is stopping and takes no more jobs')
    const record = this.#recordOf(submission, document, prepared)
    const progress = firstProgress(record)
    await this.#parts.store.write([{ type: 'job', record, progress }])
    this.#history.remove(jobId)
    this.#prepared.set(jobId, prepared)
    const master = new JobMaster(record, progress, this.#masterParts())
    this.#masters.set(jobId, master)
    for (const event of progress.timeline) this.#tell(jobId, event)
    master.queue()
    return { jobId, jobName: record.jobName, isDuplicate: false, warnings: prepared.warnings }
  }

  #recordOf(submission: JobSubmission, document: JobDocument, prepared: PreparedJob): JobRecord {
    const { values, faults } = readEnv(document.env)
    if (values === null) throw new MillraceErrors(faults)
    const dag = jobDag(prepared.planned)
    const { text, format, fileName, isStartWithSavepoint, origin, user } = submission
    return {
      jobId: prepared.id,
      jobName: prepared.name,
      mode: values.jobMode,
      text,
      format,
      fileName,
      isStartWithSavepoint,
      origin,
      user,
      createdAtMs: this.#parts.clock.now(),
      sequence: ++this.#sequence,
      envOptions: [...envTexts(document.env)],
      dag,
      slots: slotsNeeded(dag),
      tagFilter: [...(values.tagFilter ?? [])],
      retry: { times: values.jobRetryTimes, intervalMs: values.jobRetryIntervalSeconds * 1000 },
    }
  }

  #masterParts(): JobMasterParts {
    const { store, clock } = this.#parts
    return {
      store,
      clock,
      scheduler: this.#scheduler,
      nextEpoch: () => store.epoch * EPOCH_STEP + ++this.#attempts,
      plan: (record) => this.#plan(record),
      onEvent: (jobId, event) => this.#tell(jobId, event),
      onEnd: (master) => this.#moveToHistory(master),
    }
  }

  async #plan(record: JobRecord): Promise<JobAttempt> {
    const { jobId, jobName, dag } = record
    const prepared = this.#prepared.get(jobId)
    this.#prepared.delete(jobId)
    if (prepared !== undefined) return engineAttempt(prepared, dag)
    const document = documentOf(record)
    return engineAttempt(await this.#parts.jobs.prepare({ document, jobId, jobName, countsBytes: true }), dag)
  }

  #moveToHistory(master: JobMaster): void {
    const { jobId } = master.record
    this.#masters.delete(jobId)
    this.#prepared.delete(jobId)
    const { view, timeline, checkpoints } = master
    this.#history.add({ view, timeline, checkpoints })
  }

  runningJobs(): readonly JobView[] {
    return [...this.#masters.values()].map((master) => master.view)
  }

  endedJobs(status: JobStatus | null): readonly JobView[] {
    return this.#history.views(status)
  }

  job(jobId: string): JobView | null {
    return this.#masters.get(jobId)?.view ?? this.#history.get(jobId)?.view ?? null
  }

  timeline(jobId: string): readonly JobEvent[] {
    return this.#find(jobId)?.timeline ?? []
  }

  checkpoints(jobId: string): JobCheckpoints | null {
    return this.#find(jobId)?.checkpoints ?? null
  }

  #find(jobId: string): JobMaster | EndedJob | null {
    return this.#masters.get(jobId) ?? this.#history.get(jobId)
  }

  async stop(jobId: string, { withSavepoint, force, user }: StopRequest): Promise<void> {
    const master = this.#running(jobId)
    if (withSavepoint) throw new MillraceError('UNIMPLEMENTED', 'savepoints are not implemented yet')
    await master.cancel(force === true, user)
  }

  savepoint(jobId: string, _user: string | null): Promise<JobCheckpoint> {
    this.#running(jobId)
    return Promise.reject(new MillraceError('UNIMPLEMENTED', 'savepoints are not implemented yet'))
  }

  /** @throws MillraceError `JOB_NOT_FOUND`, `JOB_STATE` when the job has ended. */
  #running(jobId: string): JobMaster {
    const master = this.#masters.get(jobId)
    if (master !== undefined) return master
    const ended = this.#history.get(jobId)
    if (ended === null) throw new MillraceError('JOB_NOT_FOUND', `there is no job '${jobId}'`)
    throw new MillraceError('JOB_STATE', `the job '${jobId}' has ended, it is ${ended.view.status}`)
  }

  async waitForEnd(jobId: string): Promise<JobView | null> {
    const master = this.#masters.get(jobId)
    return master === undefined ? (this.#history.get(jobId)?.view ?? null) : master.ended
  }

  overview(): NodeOverview {
    const pending = [...this.#masters.values()].filter(({ status }) => status === 'PENDING').length
    return {
      totalSlots: this.#scheduler.total,
      unassignedSlots: this.#scheduler.unassigned,
      isDynamicSlots: this.#parts.slots.isDynamic,
      running: this.#masters.size - pending,
      pending,
      finished: this.#history.count('FINISHED'),
      failed: this.#history.count('FAILED'),
      canceled: this.#history.count('CANCELED'),
      savepointed: this.#history.count('SAVEPOINT_DONE'),
    }
  }

  get tags(): ReadonlyMap<string, string> {
    return this.#tags
  }

  setTags(tags: ReadonlyMap<string, string>): void {
    this.#tags = new Map(tags)
    this.#scheduler.tagsChanged()
  }

  onEvent(listener: (jobId: string, event: JobEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #tell(jobId: string, event: JobEvent): void {
    for (const listener of this.#listeners) listener(jobId, event)
  }

  #armExpiry(): void {
    this.#forgetExpiry = this.#parts.clock.after(EXPIRY_INTERVAL_MS, () => void this.#expire())
  }

  async #expire(): Promise<void> {
    const ids = this.#history.expired()
    if (ids.length > 0) await this.#parts.store.write(ids.map((jobId) => ({ type: 'remove', jobId })))
    for (const jobId of ids) this.#history.remove(jobId)
    if (!this.#isStopping) this.#armExpiry()
  }

  async close(): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    this.#forgetExpiry()
    await Promise.allSettled(this.#submitting.values())
    await Promise.all([...this.#masters.values()].map((master) => master.detach()))
    await this.#parts.store.close()
  }
}

/** Attempts that one opening of the store can number. */
const EPOCH_STEP = 2 ** 24

function documentOf({ text, format, fileName }: Pick<JobSubmission, 'text' | 'format' | 'fileName'>): JobDocument {
  const file = fileName ?? `job.${format === 'hocon' ? 'conf' : format}`
  return documentFromText(text, format, { file })
}

function firstProgress({ createdAtMs }: JobRecord): JobProgress {
  return {
    state: QUEUED_JOB,
    epoch: 0,
    startedAtMs: null,
    finishedAtMs: null,
    failure: null,
    pendingReason: null,
    timeline: QUEUED_PASSED.map((status) => {
      return { atMs: createdAtMs, kind: 'state', text: `the job is ${status}`, status, data: {} }
    }),
    flow: NO_FLOW,
    checkpoints: NO_CHECKPOINTS,
  }
}
