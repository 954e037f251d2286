import type { NodeClock } from '../../src/node/clock.js'

/** Random numbers that a seed decides. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761 + 1) >>> 0
  }

  /** At least 0, less than 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 to below the limit. */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }
}

interface Timer {
  readonly atMs: number
  readonly order: number
  readonly call: () => void
  readonly process: SimProcess
}

/** Time that only moves when nothing else is left to do. */
export class SimTime {
  nowMs = 1_700_000_000_000
  #order = 0
  readonly #timers = new Set<Timer>()

  after(process: SimProcess, delayMs: number, call: () => void): () => void {
    const timer = { atMs: this.nowMs + delayMs, order: ++this.#order, call, process }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Lets everything happen that can happen now, then the next thing; `false` when nothing comes any more. */
  async step(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve))
    let next: Timer | null = null
    for (const timer of this.#timers) {
      if (!timer.process.isAlive) this.#timers.delete(timer)
      else if (next === null || timer.atMs < next.atMs || (timer.atMs === next.atMs && timer.order < next.order))
        next = timer
    }
    if (next === null) return false
    this.#timers.delete(next)
    this.nowMs = Math.max(this.nowMs, next.atMs)
    next.call()
    return true
  }
}

/** The clock of one process; nothing comes of what it waits for once it is dead. */
export class SimProcess implements NodeClock {
  isAlive = true
  readonly #time: SimTime

  constructor(time: SimTime) {
    this.#time = time
  }

  now(): number {
    return this.#time.nowMs
  }

  after(delayMs: number, call: () => void): () => void {
    return this.#time.after(this, delayMs, call)
  }

  /** Waits; for ever, when the process dies meanwhile. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve))
  }
}
