import { availableParallelism } from 'node:os'
import { parseLocation } from '../checkpoint/location.js'
import type { SavepointStore } from '../checkpoint/savepoint-store.js'
import type { JobDocument } from '../config/job-document.js'
import { MillraceError } from '../core/error.js'
import type {
  CheckpointRecord,
  CheckpointSettings,
  CheckpointStore,
  JobPolicy,
  JobService,
  PreparedJob,
  RestoreOrigin,
  RowLog,
} from '../engine/job-service.js'
import type { RestoreRequest } from './api.js'
import type { AttemptRequest } from './attempt-runner.js'
import type { CheckpointMemory } from './checkpoint-log.js'
import type { NodeClock } from './clock.js'
import { engineAttempt, type JobAttempt } from './job-attempt.js'
import type { JobRecord } from './job-record.js'
import type { Parallelism } from './job-rescale.js'
import type { PackageFiles } from './packages/package-store.js'
import type { JobLog } from './report/job-journal.js'
import { storedDocument } from './submission.js'

/** Where jobs keep their checkpoints. */
export interface NodeCheckpoints {
  readonly store: CheckpointStore
  readonly savepoints: SavepointStore
  /** Records that the store keeps of a job, and checkpoints of which it is remembered what each subtask put in. */
  readonly memory: Omit<CheckpointMemory, 'dag'>
  readonly settings: CheckpointSettings
}

/** Where rows that a job prints go to; absent for standard output alone. */
export type RowLogs = (jobId: string) => RowLog | undefined

/** What a node needs of the engine. */
export type JobPlanner = Pick<JobService, 'prepare' | 'outline'> & Partial<Pick<JobService, 'shades'>>

/** What a job is planned with when it comes in. */
export interface FirstPlan {
  readonly document: JobDocument
  readonly jobId: string
  readonly jobName: string | undefined
  readonly epoch: number
  readonly isStartWithSavepoint: boolean
  readonly restoreFrom: RestoreRequest | undefined
  readonly origin: JobRecord['origin']
  readonly packageContent: string | undefined
}

/** What an attempt goes on behind. */
interface FoundRecord {
  readonly record: CheckpointRecord
  /** Absent when an earlier attempt of the job left it. */
  readonly origin?: RestoreOrigin
}

/** Logger of rows that failed and were handled. */
const ROW_ERROR_LOGGER = 'org.apache.seatunnel.engine.server.task.error.RowErrorHandler'

/** Age at which a plan of a job that waited is made again: the files that it reads may be others by now. In milliseconds. */
const PLAN_AGE_MS = 5000

/** A planned attempt that has not begun. */
interface AttemptPlan {
  readonly job: PreparedJob
  /** Its worker threads at most. */
  readonly workers: number
  readonly plannedAtMs: number
}

/** What an attempt is planned from. */
interface AttemptSource {
  readonly document: JobDocument
  readonly jobId: string
  readonly jobName: string | undefined
  readonly origin: JobRecord['origin']
  readonly packageContent: string | undefined
  readonly epoch: number
  readonly parallelism: Parallelism | null
  readonly found: FoundRecord | null
}

/** What a planner works with. */
export interface AttemptPlannerParts {
  readonly jobs: JobPlanner
  readonly checkpoints: NodeCheckpoints
  readonly clock: NodeClock
  readonly log: JobLog
  readonly rowLog: RowLogs
  /** What jobs may do that come over REST; absent for everything. */
  readonly restPolicy?: JobPolicy | undefined
  /** Files of job packages; absent where there are none. */
  readonly packages?: PackageFiles | undefined
  /** Whether the job with an id has not ended. */
  readonly isRunning: (jobId: string) => boolean
}

