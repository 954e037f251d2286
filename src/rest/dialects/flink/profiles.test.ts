import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeNode, fakeServices, jobView } from '../../../../test/rest/fake-node.js'
import { loadNodeConfig } from '../../../config/node-config.js'
import type { FlameGraph, NodeProfile, NodeProfiler, ProfileRequest, ProfileScope } from '../../../node/api.js'
import { NO_AUDIT } from '../../audit.js'
import { hostPolicy } from '../../guard/host.js'
import { OWN_ORIGIN } from '../../guard/origin.js'
import { RestRequest } from '../../request.js'
import type { RestResponse } from '../../response.js'
import { Router } from '../../router.js'
import { AsyncOperations } from './async-operations.js'
import { flinkDialect } from './dialect.js'
import { flinkJobId, taskManagerId, vertexIdsOf } from './ids.js'
import { FLINK_PROFILES } from './profile.js'

const JOB_ID = '733584788375666689'
const HEX = flinkJobId({ jobId: JOB_ID, alias: null })

const RUNNING: NodeProfile = {
  status: 'RUNNING',
  mode: 'CPU',
  startedAtMs: 5,
  endedAtMs: null,
  durationSeconds: 3,
  message: null,
  file: null,
}

/** A profiler that says what a test puts into it. */
class FakeProfiler implements NodeProfiler {
  graph: FlameGraph = 'sampling'
  list: readonly NodeProfile[] | null = [RUNNING]
  started: NodeProfile | ProfileScope = RUNNING
  readonly asked: (object | null)[] = []

  flameGraph(request: object): FlameGraph {
    this.asked.push(request)
    return this.graph
  }

  async threads() {
    return [
      { name: 'mr-worker-1', id: 7, state: 'RUNNABLE', cpuMs: 20, task: 'job 1', frames: ['inner', ' outer '] },
      { name: 'node-8', id: 8, state: 'WAITING', cpuMs: null, task: null, frames: [] },
    ]
  }

  profiles() {
    return this.list
  }

  startProfile(request: ProfileRequest) {
    this.asked.push(request)
    return this.started
  }

  async profilePage(_scope: ProfileScope, file: string) {
    return file === 'a.html' ? Buffer.from('<html>') : null
  }
}

function asker(profiler: NodeProfiler | undefined, node = new FakeNode()) {
  node.views.push(jobView({ jobId: JOB_ID }))
  const served = new Router({
    hosts: hostPolicy(['host']),
    origins: OWN_ORIGIN,
    authenticator: null,
    rates: null,
    audit: NO_AUDIT,
    dialect: flinkDialect({
      version: '0.0.0',
      profile: FLINK_PROFILES['2.1'],
      engine: loadNodeConfig({}).engine,
      prefix: '',
      isShutdownAllowed: false,
      isSubmitAllowed: false,
      packageBytes: 0,
      checkpointHistory: 10,
      allowedOrigin: '*',
      operations: new AsyncOperations(),
    }),
    services: { ...fakeServices(node), profiler },
    onFault: (error) => {
      throw error
    },
    now: Date.now,
  })
  return async (method: string, target: string, body = ''): Promise<RestResponse> => {
    const [path = '', query = null] = target.split('?')
    const content = body === '' ? null : Buffer.from(body)
    return served.handle(new RestRequest(method, path, query, { headers: ['host', 'host'], body: content }))
  }
}

const bodyOf = ({ body }: RestResponse) => JSON.parse(String(body)) as Record<string, unknown>
const MANAGER = `/taskmanagers/${taskManagerId(new FakeNode().identity.uuid)}`
const DAG = jobView({ jobId: JOB_ID }).dag
const VERTEX = DAG.vertices[0]?.id ?? 0
const GRAPH = `/jobs/${HEX}/vertices/${vertexIdsOf(DAG).get(VERTEX)}/flamegraph`

test('a flame graph is off, being made, or there', async () => {
  const profiler = new FakeProfiler()
  const ask = asker(profiler)
  assert.deepEqual(bodyOf(await ask('GET', GRAPH)), { endTimestamp: -3 })
  profiler.graph = 'off'
  assert.deepEqual(bodyOf(await ask('GET', GRAPH)), { endTimestamp: -2 })
  const root = { name: 'root', value: 1, children: [{ name: 'a', value: 1, children: [] }] }
  profiler.graph = { sampledAtMs: 9, root }
  assert.deepEqual(bodyOf(await ask('GET', `${GRAPH}?type=ON_CPU&subtaskindex=0`)), { endTimestamp: 9, data: root })
  assert.deepEqual(profiler.asked.at(0), { jobId: JOB_ID, vertex: VERTEX, type: 'full', subtask: null })
  assert.deepEqual(profiler.asked.at(-1), { jobId: JOB_ID, vertex: VERTEX, type: 'on_cpu', subtask: 0 })
  assert.deepEqual(bodyOf(await asker(undefined)('GET', GRAPH)), { endTimestamp: -2 })
})

