import { dateTimeText } from '../core/log-line.js'
import type { JobMetrics } from '../engine/job-service.js'
import { figureBlock } from './statistics.js'

/** Rows and bytes over all sources and sinks. */
export interface Totals {
  readonly rowsRead: number
  readonly bytesRead: number
  readonly rowsWritten: number
  readonly bytesWritten: number
}

/** The sums of a job's metrics. */
export function totals(metrics: JobMetrics): Totals {
  const sum = (flows: JobMetrics['sources'], key: 'rows' | 'bytes'): number =>
    flows.reduce((all, flow) => all + flow[key], 0)
  return {
    rowsRead: sum(metrics.sources, 'rows'),
    bytesRead: sum(metrics.sources, 'bytes'),
    rowsWritten: sum(metrics.sinks, 'rows'),
    bytesWritten: sum(metrics.sinks, 'bytes'),
  }
}

/** Follows a running job: a live line on a terminal, else one line of JSON every ten seconds. */
export class ProgressReporter {
  readonly #read: () => JobMetrics
  readonly #write: (text: string) => void
  readonly #now: () => number
  readonly #startMs: number
  #timer: NodeJS.Timeout | null = null
  #last: Totals & { readonly atMs: number }

  constructor(options: {
    readonly metrics: () => JobMetrics
    readonly write: (text: string) => void
    readonly now: () => number
  }) {
    this.#read = options.metrics
    this.#write = options.write
    this.#now = options.now
    this.#startMs = options.now()
    this.#last = { ...totals(options.metrics()), atMs: this.#startMs }
  }

  /** One line that is redrawn four times a second. */
  startLive(): void {
    this.#start(250, () => this.#write(`\r\u001b[2K${this.#liveLine()}`))
  }

  /** One JSON object a line. */
  startJson(): void {
    this.#start(10_000, () => this.#write(`${JSON.stringify(this.#jsonLine())}\n`))
  }

  /** SeaTunnel's block `Job Progress Information`. */
  startBlocks(jobId: string, intervalMs: number): void {
    this.#start(intervalMs, () => this.#write(this.#block(jobId)))
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  #start(intervalMs: number, tick: () => void): void {
    this.#timer = setInterval(tick, intervalMs)
    this.#timer.unref()
  }

  #advance(): { readonly now: Totals; readonly rowsPerSecond: number; readonly bytesPerSecond: number } {
    const atMs = this.#now()
    const now = totals(this.#read())
    const seconds = Math.max(0.001, (atMs - this.#last.atMs) / 1000)
    const rowsPerSecond = (now.rowsRead - this.#last.rowsRead) / seconds
    const bytesPerSecond = (now.bytesRead - this.#last.bytesRead) / seconds
    this.#last = { ...now, atMs }
    return { now, rowsPerSecond, bytesPerSecond }
  }

  #liveLine(): string {
    const { now, rowsPerSecond, bytesPerSecond } = this.#advance()
    const elapsed = ((this.#last.atMs - this.#startMs) / 1000).toFixed(1)
    return `${elapsed} s  read ${now.rowsRead.toLocaleString('en')} rows (${thousands(rowsPerSecond)} rows/s, ${(bytesPerSecond / 1e6).toFixed(1)} MB/s)  written ${now.rowsWritten.toLocaleString('en')} rows  memory ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`
  }

  #jsonLine(): object {
    const { now, rowsPerSecond, bytesPerSecond } = this.#advance()
    const { blockedMs, writeMs } = this.#read()
    const elapsedMs = this.#last.atMs - this.#startMs
    return {
      type: 'progress',
      elapsedMs,
      ...now,
      rowsPerSecond: Math.round(rowsPerSecond),
      bytesPerSecond: Math.round(bytesPerSecond),
      blockedMs: Math.round(blockedMs),
      writeMs: Math.round(writeMs),
      rssBytes: process.memoryUsage.rss(),
    }
  }

  #block(jobId: string): string {
    const before = this.#last
    const { now } = this.#advance()
    const seconds = Math.max(0.001, (this.#last.atMs - before.atMs) / 1000)
    return figureBlock('Job Progress Information', [
      ['Job Id', jobId],
      ['Read Count So Far', now.rowsRead],
      ['Write Count So Far', now.rowsWritten],
      ['Average Read Count', `${Math.floor((now.rowsRead - before.rowsRead) / seconds)}/s`],
      ['Average Write Count', `${Math.floor((now.rowsWritten - before.rowsWritten) / seconds)}/s`],
      ['Last Statistic Time', dateTimeText(new Date(before.atMs))],
      ['Current Statistic Time', dateTimeText(new Date(this.#last.atMs))],
    ])
  }
}

function thousands(value: number): string {
  return value >= 1e6
    ? `${(value / 1e6).toFixed(2)} M`
    : value >= 1e3
      ? `${(value / 1e3).toFixed(1)} k`
      : value.toFixed(0)
}
