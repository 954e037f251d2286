import type { JobEvent, NodeService } from '../../../node/api.js'
import type { RestResponse } from '../../response.js'

/** Milliseconds for which an answer is given again: counters of running jobs are read as often. */
const AGE_MS = 50
/** Answers that are kept at a time. */
const LIMIT = 1000

/** What happens to jobs that changes no answer at once: checkpoints come many times in a second. */
const PASSING: ReadonlySet<JobEvent['kind']> = new Set(['checkpoint', 'warning', 'request'])

/** To make a larger answer, in bytes, holds up everything else: thousands of jobs are in it. */
const LARGE_BYTES = 512 * 1024
/** Bytes of such an answer for which it is given again for a millisecond, whatever happens: ten times as long as it takes to make it. */
const BYTES_PER_MS = 10 * 1024

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
  #changes = 0

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
    const made = make()
    const response = typeof made.body === 'string' ? { ...made, body: Buffer.from(made.body) } : made
    if (this.#kept.size >= LIMIT) this.#kept.clear()
    const bytes = response.body instanceof Uint8Array ? response.body.byteLength : 0
    const leastAgeMs = bytes < LARGE_BYTES ? 0 : bytes / BYTES_PER_MS
    this.#kept.set(key, { madeAtMs: nowMs, leastAgeMs, changes: this.#changes, response })
    return response
  }

  #isFresh({ madeAtMs, leastAgeMs, changes }: Kept, nowMs: number): boolean {
    const ageMs = nowMs - madeAtMs
    return ageMs >= 0 && (ageMs < leastAgeMs || (ageMs < AGE_MS && changes === this.#changes))
  }
}
