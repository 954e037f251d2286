import type { CatalogTable, KernelSchema } from '../core/schema.js'
import { dataTypeText, kernelSchema } from '../core/schema.js'
import {
  type KernelBackend,
  LAYOUT_VERSION,
  type ProgramContext,
  type ProgramDocument,
  type ProgramNode,
  type ProgramOnError,
  type ProgramOwners,
  type ProgramSink,
} from '../native/backend.js'
import type { LogicalNode } from '../plan/logical-dag.js'
import {
  type Chain,
  type PartMeasure,
  type ProgramPart,
  type SinkTarget,
  type Stage,
  UNMEASURED,
} from '../plan/physical-plan.js'
import type { JsonObject } from '../spi/json.js'
import type { SinkEncoder } from '../spi/sink.js'
import type { SourceTable } from '../spi/source.js'
import type { AsynchronousTransform, LoweredTransform } from '../spi/transform.js'
import type { ErrorHandlers } from './error-handlers.js'
import type { VertexPlace } from './planned-vertices.js'

/** A kernel operator as plug-ins name it. */
type KernelOperator = { readonly name: string; readonly options: object }

/** One output of an operator of a program. */
export interface NodeOutput {
  /** 0 for the decoder, `n` for the n-th operator. */
  readonly node: number
  /** 0 for the main output. */
  readonly port: number
}

/** What a decoder gives. */
export const DECODER_OUTPUT: NodeOutput = { node: 0, port: 0 }

/** The codec in which batches go to an asynchronous transform and come back. */
const STAGE_CODEC = 'arrow'

/** A stage while it is put together, and the block that asked for it. */
interface StageDraft {
  readonly builder: ChainBuilder
  readonly plugin: string
  readonly processorConfig: JsonObject
  readonly input: KernelSchema
  readonly node: LogicalNode
}

/** Rows that enter or leave a transform at one output of a program. */
interface Passage {
  readonly node: LogicalNode
  readonly output: NodeOutput
  readonly isOut: boolean
}

/** Where a block is measured; `null` where it is not. */
export type VertexPlaces = (node: LogicalNode) => VertexPlace | null

/**
 * The program of one source table, or of what an asynchronous transform gives, while it is put together: operators are appended,
 * sinks and stages hung on.
 */
export class ChainBuilder {
  readonly #context: ProgramContext
  readonly #source: SourceTable
  readonly #nodes: ProgramNode[] = []
  readonly #sinks: ProgramSink[] = []
  readonly #targets: SinkTarget[] = []
  readonly #errors: ErrorHandlers
  readonly #outletSinks: ProgramSink[] = []
  readonly #outlets: number[] = []
  /** The block of every operator, and of every sink. */
  readonly #nodeBlocks: LogicalNode[] = []
  readonly #sinkBlocks: LogicalNode[] = []
  readonly #passages: Passage[] = []
  readonly #countBytes: boolean
  /** The stages of the whole chain, shared by all its programs. */
  readonly #stages: StageDraft[]

  /** @param countBytes whether programs report bytes by SeaTunnel's size model. */
  constructor(
    context: ProgramContext,
    source: SourceTable,
    errors: ErrorHandlers,
    countBytes: boolean,
    stages: StageDraft[] = [],
  ) {
    this.#context = context
    this.#countBytes = countBytes
    this.#source = source
    this.#errors = errors
    this.#stages = stages
  }

  /** Appends an operator of a transform behind `input` and gives its main output. */
  append(input: NodeOutput, operator: KernelOperator, node: LogicalNode): NodeOutput {
    return this.#push(input, operator, node, this.#errors.onError('TRANSFORM', node.block.pluginName))
  }

