import { type MetricFamily, type MetricSample, single } from './exposition.js'
import { Histogram } from './histogram.js'

/** Routes that are counted one by one; the rest is counted together. */
const MAX_ROUTES = 300

/** Upper bounds of the time that requests take and that the event loop is late, in seconds. */
const REQUEST_BOUNDS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10]
const DELAY_BOUNDS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10]

/** Counts of what happens in a node outside of jobs. Counting costs a look into a map. */
export class NodeCounters {
  readonly #requests = new Map<string, { readonly labels: MetricSample['labels']; count: number }>()
  readonly #requestSeconds = new Histogram(REQUEST_BOUNDS)
  readonly #delaySeconds = new Histogram(DELAY_BOUNDS)
  #unhandled = 0

  /** @param route the id of a route, never a path: paths have no end. @param seconds from the head of the request to its answer. */
  countRequest(dialect: string, route: string, status: number, seconds: number): void {
    const key = `${dialect}\n${route}\n${status}`
    let entry = this.#requests.get(key)
    if (entry === undefined) {
      const isFull = this.#requests.size >= MAX_ROUTES
      const other = `\n(other)\n`
      entry = isFull ? this.#requests.get(other) : undefined
      if (entry === undefined) {
        const values = isFull ? ['', '(other)', ''] : [dialect, route, String(status)]
        const [api = '', name = '', code = ''] = values
        entry = {
          labels: [
            ['api', api],
            ['route', name],
            ['status', code],
          ],
          count: 0,
        }
        this.#requests.set(isFull ? other : key, entry)
      }
    }
    entry.count += 1
    this.#requestSeconds.add(seconds)
  }

  /** Counts a promise whose rejection nobody waited for. */
  countUnhandledRejection(): void {
    this.#unhandled += 1
  }

  /** Counts how late a timer was. */
  addEventLoopDelay(seconds: number): void {
    this.#delaySeconds.add(Math.max(0, seconds))
  }

  families(): readonly MetricFamily[] {
    const samples = [...this.#requests.values()].map(({ labels, count }) => ({ labels, value: count }))
    return [
      { name: 'millrace_rest_requests', type: 'counter', help: 'Requests by route and status.', samples },
      this.#requestSeconds.family('millrace_rest_request_seconds', 'Time from the head of a request to its answer.'),
      this.#delaySeconds.family('millrace_event_loop_delay_seconds', 'How late timers of the main thread were.'),
      single('counter', 'millrace_unhandled_rejections', 'Failures that nobody waited for.', this.#unhandled),
    ]
  }
}
