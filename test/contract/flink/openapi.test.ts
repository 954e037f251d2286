import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadNodeConfig } from '../../../src/config/node-config.js'
import { MillraceError } from '../../../src/core/error.js'
import type { JobEvent, JobStatus } from '../../../src/node/api.js'
import { NO_AUDIT } from '../../../src/rest/audit.js'
import { AsyncOperations, flinkDialect } from '../../../src/rest/dialects/flink/dialect.js'
import { numberedJobId, taskManagerId, vertexIdsOf } from '../../../src/rest/dialects/flink/ids.js'
import { FLINK_OPERATIONS } from '../../../src/rest/dialects/flink/operations.js'
import { FLINK_PROFILES } from '../../../src/rest/dialects/flink/profile.js'
import { hostPolicy } from '../../../src/rest/guard/host.js'
import { OWN_ORIGIN } from '../../../src/rest/guard/origin.js'
import { RestRequest } from '../../../src/rest/request.js'
import { Router } from '../../../src/rest/router.js'
import { CREATED_AT_MS, FakeNode, fakeLogs, fakeServices, jobView, SIMPLE_DAG } from '../../rest/fake-node.js'
import { AnswerCheck } from './answer-check.js'
import { FlinkDescription } from './openapi.js'
import { type RecordedFlink, SKIP_FLINK } from './recordings.js'

const STATES: readonly JobStatus[] = [
  'INITIALIZING',
  'PENDING',
  'SCHEDULED',
  'RUNNING',
  'DOING_SAVEPOINT',
  'FAILING',
  'FAILED',
  'CANCELING',
  'CANCELED',
  'FINISHED',
  'SAVEPOINT_DONE',
  'UNKNOWABLE',
]

/** A node with a job that has been through something. */
class BusyNode extends FakeNode {
  override timeline(): never[] {
    const event = (kind: JobEvent['kind'], status: JobStatus, data: JobEvent['data'] = {}): JobEvent => {
      return { atMs: CREATED_AT_MS, kind, text: 'text', status, data }
    }
    return [
      event('state', 'PENDING'),
      event('state', 'RUNNING'),
      event('error', 'RUNNING', { code: 'FILE_READ_FAILED' }),
      event('error', 'RUNNING', { code: 'nothing' }),
      event('restart', 'RUNNING', { attempt: 2, delayMs: 5 }),
      event('checkpoint', 'RUNNING', { checkpoint: 1, type: 'restored', checkpointKind: 'periodic' }),
    ] as never[]
  }
}

function nodeWith(status: JobStatus, parallelism: number): BusyNode {
  const node = new BusyNode()
  const dag = { ...SIMPLE_DAG, vertices: SIMPLE_DAG.vertices.map((vertex) => ({ ...vertex, parallelism })) }
  const failure =
    status === 'FAILED' ? { text: 'it failed', errors: [new MillraceError('JOB_STATE', 'it failed')] } : null
  node.views.push(jobView({ status, dag, failure }))
  const checkpoint = { id: 1, triggeredAtMs: 5, endedAtMs: 9, sizeBytes: 4, failure: null }
  const history = [
    { ...checkpoint, kind: 'periodic', status: 'COMPLETED' },
    { ...checkpoint, id: 2, kind: 'savepoint', status: 'COMPLETED' },
    { ...checkpoint, id: 3, kind: 'periodic', status: 'FAILED', failure: 'no' },
    { ...checkpoint, id: 4, kind: 'periodic', status: 'IN_PROGRESS', endedAtMs: null },
  ] as const
  const lastRestore = { checkpointId: 1, kind: 'periodic', atMs: 5, location: null } as const
  node.checkpointsOf = { triggered: 4, completed: 2, failed: 1, restored: 1, history, lastRestore }
  return node
}

