import { dataTypeText, tablePathText } from '../core/schema.js'
import { blockPath, type LogicalNode, pipelinesOf } from '../plan/logical-dag.js'
import type { Chain } from '../plan/physical-plan.js'
import type { PlannedJob } from './job-planner.js'

/** A table at one point of a job, as plain data. */
export interface GraphTable {
  readonly path: string
  readonly columns: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[]
}

/** A plug-in of a job and what leaves it; for a sink, what reaches it. */
export interface GraphNode {
  /** Path in the document, for example `source[0]`. */
  readonly id: string
  readonly kind: 'source' | 'transform' | 'sink'
  readonly plugin: string
  readonly output: string | null
  /** Ids of the plug-ins that feed it. */
  readonly inputs: readonly string[]
  readonly pipeline: number
  /** Subtasks, as the original counts them. Threads are shared by the whole job. */
  readonly parallelism: number
  readonly tables: readonly GraphTable[]
}

/** What runs as one kernel call per piece of input: the decoder of a table, the operators, the encoders. */
export interface GraphChain {
  /** Where its rows come from: a source, or an asynchronous transform behind which it goes on. */
  readonly source: string
  readonly table: string
  readonly decoder: string
  /** Input 0 is the decoder, `n` is the n-th operator. */
  readonly operators: readonly { readonly name: string; readonly input: number }[]
  readonly sinks: readonly {
    readonly sink: string
    readonly encoder: string
    readonly input: number
    readonly partitionBy: readonly string[]
  }[]
  /** Asynchronous transforms that get rows of it, in batches. */
  readonly stages: readonly { readonly transform: string; readonly encoder: string; readonly input: number }[]
}

/** What one subtask of a pipeline reads. Morsels are `null` where the pieces show only while reading. */
export interface GraphLane {
  readonly pipeline: number
  readonly subtask: number
  readonly splits: number
  readonly morsels: number | null
}

/** A planned job as plain data: the same for the same document and input. */
export interface JobGraph {
  readonly jobName: string
  readonly jobMode: string
  readonly isBounded: boolean
  readonly nodes: readonly GraphNode[]
  readonly chains: readonly GraphChain[]
  readonly lanes: readonly GraphLane[]
}

/** One pipeline and how much it has to read. */
export interface PipelineDescription {
  /** The names of its plug-ins, for example `LocalFile -> Console`. */
  readonly name: string
  /** Indexes into the sources and sinks of the job's metrics. */
  readonly sources: readonly number[]
  readonly sinks: readonly number[]
  /** Rows and bytes that all its splits give and take, where every split knows. */
  readonly expectedRows: number | null
  readonly expectedBytes: number | null
}

/** The whole planned job. */
export function jobGraph(planned: PlannedJob): JobGraph {
  const { dag, plan } = planned
  const pipelines = pipelinesOf(dag)
  const nodes = [...dag.sources, ...dag.transforms, ...dag.sinks].map((node): GraphNode => {
    const sources = sourcesOf(node)
    const { kind, pluginName, output } = node.block
    const tables = kind === 'sink' ? node.inputs.flatMap((input) => planned.tables.get(input) ?? []) : null
    return {
      id: blockPath(node.block),
      kind,
      plugin: pluginName,
      output,
      inputs: node.inputs.map((input) => blockPath(input.block)),
      pipeline: pipelines.findIndex((members) => members.some((member) => sources.includes(member))),
      parallelism: Math.max(1, ...sources.map((source) => planned.parallelism.get(source) ?? 1)),
      tables: (tables ?? planned.tables.get(node) ?? []).map((table) => ({
        path: tablePathText(table.path),
        columns: table.columns.map(({ name, type, nullable }) => ({ name, type: dataTypeText(type), nullable })),
      })),
    }
  })
  const chains = plan.sources.flatMap((source, index) =>
    source.chains.flatMap((chain, table) => graphChains(chain, dag.sources[index], planned, table)),
  )
  const lanes = plan.lanes.map(({ pipeline, subtask, splits }) => {
    const counts = splits.map(({ split }) => split.morsels)
    const morsels = counts.includes(null) ? null : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)
    return { pipeline, subtask, splits: splits.length, morsels }
  })
  const { jobName, jobMode, isBounded } = plan
  return { jobName, jobMode, isBounded, nodes, chains, lanes }
}

/** The pipelines of a planned job, in the order of their numbers. */
export function jobPipelines({ dag, plan }: PlannedJob): readonly PipelineDescription[] {
  return pipelinesOf(dag).map((members, pipeline) => {
    const sinks = dag.sinks.filter((sink) => sourcesOf(sink).some((source) => members.includes(source)))
    const splits = plan.lanes.filter((lane) => lane.pipeline === pipeline).flatMap((lane) => lane.splits)
    const sum = (key: 'expectedRows' | 'expectedBytes'): number | null => {
      const known = splits.map(({ split }) => split[key])
      return known.includes(undefined) ? null : known.reduce<number>((all, value) => all + (value ?? 0), 0)
    }
    const names = (nodes: readonly LogicalNode[]): string => nodes.map(({ block }) => block.pluginName).join(', ')
    return {
      name: `${names(members)} -> ${names(sinks)}`,
      sources: members.map((member) => dag.sources.indexOf(member)),
      sinks: sinks.map((sink) => dag.sinks.indexOf(sink)),
      expectedRows: plan.isBounded ? sum('expectedRows') : null,
      expectedBytes: plan.isBounded ? sum('expectedBytes') : null,
    }
  })
}

/** The chain's program and those behind its stages. */
function graphChains(
  chain: Chain,
  source: LogicalNode | undefined,
  { dag, stages }: PlannedJob,
  table: number,
): readonly GraphChain[] {
  const transforms = source === undefined ? [] : (stages.get(source)?.[table] ?? [])
  const id = (node: LogicalNode | undefined): string => (node === undefined ? '' : blockPath(node.block))
  return [chain, ...chain.stages].map(({ program, targets, outlets }, index) => {
    const outletSinks = program.sinks.slice(targets.length)
    return {
      source: id(index === 0 ? source : transforms[index - 1]),
      table: program.input.schema.table,
      decoder: program.input.codec,
      operators: program.nodes.map(({ operator, input }) => ({ name: operator, input })),
      sinks: targets.map(({ sink }, at) => {
        const { codec = '', input = 0, partitionBy = [] } = program.sinks[at] ?? {}
        return { sink: id(dag.sinks[sink]), encoder: codec, input, partitionBy }
      }),
      stages: outletSinks.map(({ codec, input }, at) => {
        return { transform: id(transforms[outlets[at] ?? -1]), encoder: codec, input }
      }),
    }
  })
}

/** Every source whose rows reach a node, the node itself when it is one. */
function sourcesOf(node: LogicalNode): readonly LogicalNode[] {
  return node.inputs.length === 0 ? [node] : [...new Set(node.inputs.flatMap(sourcesOf))]
}
