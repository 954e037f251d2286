/** How long an owner may be silent before its job is given up, in milliseconds. */
const SILENCE_LIMIT_MS = 30_000

/** How many requests hold a job, or what gives it up when none has come back in time. */
interface Ownership {
  holders: number
  timer: NodeJS.Timeout | null
}

/**
 * Clients whose jobs end with them. Such a client waits for its job in one request after the other; when none is open for half a minute,
 * it is gone: killed, or its machine. Not kept across restarts of the node.
 *
 * @source SeaTunnel client option `--close-job`, there for clients that end in order only
 */
export class JobOwners {
  readonly #jobs = new Map<string, Ownership>()
  readonly #limitMs: number

  constructor(limitMs = SILENCE_LIMIT_MS) {
    this.#limitMs = limitMs
  }

  /** Jobs that have an owner, for finding out whether they are forgotten. */
  get size(): number {
    return this.#jobs.size
  }

  /** An owner's request begins. */
  hold(jobId: string): void {
    const job = this.#jobs.get(jobId) ?? { holders: 0, timer: null }
    if (job.timer !== null) clearTimeout(job.timer)
    this.#jobs.set(jobId, { holders: job.holders + 1, timer: null })
  }

  /**
   * It ended.
   *
   * @param hasEnded the job needs no owner any more.
   * @param giveUp called when no request of an owner comes in time.
   */
  release(jobId: string, hasEnded: boolean, giveUp: () => void): void {
    const holders = Math.max(0, (this.#jobs.get(jobId)?.holders ?? 1) - 1)
    if (hasEnded) {
      this.#jobs.delete(jobId)
      return
    }
    if (holders > 0) {
      this.#jobs.set(jobId, { holders, timer: null })
      return
    }
    const timer = setTimeout(() => {
      this.#jobs.delete(jobId)
      giveUp()
    }, this.#limitMs)
    timer.unref()
    this.#jobs.set(jobId, { holders, timer })
  }
}
