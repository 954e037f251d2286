import { PARALLELISM_LIMIT } from '../../../engine/parallelism.js'
import type { JobDag, JobVertex, JobView } from '../../../node/api.js'
import { escapeHtml } from '../../handlers/logs.js'
import { flinkJobId, vertexIdsOf } from './ids.js'

/** Vertices with each behind those that it gets rows from. */
export function verticesInOrder({ vertices, edges }: JobDag): readonly JobVertex[] {
  const placed = new Set<number>()
  const order: JobVertex[] = []
  let rest = vertices
  while (rest.length > 0) {
    const ready = rest.filter(({ id }) => edges.every(({ from, to }) => to !== id || placed.has(from)))
    // A graph with a circle cannot be planned; here it would only have to come to an end.
    const next = ready.length === 0 ? rest : ready
    for (const vertex of next) {
      placed.add(vertex.id)
      order.push(vertex)
    }
    rest = rest.filter(({ id }) => !placed.has(id))
  }
  return order
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
  return {
    jid: flinkJobId(job),
    name: jobName,
    type: mode,
    nodes: nodes.map((vertex) => {
      const inputs = dag.edges.filter(({ to }) => to === vertex.id)
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
