import type { RecordedTotals } from '../checkpoint/record.js'
import type { Json } from '../spi/json.js'
import type { JobControl } from './control.js'
import type { RowTotals } from './numbering.js'
import { SharedRecord } from './shared-record.js'
import { Turns } from './turns.js'

/** What is kept per sink table: key is `sink/table`. */
export type PerTarget<T> = { readonly [target: string]: T }

/** Shared memory of one lane, as it is handed to workers. */
export interface LaneBuffers {
  readonly rowsTurns: SharedArrayBuffer
  readonly bytesTurns: SharedArrayBuffer
  readonly rowTotals: SharedArrayBuffer
  readonly writerStates: SharedArrayBuffer
  readonly firstErrors: SharedArrayBuffer
  readonly readClock: SharedArrayBuffer
}

/**
 * What the morsels of one lane share. Rows are numbered under one turn and bytes are placed under a second one, so that rows
 * whose encoding needs their number can be encoded side by side.
 */
export class LaneState {
  readonly rowsTurns: Turns
  readonly bytesTurns: Turns
  readonly rowTotals: SharedRecord<PerTarget<RowTotals>>
  readonly writerStates: SharedRecord<PerTarget<Json>>
  /** The first failure that each error handler took, as text. */
  readonly firstErrors: SharedRecord<{ readonly [handler: string]: string }>
  /** When the lane may read again, in milliseconds of the clock that `performance.timeOrigin` starts; one double. */
  readonly readClock: Float64Array

  constructor(control: JobControl, buffers?: LaneBuffers) {
    this.rowsTurns = new Turns(control, buffers?.rowsTurns)
    this.bytesTurns = new Turns(control, buffers?.bytesTurns)
    this.rowTotals = new SharedRecord(buffers?.rowTotals)
    this.writerStates = new SharedRecord(buffers?.writerStates)
    this.firstErrors = new SharedRecord(buffers?.firstErrors)
    this.readClock = new Float64Array(buffers?.readClock ?? new SharedArrayBuffer(8))
  }

  /** Goes on with the numbers of another attempt. */
  restore(lane: RecordedTotals): void {
    if (lane.rowTotals !== null) this.rowTotals.write(lane.rowTotals as PerTarget<RowTotals>)
    if (lane.firstErrors !== null) this.firstErrors.write(lane.firstErrors as { readonly [handler: string]: string })
  }

  get buffers(): LaneBuffers {
    return {
      rowsTurns: this.rowsTurns.buffer,
      bytesTurns: this.bytesTurns.buffer,
      rowTotals: this.rowTotals.buffer,
      writerStates: this.writerStates.buffer,
      firstErrors: this.firstErrors.buffer,
      readClock: this.readClock.buffer as SharedArrayBuffer,
    }
  }
}

/** Key of a sink table in {@link PerTarget}. */
export function targetKey(sink: number, table: number): string {
  return `${sink}/${table}`
}
