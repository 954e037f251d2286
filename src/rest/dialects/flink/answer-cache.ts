import type { JobEvent, NodeService } from '../../../node/api.js'
import type { RestResponse } from '../../response.js'

/** Milliseconds for which an answer is given again: counters of running jobs are read as often. */
const AGE_MS = 50
/** Answers that are kept at a time. */
const LIMIT = 1000

/** What happens to jobs that changes no answer at once: checkpoints come many times in a second. */
const PASSING: ReadonlySet<JobEvent['kind']> = new Set(['checkpoint', 'warning', 'request'])

/** An answer that takes this long to make, in milliseconds, holds up everything else: thousands of jobs are in it. */
const LONG_MS = 5
/** Such answers take one part in this many of the time at most, however many clients ask and whatever happens to jobs. */
const SHARE = 10

interface Kept {
  readonly madeAtMs: number
  /** Time for which it is given again, whatever happens. */
  readonly leastAgeMs: number
  /** Changes of jobs before it was made. */
  readonly changes: number
  readonly response: RestResponse
}

/** Answers that many clients ask for again and again, as bytes. What happens to a job makes them anew. */
export class AnswerCache {
  readonly #kept = new Map<string, Kept>()
  readonly #watched = new WeakSet<NodeService>()
  readonly #stopwatch: () => number
  #changes = 0

  /** @param stopwatch milliseconds from any start; tells how long it takes to make an answer. */
  constructor(stopwatch: () => number = () => performance.now()) {
    this.#stopwatch = stopwatch
  }

  /** The answer of a key: the last one while it is fresh, else a new one. */
  get(key: string, node: NodeService, nowMs: number, make: () => RestResponse): RestResponse {
    if (!this.#watched.has(node)) {
      this.#watched.add(node)
      node.onEvent((_jobId, { kind }) => {
        if (!PASSING.has(kind)) this.#changes += 1
      })
    }
    const known = this.#kept.get(key)
    if (known !== undefined && this.#isFresh(known, nowMs)) return known.response
    const startMs = this.#stopwatch()
    const made = make()
    const response = typeof made.body === 'string' ? { ...made, body: Buffer.from(made.body) } : made
    const makingMs = this.#stopwatch() - startMs
    if (this.#kept.size >= LIMIT) this.#kept.clear()
    const leastAgeMs = makingMs < LONG_MS ? 0 : makingMs * SHARE
    this.#kept.set(key, { madeAtMs: nowMs, leastAgeMs, changes: this.#changes, response })
    return response
  }

  #isFresh({ madeAtMs, leastAgeMs, changes }: Kept, nowMs: number): boolean {
    const ageMs = nowMs - madeAtMs
    return ageMs >= 0 && (ageMs < leastAgeMs || (ageMs < AGE_MS && changes === this.#changes))
  }
}
