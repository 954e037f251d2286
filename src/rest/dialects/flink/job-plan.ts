import { PARALLELISM_LIMIT } from '../../../engine/parallelism.js'
import type { JobDag, JobEdge, JobVertex, JobView } from '../../../node/api.js'
import { escapeHtml } from '../../handlers/logs.js'
import { flinkJobId, vertexIdsOf } from './ids.js'

const orders = new WeakMap<JobDag, readonly JobVertex[]>()

/** Vertices with each behind those that it gets rows from: first those that get none, then those that get them from the first, and so on. */
export function verticesInOrder(dag: JobDag): readonly JobVertex[] {
  const known = orders.get(dag)
  if (known !== undefined) return known
  const order = inOrder(dag)
  orders.set(dag, order)
  return order
}

function inOrder({ vertices, edges }: JobDag): readonly JobVertex[] {
  const waiting = new Map(vertices.map(({ id }) => [id, 0]))
  const targets = new Map<number, number[]>()
  for (const { from, to } of edges) {
    waiting.set(to, (waiting.get(to) ?? 0) + 1)
    targets.set(from, [...(targets.get(from) ?? []), to])
  }
  const places = new Map(vertices.map((vertex, index) => [vertex.id, { vertex, index }]))
  const order = new Set<JobVertex>()
  let ready = vertices.filter(({ id }) => waiting.get(id) === 0)
  while (ready.length > 0) {
    const next: { readonly vertex: JobVertex; readonly index: number }[] = []
    for (const vertex of ready) {
      order.add(vertex)
      for (const target of targets.get(vertex.id) ?? []) {
        const left = (waiting.get(target) ?? 0) - 1
        waiting.set(target, left)
        const place = places.get(target)
        if (left === 0 && place !== undefined) next.push(place)
      }
    }
    ready = next.toSorted((one, other) => one.index - other.index).map(({ vertex }) => vertex)
  }
  // A graph with a circle cannot be planned; here it would only have to come to an end.
  return [...order, ...vertices.filter((vertex) => !order.has(vertex))]
}

/** Subtasks that a vertex can have at most. */
export function maxParallelism({ parallelism, fixedParallelism }: JobVertex): number {
  return fixedParallelism === undefined ? PARALLELISM_LIMIT : parallelism
}

/** Name in the form that clients read the kind of a vertex from. */
export function vertexName({ kind, plugins, index }: JobVertex): string {
  if (kind === 'transform') return `Transform: ${plugins.join(' -> ')}`
  return `${kind === 'source' ? 'Source' : 'Sink'}: ${plugins[0] ?? ''}[${index}]`
}

/** The name in the ids of its metrics. @source Flink `OperatorMetricGroup` */
export function operatorName(vertex: JobVertex): string {
  return vertexName(vertex).replaceAll(/[ .:,]/g, '_')
}

/** The graph of a job, sinks first. The dashboard shows descriptions as HTML. */
export function jobPlan(job: Pick<JobView, 'jobId' | 'alias' | 'jobName' | 'mode' | 'dag'>) {
  const { jobName, mode, dag } = job
  const ids = vertexIdsOf(dag)
  const nodes = verticesInOrder(dag).toReversed()
  const inputsOf = new Map<number, JobEdge[]>()
  for (const edge of dag.edges) inputsOf.set(edge.to, [...(inputsOf.get(edge.to) ?? []), edge])
  return {
    jid: flinkJobId(job),
    name: jobName,
    type: mode,
    nodes: nodes.map((vertex) => {
      const inputs = inputsOf.get(vertex.id) ?? []
      return {
        id: ids.get(vertex.id),
        operator: '',
        parallelism: vertex.parallelism,
        operator_strategy: '',
        description: `${escapeHtml(vertexName(vertex)).replaceAll('\n', '<br/>')}<br/>`,
        optimizer_properties: {},
        // A batch stays with its worker from the source to the sink.
        ...(inputs.length === 0
          ? {}
          : {
              inputs: inputs.map(({ from }, num) => {
                return { id: ids.get(from), num, exchange: 'pipelined_bounded', ship_strategy: 'FORWARD' }
              }),
            }),
      }
    }),
  }
}