  #push(
    { node: input, port }: NodeOutput,
    { name, options }: KernelOperator,
    block: LogicalNode,
    onError: ProgramOnError | undefined,
  ): NodeOutput {
    this.#nodes.push({ operator: name, input, port, options, onError })
    this.#nodeBlocks.push(block)
    return { node: this.#nodes.length, port: 0 }
  }

  /** Hangs a sink table on. */
  addSink(input: NodeOutput, encoder: SinkEncoder, target: SinkTarget, node: LogicalNode): void {
    const onError = this.#errors.onError('SINK', node.block.pluginName)
    const at = encoder.operator === undefined ? input : this.#push(input, encoder.operator, node, onError)
    const { codec, options, partitionBy, columns } = encoder
    this.#sinks.push({ input: at.node, port: at.port, codec, options, partitionBy, columns, onError })
    this.#targets.push(target)
    this.#sinkBlocks.push(node)
  }

  /** Says that the rows of an output enter a transform, or leave it. */
  pass(node: LogicalNode, output: NodeOutput, isOut: boolean): void {
    const isKnown = this.#passages.some(
      (each) =>
        each.node === node &&
        each.isOut === isOut &&
        each.output.node === output.node &&
        each.output.port === output.port,
    )
    if (!isKnown) this.#passages.push({ node, output, isOut })
  }

  /** Hangs an asynchronous transform on and gives the program behind it. */
  addStage(flow: Flow, { table, processor }: AsynchronousTransform, node: LogicalNode): ChainBuilder {
    const options = processor.batchRows === undefined ? {} : { maxRows: processor.batchRows }
    const { node: input, port } = flow.node
    this.#outletSinks.push({ input, port, codec: STAGE_CODEC, options, partitionBy: [], columns: null })
    this.#outlets.push(this.#stages.length)
    const builder = new ChainBuilder(
      this.#context,
      { table, decoder: { codec: STAGE_CODEC, options: {} } },
      this.#errors,
      this.#countBytes,
      this.#stages,
    )
    const { pluginName } = node.block
    const schema = kernelSchema(flow.table)
    this.#stages.push({ builder, plugin: pluginName, processorConfig: processor.config, input: schema, node })
    return builder
  }

  /** The blocks of the asynchronous transforms, in the order of the chain's stages. */
  get stageNodes(): readonly LogicalNode[] {
    return this.#stages.map((stage) => stage.node)
  }

  /**
   * The finished chain.
   *
   * @param source the block that its rows come from.
   * @param places `null` where nothing is measured.
   */
  build(source: LogicalNode, places: VertexPlaces | null): Chain {
    const stages = this.#stages.map(
      ({ builder, plugin, processorConfig, input, node }): Stage => ({
        ...builder.#part(node, places),
        plugin,
        processorConfig,
        input,
      }),
    )
    return { ...this.#part(source, places), stages }
  }

  #part(origin: LogicalNode, places: VertexPlaces | null): ProgramPart {
    const { codec, options } = this.#source.decoder
    const { documents, targets } = this.#errors.program()
    const passages = places === null ? [] : this.#passages.filter((each) => isAtBorder(each, places))
    const taps = passages.map(({ output }) => ({ input: output.node, port: output.port }))
    const measure = this.#measure(origin, passages, places ?? (() => null))
    const program: ProgramDocument = {
      layoutVersion: LAYOUT_VERSION,
      context: this.#context,
      input: { codec, schema: kernelSchema(this.#source.table), options },
      nodes: this.#nodes,
      sinks: [...this.#sinks, ...this.#outletSinks],
      errorHandlers: documents,
      countBytes: this.#countBytes,
      ...(places === null ? {} : { measure: { taps }, owners: ownersOf(measure) }),
    }
    return { program, targets: this.#targets, outlets: this.#outlets, errorTargets: targets, measure }
  }

  #measure(origin: LogicalNode, passages: readonly Passage[], places: VertexPlaces): PartMeasure {
    const vertex = (node: LogicalNode | undefined): number =>
      (node === undefined ? null : places(node))?.vertex ?? UNMEASURED
    return {
      origin: vertex(origin),
      operators: this.#nodeBlocks.map(vertex),
      sinks: [...this.#sinkBlocks, ...this.#outlets.map((stage) => this.#stages[stage]?.node)].map(vertex),
      taps: passages.map(({ node, isOut }) => ({ vertex: vertex(node), isOut })),
    }
  }
}

/** Who works in the parts of a program: vertices, counted from 1; 0 for what is not measured. */
function ownersOf({ origin, operators, sinks }: PartMeasure): ProgramOwners {
  const owner = (vertex: number): number => (vertex === UNMEASURED ? 0 : vertex + 1)
  return { decoder: owner(origin), nodes: operators.map(owner), sinks: sinks.map(owner) }
}

/** Whether rows cross the border of a vertex, and do not go from one transform of a chain to the next. */
function isAtBorder({ node, isOut }: Passage, places: VertexPlaces): boolean {
  const place = places(node)
  return place !== null && (isOut ? place.isLast : place.isFirst)
}

/** One table's rows at one point of the graph. */
export interface Flow {
  readonly chain: ChainBuilder
  /** What gives the rows. */
  readonly node: NodeOutput
  readonly table: CatalogTable
}

/**
 * The rows behind a transform, further along the same program or at the beginning of the program behind a stage, and the rows of its
 * further tables behind them.
 */
export function loweredFlows(
  flow: Flow,
  lowered: LoweredTransform | AsynchronousTransform,
  node: LogicalNode,
): readonly [Flow, ...Flow[]] {
  const { table } = lowered
  if ('processor' in lowered) return [{ chain: flow.chain.addStage(flow, lowered, node), node: DECODER_OUTPUT, table }]
  const { chain } = flow
  const outputs: NodeOutput[] = []
  for (const operator of lowered.operators) {
    outputs.push(chain.append(outputs.at(-1) ?? flow.node, operator, node))
  }
  const sides = (lowered.sideTables ?? []).flatMap((side) => {
    const output = outputs[side.operator]
    return output === undefined ? [] : [{ chain, node: { node: output.node, port: side.port }, table: side.table }]
  })
  return [{ chain, node: outputs.at(-1) ?? flow.node, table }, ...sides]
}

/** Names and types of a table, for comparing structures. */
export function structureText(table: CatalogTable): string {
  return table.columns.map((column) => `${column.name} ${dataTypeText(column.type)}`).join(', ')
}

/** What a part of a chain belongs to: its source, the transform of a stage, or a sink of the plan. */
export type CheckedPart = 'source' | { readonly stage: number } | { readonly sink: number }

/**
 * Compiles a chain once on the main thread, so that faults show before the job starts: every program first without sinks, then
 * with each sink by itself, so that a fault is known to be of the source, of a stage's transform or of one sink.
 *
 * @param check runs the check of one part.
 */
export async function checkChain(
  backend: KernelBackend,
  chain: Chain,
  check: (part: CheckedPart, compile: () => void) => Promise<void>,
): Promise<void> {
  const compile = ({ program }: ProgramPart, sinks: readonly ProgramSink[]): void =>
    backend.compile({ ...program, sinks }).close()
  for (const [index, part] of [chain, ...chain.stages].entries()) {
    await check(index === 0 ? 'source' : { stage: index - 1 }, () => compile(part, []))
    for (const [at, sink] of part.program.sinks.entries()) {
      const target = part.targets[at]
      const stage = part.outlets[at - part.targets.length] ?? 0
      await check(target === undefined ? { stage } : { sink: target.sink }, () => compile(part, [sink]))
    }
  }
}
