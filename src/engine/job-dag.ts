import { tablePathText } from '../core/schema.js'
import type { LogicalDag, LogicalNode } from '../plan/logical-dag.js'
import type { PlannedJob } from './job-planner.js'

/** A vertex of a job: a source, a sink, or the transforms between two of them as one chain. */
export interface JobVertex {
  /** Number within the job, as SeaTunnel counts: stable for one document. */
  readonly id: number
  readonly kind: 'source' | 'transform' | 'sink'
  /** Number of its pipeline, from 1. */
  readonly pipeline: number
  /** As SeaTunnel prints it, for example `pipeline-1 [Source[0]-FakeSource]`. */
  readonly name: string
  /** Names of its plug-ins; several only for a chain of transforms. */
  readonly plugins: readonly string[]
  /** Place of a source or sink in its section of the document, from 0; of a chain, that of its first transform. */
  readonly index: number
  /** Full names of the tables that leave it; for a sink, that reach it. Empty for transforms, as the original has it. */
  readonly tablePaths: readonly string[]
  readonly parallelism: number
  /** Why its parallelism cannot be changed while the job runs; absent where it can. */
  readonly fixedParallelism?: string
}

/** An edge of a job between two vertices of one pipeline. */
export interface JobEdge {
  readonly pipeline: number
  readonly from: number
  readonly to: number
}

/** What a job is made of. */
export interface JobDag {
  /** In the order of their numbers. */
  readonly vertices: readonly JobVertex[]
  readonly edges: readonly JobEdge[]
}

/** What vertices are made from. */
export type DagSource = Pick<PlannedJob, 'dag' | 'tables' | 'parallelism' | 'fixedParallelism'>

/** What becomes one vertex: a plug-in, or transforms of which each has the one before it as its only input. Its number is that of the vertex. */
export interface Unit {
  id: number
  readonly nodes: readonly LogicalNode[]
  readonly inputs: Unit[]
  readonly targets: Unit[]
}

/** One pipeline: its units, connected. */
export type PipelineEdges = readonly (readonly [Unit, Unit])[]

/**
 * The vertices of a planned job, numbered and named as SeaTunnel does it: plug-ins in the order of the edges of the document,
 * then the chains that transforms become. Where several sources feed one vertex, each way from a source to a sink is a pipeline
 * with vertices of its own.
 *
 * @source SeaTunnel `ExecutionPlanGenerator`, `PipelineGenerator` (numbers and names)
 */
export function jobDag(planned: DagSource): JobDag {
  const pipelines = pipelineUnits(planned.dag)
  const fixed = new Map(planned.fixedParallelism)
  const reasonOf = (edges: PipelineEdges): string | undefined => {
    const source = edges[0]?.[0].nodes[0]
    return source === undefined ? undefined : fixed.get(source.block.index)
  }
  const vertices = pipelines.flatMap((edges, index) =>
    [...new Set(edges.flat())].map((unit): JobVertex => {
      const reason = reasonOf(edges)
      const vertex = vertexOf(unit, index + 1, planned)
      return reason === undefined ? vertex : { ...vertex, fixedParallelism: reason }
    }),
  )
  return {
    vertices: vertices.toSorted((left, right) => left.id - right.id),
    edges: pipelines.flatMap((edges, index) =>
      edges.map(([from, to]) => ({ pipeline: index + 1, from: from.id, to: to.id })),
    ),
  }
}

/** The pipelines of a job, each as the connections of what becomes its vertices. */
export function pipelineUnits(dag: LogicalDag): readonly PipelineEdges[] {
  return pipelineEdges(numberedUnits(dag))
}

/** The units of the job; sources first, in the order of the document. */
function numberedUnits(dag: LogicalDag): readonly Unit[] {
  const nodes = [...dag.sources, ...dag.transforms, ...dag.sinks]
  const targets = new Map(nodes.map((node) => [node, nodes.filter((other) => other.inputs.includes(node))]))
  const numbers = new Map<LogicalNode, number>()
  for (const node of nodes) {
    for (const target of targets.get(node) ?? []) {
      for (const end of [node, target]) if (!numbers.has(end)) numbers.set(end, numbers.size + 1)
    }
  }
  let last = numbers.size
  const units = new Map<LogicalNode, Unit>()
  const chainFrom = (first: LogicalNode): readonly LogicalNode[] => {
    const chain = [first]
    for (;;) {
      const next = targets.get(chain.at(-1) as LogicalNode) ?? []
      const [target] = next
      if (next.length !== 1 || target?.block.kind !== 'transform' || target.inputs.length !== 1) return chain
      chain.push(target)
    }
  }
  const visit = (node: LogicalNode): void => {
    if (units.has(node)) return
    const chain = node.block.kind === 'transform' ? chainFrom(node) : [node]
    const id = node.block.kind === 'transform' ? ++last : (numbers.get(node) ?? 0)
    const unit: Unit = { id, nodes: chain, inputs: [], targets: [] }
    for (const member of chain) units.set(member, unit)
  }
  for (const source of dag.sources) for (const node of breadthFirst(source, targets)) visit(node)
  for (const node of nodes) {
    for (const target of targets.get(node) ?? []) {
      const [from, to] = [units.get(node), units.get(target)]
      if (from === undefined || to === undefined || from === to) continue
      from.targets.push(to)
      to.inputs.push(from)
    }
  }
  return [...new Set(dag.sources.flatMap((source) => units.get(source) ?? []))]
}

