import { MillraceError } from '../core/error.js'
import { progressOf, type StoredProgress, storedProgress } from './job-codec.js'
import type { JobProgress, JobRecord } from './job-record.js'

/** A job as it is stored. */
export interface StoredJob {
  readonly record: JobRecord
  readonly progress: JobProgress
}

/** One change of the store. */
export type StoreChange =
  | { readonly type: 'job'; readonly record: JobRecord; readonly progress: JobProgress }
  | { readonly type: 'progress'; readonly jobId: string; readonly progress: JobProgress }
  | { readonly type: 'remove'; readonly jobId: string }

/** Where a node keeps its jobs. */
export interface JobStore {
  /** Goes up with every node that opens the store. */
  readonly epoch: number
  /** Ends when another node has opened the store. */
  readonly lost: Promise<MillraceError>
  /** All jobs, in no order. */
  jobs(): Iterable<StoredJob>
  /**
   * Makes changes durable, all of them or none.
   *
   * @throws MillraceError `STORE_FAILED` when it cannot, `NODE_LOCKED` when another node has opened the store meanwhile.
   */
  write(changes: readonly StoreChange[]): Promise<void>
  close(): Promise<void>
}

/** What memory stores of one folder share. */
interface MemoryJobs {
  epoch: number
  readonly records: Map<string, JobRecord>
  readonly progress: Map<string, StoredProgress>
}

/** A store that ends with the process. Keeps copies, as if they were written. */
export class MemoryJobStore implements JobStore {
  readonly epoch: number
  readonly lost = new Promise<MillraceError>(() => undefined)
  readonly #jobs: MemoryJobs

  constructor(jobs: MemoryJobs = { epoch: 0, records: new Map(), progress: new Map() }) {
    jobs.epoch += 1
    this.epoch = jobs.epoch
    this.#jobs = jobs
  }

  /** Opens the same jobs once more, as another process would. */
  reopened(): MemoryJobStore {
    return new MemoryJobStore(this.#jobs)
  }

  *jobs(): Iterable<StoredJob> {
    for (const [jobId, record] of this.#jobs.records) {
      const progress = this.#jobs.progress.get(jobId)
      if (progress !== undefined) yield { record, progress: progressOf(structuredClone(progress)) }
    }
  }

  write(changes: readonly StoreChange[]): Promise<void> {
    if (this.epoch !== this.#jobs.epoch) {
      return Promise.reject(new MillraceError('NODE_LOCKED', 'another node has opened the jobs'))
    }
    const { records, progress } = this.#jobs
    for (const change of changes) {
      if (change.type === 'remove') {
        records.delete(change.jobId)
        progress.delete(change.jobId)
        continue
      }
      if (change.type === 'job') records.set(change.record.jobId, structuredClone(change.record))
      const jobId = change.type === 'job' ? change.record.jobId : change.jobId
      progress.set(jobId, structuredClone(storedProgress(change.progress)))
    }
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
