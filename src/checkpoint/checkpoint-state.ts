import type { CheckpointSummary, WorkerShare } from './events.js'
import type { CheckpointKind } from './record.js'
import type { CheckpointSettings } from './settings.js'

/** How a job ends, as far as its checkpoints decide it. */
export type EndStatus = 'FINISHED' | 'CANCELED' | 'FAILED' | 'SAVEPOINT_DONE'

/** What somebody wants of a job's checkpoints beside what its clock wants. */
export interface CheckpointAsk {
  /** A savepoint is kept for itself; a checkpoint is one like those that the clock wants. */
  readonly kind: 'periodic' | 'savepoint'
  /** Whether the job goes on behind it. */
  readonly goesOn: boolean
  /** Whether the sinks commit as they do at the end of all data; only for a job that ends behind it. */
  readonly isDrained: boolean
}

/** A checkpoint that is under way. */
export interface Attempt {
  readonly checkpointId: number
  readonly kind: CheckpointKind
  /** What was asked for in time to get this one, taken together; `null` for nothing. */
  readonly asked: CheckpointAsk | null
  readonly triggeredMs: number
  /** Workers that have prepared, in the order of their answers. */
  readonly answers: readonly WorkerShare[]
  readonly preparedMs: number
  readonly persistedMs: number
  readonly sizeBytes: number
  /** How often it was said that it takes too long. */
  readonly warnings: number
}

/**
 * Where the coordinator of a job's checkpoints stands:
 *
 * - `waiting`: the job has not begun.
 * - `running`: the workers work.
 * - `preparing`: the workers were asked to stop between two morsels, some have not answered.
 * - `persisting`: all rest; the record is being made durable.
 * - `committing`: the record is durable; the sinks commit.
 * - `ended`: nothing happens any more.
 */
export type Phase =
  | { readonly name: 'waiting' | 'running' }
  | { readonly name: 'preparing' | 'persisting' | 'committing'; readonly attempt: Attempt }
  | { readonly name: 'ended'; readonly status: EndStatus }

/** The whole state of a coordinator. */
export interface CheckpointState {
  readonly settings: CheckpointSettings
  readonly epoch: number
  /** Whether records are kept: what nobody can read again is dropped when the job is stopped before its commit. */
  readonly isDurable: boolean
  readonly phase: Phase
  /** Highest id that was given to a checkpoint, made durable, and committed; each not above the one before it. */
  readonly lastId: number
  readonly durableId: number
  readonly committedId: number
  /** By worker: whether it has no more work. */
  readonly ended: readonly boolean[]
  /** What was asked for too late for the checkpoint that is under way, taken together: the next one follows at once. */
  readonly asked: CheckpointAsk | null
  readonly isCanceled: boolean
  readonly hasFailed: boolean
  readonly lastTriggeredMs: number
  readonly lastCompletedMs: number
}

/** What happens to a coordinator. */
export type CheckpointInput =
  | { readonly type: 'started' | 'tick' | 'cancelAsked' | 'failed' }
  /** Somebody wants a savepoint or a checkpoint, behind which the job goes on or ends. */
  | { readonly type: 'savepointAsked'; readonly ask: CheckpointAsk }
  /** A worker has prepared; `isEnded` when it has no more work. */
  | ({ readonly type: 'answered'; readonly checkpointId: number } & Omit<WorkerShare, 'preparedAfterMs'>)
  | { readonly type: 'persisted'; readonly checkpointId: number; readonly sizeBytes: number }
  /** The sinks have committed. `asked`: what was asked for and could be kept; absent when that is all of it. */
  | { readonly type: 'committed'; readonly checkpointId: number; readonly asked?: CheckpointAsk | null }
  | { readonly type: 'persistFailed' | 'commitFailed'; readonly checkpointId: number }

/** What a coordinator wants done, in this order. */
export type CheckpointEffect =
  | { readonly type: 'triggered'; readonly checkpointId: number; readonly kind: CheckpointKind }
  | { readonly type: 'requestBarrier' | 'resume'; readonly checkpointId: number }
  | { readonly type: 'persist'; readonly attempt: Attempt }
  | { readonly type: 'commit'; readonly attempt: Attempt }
  | { readonly type: 'completed'; readonly summary: CheckpointSummary }
  /** The checkpoint under way came to nothing. */
  | { readonly type: 'dropped'; readonly attempt: Attempt }
  | { readonly type: 'slow'; readonly attempt: Attempt; readonly waitingFor: readonly number[] }
  | { readonly type: 'timedOut'; readonly attempt: Attempt; readonly waitingFor: readonly number[] }
  | { readonly type: 'savepointTaken'; readonly summary: CheckpointSummary }
  | { readonly type: 'savepointRefused'; readonly reason: string }
  /** The job is over: the workers are told to end. */
  | { readonly type: 'end'; readonly status: EndStatus }

/** A state and what is to be done on the way to it. */
export interface CheckpointStep {
  readonly state: CheckpointState
  readonly effects: readonly CheckpointEffect[]
}
