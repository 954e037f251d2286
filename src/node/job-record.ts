import type { JobSyntax } from '../config/job-document.js'
import type { JobDag } from '../engine/job-dag.js'
import type {
  JobCheckpointing,
  JobCheckpoints,
  JobEvent,
  JobFailure,
  JobFlow,
  JobRequest,
  RestoreRequest,
  VertexBounds,
} from './api.js'
import type { AttemptHistory } from './attempt-history.js'
import type { JobState, RetryPolicy } from './job-fsm.js'
import type { WantedParallelism } from './job-parallelism.js'

/** What of a job never changes after it was accepted. */
export interface JobRecord {
  readonly jobId: string
  /** Its other name; absent without one. */
  readonly alias?: string | undefined
  readonly jobName: string
  readonly mode: 'BATCH' | 'STREAMING'
  /** The document as it came: nothing decrypted is stored. */
  readonly text: string
  readonly format: JobSyntax
  readonly fileName: string | null
  /** Values of `${name}` in the text; absent: placeholders stay. */
  readonly variables?: readonly (readonly [string, string])[] | undefined
  /** Members of `env` that go before those of the text; absent for none. */
  readonly env?: readonly (readonly [string, string])[] | undefined
  /** What its client set and nobody here needs, without secrets; absent for nothing. */
  readonly clientSettings?: readonly (readonly [string, string])[] | undefined
  /** How long its client may be silent, in milliseconds; absent: for ever. */
  readonly clientTimeoutMs?: number | undefined
  /** Content of a job package whose files it may read; absent for none. */
  readonly packageContent?: string | undefined
  readonly isStartWithSavepoint: boolean
  /** Absent for none. */
  readonly restoreFrom?: RestoreRequest | undefined
  readonly origin: 'rest' | 'cli'
  readonly user: string | null
  readonly createdAtMs: number
  /** Place in the order of submissions. */
  readonly sequence: number
  readonly envOptions: readonly (readonly [string, string])[]
  readonly dag: JobDag
  readonly slots: number
  readonly tagFilter: readonly (readonly [string, string])[]
  readonly retry: RetryPolicy
  /** Fencing number of its first attempt: checkpoints with a lower one are of an earlier job with the same id. */
  readonly firstEpoch: number
  /** Absent for what an earlier version stored. */
  readonly checkpointing?: JobCheckpointing
}

/** The parallelism that somebody has asked for. */
export interface JobRequirements {
  /** Of every vertex, as they were asked for last. */
  readonly asked: readonly VertexBounds[]
  /** Of every vertex, as they hold. */
  readonly bounds: readonly VertexBounds[]
  /** What of it the job does not have yet, by source; `null` when it has it, or could not be given it. */
  readonly wanted: readonly WantedParallelism[] | null
}

/** What of a job changes while it lives. */
export interface JobProgress {
  readonly state: JobState
  /** Fencing number of the last attempt; 0 before the first. */
  readonly epoch: number
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
  readonly failure: JobFailure | null
  readonly pendingReason: string | null
  /** The newest events, oldest first. */
  readonly timeline: readonly JobEvent[]
  /** What it had done when this was written. */
  readonly flow: JobFlow
  readonly checkpoints: JobCheckpoints
  /** What was asked of it by an id, oldest first. */
  readonly requests: readonly JobRequest[]
  /** What its attempts had done when this was written. */
  readonly attempts: AttemptHistory
  /** Whether checkpoints are left that nobody needs. */
  readonly hasLeftovers: boolean
  /** `null` or absent when nobody has asked for another parallelism than the job's own. */
  readonly requirements?: JobRequirements | null
  /** Why the job has not the parallelism that was asked for; `null` or absent when it has. */
  readonly rescalePending?: string | null
}

/** Events that are kept of one job: the first ones and the newest. */
export const TIMELINE_LIMIT = 200

/** Nothing was done yet. */
export const NO_FLOW: JobFlow = {
  sources: [],
  sinks: [],
  committedSinks: [],
  errorRows: 0,
  elapsedMs: 0,
  blockedMs: 0,
  writeMs: 0,
}

/** No checkpoint was taken yet. */
export const NO_CHECKPOINTS: JobCheckpoints = { triggered: 0, completed: 0, failed: 0, restored: 0, history: [] }

/** A timeline with more events; where it gets too long, those in its middle are dropped. */
export function extendTimeline(timeline: readonly JobEvent[], events: readonly JobEvent[]): readonly JobEvent[] {
  const all = [...timeline, ...events]
  if (all.length <= TIMELINE_LIMIT) return all
  const kept = TIMELINE_LIMIT / 2
  return [...all.slice(0, kept), ...all.slice(all.length - kept)]
}
