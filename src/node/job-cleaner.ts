import type { JobView } from './api.js'
import type { JobProgress, JobRecord } from './job-record.js'
import type { JobStore } from './job-store.js'

/** What a cleaner works with. */
export interface JobCleanerParts {
  readonly store: JobStore
  /** Removes all checkpoints of a job; gives whether that was possible. Never rejects. */
  readonly drop: (jobId: string) => Promise<boolean>
  /** The ended job with an id; `null` when there is none. */
  readonly ended: (jobId: string) => JobView | null
  /** Whether a job with this id is coming, which deals with what an earlier one left. */
  readonly isComing: (jobId: string) => boolean
}

/** Removes the checkpoints that ended jobs do not need, each of the job that left them and no later one with its id. */
export class JobCleaner {
  readonly #parts: JobCleanerParts
  /** Removals under way. */
  readonly #running = new Map<string, Promise<void>>()
  /** Jobs of which nothing is left, where the store does not know that yet. */
  readonly #cleaned = new Map<string, JobProgress>()

  constructor(parts: JobCleanerParts) {
    this.#parts = parts
  }

  /** Removes what a job left that has just ended; what cannot be removed now is removed at the next start of the node. */
  async clean({ jobId, createdAtMs }: JobRecord, progress: JobProgress): Promise<void> {
    const ended = this.#parts.ended(jobId)
    if (ended?.createdAtMs !== createdAtMs || ended.epoch !== progress.epoch || this.#parts.isComing(jobId)) return
    const cleaned = this.cleanFound(jobId, progress)
    this.#running.set(jobId, cleaned)
    await cleaned
    this.#running.delete(jobId)
  }

  /** Removes what a job left that ended before the node was started. */
  async cleanFound(jobId: string, progress: JobProgress): Promise<void> {
    if (await this.#parts.drop(jobId)) this.#cleaned.set(jobId, { ...progress, hasLeftovers: false })
  }

  /** Ends when nothing of a job is being removed. */
  async settled(jobId: string): Promise<void> {
    await this.#running.get(jobId)
  }

  /** There is a new job with this id. */
  forget(jobId: string): void {
    this.#cleaned.delete(jobId)
  }

  /** Writes down of which jobs nothing is left. Until then the next start would remove it once more, which costs little. */
  async save(): Promise<void> {
    const { ended, isComing, store } = this.#parts
    const changes = [...this.#cleaned].filter(([jobId]) => ended(jobId) !== null && !isComing(jobId))
    this.#cleaned.clear()
    if (changes.length === 0) return
    await store.write(changes.map(([jobId, progress]) => ({ type: 'progress', jobId, progress })))
  }

  /** Waits for what is being removed and writes it down, for a node that stops. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#running.values())
    await this.save().catch(() => undefined)
  }
}
