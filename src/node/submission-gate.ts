import { MillraceError } from '../core/error.js'
import type { SubmittedJob } from './api.js'

/** Lets submissions through, one at a time for every id and every other name that they ask for. */
export class SubmissionGate {
  /** Other names of jobs that are not durable yet. */
  readonly #aliases = new Set<string>()
  /** Submissions under way, by the id that they ask for. */
  readonly #submitting = new Map<string, Promise<SubmittedJob>>()

  /** Submissions under way that ask for an id. */
  get size(): number {
    return this.#submitting.size
  }

  /** Whether a job with this id is being submitted. */
  has(jobId: string): boolean {
    return this.#submitting.has(jobId)
  }

  /** Ends when all submissions have that are under way now. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#submitting.values())
  }

  /** Keeps another name for a submission. @throws MillraceError `JOB_EXISTS` when a job has it, or one that is being submitted. */
  async withAlias<T>(alias: string, isKnown: boolean, submit: () => Promise<T>): Promise<T> {
    if (isKnown || this.#aliases.has(alias)) {
      throw new MillraceError('JOB_EXISTS', `a job with the id ${alias} has already been submitted`, {
        path: 'jobId',
        hint: 'use another id, or none',
      })
    }
    this.#aliases.add(alias)
    try {
      return await submit()
    } finally {
      this.#aliases.delete(alias)
    }
  }

  /**
   * Submits when no other submission with the id is under way.
   *
   * @param known gives what there is to say without a submission, or `null`; may throw.
   */
  async withId(
    jobId: string,
    known: () => SubmittedJob | null,
    submit: () => Promise<SubmittedJob>,
  ): Promise<SubmittedJob> {
    for (let other = this.#submitting.get(jobId); other !== undefined; other = this.#submitting.get(jobId)) {
      await other.catch(() => undefined)
    }
    const found = known()
    if (found !== null) return found
    const submitted = submit()
    this.#submitting.set(jobId, submitted)
    try {
      return await submitted
    } finally {
      this.#submitting.delete(jobId)
    }
  }
}
