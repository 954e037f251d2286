import type { NodeClock } from '../clock.js'

/** A clock that stands until a test moves it. */
export class ManualClock implements NodeClock {
  #now = 1_000_000
  readonly #calls: { readonly atMs: number; readonly call: () => void }[] = []

  now(): number {
    return this.#now
  }

  after(delayMs: number, call: () => void): () => void {
    const entry = { atMs: this.#now + delayMs, call }
    this.#calls.push(entry)
    return () => {
      const at = this.#calls.indexOf(entry)
      if (at >= 0) this.#calls.splice(at, 1)
    }
  }

  /** Calls whose time has come are made in their order; they may ask for others. */
  advance(ms: number): void {
    const until = this.#now + ms
    for (;;) {
      const [next] = this.#calls.toSorted((left, right) => left.atMs - right.atMs)
      if (next === undefined || next.atMs > until) break
      this.#calls.splice(this.#calls.indexOf(next), 1)
      this.#now = Math.max(this.#now, next.atMs)
      next.call()
    }
    this.#now = until
  }
}
