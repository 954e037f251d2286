import { dateTimeText } from '../core/log-line.js'
import type { JobMetrics, PipelineDescription } from '../engine/job-service.js'
import { figureBlock } from './statistics.js'

/** Rows and bytes over some sources and sinks. */
export interface Totals {
  readonly rowsRead: number
  readonly bytesRead: number
  readonly rowsWritten: number
  readonly bytesWritten: number
}

/** The sums of a job's metrics, or of one pipeline's part of them. */
export function totals(metrics: JobMetrics, pipeline?: PipelineDescription): Totals {
  const sum = (flows: JobMetrics['sources'], indexes: readonly number[] | undefined, key: 'rows' | 'bytes'): number =>
    flows.reduce((all, flow, index) => (indexes?.includes(index) === false ? all : all + flow[key]), 0)
  return {
    rowsRead: sum(metrics.sources, pipeline?.sources, 'rows'),
    bytesRead: sum(metrics.sources, pipeline?.sources, 'bytes'),
    rowsWritten: sum(metrics.sinks, pipeline?.sinks, 'rows'),
    bytesWritten: sum(metrics.sinks, pipeline?.sinks, 'bytes'),
  }
}

/** How often each form is written, in milliseconds. */
const LIVE_INTERVAL_MS = 250
const JSON_INTERVAL_MS = 10_000
/** A share that is reached while rows are still under way is shown as less than all. */
const MOST_SHARE = 0.999
/** What a rate is averaged over, in milliseconds. */
const RATE_WINDOW_MS = 2000
const CLEAR_LINE = '\u001b[2K'

/** What progress is read from and written to. */
export interface ProgressOptions {
  readonly metrics: () => JobMetrics
  readonly pipelines: readonly PipelineDescription[]
  readonly write: (text: string) => void
  readonly now: () => number
  readonly memoryBytes?: () => number
  /** Columns of the terminal, which a live line does not pass; `null` when it does not say. */
  readonly columns?: () => number | null
}

interface Sample {
  readonly atMs: number
  readonly metrics: JobMetrics
}

