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
  /** All jobs, in no order. */
  jobs(): Iterable<StoredJob>
  /** Makes changes durable, all of them or none. */
  write(changes: readonly StoreChange[]): Promise<void>
  close(): Promise<void>
}

/** A store that ends with the process. Keeps copies, so that what is changed later does not change it. */
export class MemoryJobStore implements JobStore {
  readonly epoch: number
  readonly #records = new Map<string, JobRecord>()
  readonly #progress = new Map<string, JobProgress>()

  constructor(epoch = 1) {
    this.epoch = epoch
  }

  *jobs(): Iterable<StoredJob> {
    for (const [jobId, record] of this.#records) {
      const progress = this.#progress.get(jobId)
      if (progress !== undefined) yield { record, progress }
    }
  }

  write(changes: readonly StoreChange[]): Promise<void> {
    for (const change of changes) {
      if (change.type === 'remove') {
        this.#records.delete(change.jobId)
        this.#progress.delete(change.jobId)
        continue
      }
      if (change.type === 'job') this.#records.set(change.record.jobId, change.record)
      this.#progress.set(change.type === 'job' ? change.record.jobId : change.jobId, change.progress)
    }
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