/** A node and everything behind it, nearest first. */
export function breadthFirst(
  first: LogicalNode,
  targets: ReadonlyMap<LogicalNode, readonly LogicalNode[]>,
): readonly LogicalNode[] {
  const found = new Set([first])
  for (const node of found) for (const target of targets.get(node) ?? []) found.add(target)
  return [...found]
}

/** The edges of each pipeline. Parts without a connection are pipelines; one in which ways meet is cut into its ways. */
function pipelineEdges(sources: readonly Unit[]): readonly PipelineEdges[] {
  const components = componentsOf(sources)
  const highest = Math.max(0, ...components.flat(2).map(({ id }) => id))
  // A job that is cut as a whole counts its vertices from 1 again, as the original does.
  const isWhole = components.length === 1
  let next = isWhole ? 0 : highest
  const copy = (unit: Unit): Unit => ({ ...unit, id: ++next, inputs: [], targets: [] })
  return components.flatMap((edges) => {
    if (!edges.some(([, to]) => to.inputs.length > 1)) return [edges]
    const starts = [...new Set(edges.map(([from]) => from))].filter((unit) => unit.inputs.length === 0)
    const ways: PipelineEdges[] = []
    const walk = (way: readonly Unit[], unit: Unit): void => {
      const here = [...way, copy(unit)]
      if (unit.targets.length === 0) ways.push(here.slice(1).map((to, index) => [here[index] as Unit, to] as const))
      for (const [index, target] of unit.targets.entries()) walk(index === 0 ? here : here.map(copy), target)
    }
    for (const start of starts) walk([], start)
    return ways
  })
}

/** The connected parts, each as its edges from its sources on. */
function componentsOf(sources: readonly Unit[]): readonly PipelineEdges[] {
  const seen = new Set<Unit>()
  return sources.flatMap((source) => {
    if (seen.has(source)) return []
    const part = new Set([source])
    for (const unit of part) for (const other of [...unit.targets, ...unit.inputs]) part.add(other)
    for (const unit of part) seen.add(unit)
    const edges = [...part].flatMap((from) => from.targets.map((to) => [from, to] as const))
    return edges.length === 0 ? [] : [edges]
  })
}

function vertexOf({ id, nodes }: Unit, pipeline: number, planned: DagSource): JobVertex {
  const first = nodes[0] as LogicalNode
  const { kind, index } = first.block
  const plugins = nodes.map(({ block }) => block.pluginName)
  const tables = kind === 'sink' ? first.inputs.flatMap((input) => planned.tables.get(input) ?? []) : null
  const found = kind === 'transform' ? [] : (tables ?? planned.tables.get(first) ?? [])
  const tablePaths = [...new Set(found.map((table) => tablePathText(table.path)))]
  const sources = sourcesOf(first)
  const parallelism = Math.max(1, ...sources.map((source) => planned.parallelism.get(source) ?? 1))
  const name = `pipeline-${pipeline} [${unitName(nodes)}]`
  return { id, kind, pipeline, name, plugins, index, tablePaths, parallelism }
}

function unitName(nodes: readonly LogicalNode[]): string {
  const names = nodes.map(({ block: { kind, index, pluginName } }) => {
    const section = { source: 'Source', transform: 'Transform', sink: 'Sink' }[kind]
    return `${section}[${index}]-${pluginName}${kind === 'sink' ? '-MultiTableSink' : ''}`
  })
  return nodes[0]?.block.kind === 'transform' ? `TransformChain[${names.join('->')}]` : (names[0] ?? '')
}

/** Every source whose rows reach a node, the node itself when it is one. */
function sourcesOf(node: LogicalNode): readonly LogicalNode[] {
  return node.inputs.length === 0 ? [node] : [...new Set(node.inputs.flatMap(sourcesOf))]
}
