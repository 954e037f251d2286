import type { PluginBlock } from '../config/job-document.js'
import { MillraceError } from '../core/error.js'
import { type CatalogTable, tablePathText } from '../core/schema.js'
import { blockPath } from '../plan/logical-dag.js'
import { type Flow, structureText } from './flow.js'

/** What a sink gets: its tables, and for every flow that leads to it which of them its rows go to. */
export interface SinkInput {
  readonly tables: readonly CatalogTable[]
  readonly flows: readonly { readonly flow: Flow; readonly table: number }[]
}

/**
 * The tables of a sink.
 *
 * What comes from one input keeps its tables; flows of the same path and structure (merged tables) are one. Several inputs are one
 * table, that of the first, and none of them may have several.
 *
 * @param inputs the flows of each input.
 * @throws MillraceError `JOB_DEFINITION` where inputs do not go together.
 * @source SeaTunnel `MultipleTableJobConfigParser`
 */
export function sinkInput(block: PluginBlock, inputs: readonly (readonly Flow[])[]): SinkInput {
  const flows = inputs.flat()
  if (inputs.length <= 1) return byPath(flows)
  if (inputs.some((each) => byPath(each).tables.length > 1)) {
    const message = "Sink don't support simultaneous writing of data from multi-table source and other sources."
    throw definition(message, block, 'give the source of several tables a sink of its own')
  }
  requireOneStructure(block, flows)
  return { tables: flows.slice(0, 1).map((flow) => flow.table), flows: flows.map((flow) => ({ flow, table: 0 })) }
}

function byPath(flows: readonly Flow[]): SinkInput {
  const tables: CatalogTable[] = []
  const places = new Map<string, number>()
  const placed = flows.map((flow) => {
    const key = `${tablePathText(flow.table.path)}\n${structureText(flow.table)}`
    const table = places.get(key) ?? tables.push(flow.table) - 1
    places.set(key, table)
    return { flow, table }
  })
  return { tables, flows: placed }
}

/** The tables that flows are, merged ones once. */
export function distinctTables(flows: readonly Flow[]): readonly CatalogTable[] {
  return byPath(flows).tables
}

/** @throws MillraceError `JOB_DEFINITION` when flows that come together differ in names or types of columns. */
export function requireOneStructure(block: PluginBlock, flows: readonly Flow[]): void {
  const [first, ...others] = flows
  if (first === undefined) return
  const different = others.find((flow) => structureText(flow.table) !== structureText(first.table))
  if (different === undefined) return
  throw definition(
    "Transform/Sink don't support processing data with two different structures.",
    block,
    `'${tablePathText(first.table.path)}' has ${structureText(first.table)}; '${tablePathText(different.table.path)}' has ${structureText(different.table)}`,
  )
}

function definition(message: string, block: PluginBlock, hint: string): MillraceError {
  return new MillraceError('JOB_DEFINITION', message, { path: blockPath(block), position: block.position, hint })
}
