import assert from 'node:assert/strict'
import { it } from 'node:test'
import { FakeNode, jobView } from '../../../../test/rest/fake-node.js'
import { bodyOf, flinkRouter } from '../../../../test/rest/flink-router.js'
import { MillraceError } from '../../../core/error.js'
import type { JobDag, JobEvent, JobVertex } from '../../../node/api.js'
import { flinkJobId, vertexIdsOf } from './ids.js'
import { verticesInOrder } from './job-plan.js'
import { TEXT_LIMIT } from './long-text.js'
import { FLINK_OPERATIONS } from './operations.js'

const PIPELINES = 500
const SUBTASKS = 100

/** A job of a thousand vertices with a hundred subtasks each. */
function largeDag(): JobDag {
  const vertex = (pipeline: number, kind: 'source' | 'sink', id: number): JobVertex => {
    const plugin = kind === 'source' ? 'FakeSource' : 'Console'
    const name = `pipeline-${pipeline} [${plugin}]`
    return {
      id,
      kind,
      index: pipeline - 1,
      pipeline,
      name,
      plugins: [plugin],
      tablePaths: ['fake'],
      parallelism: SUBTASKS,
    }
  }
  const pipelines = Array.from({ length: PIPELINES }, (_, index) => index + 1)
  return {
    vertices: pipelines.flatMap((each) => [vertex(each, 'source', each * 2 - 1), vertex(each, 'sink', each * 2)]),
    edges: pipelines.map((pipeline) => ({ pipeline, from: pipeline * 2 - 1, to: pipeline * 2 })),
  }
}

/** A hundred megabytes of what went wrong. */
function longTimeline(): readonly JobEvent[] {
  const text = 'x'.repeat(500_000)
  return Array.from({ length: 200 }, (_, atMs) => {
    return { atMs, kind: 'error', text, status: 'RUNNING', data: { code: 'JOB_FAILED', attempt: atMs } } as const
  })
}

it('answers about the largest jobs are of a size that is sent in a moment', async () => {
  const dag = largeDag()
  const timeline = longTimeline()
  const text = 'x'.repeat(100_000_000)
  const failure = { text, errors: [new MillraceError('JOB_FAILED', text)] }
  const node = new (class extends FakeNode {
    override timeline(): never[] {
      return timeline as never[]
    }
  })()
  const view = jobView({ jobId: '17', status: 'FAILED', dag, failure, restarts: 199, finishedAtMs: 199 })
  node.views.push(view)
  const ask = flinkRouter(node)
  const vertex = vertexIdsOf(dag).get(1) ?? ''
  const sizes: Record<string, number> = {}
  for (const { method, path, answer } of FLINK_OPERATIONS) {
    if (method !== 'GET' || answer === null || !path.startsWith('/jobs/:jobid')) continue
    const target = path.replace(':jobid', flinkJobId(view)).replace(':vertexid', vertex).replaceAll(/:\w+/g, '0')
    const { body } = await ask('GET', target)
    sizes[path] = Buffer.byteLength(typeof body === 'string' || body instanceof Uint8Array ? body : '')
  }
  const limits: Readonly<Record<string, number>> = {
    '/jobs/:jobid': 2_000_000,
    '/jobs/:jobid/plan': 500_000,
    '/jobs/:jobid/exceptions': 21 * (TEXT_LIMIT + 500),
    '/jobs/:jobid/execution-result': 6 * TEXT_LIMIT,
  }
  for (const [path, size] of Object.entries(sizes))
    assert.ok(size <= (limits[path] ?? 200_000), `${path}: ${size} bytes`)
  assert.ok(Object.keys(sizes).length > 20)
  const { exceptionHistory } = bodyOf(await ask('GET', `/jobs/${flinkJobId(view)}/exceptions`)) as {
    exceptionHistory: { entries: { stacktrace: string }[] }
  }
  assert.match(exceptionHistory.entries[1]?.stacktrace ?? '', /x… and 434464 more characters$/)
})

it('vertices stand behind those that they get rows from, also in a circle', () => {
  const vertex = (id: number): JobVertex => ({ ...(largeDag().vertices[0] as JobVertex), id })
  const edge = (from: number, to: number) => ({ pipeline: 1, from, to })
  const cases = [
    [[], [3, 1, 2]],
    [
      [edge(3, 1), edge(1, 2)],
      [3, 1, 2],
    ],
    [
      [edge(2, 1), edge(1, 3)],
      [2, 1, 3],
    ],
    [
      [edge(1, 3), edge(2, 3), edge(1, 3)],
      [1, 2, 3],
    ],
    [
      [edge(1, 2), edge(2, 1)],
      [3, 1, 2],
    ],
    [[edge(1, 99)], [3, 1, 2]],
  ] as const
  for (const [edges, expected] of cases) {
    const order = verticesInOrder({ vertices: [3, 1, 2].map(vertex), edges })
    assert.deepEqual(
      order.map(({ id }) => id),
      expected,
      JSON.stringify(edges),
    )
  }
})
