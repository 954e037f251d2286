import { END_STATES, type JobStatus, type JobView } from '../../node/api.js'
import { localTimeText } from '../java-text.js'
import type { WireProfile } from '../profile.js'
import { endedDagJson, envOptionsJson, runningDagJson } from './dag-json.js'
import { metricsJson } from './metrics-json.js'

/** Time for which the text of a running job is given again while only its counters move. */
const RUNNING_TEXT_MS = 100
/** Texts of running jobs that are kept. */
const MAX_RUNNING_TEXTS = 10_000

interface RunningText {
  readonly view: JobView
  readonly madeAtMs: number
  readonly bytes: Buffer
}

/** Ended jobs of one state as text, and which they were. */
interface EndedList {
  readonly views: readonly JobView[]
  readonly bytes: Buffer
}

/**
 * Jobs as the bytes that a dialect answers with. Texts of views that did not change are kept: a view that is the same object has the
 * same bytes, and the counters of a running job are at most 100 ms old.
 */
export class JobAnswers {
  readonly #profile: WireProfile
  readonly #withEnvOptions: boolean
  readonly #now: () => number
  readonly #ended = new WeakMap<JobView, Buffer>()
  readonly #lists = new Map<string, EndedList>()
  readonly #running = new Map<string, RunningText>()

  /** @param withEnvOptions whether running jobs have `envOptions` beside their `jobDag`. */
  constructor(profile: WireProfile, withEnvOptions: boolean, now: () => number) {
    this.#profile = profile
    this.#withEnvOptions = withEnvOptions
    this.#now = now
  }

  /** The object of one job in the shape of its state. */
  one(view: JobView): Buffer {
    return END_STATES.has(view.status) ? this.#endedText(view) : this.#runningText(view)
  }

  /** The list of jobs that have not ended. */
  running(views: readonly JobView[]): Buffer {
    return listOf(views.map((view) => this.#runningText(view)))
  }

  /** The list of ended jobs. @param state of all of them, or `null`. */
  ended(views: readonly JobView[], state: JobStatus | null): Buffer {
    const known = this.#lists.get(state ?? '')
    if (known !== undefined && isSameList(known.views, views)) return known.bytes
    const bytes = listOf(views.map((view) => this.#endedText(view)))
    this.#lists.set(state ?? '', { views, bytes })
    return bytes
  }

  /** A part of such a list. */
  endedPage(views: readonly JobView[]): Buffer {
    return listOf(views.map((view) => this.#endedText(view)))
  }

  #endedText(view: JobView): Buffer {
    const known = this.#ended.get(view)
    if (known !== undefined) return known
    this.#running.delete(view.jobId)
    const bytes = Buffer.from(endedJobJson(view, this.#profile))
    this.#ended.set(view, bytes)
    return bytes
  }

  #runningText(view: JobView): Buffer {
    const known = this.#running.get(view.jobId)
    if (known?.view === view) return known.bytes
    const now = this.#now()
    if (known !== undefined && isSameButCounters(known.view, view) && Math.abs(now - known.madeAtMs) < RUNNING_TEXT_MS)
      return known.bytes
    const bytes = Buffer.from(runningJobJson(view, this.#profile, this.#withEnvOptions))
    if (this.#running.size >= MAX_RUNNING_TEXTS) this.#running.clear()
    this.#running.set(view.jobId, { view, madeAtMs: now, bytes })
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

/** Whether two lists have the same objects. */
function isSameList(one: readonly JobView[], other: readonly JobView[]): boolean {
  return one.length === other.length && one.every((view, index) => view === other[index])
}

/** `[a,b]` of texts that are there as bytes. */
function listOf(items: readonly Buffer[]): Buffer {
  let size = 1 + Math.max(items.length, 1)
  for (const item of items) size += item.byteLength
  const list = Buffer.allocUnsafe(size)
  let offset = list.write('[', 0)
  for (const [index, item] of items.entries()) {
    if (index > 0) offset += list.write(',', offset)
    offset += item.copy(list, offset)
  }
  list.write(']', offset)
  return list
}

/** A job that has not ended. @source SeaTunnel `BaseService.convertToJson` */
export function runningJobJson(view: JobView, profile: WireProfile, withEnvOptions: boolean): string {
  const env = withEnvOptions ? `"envOptions":${envOptionsJson(view.envOptions)},` : ''
  return (
    `{"jobId":"${view.jobId}","jobName":${JSON.stringify(view.jobName)},"jobStatus":"${view.status}",${env}` +
    `"createTime":"${localTimeText(view.createdAtMs)}","jobDag":${runningDagJson(view, profile.runningDag)},` +
    `"pluginJarsUrls":[],"isStartWithSavePoint":${view.isStartWithSavepoint},` +
    `"metrics":${metricsJson(view.flow, profile.metrics)}}`
  )
}

/** An ended job. @source SeaTunnel `BaseService.getJobInfoJson` */
export function endedJobJson(view: JobView, profile: WireProfile): string {
  const failure = view.failure === null ? 'null' : JSON.stringify(view.failure.text)
  const jars = profile.endedDag === 'typed' ? '' : '"pluginJarsUrls":[],'
  return (
    `{"jobId":"${view.jobId}","jobName":${JSON.stringify(view.jobName)},"jobStatus":"${view.status}",` +
    `"errorMsg":${failure},"createTime":"${localTimeText(view.createdAtMs)}",` +
    `"finishTime":"${localTimeText(view.finishedAtMs ?? view.createdAtMs)}",` +
    `"jobDag":${endedDagJson(view, profile.endedDag)},${jars}"metrics":${metricsJson(view.flow, profile.metrics)}}`
  )
}
