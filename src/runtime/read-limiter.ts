import type { ReadLimit } from '../plan/physical-plan.js'
import type { JobControl } from './control.js'
import { processClockMs } from './task-meter.js'

/**
 * Holds a lane to its rows and bytes per second. What was read is paid for afterwards: the lane may begin its next morsel when the
 * time that the last ones were worth is over.
 *
 * @source SeaTunnel `FlowControlGate`: limits hold per reader subtask.
 */
export class ReadLimiter {
  readonly #limit: ReadLimit
  readonly #control: JobControl
  readonly #nowMs: () => number

  /** @param nowMs a clock that all threads of the process share, in milliseconds. */
  constructor(limit: ReadLimit, control: JobControl, nowMs: () => number = processClockMs) {
    this.#limit = limit
    this.#control = control
    this.#nowMs = nowMs
  }

  /** Blocks until the lane may read. Returns early when the job is stopped or a checkpoint is due. */
  async waitUntilAllowed(clock: Float64Array, pausePoint: () => Promise<void>): Promise<void> {
    if (!this.isLimited) return
    for (;;) {
      const heard = this.#control.listen()
      const leftMs = (clock[0] ?? 0) - this.#nowMs()
      if (leftMs <= 0 || this.#control.isAborted) return
      await pausePoint()
      this.#control.waitForRing(heard, leftMs)
    }
  }

  /** Charges what a morsel read; bytes are those of SeaTunnel's size model. */
  charge(clock: Float64Array, read: { readonly rows: number; readonly modelBytes: number }): void {
    if (!this.isLimited) return
    const { rowsPerSecond, bytesPerSecond } = this.#limit
    const rowsMs = rowsPerSecond === null ? 0 : (read.rows / rowsPerSecond) * 1000
    const bytesMs = bytesPerSecond === null ? 0 : (read.modelBytes / bytesPerSecond) * 1000
    clock[0] = Math.max(clock[0] ?? 0, this.#nowMs()) + Math.max(rowsMs, bytesMs)
  }

  get isLimited(): boolean {
    return this.#limit.rowsPerSecond !== null || this.#limit.bytesPerSecond !== null
  }
}
