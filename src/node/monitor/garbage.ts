import { constants, PerformanceObserver } from 'node:perf_hooks'

/** Collections of one kind so far. */
export interface Collections {
  readonly count: number
  readonly seconds: number
}

/** Counts the garbage collections of the main thread from its making on. */
export class GarbageMeter {
  #minor: Collections = { count: 0, seconds: 0 }
  #major: Collections = { count: 0, seconds: 0 }
  readonly #observer: PerformanceObserver

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { kind } = (entry as { readonly detail?: { readonly kind?: number } }).detail ?? {}
        const seconds = entry.duration / 1000
        if (kind === constants.NODE_PERFORMANCE_GC_MINOR) this.#minor = plus(this.#minor, seconds)
        else this.#major = plus(this.#major, seconds)
      }
    })
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  /** Of young objects. */
  get minor(): Collections {
    return this.#minor
  }

  /** Of everything, at once or bit by bit. */
  get major(): Collections {
    return this.#major
  }

  close(): void {
    this.#observer.disconnect()
  }
}

function plus({ count, seconds }: Collections, more: number): Collections {
  return { count: count + 1, seconds: seconds + more }
}
