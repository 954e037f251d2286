import type { RowErrorReport } from '../runtime/messages.js'

/** Lines that are written in one second at most. */
const LINES_PER_SECOND = 100

/** The members of an error record that a line of the log is made of. */
interface ErrorRecord {
  readonly error_stage?: string
  readonly plugin_name?: string
  readonly source_table_path?: string
  readonly error_message?: string
  readonly exception_class?: string
  readonly original_data?: string | null
}

/**
 * Writes a line for every row that failed and was handled, at most {@link LINES_PER_SECOND} in a second; how many were left out is
 * said when the second is over, and at the end.
 */
export class RowErrorLog {
  readonly #write: (line: string) => void
  readonly #now: () => number
  #windowStartMs = Number.NEGATIVE_INFINITY
  #written = 0
  #omitted = 0

  /** @param now clock in milliseconds. */
  constructor(write: (line: string) => void, now: () => number) {
    this.#write = write
    this.#now = now
  }

  take({ rows, records }: RowErrorReport): void {
    if (this.#now() - this.#windowStartMs >= 1000) {
      this.end()
      this.#windowStartMs = this.#now()
      this.#written = 0
    }
    const shown = records.slice(0, Math.max(0, LINES_PER_SECOND - this.#written))
    for (const record of shown) this.#write(rowErrorText(record))
    this.#written += shown.length
    this.#omitted += rows - shown.length
  }

  /** Says how many lines were left out, if any were. */
  end(): void {
    if (this.#omitted > 0) this.#write(`${this.#omitted} more rows failed and are not shown`)
    this.#omitted = 0
  }
}

/** `row failed in TRANSFORM 'Sql', table 'db.t': EXPRESSION_FAILED: …`, and the row where it is in the record. */
export function rowErrorText(record: string): string {
  const row = JSON.parse(record) as ErrorRecord
  const place = `${row.error_stage} '${row.plugin_name}', table '${row.source_table_path ?? ''}'`
  const original = row.original_data == null ? '' : `; row: ${row.original_data}`
  return `row failed in ${place}: ${row.exception_class}: ${row.error_message}${original}`
}
