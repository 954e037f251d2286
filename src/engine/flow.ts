import type { CatalogTable } from '../core/schema.js'
import { dataTypeText, kernelSchema } from '../core/schema.js'
import {
  type KernelBackend,
  LAYOUT_VERSION,
  type ProgramContext,
  type ProgramDocument,
  type ProgramNode,
  type ProgramOnError,
  type ProgramSink,
} from '../native/backend.js'
import type { Chain, SinkTarget } from '../plan/physical-plan.js'
import type { SinkEncoder } from '../spi/sink.js'
import type { SourceTable } from '../spi/source.js'
import type { LoweredTransform } from '../spi/transform.js'
import type { ErrorHandlers } from './error-handlers.js'

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

/** The program of one source table while it is put together: operators are appended, sinks hung on. */
export class ChainBuilder {
  readonly #context: ProgramContext
  readonly #source: SourceTable
  readonly #nodes: ProgramNode[] = []
  readonly #sinks: ProgramSink[] = []
  readonly #targets: SinkTarget[] = []
  readonly #errors: ErrorHandlers

  constructor(context: ProgramContext, source: SourceTable, errors: ErrorHandlers) {
    this.#context = context
    this.#source = source
    this.#errors = errors
  }

  /** Appends an operator of a transform behind `input` and gives its main output. */
  append(input: NodeOutput, operator: KernelOperator, plugin: string): NodeOutput {
    return this.#push(input, operator, this.#errors.onError('TRANSFORM', plugin))
  }

  #push({ node: input, port }: NodeOutput, { name, options }: KernelOperator, onError?: ProgramOnError): NodeOutput {
    this.#nodes.push({ operator: name, input, port, options, onError })
    return { node: this.#nodes.length, port: 0 }
  }

  /** Hangs a sink table on. */
  addSink(input: NodeOutput, encoder: SinkEncoder, target: SinkTarget, plugin: string): void {
    const onError = this.#errors.onError('SINK', plugin)
    const at = encoder.operator === undefined ? input : this.#push(input, encoder.operator, onError)
    const { codec, options, partitionBy, columns } = encoder
    this.#sinks.push({ input: at.node, port: at.port, codec, options, partitionBy, columns, onError })
    this.#targets.push(target)
  }

  /** The finished chain. */
  build(): Chain {
    const { codec, options } = this.#source.decoder
    const { documents, targets } = this.#errors.program()
    const program: ProgramDocument = {
      layoutVersion: LAYOUT_VERSION,
      context: this.#context,
      input: { codec, schema: kernelSchema(this.#source.table), options },
      nodes: this.#nodes,
      sinks: this.#sinks,
      errorHandlers: documents,
    }
    return { program, targets: [...this.#targets, ...targets] }
  }
}

/** One table's rows at one point of the graph. */
export interface Flow {
  readonly chain: ChainBuilder
  /** What gives the rows. */
  readonly node: NodeOutput
  readonly table: CatalogTable
}

/** The flows that leave a lowered transform: its table, and its further tables behind it. */
export function appendLowered(
  flow: Flow,
  { table, operators, sideTables }: LoweredTransform,
  plugin: string,
): readonly [Flow, ...Flow[]] {
  const { chain } = flow
  const outputs: NodeOutput[] = []
  for (const operator of operators) outputs.push(chain.append(outputs.at(-1) ?? flow.node, operator, plugin))
  const sides = (sideTables ?? []).flatMap((side) => {
    const output = outputs[side.operator]
    return output === undefined ? [] : [{ chain, node: { node: output.node, port: side.port }, table: side.table }]
  })
  return [{ chain, node: outputs.at(-1) ?? flow.node, table }, ...sides]
}

/** Names and types of a table, for comparing structures. */
export function structureText(table: CatalogTable): string {
  return table.columns.map((column) => `${column.name} ${dataTypeText(column.type)}`).join(', ')
}

/**
 * Compiles a chain once on the main thread, so that faults show before the job starts: first without sinks, then each sink by
 * itself, so that a fault is known to be of the source or of one sink.
 *
 * @param part runs the check of one part: `null` for everything before the sinks, else the index of the plan's sink.
 */
export async function checkChain(
  backend: KernelBackend,
  { program, targets }: Chain,
  part: (sink: number | null, check: () => void) => Promise<void>,
): Promise<void> {
  const compile = (sinks: readonly ProgramSink[]): void => backend.compile({ ...program, sinks }).close()
  await part(null, () => compile([]))
  for (const [index, sink] of program.sinks.entries()) {
    await part(targets[index]?.sink ?? null, () => compile([sink]))
  }
}
