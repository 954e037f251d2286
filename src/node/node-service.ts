import { MillraceError } from '../core/error.js'
import { SILENT_LOGGER } from '../core/logger.js'
import { newJobId } from '../engine/job-id.js'
import type { JobPolicy } from '../engine/job-service.js'
import type {
  CheckpointRequest,
  JobAttempts,
  JobCheckpoint,
  JobCheckpoints,
  JobEvent,
  JobOutline,
  JobPackages,
  JobRequest,
  JobStatus,
  JobSubmission,
  JobView,
  NodeIdentity,
  NodeOverview,
  NodeService,
  RescaleRequest,
  StopRequest,
  SubmittedJob,
  VertexBounds,
} from './api.js'
import { END_STATES } from './api.js'
import { AttemptPlanner, type JobPlanner, type NodeCheckpoints, type RowLogs } from './attempt-planner.js'
import { endedAttempts } from './attempt-runner.js'
import { ClientWatch } from './client-watch.js'
import type { NodeClock } from './clock.js'
import { JobAliases } from './job-aliases.js'
import type { SampledRun } from './job-attempt.js'
import { JobCleaner } from './job-cleaner.js'
import { type EndedJob, type HistoryLimits, JobHistory } from './job-history.js'
import { canonicalJobId } from './job-id-text.js'
import { JobMaster, type JobMasterParts } from './job-master.js'
import { ownBounds } from './job-parallelism.js'
import type { JobRecord } from './job-record.js'
import type { JobStore, StoredJob } from './job-store.js'
import { jobView } from './job-view.js'
import type { PackageFiles } from './packages/package-store.js'
import { SAMPLE_INTERVAL_MS } from './rate-window.js'
import { RepeatedWork } from './repeated-work.js'
import { type JobLog, journalJobs } from './report/job-journal.js'
import { SavepointDisposal } from './savepoint-disposal.js'
import { SlotScheduler, type SlotSettings } from './scheduler.js'
import { documentOf, firstProgress, recordOf } from './submission.js'
import { SubmissionGate } from './submission-gate.js'

/** What a node is made of. */
export interface NodeParts {
  readonly jobs: JobPlanner
  readonly store: JobStore
  readonly checkpoints: NodeCheckpoints
  readonly clock: NodeClock
  /** The object itself is kept: whoever binds the ports may fill them in later. */
  readonly identity: NodeIdentity
  readonly slots: SlotSettings
  readonly history: HistoryLimits
  /** What jobs may do that come over REST; absent for everything. */
  readonly restPolicy?: JobPolicy | undefined
  /** Files of job packages; absent where there are none. */
  readonly packages?: (PackageFiles & JobPackages & { close(): Promise<void> }) | undefined
  readonly tags: ReadonlyMap<string, string>
  /** Where what happens to jobs is written. Absent: nowhere. */
  readonly log?: JobLog | undefined
  /** Where rows that jobs print go to. Absent: to standard output. */
  readonly rowLog?: RowLogs | undefined
  /** Told when jobs have left the history, and once at the start, what of their files may stay. */
  readonly retainJobs?: ((isKnown: (jobId: string) => boolean) => void) | undefined
  /** Milliseconds between two durable copies of what running jobs have done. */
  readonly saveIntervalMs: number
}

/** What a node holds for its jobs, for finding out whether it lets go of it. */
export interface LiveObjects {
  readonly masters: number
  readonly attempts: number
  readonly plans: number
  readonly submissions: number
  readonly slots: number
  readonly waiting: number
}

/** The history may grow to so many times its limit before the oldest jobs are removed, many of them at a time. */
const HISTORY_SLACK = 1.05
/** Milliseconds between two looks for expired jobs. */
const EXPIRY_INTERVAL_MS = 60_000

/** The jobs of one node. */
export class MillraceNode implements NodeService {
  readonly identity: NodeIdentity
  /** `null` where the node keeps none. */
  readonly packages: JobPackages | null
  /** Ends when another node has taken the data folder over: this one has let go of its jobs. */
  readonly lost: Promise<MillraceError>
  #tellLost: (error: MillraceError) => void = () => undefined
  readonly #parts: NodeParts
  readonly #masters = new Map<string, JobMaster>()
  /** Jobs that are not durable yet, so that nobody may see them. */
  readonly #beginning = new Map<string, JobMaster>()
  readonly #aliases = new JobAliases()
  readonly #clients: ClientWatch
  readonly #history: JobHistory
  readonly #scheduler: SlotScheduler
  readonly #listeners = new Set<(jobId: string, event: JobEvent) => void>()
  readonly #planner: AttemptPlanner
  readonly #gate = new SubmissionGate()
  readonly #disposal: SavepointDisposal
  readonly #repeated: RepeatedWork
  readonly #cleaner: JobCleaner
  #tags: ReadonlyMap<string, string>
  #sequence = 0
  #attempts = 0
  #isStopping = false
  #isExpiring = false
  #closed: Promise<void> | null = null

