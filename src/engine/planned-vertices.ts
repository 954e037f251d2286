import { type LogicalDag, type LogicalNode, pipelinesOf } from '../plan/logical-dag.js'
import type { PlannedVertex } from '../plan/physical-plan.js'
import { breadthFirst, type PipelineEdges, pipelineUnits, type Unit } from './job-dag.js'

/** Where a block is measured. */
export interface VertexPlace {
  /** Index into the planned vertices. */
  readonly vertex: number
  /** Whether it is the first and the last block of its vertex; both unless the vertex is a chain of transforms. */
  readonly isFirst: boolean
  readonly isLast: boolean
}

/** The vertices of a job that are measured. */
export interface PlannedVertices {
  readonly vertices: readonly PlannedVertex[]
  /** Where a block is measured with the rows of a source; `null` when they do not get there. */
  place(source: LogicalNode, block: LogicalNode): VertexPlace | null
}

/** A unit and the source that its pipeline begins with. */
interface HeadedUnit {
  readonly unit: Unit
  readonly head: LogicalNode
}

/**
 * The vertices of a job as they are measured. Where ways meet, the graph has a block several times, once for every way from a source to a
 * sink, and every pipeline reads with a source of its own; here a source is read once. Its rows are counted at the first vertex of a
 * block that has them, and the further vertices of the same block and source are not measured.
 */
export function plannedVertices(dag: LogicalDag): PlannedVertices {
  const units = pipelineUnits(dag).flatMap(headedUnits)
  const measured: HeadedUnit[] = []
  const places = new Map<LogicalNode, Map<LogicalNode, VertexPlace>>()
  for (const { unit, head } of units.toSorted((left, right) => left.unit.id - right.unit.id)) {
    const ofHead = places.get(head) ?? new Map<LogicalNode, VertexPlace>()
    places.set(head, ofHead)
    if (unit.nodes.some((node) => ofHead.has(node))) continue
    const vertex = measured.push({ unit, head }) - 1
    for (const [at, node] of unit.nodes.entries()) {
      ofHead.set(node, { vertex, isFirst: at === 0, isLast: at === unit.nodes.length - 1 })
    }
  }
  const nodes = [...dag.sources, ...dag.transforms, ...dag.sinks]
  const targets = new Map(nodes.map((node) => [node, nodes.filter((other) => other.inputs.includes(node))]))
  const pipelines = pipelinesOf(dag)
  const vertices = measured.map(({ unit, head }, vertex): PlannedVertex => {
    const last = unit.nodes.at(-1) as LogicalNode
    const reached = breadthFirst(last, targets).flatMap((node) => places.get(head)?.get(node)?.vertex ?? [])
    return {
      id: unit.id,
      kind: last.block.kind,
      source: dag.sources.indexOf(head),
      pipeline: pipelines.findIndex((members) => members.includes(head)),
      behind: [...new Set(reached)].filter((each) => each !== vertex),
    }
  })
  return { vertices, place: (source, block) => places.get(source)?.get(block) ?? null }
}

function headedUnits(edges: PipelineEdges): readonly HeadedUnit[] {
  const units = [...new Set(edges.flat())]
  const fed = new Set(edges.map(([, to]) => to))
  const head = units.find((unit) => !fed.has(unit))?.nodes[0]
  return head === undefined ? [] : units.map((unit) => ({ unit, head }))
}
