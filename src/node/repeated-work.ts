import type { NodeClock } from './clock.js'

/** Work that is done again and again until it is stopped. */
export class RepeatedWork {
  readonly #clock: NodeClock
  readonly #forgetTimers = new Map<string, () => void>()
  #isStopped = false

  constructor(clock: NodeClock) {
    this.#clock = clock
  }

  /** Does work each time that the interval is over since it was done last. What fails of it is done the next time. */
  repeat(name: string, intervalMs: number, work: () => Promise<void>): void {
    const again = async (): Promise<void> => {
      await work().catch(() => undefined)
      if (!this.#isStopped) this.repeat(name, intervalMs, work)
    }
    this.#forgetTimers.set(
      name,
      this.#clock.after(intervalMs, () => void again()),
    )
  }

  /** Begins nothing any more; what is under way ends by itself. */
  stop(): void {
    this.#isStopped = true
    for (const forget of this.#forgetTimers.values()) forget()
  }
}
