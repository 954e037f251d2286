import type { CatalogTable } from '../core/schema.js'
import { dataTypeText, kernelSchema } from '../core/schema.js'
import {
  type KernelBackend,
  LAYOUT_VERSION,
  type ProgramContext,
  type ProgramDocument,
  type ProgramNode,
  type ProgramSink,
} from '../native/backend.js'
import type { Chain, SinkTarget } from '../plan/physical-plan.js'
import type { SinkEncoder } from '../spi/sink.js'
import type { SourceTable } from '../spi/source.js'

/** The program of one source table while it is put together: operators are appended, sinks hung on. */
export class ChainBuilder {
  readonly #context: ProgramContext
  readonly #source: SourceTable
  readonly #nodes: ProgramNode[] = []
  readonly #sinks: ProgramSink[] = []
  readonly #targets: SinkTarget[] = []

  constructor(context: ProgramContext, source: SourceTable) {
    this.#context = context
    this.#source = source
  }

  /** Appends an operator behind `input` and gives its number as an input. */
  append(input: number, operator: { readonly name: string; readonly options: object }): number {
    this.#nodes.push({ operator: operator.name, input, options: operator.options })
    return this.#nodes.length
  }

  /** Hangs a sink table on. */
  addSink(input: number, encoder: SinkEncoder, target: SinkTarget): void {
    const at = encoder.operator === undefined ? input : this.append(input, encoder.operator)
    const { codec, options, partitionBy, columns } = encoder
    this.#sinks.push({ input: at, codec, options, partitionBy, columns })
    this.#targets.push(target)
  }

  /** The finished chain. */
  build(): Chain {
    const { codec, options } = this.#source.decoder
    const program: ProgramDocument = {
      layoutVersion: LAYOUT_VERSION,
      context: this.#context,
      input: { codec, schema: kernelSchema(this.#source.table), options },
      nodes: this.#nodes,
      sinks: this.#sinks,
    }
    return { program, targets: this.#targets }
  }
}

/** One table's rows at one point of the graph. */
export interface Flow {
  readonly chain: ChainBuilder
  /** Number of the operator that gives the rows. */
  readonly node: number
  readonly table: CatalogTable
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
