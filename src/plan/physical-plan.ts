import type { KernelSchema } from '../core/schema.js'
import type { ProgramDocument } from '../native/backend.js'
import type { JobMode } from '../spi/context.js'
import type { JsonObject } from '../spi/json.js'
import type { Split, SplitDiscovery } from '../spi/source.js'

/** Where one sink of a program leads. */
export interface SinkTarget {
  /** Index into the plan's sinks. */
  readonly sink: number
  /** Index into that sink's tables. */
  readonly table: number
}

/**
 * A vertex of the job's graph as it is measured: a source, a chain of transforms or a sink, with what the rows of one source do there.
 */
export interface PlannedVertex {
  /** Its number in the job's graph. */
  readonly id: number
  readonly kind: 'source' | 'transform' | 'sink'
  /** Index of the source whose rows pass it. */
  readonly source: number
  /** Pipeline of the lanes in which they do. */
  readonly pipeline: number
  /** Every vertex that rows reach from it, as indexes into the plan's vertices. */
  readonly behind: readonly number[]
}

/** A vertex that is not measured, in the place of an index into the plan's vertices. */
export const UNMEASURED = -1

/** Where what a program does is counted: indexes into the plan's vertices, or {@link UNMEASURED}. */
export interface PartMeasure {
  /** Whose work it is to decode what the program gets. */
  readonly origin: number
  /** Of every operator. */
  readonly operators: readonly number[]
  /** Of every sink of the program's own: its targets, then its outlets. */
  readonly sinks: readonly number[]
  /** Of every output that the program counts the rows of: they enter the vertex there, or leave it. */
  readonly taps: readonly { readonly vertex: number; readonly isOut: boolean }[]
}

/**
 * One program and where its encoded rows go: first its sink tables, then what it hands to stages, then the sinks of its error
 * handlers. The logs of the error handlers, which are its last sinks, lead nowhere.
 */
export interface ProgramPart {
  readonly program: ProgramDocument
  /** Where the program's first sinks lead, in their order. */
  readonly targets: readonly SinkTarget[]
  /** The stages that the program's sinks behind those lead to, as indexes into {@link Chain.stages}. */
  readonly outlets: readonly number[]
  /** Where the sinks of its error handlers lead, which are numbered behind the program's own. */
  readonly errorTargets: readonly SinkTarget[]
  readonly measure: PartMeasure
}

/** An asynchronous transform and the program behind it. */
export interface Stage extends ProgramPart {
  readonly plugin: string
  readonly processorConfig: JsonObject
  /** Columns of the batches that the transform gets. */
  readonly input: KernelSchema
}

/** What one table's rows go through: a fused program, and stages where asynchronous transforms end it. */
export interface Chain extends ProgramPart {
  /** Every stage behind the program, each behind the one that feeds it. */
  readonly stages: readonly Stage[]
}

/** A source as workers see it. */
export interface PlannedSource {
  readonly plugin: string
  readonly readerConfig: JsonObject
  /** One per table of the source. */
  readonly chains: readonly Chain[]
}

/** Limits of the rows that may fail in a stage. */
export interface PlannedErrorHandler {
  readonly stage: 'TRANSFORM' | 'SINK'
  /** `null` for none. */
  readonly maxRecords: number | null
  /** Largest part of the rows read; `null` for none. */
  readonly maxRatio: number | null
  /** Rows that must be read before the ratio is looked at. */
  readonly maxRatioMinRows: number
}

/** A sink as workers see it. */
export interface PlannedSink {
  /** It takes records of failed rows. Such sinks stand behind all others; what they write is not counted. */
  readonly isForErrors?: boolean
  readonly plugin: string
  /** One per input table. */
  readonly tables: readonly {
    /** Full name. */
    readonly table: string
    readonly rowsPerFile: number | null
    readonly writerConfig: JsonObject
  }[]
}

/** A split, the source it belongs to, and where it stands. */
export interface LaneSplit {
  readonly source: number
  readonly split: Split
  /** The subtask that it was made for, where another one reads it by now; absent for that of its lane. */
  readonly subtask?: number
  /** Morsels of it that earlier attempts delivered; absent for none. */
  readonly deliveredMorsels?: number
}

/**
 * Everything that one subtask of a pipeline reads, in order. What its morsels give reaches the sinks in this order, whichever
 * workers ran them.
 */
export interface Lane {
  readonly pipeline: number
  readonly subtask: number
  readonly splits: readonly LaneSplit[]
}

/** A source that finds splits while its job runs, and the lane of each of its subtasks. Stays on the main thread. */
export interface SplitFeed {
  /** Index into the plan's sources. */
  readonly source: number
  /** Indexes into the plan's lanes, by subtask. */
  readonly lanes: readonly number[]
  readonly discovery: SplitDiscovery
}

/** Limits of what a subtask may read; `null` for none. */
export interface ReadLimit {
  readonly rowsPerSecond: number | null
  readonly bytesPerSecond: number | null
}

/** A job ready to run. Plain data: it is handed to every worker. */
export interface PhysicalPlan {
  readonly jobId: string
  readonly jobName: string
  readonly jobMode: JobMode
  readonly sources: readonly PlannedSource[]
  readonly sinks: readonly PlannedSink[]
  readonly lanes: readonly Lane[]
  /** What is measured by itself. */
  readonly vertices: readonly PlannedVertex[]
  readonly isBounded: boolean
  readonly readLimit: ReadLimit
  /** What takes rows that fail, in the order in which programs name them. */
  readonly errorHandlers: readonly PlannedErrorHandler[]
}
