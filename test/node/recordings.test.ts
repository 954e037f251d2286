import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { submission, testNode } from './harness.js'
import { RECORDED_REST, type RecordedAnswer } from './recorded.js'

interface RecordedDag {
  readonly pipelineEdges: Readonly<Record<string, readonly unknown[]>>
  readonly envOptions: Readonly<Record<string, string>>
  readonly vertexInfoMap: readonly { vertexId: number; type: string; vertexName: string; tablePaths: string[] }[]
}

describe('the graph of a recorded job', {
  skip: RECORDED_REST === null ? 'the recordings are not here' : false,
}, () => {
  const cases = [
    ['v2-submit-dag', 'v2-job-info-dag-running'],
    ['v1-submit-multi-table', 'v1-job-info-multi-table'],
    ['v1-submit-strings', 'v1-job-info-finished-strings'],
    ['v2-wait-submit-waits', 'v2-wait-job-info-pending'],
  ] as const
  const recorded = RECORDED_REST ?? new Map<string, RecordedAnswer>()
  for (const [submit, info] of cases) {
    it(`is as recorded in ${info}`, async (test) => {
      const node = await testNode(test)
      const { request } = recorded.get(submit) ?? { request: '' }
      const { jobId } = await node.submit(submission(request, { format: 'json' }))
      const view = node.job(jobId)
      const dag: RecordedDag = JSON.parse(recorded.get(info)?.answer ?? '').jobDag
      const vertices = view?.dag.vertices.map(({ id, kind, name, tablePaths }) => {
        return { vertexId: id, type: kind, vertexName: name, tablePaths: tablePaths.toSorted() }
      })
      const expected = dag.vertexInfoMap.map((vertex) => ({ ...vertex, tablePaths: vertex.tablePaths.toSorted() }))
      assert.deepEqual(vertices, expected)
      const edges = Object.entries(dag.pipelineEdges).flatMap(([pipeline, list]) =>
        (list as { inputVertexId: string; targetVertexId: string }[]).map((edge) => {
          return { pipeline: Number(pipeline), from: Number(edge.inputVertexId), to: Number(edge.targetVertexId) }
        }),
      )
      assert.deepEqual(view?.dag.edges, edges)
      assert.deepEqual(Object.fromEntries(view?.envOptions ?? []), dag.envOptions)
      await node.stop(jobId, { withSavepoint: false, user: null }).catch(() => undefined)
      await node.waitForEnd(jobId)
    })
  }
})