/** Follows a running job: live lines on a terminal, one line of JSON every ten seconds, or SeaTunnel's blocks. */
export class ProgressReporter {
  readonly #options: ProgressOptions
  readonly #startMs: number
  #timer: NodeJS.Timeout | null = null
  #last: Sample
  /** Recent samples, oldest first, for rates that do not jump. */
  #recent: readonly Sample[]
  #liveLines = 0

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#last = this.#sample()
    this.#recent = [this.#last]
    this.#startMs = this.#last.atMs
  }

  /** One line per pipeline, redrawn four times a second. */
  startLive(): void {
    this.#start(LIVE_INTERVAL_MS, () => this.#options.write(this.liveUpdate()))
  }

  /** One JSON object a line, every ten seconds. */
  startJson(): void {
    this.#start(JSON_INTERVAL_MS, () => this.#options.write(`${JSON.stringify(this.jsonLine())}\n`))
  }

  /** SeaTunnel's block `Job Progress Information`. */
  startBlocks(jobId: string, intervalMs: number): void {
    this.#start(intervalMs, () => this.#options.write(this.block(jobId)))
  }

  /** Ends the timer and takes live lines off the terminal. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    if (this.#liveLines > 0) this.#options.write(this.#eraseText())
    this.#liveLines = 0
  }

  #start(intervalMs: number, tick: () => void): void {
    this.#timer = setInterval(tick, intervalMs)
    this.#timer.unref()
  }

  #sample(): Sample {
    return { atMs: this.#options.now(), metrics: this.#options.metrics() }
  }

  #eraseText(): string {
    const up = this.#liveLines > 1 ? `\u001b[${this.#liveLines - 1}A` : ''
    const clear = Array.from({ length: this.#liveLines }, () => CLEAR_LINE).join('\u001b[1B')
    return `\r${up}${clear}\r${up}`
  }

  /** What redraws the live lines: the cursor goes to the first of them and each is written anew. */
  liveUpdate(): string {
    const now = this.#sample()
    const recent = [...this.#recent, now]
    const first = recent.find((sample) => now.atMs - sample.atMs <= RATE_WINDOW_MS) ?? now
    this.#recent = recent.slice(recent.indexOf(first))
    const lines = this.#options.pipelines.map((pipeline) => this.#liveLine(pipeline, first, now))
    const up = this.#liveLines > 1 ? `\u001b[${this.#liveLines - 1}A` : ''
    this.#liveLines = lines.length
    const columns = this.#options.columns?.() ?? Number.POSITIVE_INFINITY
    return `\r${up}${lines.map((line) => CLEAR_LINE + line.slice(0, columns - 1)).join('\n')}`
  }

  #liveLine(pipeline: PipelineDescription, before: Sample, now: Sample): string {
    const done = totals(now.metrics, pipeline)
    const earlier = totals(before.metrics, pipeline)
    const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1000)
    const elapsedMs = now.atMs - this.#startMs
    const rowsPerSecond = (done.rowsRead - earlier.rowsRead) / seconds
    const bytesPerSecond = (done.bytesRead - earlier.bytesRead) / seconds
    const name = this.#options.pipelines.length > 1 ? `${pipeline.name}  ` : ''
    const memory = (this.#options.memoryBytes ?? process.memoryUsage.rss)() / 1e6
    const parts = [
      `${name}${(elapsedMs / 1000).toFixed(1)} s`,
      ...(progressText(pipeline, done, elapsedMs) ?? []),
      `read ${groupedDigits(done.rowsRead)} rows`,
      `${shortCount(rowsPerSecond)} rows/s`,
      `${(bytesPerSecond / 1e6).toFixed(1)} MB/s`,
      `written ${groupedDigits(done.rowsWritten)} rows`,
      `memory ${memory.toFixed(0)} MB`,
    ]
    return parts.join('  ')
  }

  /** Figures since the last line. */
  jsonLine(): object {
    const before = this.#last
    const now = this.#sample()
    this.#last = now
    const [sums, earlier] = [totals(now.metrics), totals(before.metrics)]
    const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1000)
    const elapsedMs = now.atMs - this.#startMs
    const rate = (key: keyof Totals): number => Math.round((sums[key] - earlier[key]) / seconds)
    return {
      type: 'progress',
      elapsedMs,
      ...sums,
      rowsPerSecond: rate('rowsRead'),
      bytesPerSecond: rate('bytesRead'),
      pipelines: this.#options.pipelines.map((pipeline) => {
        const done = totals(now.metrics, pipeline)
        const share = doneShare(pipeline, done)
        return { name: pipeline.name, ...done, share, remainingMs: remainingMs(share, elapsedMs) }
      }),
      blockedMs: Math.round(now.metrics.blockedMs),
      writeMs: Math.round(now.metrics.writeMs),
      rssBytes: (this.#options.memoryBytes ?? process.memoryUsage.rss)(),
    }
  }

  /** The block since the last one. @source SeaTunnel `JobMetricsRunner` */
  block(jobId: string): string {
    const before = this.#last
    const now = this.#sample()
    this.#last = now
    const [sums, earlier] = [totals(now.metrics), totals(before.metrics)]
    const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1000)
    return figureBlock('Job Progress Information', [
      ['Job Id', jobId],
      ['Read Count So Far', sums.rowsRead],
      ['Write Count So Far', sums.rowsWritten],
      ['Average Read Count', `${Math.floor((sums.rowsRead - earlier.rowsRead) / seconds)}/s`],
      ['Average Write Count', `${Math.floor((sums.rowsWritten - earlier.rowsWritten) / seconds)}/s`],
      ['Last Statistic Time', dateTimeText(new Date(before.atMs))],
      ['Current Statistic Time', dateTimeText(new Date(now.atMs))],
    ])
  }
}

/** The part of a pipeline that is read, 0 … 0.999; `null` where the whole is not known. */
export function doneShare(pipeline: PipelineDescription, done: Totals): number | null {
  const { expectedRows, expectedBytes } = pipeline
  const [part, whole] =
    expectedBytes !== null && expectedBytes > 0 ? [done.bytesRead, expectedBytes] : [done.rowsRead, expectedRows ?? 0]
  return whole > 0 ? Math.min(MOST_SHARE, part / whole) : null
}

function remainingMs(share: number | null, elapsedMs: number): number | null {
  return share === null || share === 0 ? null : Math.round((elapsedMs / share) * (1 - share))
}

function progressText(pipeline: PipelineDescription, done: Totals, elapsedMs: number): readonly string[] | null {
  const share = doneShare(pipeline, done)
  if (share === null) return null
  const left = remainingMs(share, elapsedMs)
  return [`${Math.floor(share * 100)} %`, ...(left === null ? [] : [`${durationText(left)} left`])]
}

/** `8 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

function shortCount(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)} k` : value.toFixed(0)
}

/** `1,234,567`. */
function groupedDigits(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',')
}
