import { type MetricFamily, type MetricSample, single } from './exposition.js'
import { Histogram } from './histogram.js'

/** Routes that are counted one by one; the rest is counted together. */
const MAX_ROUTES = 300

/** Upper bounds of the time that requests take and that the event loop is late, in seconds. */
const REQUEST_BOUNDS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10]
const DELAY_BOUNDS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10]

/** Answers of one route. */
interface RouteCounts {
  readonly api: string
  readonly name: string
  readonly byStatus: Map<number, number>
}

/** Counts of what happens in a node outside of jobs. Counting costs a look into a map. */
export class NodeCounters {
  readonly #routes = new Map<string, RouteCounts>()
  readonly #requestSeconds = new Histogram(REQUEST_BOUNDS)
  readonly #delaySeconds = new Histogram(DELAY_BOUNDS)
  #unhandled = 0

  /**
   * What counts the answers of one route: the status, and the seconds that it took.
   *
   * @param route the id of a route, never a path: paths have no end.
   */
  routeCounter(dialect: string, route: string): (status: number, seconds: number) => void {
    const isFull = this.#routes.size >= MAX_ROUTES
    const [api, name] = isFull ? ['', '(other)'] : [dialect, route]
    const key = `${api} ${name}`
    const counts = this.#routes.get(key) ?? { api, name, byStatus: new Map() }
    this.#routes.set(key, counts)
    return (status, seconds) => {
      counts.byStatus.set(status, (counts.byStatus.get(status) ?? 0) + 1)
      this.#requestSeconds.add(seconds)
    }
  }

  /** Counts a promise whose rejection nobody waited for, and gives how many there were. */
  countUnhandledRejection(): number {
    this.#unhandled += 1
    return this.#unhandled
  }

  /** Counts how late a timer was. */
  addEventLoopDelay(seconds: number): void {
    this.#delaySeconds.add(Math.max(0, seconds))
  }

  families(): readonly MetricFamily[] {
    const samples = [...this.#routes.values()].flatMap(({ api, name, byStatus }) =>
      [...byStatus].map(([status, value]): MetricSample => {
        return {
          labels: [
            ['api', api],
            ['route', name],
            ['status', String(status)],
          ],
          value,
        }
      }),
    )
    return [
      { name: 'millrace_rest_requests', type: 'counter', help: 'Requests by route and status.', samples },
      this.#requestSeconds.family('millrace_rest_request_seconds', 'Time that routes took to answer.'),
      this.#delaySeconds.family('millrace_event_loop_delay_seconds', 'How late timers of the main thread were.'),
      single('counter', 'millrace_unhandled_rejections', 'Failures that nobody waited for.', this.#unhandled),
    ]
  }
}
