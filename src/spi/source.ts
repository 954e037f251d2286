import type { OptionFields, OptionValues } from '../config/option.js'
import type { CatalogTable } from '../core/schema.js'
import type { PlanContext } from './context.js'
import type { Json, JsonObject } from './json.js'
import type { PluginSpec } from './spec.js'

/** One table that a source gives, and the decoder of its rows. */
export interface SourceTable {
  readonly table: CatalogTable
  readonly decoder: { readonly codec: string; readonly options: JsonObject }
}

/**
 * A resumable piece of a source. A split is cut into morsels, which workers take in order; what the morsels of one subtask give
 * is put back into this order before a sink sees it.
 */
export interface Split {
  /** Unique within the source and the same in every run over the same data. */
  readonly id: string
  /** Index into the source's tables. */
  readonly table: number
  /**
   * Number of morsels when any worker may read any of them by itself; `null` when the split can only be read from its beginning
   * by one worker, which cuts it into morsels as it goes.
   */
  readonly morsels: number | null
  /** Pause before the split is read. */
  readonly delayMs: number
  /** Rows that reading it gives, where that is known beforehand; for progress only. */
  readonly expectedRows?: number
  /** Bytes that reading it takes, where that is known beforehand; for progress only. */
  readonly expectedBytes?: number
  /** What the reader needs to read it. */
  readonly payload: Json
}

/** The splits of one subtask, in the order in which they are read. */
export type SubtaskSplits = readonly Split[]

/** Finds out what there is to read. Runs once per source, on the main thread. */
export interface SplitEnumerator {
  /** The splits of every subtask; one list per subtask. */
  enumerate(): Promise<readonly SubtaskSplits[]>
  /** How the source finds further splits while the job runs; only for one that is not bounded. */
  readonly discovery?: SplitDiscovery
}

/** Looks for further splits on the main thread of a running job. */
export interface SplitDiscovery {
  /** Milliseconds between the end of one look and the next. */
  readonly intervalMs: number
  /** The splits that have come since the last look, one list per subtask. Never called while it is under way. */
  discover(): Promise<readonly SubtaskSplits[]>
  /** What has been given out so far; never called while `discover` is under way. */
  state(): Json
  /** Takes over what another attempt had given out, before the first look. */
  restore(state: Json): void
}

/** A planned source. */
export interface Source {
  readonly tables: readonly SourceTable[]
  /** Whether the splits end. A source that is not bounded keeps its job alive after its last split. */
  readonly isBounded: boolean
  readonly enumerator: SplitEnumerator
  /** What must be the same when the job goes on in another attempt, by name: what decides which rows a morsel has. No secrets. */
  readonly key?: JsonObject
  /** Whether splits can be read again, also half-way, by another attempt; absent for yes. */
  readonly isReplayable?: boolean
  /** Given to {@link SourceReaderFactory} in every worker. */
  readonly readerConfig: JsonObject
}

/** Where the bytes of a morsel come from. */
export interface MorselInput {
  /** JSON arguments of the decoder's `begin`. */
  readonly arguments: string
  /** Sum of `STEP_FLAG` bits that hold for the first bytes. The runner adds the end-of-file bit itself. */
  readonly flags: number
  /** Records that begin at or behind this offset of the morsel belong to the next one. */
  readonly limitBytes: number
  /** Puts the next bytes into `target` and gives their number; 0 at the end. */
  read(target: Uint8Array): Promise<number>
  /** Puts the given byte ranges of the file into `target`, one behind the other. Only for formats that are read by position. */
  readRanges(ranges: readonly (readonly [start: number, length: number])[], target: Uint8Array): Promise<void>
  /**
   * Sequential splits only: takes back what was read and not used, and gives the next morsel of the split, or `null` at its end.
   */
  next(unused: Uint8Array): Promise<MorselInput | null>
  close(): Promise<void>
}

/** Reads splits in a worker. */
export interface SourceReader {
  /** Opens a morsel; the first one of a sequential split has index 0. */
  open(split: Split, subtask: number, morsel: number): Promise<MorselInput>
  close(): Promise<void>
}

/** Makes the reader of a source in a worker. */
export type SourceReaderFactory = (config: JsonObject) => Promise<SourceReader>

/** What a source plug-in exports. */
export interface SourceFactory<F extends OptionFields = OptionFields> {
  readonly spec: PluginSpec<F>
  /** @throws MillraceError or MillraceErrors when the options make no sense together or the data cannot be described. */
  create(options: OptionValues<F>, context: PlanContext): Promise<Source>
  readonly createReader: SourceReaderFactory
}

/** Declares a source plug-in; only there so that option types are inferred. */
export function sourceFactory<F extends OptionFields>(factory: SourceFactory<F>): SourceFactory {
  return factory as unknown as SourceFactory
}
