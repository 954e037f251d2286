import type { ErrorBudget } from './error-budget.js'
import type { LaneState } from './lane-state.js'
import type { RowErrorReport } from './messages.js'

/** Error records of one handler that a morsel gave. */
export interface ErrorRecords {
  readonly handler: number
  readonly rows: number
  /** JSON objects, each behind a line break. */
  readonly bytes: readonly Uint8Array[]
}

/** Records of one report that are told to the main thread; of the others it gets the number. */
const RECORDS_PER_REPORT = 100

/** Counts the failed rows of one worker, tells of them, and ends the job where there are too many. */
export class RowErrors {
  readonly #budget: ErrorBudget
  readonly #report: (report: RowErrorReport) => void

  constructor(budget: ErrorBudget, report: (report: RowErrorReport) => void) {
    this.#budget = budget
    this.#report = report
  }

  addRows(rows: number): void {
    this.#budget.addRows(rows)
  }

  /**
   * Takes what a morsel gave, in the rows turn of its lane.
   *
   * @throws MillraceError `ERROR_LIMIT_EXCEEDED`, which names the first failure of the lane.
   */
  take(all: readonly ErrorRecords[], { firstErrors }: LaneState): void {
    for (const { handler, rows, bytes } of all) {
      if (rows > 0) {
        const records = firstLines(bytes, RECORDS_PER_REPORT)
        if (firstErrors.read()?.[handler] === undefined) {
          firstErrors.write({ ...firstErrors.read(), [handler]: failureText(records[0] ?? '{}') })
        }
        this.#budget.addErrors(handler, rows)
        this.#report({ handler, rows, records })
      }
      this.#budget.requireWithin(handler, firstErrors.read()?.[handler] ?? 'an unknown failure')
    }
  }
}

function failureText(record: string): string {
  const { exception_class: code, error_message: message } = JSON.parse(record) as Record<string, string>
  return `${code}: ${message}`
}

/** The first lines of pieces that follow each other. */
function firstLines(pieces: readonly Uint8Array[], count: number): readonly string[] {
  const lines: string[] = []
  let unfinished = Buffer.alloc(0)
  for (const piece of pieces) {
    let text = Buffer.concat([unfinished, piece])
    for (let end = text.indexOf('\n'); end >= 0 && lines.length < count; end = text.indexOf('\n')) {
      if (end > 0) lines.push(text.toString('utf8', 0, end))
      text = text.subarray(end + 1)
    }
    if (lines.length >= count) return lines
    unfinished = text
  }
  if (unfinished.length > 0) lines.push(unfinished.toString('utf8'))
  return lines
}
