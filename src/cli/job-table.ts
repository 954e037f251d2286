import { dateTimeText } from '../core/log-line.js'
import type { RemoteJob } from './node-api.js'

/** What a line of a list of jobs says. */
export type ListedJob = Pick<RemoteJob, 'jobId' | 'jobName' | 'status' | 'createdAtMs' | 'finishedAtMs'>

/** Width of a time, and the least widths of the columns in front. @source SeaTunnel `ClientExecuteCommand`, list of jobs */
const TIME_WIDTH = 23
const LEAST_WIDTHS = [6, 8, 10] as const

/**
 * The list that `seatunnel.sh -l` prints: newest submission first.
 *
 * @source SeaTunnel `JobClient.listJobStatus`, recorded output
 */
export function seatunnelJobTable(jobs: readonly ListedJob[]): string {
  const newestFirst = [...jobs].sort((left, right) => right.createdAtMs - left.createdAtMs)
  const cells = newestFirst.map(({ jobId, jobName, status }) => [jobId, jobName, status])
  const widths = LEAST_WIDTHS.map((least, column) => Math.max(least, ...cells.map((row) => row[column]?.length ?? 0)))
  const head = ['Job ID', 'Job Name', 'Job Status', 'Submit Time', 'Finished Time']
  const all = [...widths, TIME_WIDTH, TIME_WIDTH]
  const full = (row: readonly string[]): string =>
    row.map((cell, column) => `${cell.padEnd(all[column] ?? 0)}  `).join('')
  const rows = newestFirst.map(({ createdAtMs, finishedAtMs }, index) => {
    const front = full([...(cells[index] ?? []), javaTimestamp(createdAtMs)])
    return front + (finishedAtMs === null ? '' : javaTimestamp(finishedAtMs).padEnd(TIME_WIDTH))
  })
  return `${[full(head), full(all.map((width) => '-'.repeat(width))), ...rows].join('\n')}\n`
}

/** Local time as `yyyy-MM-dd HH:mm:ss.f` with one to three digits of fraction. @source Java `Timestamp.toString` */
export function javaTimestamp(ms: number): string {
  const time = new Date(ms)
  const fraction = String(time.getMilliseconds())
    .padStart(3, '0')
    .replace(/0{1,2}$/, '')
  return `${dateTimeText(time)}.${fraction}`
}

/** Columns of texts, the first line being their heads; numbers of a column stand to the right where `right` says so. */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return `${[head, ...rows].map(line).join('\n')}\n`
}
