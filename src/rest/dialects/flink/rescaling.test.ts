import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { FakeNode, fakeServices, jobView, SIMPLE_DAG } from '../../../../test/rest/fake-node.js'
import { loadNodeConfig } from '../../../config/node-config.js'
import { MillraceError } from '../../../core/error.js'
import type { JobView } from '../../../node/api.js'
import type { User } from '../../auth/user.js'
import { formParameters } from '../../query.js'
import { RestRequest } from '../../request.js'
import { AsyncOperations } from './async-operations.js'
import { FlinkCall } from './call.js'
import { dashboardConfig } from './cluster.js'
import { FlinkFault } from './fault.js'
import { vertexIdsOf } from './ids.js'
import { maxParallelism } from './job-plan.js'
import { FLINK_PROFILES } from './profile.js'
import { changeRequirements, requirements, triggerRescaling } from './rescaling.js'

const JOB_ID = '733584788375666689'
const HEX = '00000000000000000a2e377a73c30001'
const [SOURCE = '', SINK = ''] = SIMPLE_DAG.vertices.map(({ id }) => vertexIdsOf(SIMPLE_DAG).get(id) ?? '')
const OTHER = 'f'.repeat(32)

function nodeWith(more: Partial<JobView> = {}): FakeNode {
  const node = new FakeNode()
  node.views.push(jobView({ jobId: JOB_ID, ...more }))
  return node
}

function call(node: FakeNode, body: unknown = null, query = '', user: User | null = null): FlinkCall {
  const text = body === null ? null : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const request = new RestRequest('PUT', '/', query, { headers: ['host', 'host'], body: text })
  request.parameters = new Map([['jobid', HEX]])
  request.readQuery = (raw) => formParameters(raw, 'joined')
  request.user = user
  return new FlinkCall(request, fakeServices(node), {
    profile: FLINK_PROFILES['2.1'],
    engine: loadNodeConfig({}).engine,
    operations: new AsyncOperations(),
    isShutdownAllowed: false,
    checkpointHistory: 10,
    isSubmitAllowed: true,
    hasDashboard: false,
    prefix: '',
  })
}

const bound = (lowerBound: unknown, upperBound: unknown) => ({ parallelism: { lowerBound, upperBound } })
const both = (lower: unknown, upper: unknown) => ({ [SOURCE]: bound(lower, upper), [SINK]: bound(lower, upper) })

async function put(node: FakeNode, body: unknown): Promise<string> {
  return changeRequirements(call(node, body)).then(
    (answer) => JSON.stringify(answer),
    (fault: unknown) => {
      if (!(fault instanceof FlinkFault)) throw fault
      return `${fault.status} ${fault.message.replaceAll(SOURCE, 'SOURCE').replaceAll(SINK, 'SINK')}`
    },
  )
}

const FORMAT = '400 Request did not match expected format JobResourceRequirementsBody.'

test('requirements are the bounds of every vertex', () => {
  assert.deepEqual(requirements(call(nodeWith())), both(1, 1))
})

test('requirements that are sent are stored, with numbers as texts too', async () => {
  const node = nodeWith()
  assert.equal(await put(node, { [SOURCE.toUpperCase()]: bound('2', 4), [SINK]: bound(1, '3') }), '{}')
  assert.deepEqual(node.boundsOf.get(JOB_ID), [
    { vertex: 1, lower: 2, upper: 4 },
    { vertex: 2, lower: 1, upper: 3 },
  ])
  assert.deepEqual(requirements(call(node)), { [SOURCE]: bound(2, 4), [SINK]: bound(1, 3) })
})

test('-1 is as little as possible, and as much', async () => {
  const node = nodeWith()
  assert.equal(await put(node, both(-1, -1)), '{}')
  const [first] = node.boundsOf.get(JOB_ID) ?? []
  assert.deepEqual(first, { vertex: 1, lower: 1, upper: availableParallelism() })
})

