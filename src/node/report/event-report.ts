import type { Logger } from '../../core/logger.js'
import type { JobEvent, NodeService } from '../api.js'
import type { NodeClock } from '../clock.js'

/** Milliseconds between two posts. @source SeaTunnel `JobEventHttpReportHandler.REPORT_INTERVAL` */
const INTERVAL_MS = 10_000
/** Events that wait at most; the oldest are lost beyond. */
const MAX_EVENTS = 10_000
/** Events of one post. */
const POST_EVENTS = 1_000
/** A receiver that takes longer has not taken the post. */
const TIMEOUT_MS = 10_000

/** One life-cycle event as it is posted. @source SeaTunnel `JobStateEvent` */
export interface ReportedEvent {
  readonly jobId: string
  readonly jobName: string
  readonly jobStatus: string
  readonly eventType: 'JOB_STATUS'
  /** Milliseconds since 1970. */
  readonly createdTime: number
}

/** Where events are posted to. */
export interface EventReportSettings {
  readonly url: string
  readonly headers: ReadonlyMap<string, string>
}

/** Posts a body and gives the status of the answer. */
export type PostEvents = (settings: EventReportSettings, body: string, signal: AbortSignal) => Promise<number>

/**
 * Posts the changes of state of all jobs as JSON arrays, every ten seconds where there are any. A post that is not answered with a
 * 2xx is sent again with the next one, so that the receiver may get an event twice; a bounded number waits.
 *
 * @source SeaTunnel `event-report-http`
 */
export class EventReporter {
  readonly #node: NodeService
  readonly #settings: EventReportSettings
  readonly #clock: NodeClock
  readonly #logger: Logger
  readonly #post: PostEvents
  readonly #abort = new AbortController()
  readonly #forgetEvents: () => void
  #forgetTimer: () => void = () => undefined
  #waiting: ReportedEvent[] = []
  #lost = 0
  #isFailing = false

  constructor(parts: {
    readonly node: NodeService
    readonly settings: EventReportSettings
    readonly clock: NodeClock
    readonly logger: Logger
    readonly post?: PostEvents
  }) {
    this.#node = parts.node
    this.#settings = parts.settings
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#post = parts.post ?? postEvents
    this.#forgetEvents = parts.node.onEvent((jobId, event) => this.#take(jobId, event))
    this.#arm()
  }

  /** Events that were not posted yet, and those that were lost. */
  get state(): { readonly waiting: number; readonly lost: number } {
    return { waiting: this.#waiting.length, lost: this.#lost }
  }

  close(): void {
    this.#forgetEvents()
    this.#forgetTimer()
    this.#abort.abort()
  }

  #take(jobId: string, { kind, status, atMs }: JobEvent): void {
    if (kind !== 'state') return
    const jobName = this.#node.job(jobId)?.jobName ?? ''
    this.#waiting.push({ jobId, jobName, jobStatus: status, eventType: 'JOB_STATUS', createdTime: atMs })
    if (this.#waiting.length <= MAX_EVENTS) return
    this.#waiting.shift()
    this.#lost += 1
  }

  #arm(): void {
    if (this.#abort.signal.aborted) return
    this.#forgetTimer = this.#clock.after(INTERVAL_MS, () => void this.#report().finally(() => this.#arm()))
  }

  /** Never rejects. */
  async #report(): Promise<void> {
    const events = this.#waiting.slice(0, POST_EVENTS)
    const lastSent = events.at(-1)
    if (lastSent === undefined) return
    const failure = await this.#attempt(JSON.stringify(events))
    if (failure !== null) {
      if (!this.#isFailing) this.#logger.warn(`job events cannot be posted: ${failure}; they are sent again`)
      this.#isFailing = true
      return
    }
    this.#isFailing = false
    // Meanwhile the oldest may have been dropped: what is behind the last one that was sent stays.
    this.#waiting = this.#waiting.slice(this.#waiting.indexOf(lastSent) + 1)
  }

  async #attempt(body: string): Promise<string | null> {
    const timeout = new AbortController()
    const forget = this.#clock.after(TIMEOUT_MS, () => timeout.abort())
    try {
      const status = await this.#post(this.#settings, body, AbortSignal.any([this.#abort.signal, timeout.signal]))
      return status >= 200 && status < 300 ? null : `the receiver answered '${status}'`
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : String(thrown)
    } finally {
      forget()
    }
  }
}

async function postEvents({ url, headers }: EventReportSettings, body: string, signal: AbortSignal): Promise<number> {
  const all = { 'content-type': 'application/json', ...Object.fromEntries(headers) }
  const response = await fetch(url, { method: 'POST', headers: all, body, signal, redirect: 'manual' })
  await response.body?.cancel()
  return response.status
}
