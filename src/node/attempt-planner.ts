import { availableParallelism } from 'node:os'
import type { JobDocument } from '../config/job-document.js'
import type {
  CheckpointRecord,
  CheckpointSettings,
  CheckpointStore,
  JobService,
  PreparedJob,
  RowLog,
} from '../engine/job-service.js'
import type { NodeClock } from './clock.js'
import { engineAttempt, type JobAttempt } from './job-attempt.js'
import type { AttemptRequest } from './job-master.js'
import type { JobRecord } from './job-record.js'
import type { JobLog } from './report/job-journal.js'
import { documentOf } from './submission.js'

/** Where jobs keep their checkpoints. */
export interface NodeCheckpoints {
  readonly store: CheckpointStore
  readonly settings: CheckpointSettings
}

/** Where rows that a job prints go to; absent for standard output alone. */
export type RowLogs = (jobId: string) => RowLog | undefined

/** What a node needs of the engine. */
export type JobPlanner = Pick<JobService, 'prepare'> & Partial<Pick<JobService, 'shades'>>

/** What a job is planned with when it comes in. */
export interface FirstPlan {
  readonly document: JobDocument
  readonly jobId: string
  readonly jobName: string | undefined
  readonly epoch: number
  readonly isStartWithSavepoint: boolean
}

/** Logger of rows that failed and were handled. */
const ROW_ERROR_LOGGER = 'org.apache.seatunnel.engine.server.task.error.RowErrorHandler'

/** Age at which a plan of a job that waited is made again: the files that it reads may be others by now. In milliseconds. */
const PLAN_AGE_MS = 5000

/** A planned job whose first attempt has not begun. */
interface KeptPlan {
  readonly job: PreparedJob
  readonly plannedAtMs: number
}

/** Plans the attempts of all jobs and shares the cores of the machine among them. */
export class AttemptPlanner {
  readonly #jobs: JobPlanner
  readonly #checkpoints: NodeCheckpoints
  readonly #clock: NodeClock
  readonly #log: JobLog
  readonly #rowLog: RowLogs
  readonly #kept = new Map<string, KeptPlan>()
  /** Worker threads of the attempts that run. */
  #workers = 0

  constructor(jobs: JobPlanner, checkpoints: NodeCheckpoints, clock: NodeClock, log: JobLog, rowLog: RowLogs) {
    this.#jobs = jobs
    this.#log = log
    this.#rowLog = rowLog
    this.#checkpoints = checkpoints
    this.#clock = clock
  }

  /** Plans that wait for their attempts. */
  get kept(): number {
    return this.#kept.size
  }

  /** Plans a job that comes in. @throws MillraceErrors with every fault of it. */
  async first({ document, jobId, jobName, epoch, isStartWithSavepoint }: FirstPlan): Promise<PreparedJob> {
    const restoreFrom = isStartWithSavepoint ? await this.#latest(jobId, epoch, 0) : null
    return this.#prepare({ document, jobId, jobName, epoch, restoreFrom })
  }

  /** Keeps what {@link first} gave for the first attempt. */
  keep(job: PreparedJob): void {
    this.#kept.set(job.id, { job, plannedAtMs: this.#clock.now() })
  }

  forget(jobId: string): void {
    this.#kept.delete(jobId)
  }

  /** Plans an attempt; the first one with the plan that was kept, where that is fresh. */
  async attempt(record: JobRecord, { epoch, onCheckpoint }: AttemptRequest): Promise<JobAttempt> {
    const { jobId, jobName, dag, isStartWithSavepoint, firstEpoch } = record
    const kept = this.#kept.get(jobId)
    this.#kept.delete(jobId)
    if (kept !== undefined && this.#clock.now() - kept.plannedAtMs < PLAN_AGE_MS) {
      return this.#counted(engineAttempt(kept.job, dag, onCheckpoint))
    }
    const restoreFrom = await this.#latest(jobId, epoch, isStartWithSavepoint ? 0 : firstEpoch)
    const job = await this.#prepare({
      document: documentOf(record, this.#jobs.shades),
      jobId,
      jobName,
      epoch,
      restoreFrom,
    })
    return this.#counted(engineAttempt(job, dag, onCheckpoint))
  }

  /** Removes all checkpoints of a job; gives whether that was possible. Never rejects. */
  async drop(jobId: string): Promise<boolean> {
    return this.#checkpoints.store.remove(jobId).then(
      () => true,
      () => false,
    )
  }

  /** The newest checkpoint, behind which no earlier attempt can keep another; one of an earlier job with this id does not count. */
  async #latest(jobId: string, epoch: number, firstEpoch: number): Promise<CheckpointRecord | null> {
    await this.#checkpoints.store.claim(jobId, epoch)
    const latest = await this.#checkpoints.store.latest(jobId)
    return latest === null || latest.record.epoch < firstEpoch ? null : latest.record
  }

  #prepare(plan: {
    readonly document: JobDocument
    readonly jobId: string
    readonly jobName: string | undefined
    readonly epoch: number
    readonly restoreFrom: CheckpointRecord | null
  }): Promise<PreparedJob> {
    const { document, jobId, jobName, epoch, restoreFrom } = plan
    const { store, settings } = this.#checkpoints
    const checkpoints = { store, epoch, restoreFrom, settings }
    const rowError = (line: string): void => this.#log(ROW_ERROR_LOGGER, jobId).warn(line)
    const workers = this.#share()
    const rowLog = this.#rowLog(jobId)
    return this.#jobs.prepare({ document, jobId, jobName, checkpoints, workers, rowError, rowLog, countsBytes: true })
  }

  /** Threads for one more attempt: all cores while there is room, fewer when others run, never none. */
  #share(): number {
    const cores = availableParallelism()
    return Math.max(1, Math.min(cores, 2 * cores - this.#workers))
  }

  #counted(attempt: JobAttempt): JobAttempt {
    const workers = availableParallelism()
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