/** Plans the attempts of all jobs and shares the cores of the machine among them. */
export class AttemptPlanner {
  readonly #jobs: JobPlanner
  readonly #checkpoints: NodeCheckpoints
  readonly #clock: NodeClock
  readonly #log: JobLog
  readonly #rowLog: RowLogs
  /** What jobs may do that come over REST; `null` for everything. */
  readonly #restPolicy: JobPolicy | null
  readonly #packages: PackageFiles | null
  /** Contents of packages by the jobs that may read them. */
  readonly #held = new Map<string, string>()
  readonly #isRunning: AttemptPlannerParts['isRunning']
  readonly #kept = new Map<string, AttemptPlan>()
  /** Worker threads of the attempts that run. */
  #workers = 0

  constructor({ jobs, checkpoints, clock, log, rowLog, restPolicy, packages, isRunning }: AttemptPlannerParts) {
    this.#jobs = jobs
    this.#isRunning = isRunning
    this.#restPolicy = restPolicy ?? null
    this.#packages = packages ?? null
    this.#log = log
    this.#rowLog = rowLog
    this.#checkpoints = checkpoints
    this.#clock = clock
  }

  /** Plans that wait for their attempts. */
  get kept(): number {
    return this.#kept.size
  }

  /**
   * Plans a job that comes in and keeps the plan for its first attempt.
   *
   * @throws MillraceErrors with every fault of it.
   */
  async first({ isStartWithSavepoint, restoreFrom, ...job }: FirstPlan): Promise<PreparedJob> {
    this.hold(job)
    try {
      const latest = isStartWithSavepoint ? await this.#latest(job.jobId, job.epoch, 0) : null
      const found = restoreFrom === undefined ? latest : await this.#named(restoreFrom)
      const plan = await this.#prepare({ ...job, parallelism: null, found }).catch(async (thrown: unknown) => {
        // There is no such job then, and nothing may tell of it.
        if (isStartWithSavepoint && latest === null) await this.drop(job.jobId)
        throw thrown
      })
      this.#kept.set(job.jobId, plan)
      return plan.job
    } catch (thrown) {
      this.forget(job.jobId)
      throw thrown
    }
  }

  /** Keeps the files of a job's package until the job is forgotten. */
  hold({ jobId, packageContent }: Pick<JobRecord, 'jobId' | 'packageContent'>): void {
    if (packageContent === undefined || this.#packages === null || this.#held.has(jobId)) return
    this.#packages.hold(packageContent)
    this.#held.set(jobId, packageContent)
  }

  /** The job is over, or did not come to be. */
  forget(jobId: string): void {
    this.#kept.delete(jobId)
    const content = this.#held.get(jobId)
    this.#held.delete(jobId)
    if (content !== undefined) this.#packages?.release(content)
  }

  /** Plans an attempt; the first one with the plan that was kept, where that is fresh. */
  async attempt(record: JobRecord, { epoch, parallelism, onCheckpoint }: AttemptRequest): Promise<JobAttempt> {
    const { jobId, dag } = record
    const kept = this.#kept.get(jobId)
    this.#kept.delete(jobId)
    const isFresh = kept !== undefined && parallelism === null && this.#clock.now() - kept.plannedAtMs < PLAN_AGE_MS
    const plan = isFresh ? kept : await this.#planAgain(record, epoch, parallelism)
    return this.#counted(engineAttempt(plan.job, dag, onCheckpoint), plan.workers)
  }

  async #planAgain(record: JobRecord, epoch: number, parallelism: Parallelism | null): Promise<AttemptPlan> {
    const { jobId, jobName, origin, isStartWithSavepoint, restoreFrom, firstEpoch, packageContent } = record
    const isOfAnyLife = isStartWithSavepoint && restoreFrom === undefined
    const latest = await this.#latest(jobId, epoch, isOfAnyLife ? 0 : firstEpoch)
    const found = latest ?? (restoreFrom === undefined ? null : await this.#named(restoreFrom))
    return this.#prepare({
      document: storedDocument(record, this.#jobs.shades),
      jobId,
      jobName,
      origin,
      packageContent,
      epoch,
      parallelism,
      found,
    })
  }

  /** Removes all checkpoints of a job; gives whether that was possible. Never rejects. */
  async drop(jobId: string): Promise<boolean> {
    return this.#checkpoints.store.remove(jobId).then(
      () => true,
      () => false,
    )
  }

  /** The newest checkpoint, behind which no earlier attempt can keep another; one of an earlier job with this id does not count. */
  async #latest(jobId: string, epoch: number, firstEpoch: number): Promise<FoundRecord | null> {
    await this.#checkpoints.store.claim(jobId, epoch)
    const latest = await this.#checkpoints.store.latest(jobId)
    return latest === null || latest.record.epoch < firstEpoch ? null : { record: latest.record }
  }

  /** What somebody named, of whichever job. @throws MillraceError `SAVEPOINT_LOCATION`, `CHECKPOINT_CORRUPT`, `CHECKPOINT_FAILED`. */
  async #named({ location, allowsMissingState }: RestoreRequest): Promise<FoundRecord> {
    const { store, savepoints } = this.#checkpoints
    const parsed = parseLocation(location)
    if (parsed.type === 'savepoint') {
      const record = await savepoints.read(parsed.address)
      return { record, origin: { location, isCommitted: true, allowsMissingState } }
    }
    const { jobId, checkpointId } = parsed
    const stored = await store.list(jobId)
    if (!stored.some((each) => each.checkpointId === checkpointId)) {
      throw new MillraceError('SAVEPOINT_LOCATION', `there is no checkpoint at '${location}'`, {
        hint: 'it may have been retired: name a savepoint, which stays',
      })
    }
    const record = await store.load(jobId, checkpointId)
    const isCommitted = checkpointId <= (await store.committedId(jobId))
    if (isCommitted || !this.#isRunning(jobId)) return { record, origin: { location, isCommitted, allowsMissingState } }
    throw new MillraceError('SAVEPOINT_LOCATION', `the checkpoint '${location}' is not complete yet`)
  }

  async #prepare({ epoch, found, origin, packageContent, parallelism, ...named }: AttemptSource): Promise<AttemptPlan> {
    const { store, settings } = this.#checkpoints
    const workers = this.#share()
    const job = await this.#jobs.prepare({
      ...named,
      sourceParallelism: parallelism ?? undefined,
      checkpoints: { store, epoch, restoreFrom: found?.record ?? null, origin: found?.origin, settings },
      workers,
      policy: await this.#policy(origin, packageContent, named.document),
      rowError: (line) => this.#log(ROW_ERROR_LOGGER, named.jobId).warn(line),
      rowLog: this.#rowLog(named.jobId),
      countsBytes: true,
    })
    return { job, workers, plannedAtMs: this.#clock.now() }
  }

  /** What a job may do. One of a package may read the package's files too, and nothing else that it could not without them. */
  async #policy(
    origin: JobRecord['origin'],
    packageContent: string | undefined,
    { redactor }: JobDocument,
  ): Promise<JobPolicy | undefined> {
    const policy = origin === 'rest' ? (this.#restPolicy ?? undefined) : undefined
    if (packageContent === undefined) return policy
    if (this.#packages === null) throw new MillraceError('JOB_PACKAGE', 'the node keeps no job packages')
    const packaged = await this.#packages.folder(packageContent)
    // What the user wrote without a folder in front is shown so.
    for (const folder of [packaged, process.cwd()]) redactor.leaveOut(folder)
    const { files = { allowed: null, forbidden: [] }, allowsUserCode = true } = policy ?? {}
    return { files: { ...files, packaged }, allowsUserCode }
  }

  /** Threads for one more attempt: all cores while there is room, fewer when others run, never none. */
  #share(): number {
    const cores = availableParallelism()
    return Math.max(1, Math.min(cores, 2 * cores - this.#workers))
  }

  #counted(attempt: JobAttempt, workers: number): JobAttempt {
    return {
      ...attempt,
      run: async () => {
        this.#workers += workers
        try {
          return await attempt.run()
        } finally {
          this.#workers -= workers
        }
      },
    }
  }
}
