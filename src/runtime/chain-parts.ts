import type { KernelSchema } from '../core/schema.js'
import type { KernelBackend, KernelProgram, ProgramDocument } from '../native/backend.js'
import type { Chain, PhysicalPlan, Stage } from '../plan/physical-plan.js'
import type { PluginRegistry } from '../spi/registry.js'
import type { BatchProcessor } from '../spi/transform.js'

/** Words that the processors of one stage share over all workers. */
const SHARED_WORDS = 8

/** Everything that one worker runs a chain with. */
export interface ChainParts {
  readonly chain: Chain
  readonly program: KernelProgram
  readonly stages: readonly StageParts[]
}

/** A stage's transform and the program behind it. */
export interface StageParts {
  readonly stage: Stage
  readonly processor: BatchProcessor
  readonly program: KernelProgram
}

/** Where the stages of a plan stand in one line, for what they share: a number per stage. */
function stageNumber(plan: PhysicalPlan, source: number, table: number, stage: number): number {
  let number = stage
  for (const [sourceIndex, { chains }] of plan.sources.entries()) {
    for (const [tableIndex, chain] of chains.entries()) {
      if (sourceIndex === source && tableIndex === table) return number
      number += chain.stages.length
    }
  }
  return number
}

/** Number of stages of a plan. */
function stageCount(plan: PhysicalPlan): number {
  return plan.sources.flatMap(({ chains }) => chains).reduce((count, chain) => count + chain.stages.length, 0)
}

/** Memory that the processors of all workers share: {@link SHARED_WORDS} per stage. */
export function stageMemory(plan: PhysicalPlan): SharedArrayBuffer {
  return new SharedArrayBuffer(stageCount(plan) * SHARED_WORDS * BigInt64Array.BYTES_PER_ELEMENT)
}

/** Whether a plan has asynchronous transforms. */
export function hasStages(plan: PhysicalPlan): boolean {
  return stageCount(plan) > 0
}

/** Compiles chains when their first morsel comes, once per subtask, and makes the processors of their stages, once per worker. */
export class ChainCache {
  readonly #plan: PhysicalPlan
  readonly #backend: KernelBackend
  readonly #registry: PluginRegistry
  readonly #worker: number
  readonly #workers: number
  readonly #shared: SharedArrayBuffer
  readonly #chains = new Map<string, ChainParts>()
  readonly #processors = new Map<number, BatchProcessor>()

  constructor(environment: {
    readonly plan: PhysicalPlan
    readonly backend: KernelBackend
    readonly registry: PluginRegistry
    /** Index of this worker. */
    readonly worker: number
    /** Worker threads of the job. */
    readonly workers: number
    /** See {@link stageMemory}. */
    readonly shared: SharedArrayBuffer
  }) {
    this.#plan = environment.plan
    this.#backend = environment.backend
    this.#registry = environment.registry
    this.#worker = environment.worker
    this.#workers = environment.workers
    this.#shared = environment.shared
  }

  /** The parts of one table's chain for a subtask. */
  async get(source: number, table: number, subtask: number): Promise<ChainParts> {
    const key = `${source}/${table}/${subtask}`
    const known = this.#chains.get(key)
    if (known !== undefined) return known
    const chain = this.#plan.sources[source]?.chains[table]
    if (chain === undefined) throw new Error(`the plan has no chain ${source}/${table}`)
    const compile = (program: ProgramDocument): KernelProgram =>
      this.#backend.compile({ ...program, context: { ...program.context, subtask, worker: this.#worker } })
    const stages: StageParts[] = []
    for (const [index, stage] of chain.stages.entries()) {
      const processor = await this.#processor(stage, stageNumber(this.#plan, source, table, index))
      stages.push({ stage, processor, program: compile(stage.program) })
    }
    const parts = { chain, program: compile(chain.program), stages }
    this.#chains.set(key, parts)
    return parts
  }

  /** A program that only decodes a table, for finding out where morsels end whose rows are not wanted. The caller closes it. */
  decoder(source: number, table: number, subtask: number): KernelProgram {
    const chain = this.#plan.sources[source]?.chains[table]
    if (chain === undefined) throw new Error(`the plan has no chain ${source}/${table}`)
    const { layoutVersion, context, input } = chain.program
    const sink = { input: 0, codec: 'discard', options: {}, partitionBy: [], columns: null }
    const own = { ...context, subtask, worker: this.#worker }
    return this.#backend.compile({ layoutVersion, context: own, input, nodes: [], sinks: [sink] })
  }

  async #processor(stage: Stage, number: number): Promise<BatchProcessor> {
    const known = this.#processors.get(number)
    if (known !== undefined) return known
    const factory = await this.#registry.load('transform', stage.plugin)
    if (factory.createProcessor === undefined) throw new Error(`the transform '${stage.plugin}' has no processor`)
    const output: KernelSchema = stage.program.input.schema
    const start = number * SHARED_WORDS * BigInt64Array.BYTES_PER_ELEMENT
    const shared = new BigInt64Array(this.#shared, start, SHARED_WORDS)
    const context = { input: stage.input, output, workers: this.#workers, shared }
    const processor = await factory.createProcessor(stage.processorConfig, context)
    this.#processors.set(number, processor)
    return processor
  }

  /** Closes everything: processors first, they may hold threads and connections. */
  async close(): Promise<void> {
    const programs = [...this.#chains.values()].flatMap(({ program, stages }) => [
      program,
      ...stages.map((stage) => stage.program),
    ])
    for (const processor of this.#processors.values()) await processor.close()
    for (const program of programs) program.close()
  }
}
