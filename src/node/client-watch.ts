import type { NodeClock } from './clock.js'

/** A job whose client has to say again and again that it is there. */
interface WatchedJob {
  readonly untilMs: number
  readonly forgetTimer: () => void
}

/** Longest time of one timer; longer ones are set again when it is over. */
const TIMER_LIMIT_MS = 24 * 3600 * 1000

/** Tells when the client of a job was not heard of in time. */
export class ClientWatch {
  readonly #clock: NodeClock
  readonly #onLost: (jobId: string) => void
  readonly #jobs = new Map<string, WatchedJob>()

  constructor(clock: NodeClock, onLost: (jobId: string) => void) {
    this.#clock = clock
    this.#onLost = onLost
  }

  /** Begins to wait for the client of a job. */
  begin(jobId: string, timeoutMs: number): void {
    this.#wait(jobId, this.#clock.now() + timeoutMs)
  }

  /** The client is there and will be heard of again before a time. Does nothing for jobs that are not waited for. */
  heard(jobId: string, untilMs: number): void {
    if (this.#jobs.has(jobId)) this.#wait(jobId, untilMs)
  }

  forget(jobId: string): void {
    this.#jobs.get(jobId)?.forgetTimer()
    this.#jobs.delete(jobId)
  }

  /** Nobody is waited for any more. */
  close(): void {
    for (const jobId of [...this.#jobs.keys()]) this.forget(jobId)
  }

  #wait(jobId: string, untilMs: number): void {
    this.forget(jobId)
    const restMs = Math.max(0, untilMs - this.#clock.now())
    const forgetTimer = this.#clock.after(Math.min(restMs, TIMER_LIMIT_MS), () => {
      if (this.#clock.now() < untilMs) this.#wait(jobId, untilMs)
      else {
        this.#jobs.delete(jobId)
        this.#onLost(jobId)
      }
    })
    this.#jobs.set(jobId, { untilMs, forgetTimer })
  }
}
