import type { MillraceError } from '../core/error.js'
import type { CheckpointKind } from './record.js'

/** What one worker had to do with a checkpoint. */
export interface WorkerShare {
  readonly worker: number
  /** Milliseconds from the request to the worker's answer. */
  readonly preparedAfterMs: number
  /** Whether the worker had no more work when it answered. */
  readonly isEnded: boolean
  /** Milliseconds from the request until the worker saw it; `null` for one that had ended before. */
  readonly startDelayMs: number | null
  /** Milliseconds in which it prepared and did nothing else. */
  readonly tookMs: number
}

/** What one subtask of a source or sink put into a checkpoint. */
export interface SubtaskPart {
  readonly subtask: number
  /** Bytes of its part of the record. */
  readonly bytes: number
  /** Milliseconds that the slowest worker which had worked for it took to prepare; 0 when none had since the last checkpoint. */
  readonly syncMs: number
}

/** What a source or sink put into a checkpoint. */
export interface CheckpointPart {
  readonly kind: 'source' | 'sink'
  /** Its place among the blocks of its kind. */
  readonly index: number
  readonly subtasks: readonly SubtaskPart[]
}

/** A checkpoint that is through. */
export interface CheckpointSummary {
  readonly checkpointId: number
  readonly kind: CheckpointKind
  readonly epoch: number
  /** Wall clock in milliseconds. */
  readonly triggeredMs: number
  readonly completedMs: number
  /** Milliseconds until all workers had prepared, until the record was durable, and in all. */
  readonly prepareMs: number
  readonly persistMs: number
  readonly durationMs: number
  /** Whether the job ends behind it because somebody wants that. */
  readonly endsJob: boolean
  /** Bytes of the durable record; 0 for a job that keeps none. */
  readonly sizeBytes: number
  readonly workers: readonly WorkerShare[]
}

/** What a job tells of its checkpoints while it runs. */
export type CheckpointEvent =
  | {
      readonly type: 'checkpointTriggered'
      readonly checkpointId: number
      readonly kind: CheckpointKind
      readonly atMs: number
    }
  | ({
      readonly type: 'checkpointCompleted'
      readonly atMs: number
      /** What was measured of each source and sink; empty for a job that keeps no records. */
      readonly parts: readonly CheckpointPart[]
      /** Where it was kept for itself; `null` for one that is in the store only. */
      readonly location: string | null
    } & CheckpointSummary)
  | {
      readonly type: 'checkpointFailed'
      readonly checkpointId: number
      readonly kind: CheckpointKind
      readonly atMs: number
      readonly durationMs: number
      readonly error: MillraceError
    }
  /** A checkpoint waits for longer than its timeout; `holders` says for whom, in words. */
  | {
      readonly type: 'checkpointSlow'
      readonly checkpointId: number
      readonly atMs: number
      readonly waitedMs: number
      readonly holders: readonly string[]
    }
  | {
      readonly type: 'restored'
      readonly checkpointId: number
      readonly kind: CheckpointKind
      readonly atMs: number
      /** What was asked for; `null` for the job's own last checkpoint. */
      readonly location: string | null
    }

/** Checkpoints of a job at a glance, as the Flink API shows them. */
export interface CheckpointOverview {
  readonly triggered: number
  readonly completed: number
  readonly failed: number
  readonly inProgress: { readonly checkpointId: number; readonly kind: CheckpointKind; readonly sinceMs: number } | null
  /** The last ones that are through, oldest first; at most 100. */
  readonly history: readonly CheckpointSummary[]
  /** The last one that failed. */
  readonly lastFailure: (CheckpointEvent & { readonly type: 'checkpointFailed' }) | null
  /** What this attempt began with; `null` when it began at the beginning. */
  readonly restored: { readonly checkpointId: number; readonly kind: CheckpointKind; readonly atMs: number } | null
}
