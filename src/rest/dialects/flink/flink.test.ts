import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { FakeNode, jobView } from '../../../../test/rest/fake-node.js'
import { bodyOf, flinkRouter as router } from '../../../../test/rest/flink-router.js'
import type { RestResponse } from '../../response.js'
import { hexId, nodeJobId, numberedJobId } from './ids.js'
import { FLINK_OPERATIONS } from './operations.js'
import { PathTree } from './path-tree.js'
import { throwable } from './serialized-throwable.js'

const JOB_ID = '733584788375666689'
const HEX = '00000000000000000a2e377a73c30001'

test('ids of jobs go both ways', () => {
  const cases = [
    [JOB_ID, HEX],
    ['0', '0'.repeat(32)],
    ['-1', `${'0'.repeat(16)}${'f'.repeat(16)}`],
    ['-9223372036854775808', `${'0'.repeat(16)}8${'0'.repeat(15)}`],
    ['9223372036854775807', `${'0'.repeat(16)}7${'f'.repeat(15)}`],
  ] as const
  for (const [jobId, hex] of cases) {
    assert.equal(numberedJobId(jobId), hex)
    assert.equal(nodeJobId(hex), jobId)
  }
  assert.equal(nodeJobId('d6f2cd7155ccd73aebbde9ec79005f91'), null)
})

test('an id is 32 hexadecimal digits, in the form of a UUID too', () => {
  assert.equal(hexId(HEX.toUpperCase()), HEX)
  assert.equal(hexId('d6f2cd71-55cc-d73a-ebbd-e9ec79005f91'), 'd6f2cd7155ccd73aebbde9ec79005f91')
  for (const text of ['', 'xyz', HEX.slice(1), `${HEX}0`, 'd6f2cd7155cc-d73a-ebbd-e9ec79005f91'])
    assert.equal(hexId(text), null)
})

test('a path is found by its segments, fixed ones first', () => {
  const tree = new PathTree<string>()
  tree.add('GET', '/jobs', 'jobs')
  tree.add('GET', '/jobs/overview', 'overview')
  tree.add('GET', '/jobs/:jobid', 'job')
  tree.add('GET', '/jobs/:jobid/plan', 'plan')
  const found = (path: string, method = 'GET') => {
    const match = tree.find(method, path)
    return match === null ? null : `${match.value} ${[...match.parameters.values()].join()}`.trim()
  }
  const cases = [
    ['/jobs', 'jobs'],
    ['//jobs/', 'jobs'],
    ['/v1/jobs', 'jobs'],
    ['/jobs/overview', 'overview'],
    ['/jobs/overview/plan', 'plan overview'],
    ['/v1/jobs/%61', 'job a'],
    ['/jobs//plan', null],
    ['/jobs/a%2Fb', null],
    ['/jobs/%ff', null],
    ['/v1/v1/jobs', null],
    ['/v2/jobs', null],
    ['/', null],
  ] as const
  for (const [path, expected] of cases) assert.equal(found(path), expected, path)
  assert.equal(found('/jobs', 'PUT'), null)
  assert.throws(() => tree.add('GET', '/jobs/:other', ''), TypeError)
  assert.throws(() => tree.add('GET', '/jobs', ''), TypeError)
})

test('a failure is an object of Java', () => {
  const {
    'serialized-throwable': text,
    class: name,
    'stack-trace': stack,
  } = throwable('io.millrace.JOB_STATE', 'no\u0000 ü 😀')
  const bytes = Buffer.from(text, 'base64')
  assert.equal(bytes.subarray(0, 8).toString('hex'), 'aced00057372' + '0029')
  assert.equal(bytes.subarray(8, 49).toString('latin1'), 'org.apache.flink.util.SerializedThrowable')
  assert.equal(bytes.readBigInt64BE(49), 7284183123441947635n)
  // NUL in two bytes, a character beyond the first plane as two of three bytes.
  assert.ok(bytes.includes(Buffer.from('6e6fc08020c3bc20eda0bdedb880', 'hex')))
  assert.equal(bytes.at(-1), 0x70)
  assert.equal(stack, `${name}: no\u0000 ü 😀`)
  const long = Buffer.from(throwable('c', 'x'.repeat(65_536))['serialized-throwable'], 'base64')
  assert.ok(long.includes(Buffer.from([0x7c, 0, 0, 0, 0, 0, 1, 0, 0])))
})

test('there are 69 documented operations, each of them once', () => {
  assert.equal(FLINK_OPERATIONS.filter(({ isUndocumented }) => !isUndocumented).length, 69)
  const names = FLINK_OPERATIONS.map(({ method, path }) => `${method} ${path}`)
  assert.equal(new Set(names).size, names.length)
})

