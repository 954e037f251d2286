import { dateTimeText } from '../core/log-line.js'
import { END_STATES } from '../node/api.js'
import { metricsOf } from './follow-job.js'
import type { RemoteJob } from './node-api.js'
import { durationText, totals } from './progress.js'

/** What tables and pages of jobs show of one. */
export interface JobFigures {
  readonly rowsRead: number
  readonly rowsWritten: number
  /** Rows per second, read, on the average since it started. */
  readonly rowsPerSecond: number
  /** How long it runs or ran, in milliseconds; `null` before it started. */
  readonly runMs: number | null
}

/** The figures of a job at a moment. */
export function jobFigures(job: RemoteJob, nowMs: number): JobFigures {
  const { rowsRead, rowsWritten } = totals(metricsOf(job))
  const runMs = job.startedAtMs === null ? null : Math.max(0, (job.finishedAtMs ?? nowMs) - job.startedAtMs)
  const seconds = Math.max(1, job.flow.elapsedMs) / 1000
  return { rowsRead, rowsWritten, rowsPerSecond: Math.round(rowsRead / seconds), runMs }
}

/** Cells of a table of jobs, under {@link JOB_HEAD}. */
export function jobCells(job: RemoteJob, nowMs: number): readonly string[] {
  const { rowsRead, rowsWritten, rowsPerSecond, runMs } = jobFigures(job, nowMs)
  return [
    job.jobId,
    job.jobName,
    job.status,
    dateTimeText(new Date(job.createdAtMs)),
    runText(runMs),
    String(rowsRead),
    String(rowsWritten),
    END_STATES.has(job.status) ? '' : String(rowsPerSecond),
    String(job.restarts),
  ]
}

/** How long a job ran: tenths of a second below ten seconds; empty for `null`. */
export function runText(runMs: number | null): string {
  if (runMs === null) return ''
  return runMs < 10_000 ? `${(runMs / 1000).toFixed(1)} s` : durationText(runMs)
}

/** Heads of the columns of {@link jobCells}. */
export const JOB_HEAD = ['ID', 'NAME', 'STATUS', 'SUBMITTED', 'RAN', 'READ', 'WRITTEN', 'ROWS/S', 'RESTARTS'] as const

/** Columns of {@link JOB_HEAD} with numbers. */
export const JOB_NUMBERS = [4, 5, 6, 7, 8] as const
