import type { RecordedPlugin } from '../checkpoint/record.js'
import type { StageErrorHandler } from '../config/error-handler-options.js'
import type { JobDocument, PluginBlock } from '../config/job-document.js'
import { validateOptions } from '../config/validate.js'
import { asMillraceErrors, MillraceError, MillraceErrors } from '../core/error.js'
import { type CatalogTable, tablePathText } from '../core/schema.js'
import type { KernelBackend, ProgramContext } from '../native/backend.js'
import {
  blockPath,
  buildLogicalDag,
  type LogicalDag,
  type LogicalNode,
  pipelinesOf,
  sourcesOf,
} from '../plan/logical-dag.js'
import type { Lane, LaneSplit, PhysicalPlan, PlannedSource, ReadLimit, SplitFeed } from '../plan/physical-plan.js'
import type { FilePolicy, JobMode, PlanContext, RowLog } from '../spi/context.js'
import type { PluginRegistry } from '../spi/registry.js'
import type { Sink } from '../spi/sink.js'
import type { Source } from '../spi/source.js'
import type { TransformedTable, TransformFactory } from '../spi/transform.js'
import { ErrorHandlers } from './error-handlers.js'
import { ChainBuilder, checkChain, DECODER_OUTPUT, type Flow, loweredFlows } from './flow.js'
import { PARALLELISM_LIMIT } from './parallelism.js'
import { plannedVertices } from './planned-vertices.js'
import { recordedPlugins } from './restore.js'
import { distinctTables, requireOneStructure, sinkInput } from './sink-input.js'
import { metadataKeysOf, TableRouter, type TableStep } from './table-routing.js'

/** What a job is planned with. */
export interface PlanRequest {
  readonly document: JobDocument
  readonly jobId: string
  readonly jobName: string
  readonly jobMode: JobMode
  /** Subtasks of a source that does not say its own number. */
  readonly parallelism: number
  /** Subtasks of the sources by their places, in the place of what the job says; `null` or absent for that. */
  readonly sourceParallelism?: readonly (number | null)[] | undefined
  readonly readLimit: ReadLimit
  /** Where rows that sinks print go to; standard output alone when absent. */
  readonly rowLog?: RowLog | undefined
  /** Whether bytes by SeaTunnel's size model are counted and vertices measured; a limit of bytes counts bytes anyway. */
  readonly countsBytes?: boolean | undefined
  readonly program: ProgramContext
  readonly backend: KernelBackend
  readonly registry: PluginRegistry
  /** Number of the attempt of a durable job; absent or `null` for another. */
  readonly epoch?: number | null
  /** What the job may do; absent for everything. */
  readonly policy?: JobPolicy | undefined
  /** What takes rows that fail; absent where they fail the job. */
  readonly errorHandlers?: readonly StageErrorHandler[]
  /** Faults found before; they are reported together with those of the plug-ins. */
  readonly earlierFaults?: readonly MillraceError[]
  /** Gets every warning as it is found, so that a job with faults has its warnings too. */
  readonly warn?: (warning: MillraceError) => void
}

/** What a job may do that somebody sends who is not the user of this machine. */
export interface JobPolicy {
  readonly files: FilePolicy
  /** Whether it may bring code of its own. */
  readonly allowsUserCode: boolean
}

/** A job that can be run. */
export interface PlannedJob {
  readonly plan: PhysicalPlan
  /** The sinks with their committers, in the order of the plan's sinks. */
  readonly sinks: readonly Sink[]
  /** Sources that find splits while the job runs. */
  readonly feeds: readonly SplitFeed[]
  readonly dag: LogicalDag
  /** Tables that leave every source and transform, for explaining the plan. */
  readonly tables: ReadonlyMap<LogicalNode, readonly CatalogTable[]>
  /** Subtasks of every source. */
  readonly parallelism: ReadonlyMap<LogicalNode, number>
  /** The asynchronous transforms behind every table of every source, in the order of its chain's stages. */
  readonly stages: ReadonlyMap<LogicalNode, readonly (readonly LogicalNode[])[]>
  /** What a checkpoint of the job keeps of its blocks. */
  readonly plugins: readonly RecordedPlugin[]
  /** Sources that nobody can read again from where they stopped. */
  readonly unreplayable: ReadonlySet<number>
  /** Why the parallelism of sources cannot be changed while they are read, by their places; absent where it can. */
  readonly fixedParallelism: ReadonlyMap<number, string>
  readonly warnings: readonly MillraceError[]
}