test('every operation answers with JSON, or says that it is not there yet', async () => {
  const node = new FakeNode()
  node.views.push(jobView({ jobId: JOB_ID }))
  const ask = router(node)
  for (const { method, path, answer } of FLINK_OPERATIONS) {
    const response = await ask(method, path.replace(':jobid', HEX).replaceAll(/:\w+/g, HEX))
    const type = response.headers.pairs.find(([name]) => name === 'content-type')?.[1]
    assert.equal(type, 'application/json; charset=UTF-8', path)
    if (answer !== null) assert.ok(response.status < 500, `${path}: ${response.status}`)
    else assert.deepEqual(bodyOf(response), { errors: [`${method} ${path} is not implemented yet`, 'UNIMPLEMENTED'] })
    if (response.status >= 300) assert.deepEqual(Object.keys(bodyOf(response)), ['errors'])
  }
})

test('pages of other origins may neither read nor cancel', async () => {
  const node = new FakeNode()
  node.views.push(jobView({ jobId: JOB_ID }))
  const header = (response: RestResponse) =>
    response.headers.pairs.find(([name]) => name === 'access-control-allow-origin')?.[1]
  assert.equal(header(await router(node)('GET', '/overview')), undefined)
  assert.equal(header(await router(node, '*')('GET', '/overview')), '*')
  const ask = router(node)
  const cancel = `/jobs/${HEX}/yarn-cancel`
  for (const headers of [
    ['origin', 'http://evil.example'],
    ['sec-fetch-site', 'cross-site'],
    ['sec-fetch-site', 'same-site'],
  ]) {
    assert.equal((await ask('GET', cancel, '', headers)).status, 403)
    assert.equal(node.stops.length, 0)
  }
  assert.equal((await ask('GET', cancel, '', ['origin', 'http://host', 'sec-fetch-site', 'same-origin'])).status, 202)
  assert.equal(node.stops.length, 1)
})

test('requests are read by the rules of Flink', async () => {
  const node = new FakeNode()
  node.views.push(jobView({ jobId: JOB_ID }))
  const ask = router(node)
  const cases = [
    ['GET', '/overview', '{}', 200],
    ['GET', '/overview', '{x', 400],
    ['GET', '/overview', '[]', 400],
    ['PATCH', `/jobs/${HEX}?mode=STOP`, '', 308],
    ['PATCH', `/jobs/${HEX}?mode=other`, '', 400],
    ['PATCH', `/jobs/${HEX}?mode=cancel&mode=stop`, '', 202],
    ['POST', `/jobs/${HEX}/savepoints`, '{"cancel-job":"maybe"}', 400],
    ['POST', `/jobs/${HEX}/savepoints`, '{"formatType":"native"}', 400],
    ['POST', `/jobs/${HEX}/savepoints`, '{"triggerId":"zz"}', 400],
    ['POST', `/jobs/${HEX}/checkpoints`, '{"checkpointType":"INCREMENTAL"}', 400],
    ['POST', `/jobs/${'f'.repeat(32)}/stop`, '{}', 404],
    ['PATCH', `/jobs/${HEX}/clientHeartbeat`, '', 400],
    ['PATCH', `/jobs/${HEX}/clientHeartbeat`, '{"expiredTimestamp":"17"}', 202],
    ['GET', `/jobs/${HEX}/exceptions?failureLabelFilter=a:b:c`, '', 400],
    ['GET', `/jobs/${HEX}/exceptions?maxExceptions=x`, '', 400],
  ] as const
  for (const [method, target, body, status] of cases)
    assert.equal((await ask(method, target, body)).status, status, `${method} ${target} ${body}`)
})

test('a trigger that is sent again starts nothing', async () => {
  const node = new FakeNode()
  node.views.push(jobView({ jobId: JOB_ID }))
  const ask = router(node)
  const triggerId = 'a'.repeat(32)
  for (let round = 0; round < 2; round += 1) {
    const response = await ask('POST', `/jobs/${HEX}/savepoints`, JSON.stringify({ triggerId }))
    assert.deepEqual([response.status, bodyOf(response)], [202, { 'request-id': triggerId }])
  }
  const answer = bodyOf(await ask('GET', `/jobs/${HEX}/savepoints/${triggerId}`)) as {
    status: object
    operation: object
  }
  assert.deepEqual(answer.status, { id: 'COMPLETED' })
  assert.deepEqual(Object.keys(answer.operation), ['failure-cause'])
  assert.equal((await ask('GET', `/jobs/${HEX}/checkpoints/${triggerId}`)).status, 404)
})