function asker(node: FakeNode, profile: RecordedFlink) {
  const dialect = flinkDialect({
    profile: FLINK_PROFILES[profile],
    engine: loadNodeConfig({}).engine,
    prefix: '',
    isShutdownAllowed: false,
    checkpointHistory: 10,
    isSubmitAllowed: true,
    packageBytes: 1024 * 1024,
    version: '0.0.0',
    allowedOrigin: null,
    operations: new AsyncOperations(),
  })
  const router = new Router({
    dialect,
    services: fakeServices(node, { logs: fakeLogs({ 'node.log': 'line\n' }) }),
    hosts: hostPolicy(['host']),
    origins: OWN_ORIGIN,
    authenticator: null,
    rates: null,
    audit: NO_AUDIT,
    onFault: (error) => {
      throw error
    },
    now: () => CREATED_AT_MS,
  })
  return (path: string, query: string | null) =>
    router.handle(new RestRequest('GET', path, query, { headers: ['host', 'host'] }))
}

/** Asks a node with a job in a state for everything that can be read of it. */
async function askAll(
  status: JobStatus,
  parallelism: number,
  profile: RecordedFlink,
  look: (path: string, status: number, body: unknown) => void,
): Promise<void> {
  const node = nodeWith(status, parallelism)
  const ask = asker(node, profile)
  const [view] = node.views
  assert.ok(view !== undefined)
  const values: Readonly<Record<string, string>> = {
    jobid: numberedJobId(view.jobId),
    vertexid: vertexIdsOf(view.dag).get(1) ?? '',
    taskmanagerid: taskManagerId(node.identity.uuid),
    subtaskindex: '0',
    attempt: '0',
    checkpointid: '1',
    filename: 'node.log',
  }
  for (const { method, path, answer } of FLINK_OPERATIONS) {
    if (method !== 'GET' || answer === null) continue
    const own = path.replaceAll(/:(\w+)/g, (_, name: string) => values[name] ?? '0'.repeat(32))
    for (const query of path.endsWith('metrics') ? [null, 'get=numRecordsIn,uptime,Status.JVM.CPU.Load'] : [null]) {
      const response = await ask(own, query)
      const isJson = response.headers.pairs.some(([, value]) => value.startsWith('application/json'))
      const text = Buffer.from(response.body as Uint8Array).toString()
      look(path, response.status, isJson ? JSON.parse(text) : text)
    }
  }
}

test('every answer is what the corrected description says, for jobs in every state', { skip: SKIP_FLINK }, async () => {
  const description = new FlinkDescription()
  const checked = new Set<string>()
  for (const status of STATES) {
    for (const parallelism of [1, 3]) {
      await askAll(status, parallelism, '2.1', (path, answered, body) => {
        const schema = description.schema('GET', path)
        if (schema === null || answered === 404) return
        assert.equal(answered, 200, path)
        checked.add(path)
        assert.deepEqual(description.faults(schema, body), [], `${status} ${path}`)
      })
    }
  }
  assert.ok(checked.size >= 35, `only ${[...checked].join()} were checked`)
})

for (const profile of ['2.1', '1.20'] as const) {
  test(`every answer is what our own description says, for jobs in every state, profile ${profile}`, async () => {
    const check = new AnswerCheck(profile)
    const checked = new Set<string>()
    for (const status of STATES) {
      for (const parallelism of [1, 3]) {
        await askAll(status, parallelism, profile, (path, answered, body) => {
          if (answered === 200) checked.add(path)
          assert.deepEqual(check.faults('GET', path, answered, body), [], `${status} ${path}`)
        })
      }
    }
    assert.ok(checked.size >= 40, `only ${[...checked].join()} were checked`)
  })
}

test('the description finds what is not described', { skip: SKIP_FLINK }, () => {
  const description = new FlinkDescription()
  const cases = [
    ['/overview', { taskmanagers: 'x', other: 1 }, 2],
    ['/jobs', { jobs: [{ id: 'zz', status: 'RUNNING' }] }, 1],
    ['/jobs', { jobs: [{ id: '0'.repeat(32), status: 'PENDING' }] }, 1],
    ['/jobs/:jobid/metrics', [{ id: 'a', value: 1 }], 1],
    ['/jobs', { jobs: [{ id: '0'.repeat(32), status: 'RUNNING' }] }, 0],
  ] as const
  for (const [path, body, count] of cases)
    assert.equal(description.faults(description.schema('GET', path) ?? {}, body).length, count, path)
})