interface SourcePart {
  readonly source: Source
  readonly parallelism: number
  readonly chains: readonly ChainBuilder[]
}

/**
 * Turns a job document into a physical plan.
 *
 * Every plug-in's options, the plug-ins' names and the wiring are checked first, and all faults come together; only then are
 * plug-ins created, schemas carried through the graph and programs compiled.
 *
 * @throws MillraceErrors with every fault, in the order of their positions.
 */
export async function planJob(request: PlanRequest): Promise<PlannedJob> {
  return new JobPlanner(request).plan()
}

/** A job as its document shows it. */
export type OutlinedJob = Pick<PlannedJob, 'dag' | 'parallelism' | 'tables' | 'fixedParallelism' | 'warnings'>

/**
 * Checks what {@link planJob} checks before it makes a plug-in, and makes none.
 *
 * @throws MillraceErrors with every fault, in the order of their positions.
 */
export async function outlineJob(request: PlanRequest): Promise<OutlinedJob> {
  return new JobPlanner(request).outline()
}

class JobPlanner {
  readonly #request: PlanRequest
  readonly #warnings: MillraceError[]
  readonly #faults: MillraceError[] = []
  readonly #options = new Map<PluginBlock, unknown>()
  readonly #flows = new Map<LogicalNode, readonly Flow[]>()
  readonly #parts = new Map<LogicalNode, SourcePart>()
  /** Full names of the tables of every sink. */
  readonly #sinkTables = new Map<LogicalNode, readonly string[]>()
  readonly #feeds: SplitFeed[] = []
  readonly #errors: ErrorHandlers
  #metadataKeys: ReadonlySet<string> = new Set()

  constructor(request: PlanRequest) {
    this.#request = request
    this.#warnings = []
    this.#errors = new ErrorHandlers({ ...request, handlers: request.errorHandlers ?? [] })
    for (const warning of request.document.warnings) this.#warn(warning)
  }

