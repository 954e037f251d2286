import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { FlinkNode, UNKNOWN_ID } from './flink-node.js'
import { CLIENT_LINES, type ClientLine, JavaClients, missingClients } from './java-clients.js'

interface Details {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly vertices: Readonly<Record<string, string>>
}
interface Result {
  readonly isSuccess: boolean
  readonly netRuntime: number
  readonly failure: string | null
}

for (const line of Object.keys(CLIENT_LINES) as ClientLine[]) {
  test(`a program with Flink's RestClusterClient of ${line}`, { skip: missingClients(line) }, async (context) => {
    const node = await FlinkNode.start(context, line, line === '2.1' ? 'uws' : 'node')
    const clients = JavaClients.start(context, line, node.port)
    const running = await node.run('endless')
    const failed = await node.run('failing')
    const text = async (method: string, values: object) => (await clients.cluster(method, values)).text

    await context.test('sees jobs and their details', async () => {
      const jobs = await clients.cluster<Record<string, { state: string; name: string }>>('listJobs')
      assert.deepEqual(
        [jobs[running]?.state, jobs[failed]?.state, jobs[running]?.name],
        ['RUNNING', 'FAILED', 'contract'],
      )
      const details = await clients.cluster<Details>('getJobDetails', { jobid: running })
      assert.deepEqual(
        [details.id, details.state, Object.values(details.vertices)],
        [running, 'RUNNING', ['Source: FakeSource[0]', 'Sink: Assert[0]']],
      )
      assert.equal(await text('getJobStatus', { jobid: running }), 'RUNNING')
      assert.match(await text('getClusterOverview', {}), line === '1.20' ? /^1\.20\./ : /^2\.\d\./)
    })

    await context.test('takes savepoints and checkpoints and waits for them', async () => {
      const path = await text('triggerSavepoint', { jobid: running })
      assert.match(path, /\/\S+$/)
      assert.match(await text('triggerDetachedSavepoint', { jobid: running }), /^[0-9a-f]{32}$/)
      assert.match(await text('triggerCheckpoint', { jobid: running }), /^\d+$/)
    })

    await context.test('sets the bounds of the parallelism of every vertex', async () => {
      const { vertices } = await clients.cluster<Details>('getJobDetails', { jobid: running })
      const bounds = Object.fromEntries(Object.keys(vertices).map((id) => [id, 1]))
      assert.match(await text('updateJobResourceRequirements', { jobid: running, vertices: bounds }), /Acknowledge/)
      const refused = clients.cluster('updateJobResourceRequirements', {
        jobid: running,
        vertices: { [UNKNOWN_ID]: 1 },
      })
      await assert.rejects(refused, /RestClientException: \[.*missing job vertex/)
    })

    await context.test('reads accumulators, data sets and heartbeats', async () => {
      assert.equal(await text('getAccumulators', { jobid: running }), '{}')
      assert.equal(await text('listCompletedClusterDatasetIds', {}), '[]')
      assert.equal(await text('reportHeartbeat', { jobid: running }), 'null')
    })

    await context.test('stops with a savepoint, cancels, and learns how jobs ended', async () => {
      const [canceled, saved] = [await node.run('endless'), await node.run('endless')]
      assert.match(await text('stopWithSavepoint', { jobid: running }), /\/\S+$/)
      assert.match(await text('cancelWithSavepoint', { jobid: saved }), /\/\S+$/)
      await text('cancel', { jobid: canceled })
      const result = (jobid: string) => clients.cluster<Result>('requestJobResult', { jobid })
      const [stopped, failure, cancellation] = [await result(running), await result(failed), await result(canceled)]
      assert.deepEqual([stopped.isSuccess, stopped.failure], [true, null])
      assert.ok(stopped.netRuntime > 0)
      assert.equal(failure.isSuccess, false)
      assert.match(failure.failure ?? '', /^io\.millrace\.ASSERTION_FAILED: .*MAX_ROW/)
      assert.equal(cancellation.isSuccess, false)
    })

    await context.test('reads our message when something is refused', async () => {
      const refused = [
        ['getJobDetails', { jobid: UNKNOWN_ID }, /Job 0{32} not found/],
        ['triggerSavepoint', { jobid: UNKNOWN_ID }, /Job 0{32} not found/],
        ['stopWithSavepoint', { jobid: failed }, /io\.millrace\.JOB_STATE: .*it is FAILED/],
        ['cancel', { jobid: failed }, /FAILED/],
        [
          'disposeSavepoint',
          { path: '/no/such/savepoint' },
          /io\.millrace\.SAVEPOINT_LOCATION: there is no savepoint at '\/no\/such\/savepoint'/,
        ],
      ] as const
      for (const [method, values, message] of refused)
        await assert.rejects(clients.cluster(method, values), (error: Error) => {
          assert.match(error.message, message, method)
          return true
        })
    })
  })
}

test('clients of Flink send the headers that the environment names', {
  skip: missingClients('2.1'),
}, async (context) => {
  const asked: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    asked.push(request.headers)
    response.setHeader('content-type', 'application/json; charset=UTF-8').end('{"jobs":[]}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const headers = { FLINK_REST_CLIENT_HEADERS: 'Authorization:Bearer secret' }
  const clients = JavaClients.start(context, '2.1', port, headers)
  await clients.cluster('listJobs')
  const run = await clients.cli('list', '-m', `127.0.0.1:${port}`)
  assert.equal(run.exitCode, 0, run.stderr)
  assert.deepEqual(
    asked.map(({ authorization }) => authorization),
    ['Bearer secret', 'Bearer secret'],
  )
})
