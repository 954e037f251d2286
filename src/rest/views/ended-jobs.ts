import type { JobStatus, JobView } from '../../node/api.js'
import type { WireProfile } from '../profile.js'
import { endedJobJson } from './job-json.js'
import { listOf } from './job-list.js'

/** Lists up to this size are kept as they are; larger ones are put together of their jobs each time. */
const KEPT_LIST_BYTES = 4 * 1024 * 1024

/** Ended jobs of one state as text, and which they were. */
interface EndedList {
  readonly views: readonly JobView[]
  readonly bytes: Buffer
}

/** Ended jobs as bytes. Both APIs give the same, so that one of these is enough for a node. */
export class EndedJobs {
  readonly #profile: WireProfile
  readonly #texts = new WeakMap<JobView, Buffer>()
  readonly #lists = new Map<string, EndedList>()

  constructor(profile: WireProfile) {
    this.#profile = profile
  }

  /** The object of one job: the same bytes for the same view. */
  one(view: JobView): Buffer {
    const known = this.#texts.get(view)
    if (known !== undefined) return known
    const bytes = bytesOfTheirOwn(endedJobJson(view, this.#profile))
    this.#texts.set(view, bytes)
    return bytes
  }

  /** The list of jobs. @param state of all of them, or `null`. */
  list(views: readonly JobView[], state: JobStatus | null): Buffer {
    const known = this.#lists.get(state ?? '')
    if (known !== undefined && isSameList(known.views, views)) return known.bytes
    const bytes = this.page(views)
    if (bytes.byteLength > KEPT_LIST_BYTES) this.#lists.delete(state ?? '')
    else this.#lists.set(state ?? '', { views, bytes })
    return bytes
  }

  /** A part of a list. */
  page(views: readonly JobView[]): Buffer {
    return listOf(views.map((view) => this.one(view)))
  }
}

/** Whether two lists have the same objects. */
function isSameList(one: readonly JobView[], other: readonly JobView[]): boolean {
  return one.length === other.length && one.every((view, index) => view === other[index])
}

/** Text as bytes that are kept for long: a piece of the memory that short-lived buffers share would keep all of it. */
function bytesOfTheirOwn(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}
