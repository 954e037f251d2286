import { MillraceError } from '../core/error.js'
import type { PlannedErrorHandler } from '../plan/physical-plan.js'

/**
 * Counts the rows that failed and were handled, over all workers of a job: one word per handler behind the number of rows read.
 */
export class ErrorBudget {
  readonly buffer: SharedArrayBuffer
  readonly #handlers: readonly PlannedErrorHandler[]
  readonly #words: BigInt64Array

  constructor(handlers: readonly PlannedErrorHandler[], buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer((handlers.length + 1) * 8)
    this.#handlers = handlers
    this.#words = new BigInt64Array(this.buffer)
  }

  /** Counts rows that were read; what limits a ratio is measured against them. */
  addRows(rows: number): void {
    Atomics.add(this.#words, 0, BigInt(rows))
  }

  addErrors(handler: number, rows: number): void {
    Atomics.add(this.#words, handler + 1, BigInt(rows))
  }

  /** Failed rows over all handlers. */
  get errorRows(): number {
    return this.#handlers.reduce((sum, _, handler) => sum + this.#errors(handler), 0)
  }

  /** Rows read, then the failed rows of every handler. */
  counts(): readonly number[] {
    return [...this.#words].map(Number)
  }

  /** Takes over the {@link counts} of another attempt. */
  restore(counts: readonly number[]): void {
    for (const index of this.#words.keys()) this.#words[index] = BigInt(counts[index] ?? 0)
  }

  #errors(handler: number): number {
    return Number(Atomics.load(this.#words, handler + 1))
  }

  /**
   * @param first the first failure of the handler that is known, as text.
   * @throws MillraceError `ERROR_LIMIT_EXCEEDED` when more rows failed than a handler allows.
   */
  requireWithin(handler: number, first: string): void {
    const planned = this.#handlers[handler]
    if (planned === undefined) return
    const [errors, rows] = [this.#errors(handler), Number(Atomics.load(this.#words, 0))]
    const { stage, maxRecords, maxRatio, maxRatioMinRows } = planned
    if (maxRecords !== null && errors > maxRecords) {
      throw exceeded(
        `more than '${maxRecords}' rows failed in the stage ${stage}, the first with ${first}`,
        'max_error_records',
      )
    }
    if (maxRatio !== null && rows >= maxRatioMinRows && errors > maxRatio * rows) {
      const message = `'${errors}' of '${rows}' rows failed in the stage ${stage}, more than '${maxRatio}' of them; the first with ${first}`
      throw exceeded(message, 'max_error_ratio')
    }
  }
}

function exceeded(message: string, option: string): MillraceError {
  return new MillraceError('ERROR_LIMIT_EXCEEDED', message, { hint: `correct the rows, or raise ${option}` })
}