test('what a flame graph cannot be asked for is refused', async () => {
  const ask = asker(new FakeProfiler())
  for (const [query, status] of [
    ['type=sideways', 400],
    ['type=', 200],
    ['subtaskindex=99', 404],
    ['subtaskindex=-1', 404],
    ['subtaskindex=x', 400],
  ] as const)
    assert.equal((await ask('GET', `${GRAPH}?${query}`)).status, status, query)
})

test('every thread of a dump ends with a blank line', async () => {
  const ask = asker(new FakeProfiler())
  for (const path of ['/jobmanager', MANAGER]) {
    assert.deepEqual(bodyOf(await ask('GET', `${path}/thread-dump`)), {
      threadInfos: [
        {
          threadName: 'mr-worker-1',
          stringifiedThreadInfo:
            '"mr-worker-1" Id=7 RUNNABLE\n\t-  cpu time 20 ms\n\t-  job 1\n\tat inner\n\tat outer\n\n',
        },
        { threadName: 'node-8', stringifiedThreadInfo: '"node-8" Id=8 WAITING\n\n' },
      ],
    })
  }
  assert.equal((await ask('GET', '/taskmanagers/00000000000000000000000000000000/thread-dump')).status, 404)
})

test('a profile is told of in the words of Flink', async () => {
  const profiler = new FakeProfiler()
  const ask = asker(profiler)
  const shown = {
    status: 'RUNNING',
    mode: 'CPU',
    triggerTime: 5,
    finishedTime: null,
    duration: 3,
    message: null,
    outputFile: null,
    profilingMode: 'CPU',
  }
  assert.deepEqual(bodyOf(await ask('GET', '/jobmanager/profiler')), { profilingList: [shown] })
  const body = JSON.stringify({ mode: 'CPU', duration: 3 })
  assert.deepEqual(bodyOf(await ask('POST', `${MANAGER}/profiler`, body)), shown)
  assert.deepEqual(profiler.asked, [
    { scope: 'workers', mode: 'CPU', durationSeconds: 3, name: MANAGER.replace('/taskmanagers/', '') },
  ])
  profiler.started = 'control'
  const busy = await ask('POST', `${MANAGER}/profiler`, body)
  assert.deepEqual([busy.status, bodyOf(busy)], [409, { errors: ['JobManager is still under profiling.'] }])
})

test('a profile that makes no sense is refused', async () => {
  const profiler = new FakeProfiler()
  const ask = asker(profiler)
  for (const [body, status, message] of [
    ['', 400, 'Request did not match expected format ProfilingRequestBody.'],
    ['{}', 400, 'Request did not match expected format ProfilingRequestBody.'],
    ['[]', 400, 'Request did not match expected format ProfilingRequestBody.'],
    ['{"mode":"NOPE","duration":3}', 400, 'Request did not match expected format ProfilingRequestBody.'],
    ['{"mode":"CPU"}', 400, 'Request did not match expected format ProfilingRequestBody.'],
    ['{"mode":"CPU","duration":1.5}', 400, 'Request did not match expected format ProfilingRequestBody.'],
    ['{"mode":"CPU","duration":{}}', 400, 'Request did not match expected format ProfilingRequestBody.'],
    ['{"mode":"CPU","duration":0}', 400, '`duration` must be set between (0s, 300s].'],
    ['{"mode":"CPU","duration":-1}', 400, '`duration` must be set between (0s, 300s].'],
    ['{"mode":"CPU","duration":301}', 400, '`duration` must be set between (0s, 300s].'],
  ] as const) {
    const response = await ask('POST', '/jobmanager/profiler', body)
    assert.equal(response.status, status, body)
    assert.equal((bodyOf(response).errors as readonly string[])[0], message, body)
  }
  assert.deepEqual(profiler.asked, [])
})

test('pages are text, as in Flink, and only those that there are', async () => {
  const ask = asker(new FakeProfiler())
  const page = await ask('GET', '/jobmanager/profiler/a.html')
  assert.equal(page.headers.pairs.find(([name]) => name === 'content-type')?.[1], 'text/plain')
  assert.equal(Buffer.from(page.body as Uint8Array).toString(), '<html>')
  assert.equal((await ask('GET', `${MANAGER}/profiler/nope.html`)).status, 404)
})

test('where no profiles are taken the operations are not there', async () => {
  const profiler = new FakeProfiler()
  profiler.list = null
  for (const ask of [asker(profiler), asker(undefined)]) {
    for (const [method, path, message] of [
      ['GET', '/jobmanager/profiler', 'Unable to load requested file /jobmanager/profiler.'],
      ['GET', '/jobmanager/profiler/a.html', 'Unable to load requested file /jobmanager/profiler/a.html.'],
      ['POST', '/jobmanager/profiler', 'Not found: /jobmanager/profiler'],
    ] as const) {
      const response = await ask(method, path, method === 'POST' ? '{"mode":"CPU","duration":3}' : '')
      assert.deepEqual([response.status, bodyOf(response)], [404, { errors: [message] }])
    }
  }
})
