import type { JobCheckpoints, JobEvent, JobRequest, JobStatus, JobView } from './api.js'
import type { AttemptHistory } from './attempt-history.js'

/** An ended job. */
export interface EndedJob {
  readonly view: JobView
  readonly timeline: readonly JobEvent[]
  readonly checkpoints: JobCheckpoints
  readonly requests: readonly JobRequest[]
  readonly attempts: AttemptHistory
}

/** How long ended jobs are kept. */
export interface HistoryLimits {
  /** Milliseconds after the end. */
  readonly expireMs: number
  /** Jobs at most; the oldest go first. */
  readonly jobs: number
}

/** Ended jobs in the order of their ends. */
export class JobHistory {
  readonly #limits: HistoryLimits
  readonly #now: () => number
  readonly #jobs = new Map<string, EndedJob>()
  readonly #counts = new Map<JobStatus, number>()

  constructor(limits: HistoryLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  /** `null` when the id is not known or expired. */
  get(jobId: string): EndedJob | null {
    const job = this.#jobs.get(jobId)
    return job === undefined || this.#isExpired(job) ? null : job
  }

  /** Adds a job; one with the same id is replaced. */
  add(job: EndedJob): void {
    this.remove(job.view.jobId)
    this.#jobs.set(job.view.jobId, job)
    this.#count(job, 1)
  }

  remove(jobId: string): void {
    const job = this.#jobs.get(jobId)
    if (job === undefined) return
    this.#jobs.delete(jobId)
    this.#count(job, -1)
  }

  count(status: JobStatus): number {
    return this.#counts.get(status) ?? 0
  }

  get size(): number {
    return this.#jobs.size
  }

  /** Views of one status, or of all. */
  views(status: JobStatus | null): readonly JobView[] {
    const views: JobView[] = []
    for (const job of this.#jobs.values()) {
      if ((status === null || job.view.status === status) && !this.#isExpired(job)) views.push(job.view)
    }
    return views
  }

  /** Ids of jobs that are kept no longer. */
  expired(): readonly string[] {
    const ids: string[] = []
    let rest = this.#jobs.size
    for (const [jobId, job] of this.#jobs) {
      if (rest <= this.#limits.jobs && !this.#isExpired(job)) continue
      ids.push(jobId)
      rest -= 1
    }
    return ids
  }

  #isExpired({ view }: EndedJob): boolean {
    return (view.finishedAtMs ?? 0) + this.#limits.expireMs <= this.#now()
  }

  #count(job: EndedJob, change: number): void {
    this.#counts.set(job.view.status, this.count(job.view.status) + change)
  }
}