  constructor(parts: NodeParts) {
    this.#parts = parts
    this.identity = parts.identity
    this.packages = parts.packages ?? null
    this.#tags = parts.tags
    this.#history = new JobHistory(parts.history, () => parts.clock.now())
    const {
      jobs,
      checkpoints,
      clock,
      restPolicy,
      packages,
      log = () => SILENT_LOGGER,
      rowLog = () => undefined,
    } = parts
    const isRunning = (jobId: string): boolean => this.#masters.has(jobId)
    this.#planner = new AttemptPlanner({ jobs, checkpoints, clock, log, rowLog, restPolicy, packages, isRunning })
    this.#cleaner = new JobCleaner({
      store: parts.store,
      drop: (jobId) => this.#planner.drop(jobId),
      ended: (jobId) => this.#history.get(jobId)?.view ?? null,
      isComing: (jobId) => this.#isComing(jobId),
    })
    this.#disposal = new SavepointDisposal(checkpoints.savepoints, () =>
      [...this.#masters.values(), ...this.#beginning.values()].map(({ record }) => record),
    )
    this.#repeated = new RepeatedWork(clock)
    this.#clients = new ClientWatch(clock, (jobId) => this.#clientLost(jobId))
    this.#scheduler = new SlotScheduler(
      parts.slots,
      () => this.#tags,
      (jobId, answer) => (this.#masters.get(jobId) ?? this.#beginning.get(jobId))?.answer(answer),
    )
    journalJobs(this, log)
    this.lost = new Promise((resolve) => {
      this.#tellLost = resolve
    })
    void parts.store.lost.then((error) => this.#fenced(error))
    this.#repeated.repeat('expire', EXPIRY_INTERVAL_MS, () => this.#expire())
    this.#repeated.repeat('save', parts.saveIntervalMs, () => this.#save())
    this.#repeated.repeat('rates', SAMPLE_INTERVAL_MS, async () => {
      for (const master of this.#masters.values()) master.sample()
    })
  }

  /** Takes up the jobs of the store where they were. Call it once, before anything else. */
  async recover(): Promise<void> {
    const stored = [...this.#parts.store.jobs()].toSorted((left, right) => left.record.sequence - right.record.sequence)
    this.#sequence = stored.at(-1)?.record.sequence ?? 0
    const isEnded = ({ progress }: StoredJob): boolean => END_STATES.has(progress.state.status)
    const endOf = ({ progress }: StoredJob): number => progress.finishedAtMs ?? 0
    for (const { record } of stored) this.#aliases.set(record.jobId, record.alias)
    for (const { record, progress } of stored.filter(isEnded).toSorted((left, right) => endOf(left) - endOf(right))) {
      const { timeline, checkpoints, attempts, requests } = progress
      this.#history.add({ view: jobView(record, progress), timeline, checkpoints, attempts, requests })
      if (!progress.hasLeftovers) continue
      await this.#cleaner.cleanFound(record.jobId, progress)
      await this.#disposal.dropClaimed(record)
    }
    const masters = stored
      .filter((job) => !isEnded(job))
      .map(({ record, progress }) => {
        const master = new JobMaster(record, progress, this.#masterParts())
        this.#planner.hold(record)
        this.#watchClient(record)
        this.#masters.set(record.jobId, master)
        return master
      })
    await Promise.all(masters.map((master) => master.recover()))
    // What cannot be removed now is removed later.
    await this.#expire().catch(() => undefined)
    this.#retainJobs()
  }

  async outline(submission: JobSubmission): Promise<JobOutline> {
    const { jobs } = this.#parts
    const document = documentOf(submission, jobs.shades)
    const { name, mode, dag, warnings } = await jobs.outline({ document, jobName: submission.jobName || undefined })
    return { jobName: name, mode, dag, warnings: [...(submission.notices ?? []), ...warnings] }
  }

  async submit(submission: JobSubmission): Promise<SubmittedJob> {
    if (this.#isStopping) throw stopping()
    const { alias } = submission
    if (alias === undefined) return this.#submit(submission)
    return this.#gate.withAlias(alias, this.jobByAlias(alias) !== null, () => this.#submit(submission))
  }

  async #submit(submission: JobSubmission): Promise<SubmittedJob> {
    if (submission.jobId === undefined) return this.#accept(submission, newJobId(this.#parts.clock.now()))
    const jobId = canonicalJobId(submission.jobId)
    const isRestored = submission.isStartWithSavepoint || submission.restoreFrom !== undefined
    const known = () => this.#known(jobId, isRestored)
    return this.#gate.withId(jobId, known, () => this.#accept(submission, jobId))
  }

  /** What is said instead of a submission of this id; `null` when the job may come. @throws MillraceError `JOB_EXISTS` */
  #known(jobId: string, isRestored: boolean): SubmittedJob | null {
    const master = this.#masters.get(jobId)
    if (master !== undefined) {
      return { jobId, jobName: master.record.jobName, isDuplicate: true, warnings: [] }
    }
    if (this.#history.get(jobId) === null || isRestored) return null
    const message = `The job id ${jobId} has already been submitted and is not starting with a savepoint.`
    throw new MillraceError('JOB_EXISTS', message, { path: 'jobId', hint: 'use another id, or none' })
  }

  /** Plans and stores a job. Nothing is left of one that fails here. */
  async #accept(submission: JobSubmission, jobId: string): Promise<SubmittedJob> {
    await this.#cleaner.settled(jobId)
    const document = documentOf(submission, this.#parts.jobs.shades)
    const jobName = submission.jobName === '' ? undefined : submission.jobName
    const { isStartWithSavepoint, restoreFrom, origin, packageContent, notices = [] } = submission
    const epoch = this.#nextEpoch()
    const named = { document, jobId, jobName, epoch, origin, packageContent }
    const prepared = await this.#planner.first({ ...named, isStartWithSavepoint, restoreFrom })
    const warnings = [...notices, ...prepared.warnings]
    if (this.#isStopping) {
      this.#planner.forget(jobId)
      throw stopping()
    }
    const createdAtMs = this.#parts.clock.now()
    const record = recordOf(submission, document, prepared, {
      createdAtMs,
      sequence: ++this.#sequence,
      firstEpoch: epoch,
    })
    const master = new JobMaster(record, firstProgress(record, warnings), this.#masterParts())
    this.#beginning.set(jobId, master)
    try {
      await master.begin()
    } catch (thrown) {
      this.#beginning.delete(jobId)
      this.#planner.forget(jobId)
      this.#scheduler.release(jobId)
      throw thrown
    }
    return { jobId, jobName: record.jobName, isDuplicate: false, warnings }
  }

  #nextEpoch(): number {
    this.#attempts += 1
    return this.#parts.store.epoch * EPOCH_STEP + this.#attempts
  }

  #masterParts(): JobMasterParts {
    const { store, clock, checkpoints } = this.#parts
    const { savepoints, memory } = checkpoints
    return {
      store,
      clock,
      savepoints,
      memory,
      scheduler: this.#scheduler,
      nextEpoch: () => this.#nextEpoch(),
      plan: (record, request) => this.#planner.attempt(record, request),
      dropCheckpoints: async (record, progress) => {
        await this.#cleaner.clean(record, progress)
        await this.#disposal.dropClaimed(record)
      },
      onEvent: (jobId, event) => this.#tell(jobId, event),
      onDurable: (master) => this.#show(master),
      onEnd: (master) => this.#moveToHistory(master),
      onFenced: (error) => this.#fenced(error),
    }
  }

  /** From here on clients see the job, in the place of an ended one with its id. */
  #show(master: JobMaster): void {
    const { jobId } = master.record
    this.#beginning.delete(jobId)
    this.#cleaner.forget(jobId)
    this.#history.remove(jobId)
    this.#aliases.set(jobId, master.record.alias)
    this.#masters.set(jobId, master)
    this.#watchClient(master.record)
  }

  #moveToHistory(master: JobMaster): void {
    const { jobId } = master.record
    this.#masters.delete(jobId)
    this.#clients.forget(jobId)
    this.#planner.forget(jobId)
    const { view, timeline, checkpoints, requests, attemptHistory: attempts } = master
    this.#history.add({ view, timeline, checkpoints, attempts, requests })
    const most = this.#parts.history.jobs * HISTORY_SLACK
    if (this.#history.size > most && !this.#isExpiring) void this.#expire().catch(() => undefined)
  }

  heard(jobId: string, untilMs: number): void {
    this.#clients.heard(jobId, untilMs)
  }

  #watchClient({ jobId, clientTimeoutMs }: JobRecord): void {
    if (clientTimeoutMs !== undefined) this.#clients.begin(jobId, clientTimeoutMs)
  }

  #clientLost(jobId: string): void {
    // A job that cannot be canceled ends by itself.
    void this.#masters
      .get(jobId)
      ?.cancel(false, null)
      .catch(() => undefined)
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

  jobByAlias(alias: string): JobView | null {
    const jobId = this.#aliases.jobId(alias)
    return jobId === null ? null : this.job(jobId)
  }

  timeline(jobId: string): readonly JobEvent[] {
    return this.#find(jobId)?.timeline ?? []
  }

  checkpoints(jobId: string): JobCheckpoints | null {
    return this.#find(jobId)?.checkpoints ?? null
  }

  /** How samples of a running job's threads are known; `null` while it does not run. */
  sampledRun(jobId: string): SampledRun | null {
    return this.#masters.get(jobId)?.sampled ?? null
  }

  attempts(jobId: string): JobAttempts | null {
    const master = this.#masters.get(jobId)
    if (master !== undefined) return master.attempts
    const ended = this.#history.get(jobId)
    return ended === null ? null : endedAttempts(ended.attempts)
  }

  #find(jobId: string): JobMaster | EndedJob | null {
    return this.#masters.get(jobId) ?? this.#history.get(jobId)
  }

  request(jobId: string, requestId: string): JobRequest | null {
    return this.#find(jobId)?.requests.find(({ id }) => id === requestId) ?? null
  }

  async stop(jobId: string, request: StopRequest): Promise<void> {
    const master = this.#running(jobId)
    if (request.withSavepoint) await master.savepoints.stop(request)
    else await master.cancel(request.force === true, request.user)
  }

  async savepoint(jobId: string, request: CheckpointRequest): Promise<JobCheckpoint> {
    return this.#running(jobId).savepoints.take(request)
  }

  async beginSavepoint(jobId: string, request: CheckpointRequest): Promise<JobRequest> {
    return this.#running(jobId).savepoints.begin(request)
  }

  async disposeSavepoint(location: string): Promise<void> {
    await this.#disposal.dispose(location)
  }

  async rescale(jobId: string, request: RescaleRequest): Promise<void> {
    return this.#running(jobId).rescale(request)
  }

  bounds(jobId: string): readonly VertexBounds[] | null {
    const view = this.job(jobId)
    return view === null ? null : (this.#masters.get(jobId)?.bounds() ?? ownBounds(view.dag))
  }

  async setBounds(jobId: string, bounds: readonly VertexBounds[], user: string | null): Promise<void> {
    return this.#running(jobId).setBounds(bounds, user)
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
    for (const listener of this.#listeners) {
      try {
        listener(jobId, event)
      } catch {
        // Whoever listens must not keep a job from going on; what it fails of is its own affair.
      }
    }
  }

  /** Whether a job with this id is being submitted. */
  #isComing(jobId: string): boolean {
    return this.#beginning.has(jobId) || this.#gate.has(jobId)
  }

  async #expire(): Promise<void> {
    const ids = this.#history.expired().filter((jobId) => !this.#isComing(jobId))
    if (ids.length === 0) return
    this.#isExpiring = true
    try {
      await this.#parts.store.write(ids.map((jobId) => ({ type: 'remove', jobId })))
    } finally {
      this.#isExpiring = false
    }
    for (const jobId of ids) {
      this.#history.remove(jobId)
      this.#aliases.remove(jobId)
    }
    this.#retainJobs()
  }

  #retainJobs(): void {
    this.#parts.retainJobs?.((jobId) => this.#find(jobId) !== null || this.#gate.has(jobId))
  }

  async #save(): Promise<void> {
    await this.#cleaner.save()
    await Promise.all([...this.#masters.values()].map((master) => master.save()))
  }

  liveObjects(): LiveObjects {
    return {
      masters: this.#masters.size,
      attempts: [...this.#masters.values()].filter(({ isRunning }) => isRunning).length,
      plans: this.#planner.kept,
      submissions: this.#gate.size,
      slots: this.#scheduler.total - this.#scheduler.unassigned,
      waiting: this.#scheduler.waiting,
    }
  }

  close(): Promise<void> {
    return this.#close(false)
  }

  #fenced(error: MillraceError): void {
    void this.#close(true).finally(() => this.#tellLost(error))
  }

  #close(isFenced: boolean): Promise<void> {
    this.#closed ??= this.#letGo(isFenced)
    return this.#closed
  }

  async #letGo(isFenced: boolean): Promise<void> {
    this.#isStopping = true
    this.#repeated.stop()
    this.#clients.close()
    const { clock } = this.#parts
    const isLate = new Promise<void>((resolve) => void clock.after(SUBMISSION_GRACE_MS, resolve))
    if (!isFenced) await Promise.race([this.#gate.settled(), isLate])
    await Promise.all([...this.#masters.values()].map((master) => master.detach(isFenced)))
    await this.#cleaner.close()
    await this.#parts.packages?.close()
    await this.#parts.store.close()
  }
}

/** How long a node that stops waits for submissions that are being planned, in milliseconds. */
const SUBMISSION_GRACE_MS = 5000
/** Attempts that one opening of the store can number. */
const EPOCH_STEP = 2 ** 24

function stopping(): MillraceError {
  return new MillraceError('NODE_STOPPING', 'the node is stopping and takes no more jobs')
}
