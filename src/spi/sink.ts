import type { OptionFields, OptionValues } from '../config/option.js'
import type { CatalogTable } from '../core/schema.js'
import type { PlanContext } from './context.js'
import type { Json, JsonObject } from './json.js'
import type { PluginSpec } from './spec.js'

/** How one table's rows are encoded for a sink. */
export interface SinkEncoder {
  readonly codec: string
  readonly options: JsonObject
  /** Columns whose values choose the partition; empty for none. */
  readonly partitionBy: readonly string[]
  /** Columns that are written, in order; `null` for all. */
  readonly columns: readonly string[] | null
  /** An operator that rows go through before they are encoded, for checks and metadata columns. */
  readonly operator?: { readonly name: string; readonly options: JsonObject }
}

/** One table of a planned sink. */
export interface SinkTable {
  readonly encoder: SinkEncoder
  /** Rows after which a new piece of output begins; `null` for never. */
  readonly rowsPerFile: number | null
  /** Given to {@link SinkWriterFactory} in every worker. */
  readonly writerConfig: JsonObject
}

/** A run of encoded rows that belong together in the output. */
export interface Segment {
  /** Partition values as text; empty without partitions. */
  readonly partition: readonly string[]
  /** Number of the piece of output within its partition, from 0; see `rowsPerFile`. */
  readonly fileIndex: number
  /** Number of the first row in its file, from 0. */
  readonly firstRow: number
  readonly rows: number
  /** Encoded bytes; valid until the deferred write has ended. */
  readonly bytes: readonly Uint8Array[]
  /** What the format wants to be told when the file is completed; empty for most. */
  readonly metadata: Uint8Array
}

/**
 * Takes encoded rows in one worker. Several workers may write for one subtask; `place` is called in the order of the rows, by
 * one worker at a time, and `state` is what all of them share.
 */
export interface SinkWriter<State extends Json = Json> {
  /** The shared state before anything was placed in a checkpoint. */
  readonly initialState: State
  /**
   * Gives a segment its place, in row order. What it returns runs afterwards and may run beside other workers' writes; a sink
   * whose output is ordered by nature writes here and returns `null`.
   */
  place(
    segment: Segment,
    state: State,
  ): Promise<{ readonly state: State; readonly write: (() => Promise<void>) | null }>
  /** Ends what was begun since the last checkpoint and says what there is to commit. Phase one of two. */
  prepareCommit(): Promise<Json>
  close(): Promise<void>
}

/** Where a writer stands. */
export interface WriterContext {
  readonly subtask: number
  /** Changes with every checkpoint: part of staging paths and transaction names. */
  readonly checkpointId: () => number
}

/** Makes the writer of one table of a sink in a worker. */
export type SinkWriterFactory = (config: JsonObject, context: WriterContext) => Promise<SinkWriter>

/** What all workers have to commit for one table of a sink and one checkpoint. */
export interface CommitInfo {
  /** Index into the sink's tables. */
  readonly table: number
  readonly subtask: number
  /** One entry per worker that wrote: what its `prepareCommit` gave. */
  readonly prepared: readonly Json[]
  /** The shared state at the checkpoint, `null` when nothing was placed. */
  readonly state: Json
  /** Rows placed since the job began, over all workers. */
  readonly rows: number
}

/**
 * Makes prepared output visible. Runs on the main thread; one per sink and attempt of a job.
 *
 * A durable job calls `open` or `resume`, then `sweep`, then for every checkpoint `settle` and, when its record is durable, `commit`.
 */
export interface SinkCommitter {
  /** Before the job's first row: save modes, folders. */
  open(): Promise<void>
  /**
   * Decides what the commit of a checkpoint will do, so that another process does the same, and refuses what must not be
   * committed. Nothing is visible yet and nothing is durable. Absent: there is nothing to decide.
   */
  settle?(checkpointId: number, infos: readonly CommitInfo[], isLast: boolean): Promise<Json>
  /** Phase two: idempotent, may be repeated for the same checkpoint. `isLast` when the job ends with it. */
  commit(checkpointId: number, infos: readonly CommitInfo[], isLast: boolean): Promise<void>
  /** In place of `open` in an attempt that goes on: takes over what an earlier one settled last; its commit follows. */
  resume?(settled: Json): Promise<void>
  /**
   * Removes what earlier attempts staged. What they settled last was committed before.
   *
   * @param newestKept set where a job goes back behind checkpoints that are damaged: what was committed by later ones than this is
   *   removed too, as far as it can be told; `null` otherwise.
   */
  sweep?(newestKept: number | null): Promise<void>
  /** Ends the attempt and removes what it prepared and did not commit. */
  abort(): Promise<void>
  /** Ends the attempt and leaves everything as it is, for a later one. */
  leave?(): Promise<void>
}

/** A planned sink. */
export interface Sink {
  /** What must be the same when the job goes on in another attempt, by name; no secrets. Absent for nothing. */
  readonly key?: JsonObject
  /** Whether rows behind the last checkpoint may be seen before it and are given again by a restored job; absent for no. */
  readonly isAtLeastOnce?: boolean
  /** Why rows must not come from other subtasks in the middle of the job, as one clause; absent where they may. */
  readonly fixedParallelism?: string
  /** One per input table, in the order given to `create`. */
  readonly tables: readonly SinkTable[]
  readonly committer: SinkCommitter
}

/** What a sink plug-in exports. */
export interface SinkFactory<F extends OptionFields = OptionFields> {
  readonly spec: PluginSpec<F>
  /** @throws MillraceError or MillraceErrors when the options make no sense together or a table cannot be written. */
  create(options: OptionValues<F>, tables: readonly CatalogTable[], context: PlanContext): Promise<Sink>
  readonly createWriter: SinkWriterFactory
}

/** Declares a sink plug-in; only there so that option types are inferred. */
export function sinkFactory<F extends OptionFields>(factory: SinkFactory<F>): SinkFactory {
  return factory as unknown as SinkFactory
}