test('the execution config has exactly the members of the line', async () => {
  const node = new FakeNode()
  node.views.push(jobView({ jobId: JOB_ID }))
  const members = async (name: '2.1' | '1.20') =>
    Object.keys(bodyOf(await router(node, null, name)('GET', `/jobs/${HEX}/config`))['execution-config'] as object)
  const plain = ['restart-strategy', 'job-parallelism', 'object-reuse-mode', 'user-config']
  assert.deepEqual(await members('2.1'), plain)
  assert.deepEqual(await members('1.20'), ['execution-mode', ...plain])
})

test('the node ends by a request only where that is allowed, and answers first', async () => {
  const refused = await router(new FakeNode())('DELETE', '/cluster')
  assert.equal(refused.status, 403)
  let isOver = false
  const ended = new Promise<void>((resolve) => {
    const ask = router(new FakeNode(), null, '2.1', () => {
      isOver = true
      resolve()
    })
    void ask('DELETE', '/cluster').then((response) => {
      assert.deepEqual([response.status, bodyOf(response), isOver], [200, {}, false])
    })
  })
  await ended
})

test('what a job was restored from is told', async () => {
  const node = new FakeNode()
  node.views.push(jobView({ jobId: JOB_ID }))
  for (const location of ['file:/s/savepoint-1', null]) {
    const lastRestore = { checkpointId: 7, kind: 'savepoint', atMs: 5, location } as const
    node.checkpointsOf = { triggered: 0, completed: 0, failed: 0, restored: 1, history: [], lastRestore }
    const { latest } = bodyOf(await router(node)('GET', `/jobs/${HEX}/checkpoints`)) as { latest: { restored: object } }
    assert.deepEqual(latest.restored, {
      id: 7,
      restore_timestamp: 5,
      is_savepoint: true,
      external_path: location ?? `millrace:/jobs/${JOB_ID}/checkpoints/7`,
    })
  }
})

test('slots that are made as jobs need them are those of the processors, and more when more are taken', async () => {
  const processors = availableParallelism()
  const cases = [
    [{ totalSlots: 0, unassignedSlots: 0, isDynamicSlots: true }, processors, processors],
    [{ totalSlots: processors + 3, unassignedSlots: 1, isDynamicSlots: true }, processors + 2, 0],
    [{ totalSlots: 5, unassignedSlots: 1, isDynamicSlots: false }, 5, 1],
    [{ totalSlots: 0, unassignedSlots: 0, isDynamicSlots: false }, 0, 0],
  ] as const
  for (const [slots, total, free] of cases) {
    const node = new (class extends FakeNode {
      override overview() {
        return { ...super.overview(), ...slots }
      }
    })()
    const answer = bodyOf(await router(node)('GET', '/overview'))
    assert.deepEqual([answer['slots-total'], answer['slots-available']], [total, free])
    const { taskmanagers } = bodyOf(await router(node)('GET', '/taskmanagers')) as {
      taskmanagers: Record<string, unknown>[]
    }
    assert.deepEqual([taskmanagers[0]?.slotsNumber, taskmanagers[0]?.freeSlots], [total, free])
  }
})

test('secrets of the env block are hidden', async () => {
  const node = new FakeNode()
  node.views.push(
    jobView({
      jobId: JOB_ID,
      envOptions: new Map([
        ['my.password', 'canary'],
        ['parallelism', '2'],
      ]),
    }),
  )
  for (const path of ['config', 'jobmanager/config']) {
    const { body } = await router(node)('GET', `/jobs/${HEX}/${path}`)
    assert.ok(!String(body).includes('canary') && String(body).includes('my.password'), path)
  }
})

test('who has the overview is told that it has not changed', async () => {
  const node = new FakeNode()
  node.views.push(jobView({ jobId: JOB_ID, status: 'FINISHED' }))
  const ask = router(node, '*')
  const header = (response: RestResponse, wanted: string) => {
    return response.headers.pairs.find(([name]) => name === wanted)?.[1]
  }
  const first = await ask('GET', '/jobs/overview')
  const tag = header(first, 'etag') ?? ''
  assert.match(tag, /^"[\w-]+"$/)
  const again = await ask('GET', '/jobs/overview', '', ['if-none-match', tag])
  assert.deepEqual([again.status, again.body, header(again, 'etag')], [304, undefined, tag])
  assert.equal(header(again, 'access-control-allow-origin'), '*')
  for (const other of ['"0"', '*', `W/${tag}`])
    assert.equal((await ask('GET', '/jobs/overview', '', ['if-none-match', other])).status, 200, other)
})
