import type { JobDag, JobVertex, JobView } from '../../node/api.js'
import type { WireProfile } from '../profile.js'

/** Members of `env` as a JSON object of texts. */
export function envOptionsJson(options: ReadonlyMap<string, string>): string {
  return `{${[...options].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`
}

/**
 * The `jobDag` of a job that has not ended.
 *
 * @source SeaTunnel `JobDAGInfo.toJsonObject`, before 2.3.9 `LogicalDag.getLogicalDagAsJson`
 */
export function runningDagJson(view: JobView, shape: WireProfile['runningDag']): string {
  if (shape === 'vertices') return `{${verticesMembers(view.dag)}}`
  const members = pipelineMembers(view)
  return shape === 'both' ? `{${members},${verticesMembers(view.dag)}}` : `{${members}}`
}

/** The `jobDag` of an ended job. */
export function endedDagJson(view: JobView, shape: WireProfile['endedDag']): string {
  if (shape === 'pipelines') return `{${pipelineMembers(view)}}`
  const edges = pipelineEdges(view.dag, String)
  const vertices = view.dag.vertices.map(
    ({ id, kind, name }) =>
      `"${id}":{"vertexId":${id},"type":"${kind.toUpperCase()}","connectorType":${JSON.stringify(name)}}`,
  )
  return `{"jobId":${view.jobId},"pipelineEdges":${edges},"vertexInfoMap":{${vertices.join(',')}}}`
}

function pipelineMembers({ jobId, dag, envOptions }: JobView): string {
  const edges = pipelineEdges(dag, (id) => `"${id}"`)
  const vertices = dag.vertices.map(
    ({ id, kind, name, tablePaths }) =>
      `{"vertexId":${id},"type":"${kind}","vertexName":${JSON.stringify(name)},"tablePaths":${JSON.stringify(tablePaths)}}`,
  )
  const options = envOptionsJson(envOptions)
  return `"jobId":"${jobId}","pipelineEdges":${edges},"envOptions":${options},"vertexInfoMap":[${vertices.join(',')}]`
}

function pipelineEdges(dag: JobDag, idText: (id: number) => string): string {
  const pipelines = new Map<number, string[]>()
  for (const { pipeline, from, to } of dag.edges) {
    const text = `{"inputVertexId":${idText(from)},"targetVertexId":${idText(to)}}`
    const edges = pipelines.get(pipeline)
    if (edges === undefined) pipelines.set(pipeline, [text])
    else edges.push(text)
  }
  return `{${[...pipelines].map(([pipeline, edges]) => `"${pipeline}":[${edges.join(',')}]`).join(',')}}`
}

/** Name without the pipeline: `Source[0]-FakeSource` of `pipeline-1 [Source[0]-FakeSource]`. */
function actionName({ name }: JobVertex): string {
  return /^pipeline-\d+ \[(.*)\]$/s.exec(name)?.[1] ?? name
}

/**
 * Ids before the plan is cut into pipelines: one for every source and transform, two for every sink, whose wrapper for several tables
 * has the second.
 */
function logicalIds(vertices: readonly JobVertex[]): ReadonlyMap<number, number> {
  const ids = new Map<number, number>()
  let last = 0
  for (const kind of ['source', 'transform', 'sink'] as const) {
    for (const vertex of vertices) {
      if (vertex.kind !== kind) continue
      last += kind === 'sink' ? 2 : 1
      ids.set(vertex.id, last)
    }
  }
  return ids
}

function verticesMembers({ vertices, edges }: JobDag): string {
  const ids = logicalIds(vertices)
  const names = new Map(vertices.map((vertex) => [vertex.id, actionName(vertex)]))
  const nodes = vertices.map((vertex) => {
    const id = ids.get(vertex.id) ?? vertex.id
    const name = JSON.stringify(`${actionName(vertex)}(id=${id})`)
    return `{"id":${id},"name":${name},"parallelism":${vertex.parallelism}}`
  })
  const links = edges.map(
    ({ from, to }) =>
      `{"inputVertex":${JSON.stringify(names.get(from) ?? '')},"targetVertex":${JSON.stringify(names.get(to) ?? '')}}`,
  )
  return `"vertices":[${nodes.join(',')}],"edges":[${links.join(',')}]`
}
