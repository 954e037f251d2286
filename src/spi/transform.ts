import type { BatchFrame } from '../arrow/frame.js'
import type { OptionFields, OptionValues } from '../config/option.js'
import type { MillraceError } from '../core/error.js'
import type { CatalogTable, KernelSchema } from '../core/schema.js'
import type { PlanContext } from './context.js'
import type { JsonObject } from './json.js'
import type { PluginSpec } from './spec.js'

/** A table that leaves a transform beside its main one: rows of a further output of one of its operators. */
export interface SideTable {
  readonly table: CatalogTable
  /** Index into the operators. */
  readonly operator: number
  /** Output of that operator, from 1 on. */
  readonly port: number
}

/** A transform lowered for one table to kernel operators. */
export interface LoweredTransform {
  /** The table as it leaves the transform. */
  readonly table: CatalogTable
  /** Kernel operators, applied one after the other. Empty when only the table's identity changes. */
  readonly operators: readonly { readonly name: string; readonly options: JsonObject }[]
  /** Further tables that flow on beside the main one. Absent for none. */
  readonly sideTables?: readonly SideTable[]
  /** The table ends here: nothing behind the transform sees it. */
  readonly isDropped?: true
}

/** A table that a transform was applied to. */
export interface TransformedTable {
  readonly input: CatalogTable
  readonly output: CatalogTable
}

/**
 * A transform that kernels cannot do, because it waits for something: the chain of kernels ends in front of it, its
 * {@link BatchProcessor} turns batches into batches in the workers, and another chain begins behind it.
 */
export interface AsynchronousTransform {
  /** The table as it leaves the transform. */
  readonly table: CatalogTable
  readonly processor: {
    /** Given to {@link TransformFactory.createProcessor} in every worker. Secrets stay in here: it is never printed. */
    readonly config: JsonObject
    /** Rows of a batch at most; absent for as many as the kernels give, about 8,192. */
    readonly batchRows?: number
  }
}

/** What a processor is made with. */
export interface ProcessorContext {
  /** Columns of the batches that come. */
  readonly input: KernelSchema
  /** Columns of the batches that leave. */
  readonly output: KernelSchema
  /** Worker threads of the job, each of which has a processor of its own. */
  readonly workers: number
  /** Words that the processors of all workers share, zero at the job's start; for limits that hold for the whole job. */
  readonly shared: BigInt64Array<SharedArrayBuffer>
}

/** What became of one batch. */
export interface ProcessedBatch {
  /** The rows in their order: all of the batch, or those before the one that failed. */
  readonly frame: BatchFrame
  /** The failure of the first row that is not in the frame; `null` when all went well. */
  readonly failure: MillraceError | null
}

/** Turns batches into batches in one worker. */
export interface BatchProcessor {
  /** Batches that may be under way at the same time, at least 1. Results are taken in order, whatever order they come in. */
  readonly batchesInFlight: number
  /**
   * Processes a batch; its frame may be handed on. Rejecting means that the batch failed before its first row.
   *
   * @param signal aborted when nobody waits for the batch any more: end soon, the result does not matter.
   */
  process(batch: BatchFrame, signal: AbortSignal): Promise<ProcessedBatch>
  close(): Promise<void>
}

/** Makes the processor of one table in a worker. */
export type ProcessorFactory = (config: JsonObject, context: ProcessorContext) => Promise<BatchProcessor>

/** What a transform plug-in exports. */
export interface TransformFactory<F extends OptionFields = OptionFields> {
  readonly spec: PluginSpec<F>
  /** @throws MillraceError or MillraceErrors when fields are missing or the options make no sense. */
  lower(
    options: OptionValues<F>,
    table: CatalogTable,
    context: PlanContext,
  ): Promise<LoweredTransform | AsynchronousTransform>
  /** Only there when `lower` gives an {@link AsynchronousTransform}. */
  readonly createProcessor?: ProcessorFactory
  /**
   * Looks at all tables that the transform was applied to, after the last one.
   *
   * @throws MillraceError when they do not go together.
   */
  verify?(tables: readonly TransformedTable[]): void
  /** Keys of the metadata of rows that the transform reads (`FilePath`), which sources give when they are asked. */
  metadataKeys?(options: OptionValues<F>): readonly string[]
}

/** Declares a transform plug-in; only there so that option types are inferred. */
export function transformFactory<F extends OptionFields>(factory: TransformFactory<F>): TransformFactory {
  return factory as unknown as TransformFactory
}