test('requirements that cannot be are refused with everything that is wrong', async () => {
  const cases: readonly (readonly [body: unknown, answer: string])[] = [
    ['', '400 Request body does not specify resource requirements.'],
    [{}, '400 Request body does not specify resource requirements.'],
    ['{', FORMAT],
    [[], FORMAT],
    [{ zz: bound(1, 2) }, FORMAT],
    [{ [SOURCE]: {} }, FORMAT],
    [{ [SOURCE]: null }, FORMAT],
    [{ [SOURCE]: { parallelism: { upperBound: 2 } } }, FORMAT],
    [both('a', 2), FORMAT],
    [both(null, 2), FORMAT],
    [both(1.5, 2), FORMAT],
    [both(1, 12_345_678_901), FORMAT],
    [{ [SOURCE]: bound(1, 2) }, '400 The request is incomplete, missing job vertex [SINK] resource requirements.'],
    [{ ...both(1, 2), [OTHER]: bound(1, 2) }, `400 Job vertex [${OTHER}] was not found in the JobGraph.`],
    [
      { ...both(0, 0), [SINK]: bound(4, 2) },
      '400 Both, the requested lower bound [0] and upper bound [0] for job vertex [SOURCE] must be greater than zero.\n' +
        'The requested lower bound [4] for job vertex [SINK] is higher than the upper bound [2].',
    ],
    [
      { ...both(1, 1), [SINK]: bound(1, 1025) },
      '400 The newly requested parallelism 1025 for job vertex SINK exceeds its maximum parallelism 1024.',
    ],
  ]
  for (const [body, answer] of cases) {
    const node = nodeWith()
    assert.equal(await put(node, body), answer)
    assert.equal(node.boundsOf.size, 0, answer)
  }
  assert.match(await put(new FakeNode(), both(1, 2)), /^404 Job /)
})

test('a vertex that is fixed has no more than it has, and says why', async () => {
  const vertices = SIMPLE_DAG.vertices.map((vertex) => ({
    ...vertex,
    fixedParallelism: "'Socket' cannot be read again",
  }))
  const node = nodeWith({ dag: { ...SIMPLE_DAG, vertices } })
  assert.deepEqual(vertices.map(maxParallelism), [1, 1])
  assert.deepEqual(SIMPLE_DAG.vertices.map(maxParallelism), [1024, 1024])
  assert.equal(
    await put(node, { [SOURCE]: bound(1, 2), [SINK]: bound(1, 1) }),
    "400 The newly requested parallelism 2 for job vertex SOURCE exceeds its maximum parallelism 1. It cannot be changed: 'Socket' cannot be read again.",
  )
  assert.equal(await put(node, both(1, -1)), '{}')
  assert.deepEqual(
    node.boundsOf.get(JOB_ID)?.map(({ upper }) => upper),
    [1, 1],
  )
})

test('there is one update at a time', async () => {
  const busy = `409 Another update to the job [${HEX}] resource requirements is in progress.`
  assert.equal(await put(nodeWith({ rescaleStage: 'saving' }), both(1, 2)), busy)
  const racing = nodeWith()
  racing.setBounds = async () => {
    racing.views[0] = jobView({ jobId: JOB_ID, rescaleStage: 'restarting' })
    throw new MillraceError('JOB_STATE', 'somebody was faster')
  }
  assert.equal(await put(racing, both(1, 2)), busy)
})

test('rescaling needs a number that can be, and hands it on', async () => {
  const cases = [
    ['', "400 The query parameter 'parallelism' is missing."],
    ['parallelism=', "400 The query parameter 'parallelism' is missing."],
    ['parallelism=0', '400 The parallelism must be a number from 1 to 1024, not 0.'],
    ['parallelism=-3', '400 The parallelism must be a number from 1 to 1024, not -3.'],
    ['parallelism=1025', '400 The parallelism must be a number from 1 to 1024, not 1025.'],
    [
      'parallelism=x',
      '400 Bad request, could not parse parameters: Cannot resolve query parameter (parallelism) from value "x".',
    ],
  ] as const
  for (const [query, answer] of cases) {
    assert.throws(
      () => triggerRescaling(call(nodeWith(), null, query)),
      (fault: FlinkFault) => `${fault.status} ${fault.message}` === answer,
      query,
    )
  }
  const node = nodeWith()
  const asked = call(node, '{}', 'parallelism=3')
  const { 'request-id': triggerId } = triggerRescaling(asked)
  assert.deepEqual(node.rescales, [
    { jobId: JOB_ID, request: { parallelism: 3, user: null, requestId: `flink/rescaling/${triggerId}` } },
  ])
  await new Promise((resolve) => setImmediate(resolve))
  const answer = asked.context.operations.poll(`${JOB_ID}/flink/rescaling/${triggerId}`)
  assert.deepEqual(answer, { status: { id: 'COMPLETED' }, operation: {} })
})

test('the dashboard offers to whom it may what changes the parallelism', () => {
  const offered = (user: User | null) => dashboardConfig(call(nodeWith(), null, '', user)).features['web-rescale']
  assert.deepEqual(
    [offered(null), offered({ name: 'r', role: 'read' }), offered({ name: 'o', role: 'operate' })],
    [true, false, true],
  )
})
