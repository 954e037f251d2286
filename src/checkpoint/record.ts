import type { ProgramContext } from '../native/backend.js'
import type { LaneSplit } from '../plan/physical-plan.js'
import type { Json } from '../spi/json.js'
import type { CommitInfo } from '../spi/sink.js'

/** Where a record comes from that another attempt of the same job did not leave. */
export interface RestoreOrigin {
  /** What names it: a checkpoint of a node, or the folder of a savepoint. */
  readonly location: string
  /** Whether its sinks are known to have committed; else they commit once more. */
  readonly isCommitted: boolean
  /** Whether what was recorded of blocks that the job has no more is dropped, not refused. */
  readonly allowsMissingState: boolean
}

/** Version of {@link CheckpointRecord}; a record of a later one is refused with both numbers. */
export const RECORD_VERSION = 2

/** Why a checkpoint was taken: by the clock, because somebody asked, or because the job is through. */
export type CheckpointKind = 'periodic' | 'savepoint' | 'final'

/** What every row of a job is computed with. It must stay the same over all attempts for the same output. */
export type RecordedContext = Pick<ProgramContext, 'zone' | 'nowMicros' | 'seed'>

/** A block of the job file as a restored job must have it again. */
export interface RecordedPlugin {
  readonly kind: 'source' | 'transform' | 'sink'
  /** Its place among the blocks of its kind. */
  readonly index: number
  readonly plugin: string
  /** Its `plugin_output`; `null` when it has none. */
  readonly output: string | null
  /** Of a source: the pipeline that its lanes are of. Absent in records of earlier releases. */
  readonly pipeline?: number
  /** What must not change while rows of it are half-way, by name. Holds no secrets. */
  readonly key: { readonly [name: string]: Json }
}

/** The numbers that one subtask of a pipeline has come to. */
export interface RecordedTotals {
  readonly pipeline: number
  readonly subtask: number
  /** Rows so far by sink table and partition: later files go on with their numbers. */
  readonly rowTotals: Json
  /** The first failure that each error handler took. */
  readonly firstErrors: Json
}

/** Where the lane of one subtask stands. */
export interface RecordedLane extends RecordedTotals {
  /**
   * The splits that are not through, as they were listed or found when the job ran, in order. What each has delivered is committed,
   * nothing behind that is.
   */
  readonly splits: readonly LaneSplit[]
}

/** What a source that looks for splits while the job runs has given out. */
export interface RecordedDiscovery {
  /** Index into the sources. */
  readonly source: number
  readonly state: Json
}

/** What one sink has to commit. */
export interface RecordedCommit {
  readonly infos: readonly CommitInfo[]
  /** What the sink's committer decided before, see `SinkCommitter.settle`. */
  readonly settled: Json
}

/** Counters of one source or sink. */
export interface RecordedFlow {
  readonly rows: number
  readonly bytes: number
  /** The same by table, with the bytes of SeaTunnel's size model. */
  readonly tables?:
    | readonly { readonly table: string; readonly rows: number; readonly bytes: number; readonly modelBytes: number }[]
    | undefined
}

/** Rows and bytes that are in the checkpoint, since the job's first attempt began. */
export interface RecordedCounts {
  readonly sources: readonly RecordedFlow[]
  readonly sinks: readonly RecordedFlow[]
  readonly errorRows: number
  /** Rows and bytes of the model that entered and left every vertex of the plan, in its order; absent where vertices are not measured. */
  readonly vertices?:
    | readonly {
        readonly recordsIn: number
        readonly bytesIn: number
        readonly recordsOut: number
        readonly bytesOut: number
      }[]
    | undefined
}

/**
 * One complete, consistent position of a job: everything that another process needs to commit what was prepared and to go on
 * behind it. Plain data; it holds no rows and no secrets.
 */
export interface CheckpointRecord {
  readonly version: number
  readonly jobId: string
  readonly jobName: string
  /** Number of the attempt that took it, from 1. An attempt with a lower one must not commit any more. */
  readonly epoch: number
  /** Strictly increasing over all attempts of a job. */
  readonly checkpointId: number
  readonly kind: CheckpointKind
  /** Wall clock in milliseconds: when it was asked for, and when all workers had prepared. */
  readonly triggeredMs: number
  readonly preparedMs: number
  readonly context: RecordedContext
  readonly plugins: readonly RecordedPlugin[]
  readonly lanes: readonly RecordedLane[]
  /** Subtasks that the job had with a higher parallelism: one that comes back goes on with its numbers. */
  readonly gone: readonly RecordedTotals[]
  /** Subtasks of every source; `null` in a record of a version that did not keep it. */
  readonly parallelism: readonly number[] | null
  readonly discoveries: readonly RecordedDiscovery[]
  /** One per sink of the plan, those of error records last. */
  readonly commits: readonly RecordedCommit[]
  /** Rows read, and failed rows of every error handler, that the limits are measured with. */
  readonly errorBudget: readonly number[]
  readonly counts: RecordedCounts
}