  #warn(warning: MillraceError): void {
    this.#warnings.push(warning)
    this.#request.warn?.(warning)
  }

  async plan(): Promise<PlannedJob> {
    const dag = await this.#check()
    const sinks: Sink[] = []
    for (const node of dag.sources) await this.#attempt(node, () => this.#createSource(node))
    for (const node of dag.transforms) await this.#attempt(node, () => this.#lowerTransform(node))
    for (const [index, node] of dag.sinks.entries()) {
      await this.#attempt(node, async () => void sinks.push(await this.#createSink(node, index)))
    }
    this.#throwFaults()
    sinks.push(...(await this.#errors.createSinks(sinks.length, (block) => this.#context(block, this.#mostSubtasks()))))
    const plan = await this.#physicalPlan(dag, sinks)
    const tables = new Map([...this.#flows].map(([node, flows]) => [node, distinctTables(flows)]))
    const parallelism = new Map([...this.#parts].map(([node, part]) => [node, part.parallelism]))
    const stages = new Map([...this.#parts].map(([node, part]) => [node, part.chains.map((each) => each.stageNodes)]))
    const plugins = recordedPlugins(dag, { source: (node) => this.#parts.get(node)?.source, sinks, tables })
    const unreplayable = dag.sources.flatMap((node, index) =>
      this.#parts.get(node)?.source.isReplayable === false ? [index] : [],
    )
    return {
      plan,
      sinks,
      feeds: this.#feeds,
      dag,
      tables,
      parallelism,
      stages,
      plugins,
      unreplayable: new Set(unreplayable),
      fixedParallelism: this.#fixedParallelism(dag, sinks),
      warnings: this.#warnings,
    }
  }

  async outline(): Promise<OutlinedJob> {
    const dag = await this.#check()
    this.#throwFaults()
    const parallelism = new Map(dag.sources.map((node) => [node, this.#parallelism(node.block)]))
    return { dag, parallelism, tables: new Map(), fixedParallelism: new Map(), warnings: this.#warnings }
  }

  /** Of a source itself, or of a sink that it is read for. */
  #fixedParallelism(dag: LogicalDag, sinks: readonly Sink[]): ReadonlyMap<number, string> {
    const fixed = new Map<number, string>()
    for (const [index, node] of dag.sources.entries()) {
      const isReplayable = this.#parts.get(node)?.source.isReplayable !== false
      const own = isReplayable ? undefined : `'${node.block.pluginName}' cannot be read again from where it stopped`
      const target = dag.sinks.findIndex((sink, at) => {
        return sinks[at]?.fixedParallelism !== undefined && sourcesOf(sink).includes(node)
      })
      const reason = own ?? sinks[target]?.fixedParallelism
      if (reason !== undefined) fixed.set(index, reason)
    }
    return fixed
  }

  /**
   * Everything that can be said without creating a plug-in. Faults of single blocks are kept for later, so that they come
   * together with those of the other blocks; without a graph there is nothing more to say.
   */
  async #check(): Promise<LogicalDag> {
    const { document, earlierFaults } = this.#request
    const { dag, faults: wiring } = buildLogicalDag(document, (warning) => this.#warn(warning))
    this.#faults.push(...(earlierFaults ?? []), ...wiring)
    for (const block of [...document.source, ...document.transform, ...document.sink]) {
      await this.#checkBlock(block, this.#faults)
    }
    const { faults, warnings } = await this.#errors.check()
    this.#faults.push(...faults)
    for (const warning of warnings) this.#warn(warning)
    if (wiring.length > 0) this.#throwFaults()
    this.#metadataKeys = await metadataKeysOf(document, (block) => this.#options.get(block), this.#request.registry)
    return dag
  }

  #throwFaults(): void {
    if (this.#faults.length > 0) throw new MillraceErrors(this.#faults.sort(byPosition))
  }

  /** Takes a step for a block whose options are valid and whose inputs are known; its faults are kept. */
  async #attempt(node: LogicalNode, step: () => Promise<void>): Promise<void> {
    const hasInputs = node.inputs.every((input) => this.#flows.has(input))
    if (!this.#options.has(node.block) || !hasInputs) return
    try {
      await step()
    } catch (thrown) {
      this.#faults.push(...located(thrown, node.block))
    }
  }

  async #checkBlock(block: PluginBlock, faults: MillraceError[]): Promise<void> {
    try {
      const factory = await this.#request.registry.load(block.kind, block.pluginName)
      const validated = validateOptions(factory.spec, block)
      faults.push(...validated.faults)
      for (const warning of validated.warnings) this.#warn(warning)
      this.#parallelism(block)
      if (validated.values !== null) this.#options.set(block, validated.values)
    } catch (thrown) {
      faults.push(...located(thrown, block))
    }
  }

  #context(block: PluginBlock, parallelism: number): PlanContext {
    const { jobId, jobMode, epoch = null, backend, program, registry, readLimit, policy, rowLog } = this.#request
    const { rowsPerSecond, bytesPerSecond } = readLimit
    // A tenth of a second's rows; without knowing the width of a row, 100 bytes are taken for one.
    const rows = Math.min(rowsPerSecond ?? Number.POSITIVE_INFINITY, (bytesPerSecond ?? Number.POSITIVE_INFINITY) / 100)
    const morselRowsLimit = Number.isFinite(rows) ? Math.max(1, Math.ceil(rows / 10)) : null
    const warn = (warning: MillraceError): void => this.#warn(warning)
    const metadataKeys = this.#metadataKeys
    return {
      jobId,
      jobMode,
      epoch,
      block,
      backend,
      program,
      parallelism,
      metadataKeys,
      morselRowsLimit,
      registry,
      filePolicy: policy?.files ?? null,
      allowsUserCode: policy?.allowsUserCode !== false,
      rowLog,
      warn,
    }
  }

  #parallelism(block: PluginBlock): number {
    const chosen = block.kind === 'source' ? this.#request.sourceParallelism?.[block.index] : null
    if (chosen != null) return chosen
    const node = block.options.entries.get('parallelism')
    if (node === undefined) return this.#request.parallelism
    const value = Number(node.kind === 'number' || node.kind === 'string' ? node.value : Number.NaN)
    if (Number.isInteger(value) && value >= 1 && value <= PARALLELISM_LIMIT) return value
    throw new MillraceError(
      'OPTION_INVALID',
      `the option 'parallelism' must be a whole number from 1 to ${PARALLELISM_LIMIT}`,
      {
        path: `${blockPath(block)}.parallelism`,
        position: node.position,
      },
    )
  }

  async #createSource(node: LogicalNode): Promise<void> {
    const { registry, program } = this.#request
    const factory = await registry.load('source', node.block.pluginName)
    const parallelism = this.#parallelism(node.block)
    const options = this.#options.get(node.block) as Parameters<typeof factory.create>[0]
    const source = await inBlock(node.block, () => factory.create(options, this.#context(node.block, parallelism)))
    const countsBytes = this.#request.countsBytes === true || this.#request.readLimit.bytesPerSecond !== null
    const chains = source.tables.map((table) => new ChainBuilder(program, table, this.#errors, countsBytes))
    this.#parts.set(node, { source, parallelism, chains })
    this.#flows.set(
      node,
      source.tables.map(({ table }, index) => ({ chain: chains[index] as ChainBuilder, node: DECODER_OUTPUT, table })),
    )
  }

  #inputFlows(node: LogicalNode): readonly (readonly Flow[])[] {
    return node.inputs.map((input) => this.#flows.get(input) ?? [])
  }

  async #lowerTransform(node: LogicalNode): Promise<void> {
    const { registry, backend } = this.#request
    const factory = await registry.load('transform', node.block.pluginName)
    const inputs = this.#inputFlows(node).flat()
    if (node.inputs.length > 1) requireOneStructure(node.block, inputs)
    const router = new TableRouter(node.block, factory.spec, this.#options.get(node.block), backend)
    const outputs: Flow[] = []
    const transformed: TransformedTable[] = []
    for (const input of inputs) {
      const steps = router.stepsFor(input.table)
      const leaving = await this.#lowerFlow(node, factory, input, steps)
      input.chain.pass(node, input.node, false)
      for (const flow of leaving) flow.chain.pass(node, flow.node, true)
      const [output, ...sides] = leaving
      if (output === undefined) continue
      outputs.push(output, ...sides)
      if (steps.length > 0) transformed.push({ input: input.table, output: output.table })
    }
    await inBlock(node.block, async () => factory.verify?.(transformed))
    for (const warning of router.unmatched()) this.#warn(warning)
    this.#flows.set(node, outputs)
  }

  /** One table behind the steps of a transform, and the further tables that they make of it; nothing when it ends there. */
  async #lowerFlow(
    node: LogicalNode,
    factory: TransformFactory,
    input: Flow,
    steps: readonly TableStep[],
  ): Promise<readonly Flow[]> {
    let flow = input
    const further: Flow[] = []
    for (const step of steps) {
      const options = step.options as Parameters<typeof factory.lower>[0]
      const context = this.#context(step.block, 1)
      const lower = () => factory.lower(options, flow.table, context)
      const lowered = await inBlock(node.block, () => step.run(lower))
      if ('isDropped' in lowered && lowered.isDropped === true) return further
      const [main, ...sides] = loweredFlows(flow, lowered, node)
      flow = main
      further.push(...sides)
    }
    return [flow, ...further]
  }

  async #createSink(node: LogicalNode, index: number): Promise<Sink> {
    const { tables, flows } = sinkInput(node.block, this.#inputFlows(node))
    this.#sinkTables.set(
      node,
      tables.map(({ path }) => tablePathText(path)),
    )
    const factory = await this.#request.registry.load('sink', node.block.pluginName)
    const options = this.#options.get(node.block) as Parameters<typeof factory.create>[0]
    const sink = await inBlock(node.block, () =>
      factory.create(options, tables, this.#context(node.block, this.#mostSubtasks())),
    )
    for (const { flow, table } of flows) {
      const encoder = sink.tables[table]?.encoder
      if (encoder !== undefined) flow.chain.addSink(flow.node, encoder, { sink: index, table }, node)
    }
    return sink
  }

  #mostSubtasks(): number {
    return Math.max(1, ...[...this.#parts.values()].map((part) => part.parallelism))
  }

  async #physicalPlan(dag: LogicalDag, sinks: readonly Sink[]): Promise<PhysicalPlan> {
    const { jobId, jobName, jobMode, readLimit } = this.#request
    const measured = plannedVertices(dag)
    const sources = dag.sources.map((node): PlannedSource => {
      const part = this.#parts.get(node)
      const places = this.#request.countsBytes === true ? (block: LogicalNode) => measured.place(node, block) : null
      const chains = (part?.chains ?? []).map((chain) => chain.build(node, places))
      return { plugin: node.block.pluginName, readerConfig: part?.source.readerConfig ?? {}, chains }
    })
    await this.#checkChains(dag, sources)
    const plannedSinks = dag.sinks.map((node, index) => ({
      plugin: node.block.pluginName,
      tables: (sinks[index]?.tables ?? []).map(({ rowsPerFile, writerConfig }, at) => ({
        table: this.#sinkTables.get(node)?.[at] ?? '',
        rowsPerFile,
        writerConfig,
      })),
    }))
    const isBounded = jobMode === 'BATCH' || [...this.#parts.values()].every((part) => part.source.isBounded)
    return {
      jobId,
      jobName,
      jobMode,
      sources,
      sinks: [...plannedSinks, ...this.#errors.plannedSinks()],
      lanes: await this.#lanes(dag),
      vertices: this.#request.countsBytes === true ? measured.vertices : [],
      isBounded,
      readLimit,
      errorHandlers: this.#errors.planned(),
    }
  }

  /** Compiles every program once; a fault is put down to the source, transform or sink whose part of a chain has it. */
  async #checkChains(dag: LogicalDag, sources: readonly PlannedSource[]): Promise<void> {
    for (const [index, node] of dag.sources.entries()) {
      const builders = this.#parts.get(node)?.chains ?? []
      for (const [at, chain] of (sources[index]?.chains ?? []).entries()) {
        const stageNodes = builders[at]?.stageNodes ?? []
        await checkChain(this.#request.backend, chain, async (part, compile) => {
          const place = part === 'source' ? node : 'sink' in part ? dag.sinks[part.sink] : stageNodes[part.stage]
          if (place !== undefined) await inBlock(place.block, async () => compile())
        })
      }
    }
  }

  /** One lane per pipeline and subtask; sources that share a sink are read one behind the other. */
  async #lanes(dag: LogicalDag): Promise<readonly Lane[]> {
    const lanes: Lane[] = []
    for (const [pipeline, members] of pipelinesOf(dag).entries()) {
      const bySubtask: LaneSplit[][] = []
      for (const node of members) {
        const source = dag.sources.indexOf(node)
        const part = this.#parts.get(node)
        const discovery = part?.source.enumerator.discovery
        const subtasks = part === undefined ? [] : await inBlock(node.block, () => part.source.enumerator.enumerate())
        // The lanes of a pipeline follow each other, one per subtask.
        const ownLanes = subtasks.map((_, subtask) => lanes.length + subtask)
        if (discovery !== undefined) this.#feeds.push({ source, lanes: ownLanes, discovery })
        for (const [subtask, splits] of subtasks.entries()) {
          bySubtask[subtask] ??= []
          for (const split of splits) {
            if (split.morsels !== 0) bySubtask[subtask]?.push({ source, split })
          }
        }
      }
      for (const [subtask, splits] of bySubtask.entries()) lanes.push({ pipeline, subtask, splits: splits ?? [] })
    }
    return lanes
  }
}

/** Runs a step of planning; faults without a place get the block's. */
async function inBlock<T>(block: PluginBlock, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (thrown) {
    throw new MillraceErrors(located(thrown, block))
  }
}

function located(thrown: unknown, block: PluginBlock): readonly MillraceError[] {
  return asMillraceErrors(thrown).map((error) => {
    if (error.details.position !== undefined) return error
    const code = error.code === 'JOB_FAILED' ? 'PLUGIN_CREATE' : error.code
    const path = error.details.path ?? blockPath(block)
    const located_ = new MillraceError(code, error.message, { ...error.details, path, position: block.position })
    if (error.stack !== undefined) located_.stack = error.stack
    return located_
  })
}

function byPosition(left: MillraceError, right: MillraceError): number {
  const [a, b] = [left.details.position, right.details.position]
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0)
}
