import type { MessagePort } from 'node:worker_threads'
import type { ErrorCode, ErrorDetails } from '../core/error.js'
import type { PhysicalPlan } from '../plan/physical-plan.js'
import type { Json } from '../spi/json.js'
import type { LaneBuffers } from './lane-state.js'

/** What a worker is started with. */
export interface WorkerStart {
  readonly worker: number
  readonly workers: number
  /** Number of this run of the job, which samples of its threads carry. */
  readonly run: number
  readonly plan: PhysicalPlan
  readonly control: SharedArrayBuffer
  readonly meter: SharedArrayBuffer
  readonly taskMeter: SharedArrayBuffer
  readonly errorBudget: SharedArrayBuffer
  readonly lanes: readonly LaneBuffers[]
  readonly activities: SharedArrayBuffer
  /** Highest checkpoint id that was used before. */
  readonly lastCheckpointId: number
  /** Where splits come in while the job runs; `null` when the plan has all of them. */
  readonly feed: MessagePort | null
  /** What the processors of asynchronous transforms share over all workers. */
  readonly stageMemory: SharedArrayBuffer
}

/** An error as data. */
export interface ErrorData {
  readonly code: ErrorCode
  readonly message: string
  readonly details: Omit<ErrorDetails, 'cause'>
  readonly stack: string | null
}

/** What one worker prepared for one sink table and subtask. */
export interface PreparedData {
  readonly sink: number
  readonly table: number
  readonly lane: number
  readonly prepared: Json
}

/** Rows that failed and were handled. */
export interface RowErrorReport {
  /** Index into the plan's error handlers. */
  readonly handler: number
  readonly rows: number
  /** The first of their records, as JSON. */
  readonly records: readonly string[]
}

/** A clock that all threads of the process share, in milliseconds with fractions. */
export function sharedNowMs(): number {
  return performance.timeOrigin + performance.now()
}

/** What a worker tells the main thread. */
export type WorkerMessage =
  | {
      readonly type: 'prepared'
      readonly worker: number
      readonly checkpointId: number
      readonly prepared: readonly PreparedData[]
      readonly isLast: boolean
      /** When the worker began to prepare, in milliseconds of {@link sharedNowMs}, and how long it took. */
      readonly sinceMs: number
      readonly tookMs: number
    }
  | {
      readonly type: 'failed'
      readonly error: ErrorData
      /** Where it failed; -1 outside of a lane. */
      readonly lane: number
      readonly split: string
      /** Vertex of the plan that was at work, or `UNMEASURED`. */
      readonly vertex: number
    }
  | { readonly type: 'rowErrors'; readonly report: RowErrorReport }
  | { readonly type: 'aborted' }
