import type { JobDag } from '../engine/job-dag.js'

/** One checkpoint of a job. */
export interface JobCheckpoint {
  readonly id: number
  readonly kind: 'periodic' | 'savepoint' | 'final'
  readonly status: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'
  readonly triggeredAtMs: number
  /** `null` while it is under way. */
  readonly endedAtMs: number | null
  readonly sizeBytes: number
  readonly failure: string | null
  /** When what all workers had prepared was durable; absent before. */
  readonly acknowledgedAtMs?: number
  /** Where a savepoint is kept for itself; absent for what is in the node's store only. */
  readonly location?: string
  /** Whether the job ended behind it because somebody wanted that; absent for no. */
  readonly endsJob?: boolean
  /** Whether its record was removed; absent for no. */
  readonly isDiscarded?: boolean
  /** What was measured of its parts; absent where that is not known, or not any more. */
  readonly detail?: CheckpointDetail
}

/** What was measured of a checkpoint. */
export interface CheckpointDetail {
  /** Milliseconds with fractions from the request until the first worker saw it; `null` when all had ended before. */
  readonly startDelayMs: number | null
  /** Milliseconds until the record was durable, counted from when all workers had prepared. */
  readonly persistMs: number
  /** In the order of the job's vertices; those without any state have zeros. */
  readonly vertices: readonly {
    /** Id of the vertex in {@link JobDag}. */
    readonly vertex: number
    /** By number: bytes of its part of the record, and milliseconds that its workers took to prepare. */
    readonly subtasks: readonly { readonly bytes: number; readonly syncMs: number }[]
  }[]
}

/** Checkpoints of a job, the newest last; a bounded number of them is kept. */
export interface JobCheckpoints {
  readonly triggered: number
  readonly completed: number
  readonly failed: number
  readonly restored: number
  readonly history: readonly JobCheckpoint[]
  /** What the last attempt that did not begin at the beginning went on behind; absent for none. */
  readonly lastRestore?: {
    readonly checkpointId: number
    readonly kind: JobCheckpoint['kind']
    readonly atMs: number
    /** What was asked for; `null` for the job's own last checkpoint. */
    readonly location: string | null
  }
}

/** When a job takes checkpoints, and what they are good for. */
export interface JobCheckpointing {
  /** Milliseconds between two; `null` for none but the last. */
  readonly intervalMs: number | null
  readonly minPauseMs: number
  readonly timeoutMs: number
  /** Whether every source of the job can be read again and every sink shows rows only when their checkpoint is committed. */
  readonly isExactlyOnce: boolean
}

/** Something that was asked of a job and takes longer than a request. */
export interface JobRequest {
  /** Given by whoever asked; asking again with it changes nothing. */
  readonly id: string
  readonly kind: 'checkpoint' | 'savepoint' | 'stop'
  readonly askedAtMs: number
  /** `null` while it is under way. */
  readonly endedAtMs: number | null
  /** Set when it was taken; a stop is under way until its job has ended. */
  readonly checkpointId: number | null
  readonly location: string | null
  readonly failure: { readonly code: string; readonly text: string } | null
  /** How a stop ends its job; `null` for others. */
  readonly stop: StopKind | null
}

/** How a job is stopped with a savepoint. */
export interface StopKind {
  /** Folder below which the savepoint is kept; `null` for the node's own. */
  readonly directory: string | null
  /** Whether the job is CANCELED then, not SAVEPOINT_DONE. */
  readonly isCanceled: boolean
  /** Whether the sinks commit as they do at the end of all data. Such a savepoint is good for reading, not for going on. */
  readonly isDrained: boolean
}

/** What is asked for of a job that goes on. */
export interface CheckpointRequest {
  readonly user: string | null
  /** By this it is found again; a new one when absent. */
  readonly requestId?: string | undefined
  /** Whether a checkpoint like those of the clock is enough; absent for a savepoint. */
  readonly isCheckpoint?: boolean | undefined
  /** Folder below which a savepoint is kept, as a path or `file:/…`; the node's own when absent. */
  readonly directory?: string | null | undefined
}
