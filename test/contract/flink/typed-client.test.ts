import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { FlinkApiError, FlinkOperationError, flinkClient } from '../../../src/rest/flink-client.js'
import { importSpecifiers } from '../../conventions/layers.js'
import { FlinkNode, UNKNOWN_ID } from '../../interop/flink/flink-node.js'

/** Answers without a server, with what was asked for. */
function answering(...answers: readonly (readonly [status: number, body: unknown])[]) {
  const asked: { readonly url: string; readonly init: RequestInit }[] = []
  const send = async (url: string, init: RequestInit) => {
    const [status, body] = answers[asked.length] ?? [500, 'nothing']
    asked.push({ url, init })
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const type = typeof body === 'string' ? 'text/plain' : 'application/json; charset=UTF-8'
    return new Response(text, { status, headers: { 'content-type': type } })
  }
  return {
    asked,
    client: flinkClient('http://host/flink/', { token: 'secret', headers: { 'x-own': '1' }, fetch: send }),
  }
}

describe('the typed client', () => {
  it('writes paths, queries and headers', async () => {
    const { asked, client } = answering([200, []], [200, 'lines'])
    await client.call('GET /jobs/:jobid/metrics', { jobid: 'a/b', query: { get: ['x,y', 'z'] } })
    assert.equal(await client.call('GET /jobmanager/logs/:filename', { filename: 'node.log' }), 'lines')
    assert.deepEqual(
      asked.map(({ url }) => url),
      ['http://host/flink/jobs/a%2Fb/metrics?get=x%2Cy,z', 'http://host/flink/jobmanager/logs/node.log'],
    )
    assert.deepEqual(asked[0]?.init.headers, { 'x-own': '1', authorization: 'Bearer secret' })
  })

  it('sends bodies as JSON and files as forms', async () => {
    const { asked, client } = answering(
      [202, { 'request-id': UNKNOWN_ID }],
      [200, { filename: 'x', status: 'success' }],
    )
    await client.call('POST /jobs/:jobid/stop', { jobid: 'a', body: { drain: true } })
    await client.call('POST /jars/upload', { file: new Blob(['text']), fileName: 'job.jar' })
    assert.equal(asked[0]?.init.body, '{"drain":true}')
    assert.equal(new Headers(asked[0]?.init.headers).get('content-type'), 'application/json')
    const form = asked[1]?.init.body
    assert.ok(form instanceof FormData && form.get('jarfile') instanceof Blob)
  })

  it('has the types of what it takes and gives', () => {
    const { client } = answering()
    const calls = [
      // @ts-expect-error: the job's id is missing.
      () => client.call('GET /jobs/:jobid', {}),
      // @ts-expect-error: there is no such operation.
      () => client.call('GET /nothing'),
      // @ts-expect-error: names are a list.
      () => client.call('GET /jobmanager/metrics', { query: { get: 'a' } }),
      // @ts-expect-error: what is polled has a state.
      () => client.result('GET /jobs/:jobid', { jobid: 'a' }),
      async () => {
        const { jobs } = await client.call('GET /jobs')
        const states: readonly ('RUNNING' | 'FINISHED')[] = jobs.flatMap(({ status }) =>
          status === 'RUNNING' || status === 'FINISHED' ? [status] : [],
        )
        // @ts-expect-error: no state of a job is called so.
        return jobs.some(({ status }) => status === 'PENDING') ? states : []
      },
    ]
    assert.equal(calls.length, 5)
  })

  it('says what was refused, also by what is no node', async () => {
    const { client } = answering([404, { errors: ['no such job', 'JOB_NOT_FOUND'] }], [502, '<html>'])
    await assert.rejects(client.call('GET /jobs/:jobid', { jobid: 'a' }), (error) => {
      assert.ok(error instanceof FlinkApiError)
      assert.deepEqual([error.status, error.errors], [404, ['no such job', 'JOB_NOT_FOUND']])
      assert.equal(error.message, 'GET /jobs/:jobid answered 404: no such job')
      return true
    })
    await assert.rejects(client.call('GET /overview'), /answered 502: no answer of this API/)
    await assert.rejects(client.call('GET /jobs/:jobid', { jobid: '' }), /'jobid' is missing/)
  })

  it('waits for operations, and ends with their failure or the signal', async () => {
    const waiting = [200, { status: { id: 'IN_PROGRESS' }, operation: null }] as const
    const over = (operation: unknown) => [200, { status: { id: 'COMPLETED' }, operation }] as const
    const failure = { class: 'a.B', 'stack-trace': 'a.B: it failed\n\tat x', 'serialized-throwable': '' }
    const name = 'GET /jobs/:jobid/savepoints/:triggerid'
    const ids = { jobid: 'a', triggerid: 'b' }
    const good = answering(waiting, waiting, over({ location: 'file:/x' }))
    assert.deepEqual(await good.client.result(name, ids, { pauseMs: 0 }), { location: 'file:/x' })
    assert.equal(good.asked.length, 3)
    const bad = answering(over({ 'failure-cause': failure }), over({ failureCause: failure }))
    const isFailure = (error: unknown) =>
      error instanceof FlinkOperationError && error.className === 'a.B' && error.message === 'it failed'
    await assert.rejects(bad.client.result(name, ids), isFailure)
    await assert.rejects(bad.client.result('GET /jobs/:jobid/checkpoints/:triggerid', ids), isFailure)
    const abort = new AbortController()
    const endless = answering(waiting, waiting)
    const wait = endless.client.result(name, ids, { pauseMs: 2000, signal: abort.signal })
    abort.abort(new Error('enough'))
    await assert.rejects(wait, /enough/)
  })
})

test('the typed client is a module of the package that needs no other', async () => {
  const path = import.meta.resolve('millrace/flink-client')
  const { flinkClient: found } = (await import(path)) as { readonly flinkClient: typeof flinkClient }
  assert.equal(typeof found, 'function')
  assert.deepEqual(importSpecifiers(readFileSync(fileURLToPath(path), 'utf8')), [])
})

test('the typed client follows a job from its savepoint to its end', async (context) => {
  const node = await FlinkNode.start(context, '2.1')
  const client = flinkClient(`http://${node.address}`)
  const jobid = await node.run('endless')
  const { vertices, state } = await client.call('GET /jobs/:jobid', { jobid })
  assert.deepEqual([state, vertices.length], ['RUNNING', 2])
  const { 'request-id': triggerid } = await client.call('POST /jobs/:jobid/savepoints', { jobid })
  const { location } = await client.result('GET /jobs/:jobid/savepoints/:triggerid', { jobid, triggerid })
  assert.match(location ?? '', /^\w+:/)
  const [vertexid = ''] = vertices.map(({ id }) => id)
  const metrics = await client.call('GET /jobs/:jobid/vertices/:vertexid/metrics', {
    jobid,
    vertexid,
    query: { get: ['0.numRecordsOut'] },
  })
  assert.deepEqual(
    metrics.map(({ id, value }) => [id, Number(value) >= 0]),
    [['0.numRecordsOut', true]],
  )
  assert.deepEqual(await client.call('PATCH /jobs/:jobid', { jobid, query: { mode: 'cancel' } }), {})
  await assert.rejects(client.call('GET /jobs/:jobid', { jobid: UNKNOWN_ID }), /404: Job 0+ not found/)
})
