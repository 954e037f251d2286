/** When addresses that guess passwords have to wait. */
export interface BackOffLimits {
  /** Failures that cost nothing. */
  readonly freeFailures: number
  /** Pause behind the next one; it doubles with each further one. */
  readonly firstPauseMs: number
  readonly longestPauseMs: number
  /** Failures are forgotten after this long without one. */
  readonly forgetMs: number
  /** Addresses that are remembered; beyond them the one whose last failure is oldest is forgotten. */
  readonly addresses: number
}

/** What holds unless it is configured. */
export const BACK_OFF_LIMITS: BackOffLimits = {
  freeFailures: 5,
  firstPauseMs: 1000,
  longestPauseMs: 60_000,
  forgetMs: 15 * 60_000,
  addresses: 10_000,
}

interface Failures {
  count: number
  lastMs: number
}

/** Remembers which addresses failed to say who they are. */
export class BackOff {
  readonly #limits: BackOffLimits
  readonly #now: () => number
  /** In the order of their last failure. */
  readonly #failures = new Map<string, Failures>()

  /** @param now a clock in milliseconds that does not go back. */
  constructor(limits: BackOffLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  /** How long an address has to wait until its credentials are looked at. @returns milliseconds, 0 for not at all. */
  waitMs(address: string): number {
    const failures = this.#failures.get(address)
    if (failures === undefined) return 0
    const { freeFailures, firstPauseMs, longestPauseMs } = this.#limits
    if (failures.count < freeFailures) return 0
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(30, failures.count - freeFailures))
    return Math.max(0, failures.lastMs + pauseMs - this.#now())
  }

  /** Counts an attempt as failed. An attempt counts before its outcome is known, or many at once would cost as much as one. */
  failed(address: string): void {
    const lastMs = this.#now()
    const before = this.#failures.get(address)
    const isRecent = before !== undefined && lastMs - before.lastMs < this.#limits.forgetMs
    this.#failures.delete(address)
    this.#failures.set(address, { count: isRecent ? before.count + 1 : 1, lastMs })
    if (this.#failures.size <= this.#limits.addresses) return
    const [oldest] = this.#failures.keys()
    if (oldest !== undefined) this.#failures.delete(oldest)
  }

  /** Forgets the failures of an address. */
  succeeded(address: string): void {
    this.#failures.delete(address)
  }
}
