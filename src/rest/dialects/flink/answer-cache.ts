import type { JobEvent, NodeService } from '../../../node/api.js'
import type { RestResponse } from '../../response.js'

/** Milliseconds for which an answer is given again: counters of running jobs are read as often. */
const AGE_MS = 50
/** Answers that are kept at a time. */
const LIMIT = 1000

/** What happens to jobs that changes no answer at once: checkpoints come many times in a second. */
const PASSING: ReadonlySet<JobEvent['kind']> = new Set(['checkpoint', 'warning', 'request'])

interface Kept {
  readonly madeAtMs: number
  readonly response: RestResponse
}

/** Answers that many clients ask for again and again, as bytes. What happens to a job makes all of them anew. */
export class AnswerCache {
  readonly #kept = new Map<string, Kept>()
  readonly #watched = new WeakSet<NodeService>()

  /** The answer of a key: the last one while it is fresh, else a new one. */
  get(key: string, node: NodeService, nowMs: number, make: () => RestResponse): RestResponse {
    if (!this.#watched.has(node)) {
      this.#watched.add(node)
      node.onEvent((_jobId, { kind }) => {
        if (!PASSING.has(kind)) this.#kept.clear()
      })
    }
    const known = this.#kept.get(key)
    if (known !== undefined && nowMs - known.madeAtMs < AGE_MS && nowMs >= known.madeAtMs) return known.response
    const made = make()
    const response = typeof made.body === 'string' ? { ...made, body: Buffer.from(made.body) } : made
    if (this.#kept.size >= LIMIT) this.#kept.clear()
    this.#kept.set(key, { madeAtMs: nowMs, response })
    return response
  }
}
