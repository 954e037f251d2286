import { asMillraceErrors } from '../../../core/error.js'
import { failureClass } from './jobs.js'
import { throwable } from './serialized-throwable.js'

/** Results that are kept at a time; the oldest that are complete go first. */
const LIMIT = 10_000

/** What a poll answers. There is no state for failures: they are a result like any other. */
export interface AsyncAnswer {
  readonly status: { readonly id: 'IN_PROGRESS' | 'COMPLETED' }
  readonly operation: object | null
}

/** The answer while there is no result. */
export const IN_PROGRESS: AsyncAnswer = { status: { id: 'IN_PROGRESS' }, operation: null }

/** Things that take longer than a request: started by one, polled by others. Results live as long as the process. */
export class AsyncOperations {
  readonly #answers = new Map<string, AsyncAnswer>()

  /**
   * Starts an operation, unless one with the key was started before.
   *
   * @param failureMember where a failure stands in the result; Flink spells it in two ways.
   */
  start(key: string, failureMember: 'failure-cause' | 'failureCause', run: () => Promise<object>): void {
    if (this.#answers.has(key)) return
    this.#makeRoom()
    this.#answers.set(key, IN_PROGRESS)
    const complete = (operation: object): void => {
      this.#answers.set(key, { status: { id: 'COMPLETED' }, operation })
    }
    void run().then(complete, (thrown) => {
      const [error] = asMillraceErrors(thrown)
      complete({ [failureMember]: throwable(failureClass(error?.code ?? 'JOB_FAILED'), error?.message ?? '') })
    })
  }

  /** What is known of an operation; `null` when it was never started, or so long ago that it was given up. */
  poll(key: string): AsyncAnswer | null {
    return this.#answers.get(key) ?? null
  }

  #makeRoom(): void {
    if (this.#answers.size < LIMIT) return
    for (const [key, { operation }] of this.#answers) {
      if (operation === null) continue
      this.#answers.delete(key)
      return
    }
  }
}
