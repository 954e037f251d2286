import type { Timers } from './timers.js'

/** Lets a bounded number of tasks run at the same time, in the order in which they came. */
export class ConcurrencyLimit {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(most: number) {
    this.#free = most
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    // Whoever ends hands its place on.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}

const MICROS_PER_MINUTE = 60_000_000

/**
 * Spreads requests evenly over time, for all threads that share a word: each takes the next slot that is free and waits for it.
 * A pause that the other side asked for moves every later slot.
 */
export class RateLimit {
  readonly #intervalMicros: bigint
  readonly #word: BigInt64Array<SharedArrayBuffer>
  readonly #timers: Timers

  /**
   * @param requestsPerMinute `null` for no limit.
   * @param word one 64-bit word, zero at first: when the next slot is, in microseconds since 1970.
   */
  constructor(requestsPerMinute: number | null, word: BigInt64Array<SharedArrayBuffer>, timers: Timers) {
    this.#intervalMicros = BigInt(requestsPerMinute === null ? 0 : Math.ceil(MICROS_PER_MINUTE / requestsPerMinute))
    this.#word = word
    this.#timers = timers
  }

  /** Ends when the caller may send. */
  async take(signal: AbortSignal): Promise<void> {
    const now = this.#nowMicros()
    for (;;) {
      const next = Atomics.load(this.#word, 0)
      const slot = next > now ? next : now
      if (Atomics.compareExchange(this.#word, 0, next, slot + this.#intervalMicros) !== next) continue
      if (slot > now) await this.#timers.sleep(Number(slot - now) / 1000, signal)
      return
    }
  }

  /** Nothing is sent for a while. */
  pause(ms: number): void {
    const until = this.#nowMicros() + BigInt(Math.ceil(ms * 1000))
    for (;;) {
      const next = Atomics.load(this.#word, 0)
      if (next >= until || Atomics.compareExchange(this.#word, 0, next, until) === next) return
    }
  }

  #nowMicros(): bigint {
    return BigInt(Math.floor(this.#timers.now() * 1000))
  }
}
