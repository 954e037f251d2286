import { dateTimeText } from '../core/log-line.js'

const WIDTH = 47
const RULE = '*'.repeat(WIDTH)

/**
 * A block of figures in SeaTunnel's layout: rules of 47 stars, a centred title, rows `%-26s: %19s`. Begins with a line break.
 *
 * @source SeaTunnel `StringFormatUtils.formatTable`
 */
export function figureBlock(
  title: string,
  rows: readonly (readonly [label: string, value: string | number])[],
): string {
  const centred = ' '.repeat(Math.floor((WIDTH - title.length) / 2)) + title
  const lines = rows.map(([label, value]) => `${label.padEnd(26)}: ${String(value).padStart(19)}`)
  return ['', RULE, centred, RULE, ...lines, RULE, ''].join('\n')
}

/** What the block at the end of a job says. */
export interface JobStatistics {
  readonly startMs: number
  readonly endMs: number
  readonly rowsRead: number
  readonly rowsWritten: number
}

/** The block `Job Statistic Information`. */
export function jobStatistics({ startMs, endMs, rowsRead, rowsWritten }: JobStatistics): string {
  return figureBlock('Job Statistic Information', [
    ['Start Time', dateTimeText(new Date(startMs))],
    ['End Time', dateTimeText(new Date(endMs))],
    ['Total Time(s)', Math.floor((endMs - startMs) / 1000)],
    ['Total Read Count', rowsRead],
    ['Total Write Count', rowsWritten],
    ['Total Failed Count', rowsRead - rowsWritten],
  ])
}
