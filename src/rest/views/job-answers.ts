import { END_STATES, type JobStatus, type JobView } from '../../node/api.js'
import type { WireProfile } from '../profile.js'
import type { EndedJobs } from './ended-jobs.js'
import { runningJobJson } from './job-json.js'
import { listOf } from './job-list.js'

/** Time for which the text of a running job is given again while only its counters move. */
const RUNNING_TEXT_MS = 100
/** Texts of running jobs that are kept. */
const MAX_RUNNING_TEXTS = 10_000

interface RunningText {
  readonly view: JobView
  readonly madeAtMs: number
  readonly bytes: Buffer
}

/** What the jobs of a dialect look like. */
export interface JobAnswerOptions {
  readonly profile: WireProfile
  /** Whether running jobs have `envOptions` beside their `jobDag`. */
  readonly withEnvOptions: boolean
  /** May be shared: it is the same in every dialect. */
  readonly ended: EndedJobs
  readonly now: () => number
}

/**
 * Jobs as the bytes that a dialect answers with. Texts of views that did not change are kept: a view that is the same object has the
 * same bytes, and the counters of a running job are at most 100 ms old.
 */
export class JobAnswers {
  readonly #options: JobAnswerOptions
  readonly #running = new Map<string, RunningText>()

  constructor(options: JobAnswerOptions) {
    this.#options = options
  }

  /** The object of one job in the shape of its state. */
  one(view: JobView): Buffer {
    if (!END_STATES.has(view.status)) return this.#runningText(view)
    this.#running.delete(view.jobId)
    return this.#options.ended.one(view)
  }

  /** The list of jobs that have not ended. */
  running(views: readonly JobView[]): Buffer {
    return listOf(views.map((view) => this.#runningText(view)))
  }

  /** The list of ended jobs. @param state of all of them, or `null`. */
  ended(views: readonly JobView[], state: JobStatus | null): Buffer {
    return this.#options.ended.list(views, state)
  }

  /** A part of such a list. */
  endedPage(views: readonly JobView[]): Buffer {
    return this.#options.ended.page(views)
  }

  #runningText(view: JobView): Buffer {
    const { profile, withEnvOptions, now } = this.#options
    const known = this.#running.get(view.jobId)
    if (known?.view === view) return known.bytes
    const nowMs = now()
    if (
      known !== undefined &&
      isSameButCounters(known.view, view) &&
      Math.abs(nowMs - known.madeAtMs) < RUNNING_TEXT_MS
    )
      return known.bytes
    const bytes = Buffer.from(runningJobJson(view, profile, withEnvOptions))
    if (this.#running.size >= MAX_RUNNING_TEXTS) this.#running.clear()
    this.#running.set(view.jobId, { view, madeAtMs: nowMs, bytes })
    return bytes
  }
}

function isSameButCounters(one: JobView, other: JobView): boolean {
  return (
    one.status === other.status &&
    one.epoch === other.epoch &&
    one.restarts === other.restarts &&
    one.dag === other.dag &&
    one.createdAtMs === other.createdAtMs
  )
}
