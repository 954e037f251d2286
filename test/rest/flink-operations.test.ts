import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { temporaryFolder } from '../../src/files/testing.js'
import type { NodeService } from '../../src/node/api.js'
import { flinkJobId } from '../../src/rest/dialects/flink/ids.js'
import { type ContractNode, startContractNode } from '../contract/seatunnel/contract-node.js'
import { csvSink, linesBelow, testService } from '../jobs/harness.js'
import { probeRecord } from '../jobs/probe.js'
import { heldJob, submission, testNode, until } from '../node/harness.js'

const ENDLESS = `
env { job.name = endless, job.mode = STREAMING, checkpoint.interval = 50 }
source { FakeSource { row.num = 50, split.num = 5, schema { fields { id = bigint } }, plugin_output = a } }
sink { Assert { plugin_input = [a], rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 0 }] } } }`

/** An answer to a poll. */
interface Answer {
  readonly status: { readonly id: string }
  readonly operation: Readonly<Record<string, unknown>> & {
    readonly location?: string
    readonly 'failure-cause'?: { readonly class: string; readonly 'stack-trace': string }
  }
}

/** A node with Flink's API and a client of it. */
class FlinkNode {
  readonly #contract: ContractNode

  constructor(contract: ContractNode) {
    this.#contract = contract
  }

  static async start(test: TestContext): Promise<FlinkNode> {
    const millrace = 'flink:\n  enabled: true\n  port: 0'
    const contract = await startContractNode('default', 'node', { millrace, jobs: testService() })
    test.after(() => contract.stop())
    return new FlinkNode(contract)
  }

  get service(): NodeService {
    return this.#contract.node
  }

  async ask(method: string, path: string, body: object | null = null): Promise<{ status: number; body: unknown }> {
    const connection = await this.#contract.open('flink')
    const text = body === null ? '' : JSON.stringify(body)
    const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n`
    connection.send(Buffer.from(`${head}${text}`))
    const answer = await connection.answer(false)
    connection.socket.destroy()
    assert.ok(answer !== null)
    return { status: answer.status, body: JSON.parse(answer.body) as unknown }
  }

  /** Starts an operation and polls it until it is complete. */
  async operation(path: string, body: object, pollAt: (id: string) => string): Promise<Answer> {
    const { body: started } = await this.ask('POST', path, body)
    const id = (started as { readonly 'request-id': string })['request-id']
    for (;;) {
      const { body: polled } = await this.ask('GET', pollAt(id))
      const answer = polled as Answer
      if (answer.status.id === 'COMPLETED') return answer
    }
  }

  savepoint(jobId: string, body: object, kind: 'savepoints' | 'stop' | 'checkpoints' = 'savepoints'): Promise<Answer> {
    const job = `/jobs/${flinkJobId({ jobId, alias: null })}`
    return this.operation(`${job}/${kind}`, body, (id) => `${job}/${kind === 'stop' ? 'savepoints' : kind}/${id}`)
  }

  dispose(path: string): Promise<Answer> {
    return this.operation('/savepoint-disposal', { 'savepoint-path': path }, (id) => `/savepoint-disposal/${id}`)
  }

  async run(text = ENDLESS): Promise<string> {
    const { jobId } = await this.service.submit(submission(text))
    await until(() => this.service.job(jobId)?.status === 'RUNNING')
    return jobId
  }
}

const failureOf = (answer: Answer): string => answer.operation['failure-cause']?.['stack-trace'] ?? ''

describe('what is asked of a job in the way of Flink', () => {
  it('is known after the node was started again', async (test) => {
    const dataFolder = `${temporaryFolder(test)}/data`
    const node = await testNode(test, '', { dataFolder })
    const { jobId } = await node.submit(submission(ENDLESS))
    await until(() => node.job(jobId)?.status === 'RUNNING')
    const [taken, again] = await Promise.all([
      node.savepoint(jobId, { user: null, requestId: 'a' }),
      node.savepoint(jobId, { user: null, requestId: 'a' }),
    ])
    assert.equal(taken, again, 'asking again changes nothing')
    await node.beginSavepoint(jobId, { user: null, requestId: 'b', isCheckpoint: true })
    await until(() => node.request(jobId, 'b')?.endedAtMs !== null)
    await node.stop(jobId, { withSavepoint: true, user: null, requestId: 'c' })
    assert.equal((await node.waitForEnd(jobId))?.status, 'SAVEPOINT_DONE')
    await node.close()

    const later = await testNode(test, '', { dataFolder })
    const requests = ['a', 'b', 'c'].map((id) => later.request(jobId, id))
    assert.deepEqual(
      requests.map((request) => [request?.kind, request?.failure, (request?.endedAtMs ?? 0) > 0]),
      [
        ['savepoint', null, true],
        ['checkpoint', null, true],
        ['stop', null, true],
      ],
    )
    assert.ok(requests[0]?.location?.startsWith(`file:${dataFolder}/savepoints/savepoint-`))
    assert.equal(requests[1]?.location, `millrace:/jobs/${jobId}/checkpoints/${requests[1]?.checkpointId}`)
    assert.ok((requests[2]?.checkpointId ?? 0) > (requests[0]?.checkpointId ?? 0))
    assert.equal(later.request(jobId, 'd'), null)
    assert.equal(later.request('1', 'a'), null)
  })

  it('is remembered with its reason where the job refused it', async (test) => {
    const node = await testNode(test)
    const { gate } = probeRecord('flink-refused')
    const { jobId } = await node.submit(submission(heldJob('flink-refused', '', 'commit')))
    // All data is read, the last checkpoint is being committed.
    await gate.arrived()
    await assert.rejects(node.savepoint(jobId, { user: null, requestId: 'a' }), { code: 'SAVEPOINT_REFUSED' })
    await until(() => node.request(jobId, 'a')?.failure?.code === 'SAVEPOINT_REFUSED')
    gate.release()
    await node.waitForEnd(jobId)
  })

  it('was lost with the process when it was under way then', async (test) => {
    const dataFolder = `${temporaryFolder(test)}/data`
    const node = await testNode(test, '', { dataFolder })
    const { gate } = probeRecord('flink-lost')
    const text = heldJob('flink-lost', 'job.mode = STREAMING, checkpoint.interval = 100000')
    const { jobId } = await node.submit(submission(text))
    await until(() => (node.job(jobId)?.flow.sinks[0]?.rows ?? 0) > 0)
    await node.beginSavepoint(jobId, { user: null, requestId: 'a' })
    await gate.arrived()
    await node.close()
    gate.release()
    const later = await testNode(test, '', { dataFolder })
    assert.match(later.request(jobId, 'a')?.failure?.text ?? '', /started again before it was complete/)
    await later.stop(jobId, { withSavepoint: false, force: true, user: null })
    await later.waitForEnd(jobId)
  })
})

describe('a savepoint by the API of Flink', () => {
  it('is in the directory that is asked for, goes on in a new job, and is removed', async (test) => {
    const folder = temporaryFolder(test)
    const node = await FlinkNode.start(test)
    const text = `
env { job.name = counting, job.mode = STREAMING, checkpoint.interval = 20, read_limit.rows_per_second = 4000 }
source { FakeSource { row.num = 3000, split.num = 5, schema { fields { id = bigint } }, plugin_output = a } }
sink { ${csvSink(folder, 'out', ', plugin_input = [a]')} }`
    const jobId = await node.run(text)
    // Right behind its first word, when no worker is up yet.
    const first = await node.savepoint(jobId, { 'target-directory': `file://${folder}/sp`, formatType: 'CANONICAL' })
    assert.match(first.operation.location ?? '', new RegExp(`^file:${folder}/sp/savepoint-`))
    const last = await node.savepoint(jobId, { targetDirectory: `${folder}/sp`, drain: false }, 'stop')
    const location = last.operation.location ?? ''
    assert.equal(node.service.job(jobId)?.status, 'SAVEPOINT_DONE')
    const rows = linesBelow(`${folder}/out`).length
    assert.ok(rows < 3000, `${rows} rows are more than can be read in that time`)

    const restoreFrom = { location, allowsMissingState: false, isClaimed: false }
    const { jobId: next } = await node.service.submit(submission(text, { restoreFrom }))
    assert.match(failureOf(await node.dispose(location)), /is used by job/)
    await until(() => node.service.job(next)?.flow.committedSinks[0]?.rows === 3000)
    const checkpoints = await node.ask('GET', `/jobs/${flinkJobId({ jobId: next, alias: null })}/checkpoints`)
    const { latest } = checkpoints.body as { latest: { restored: { external_path: string; is_savepoint: boolean } } }
    assert.deepEqual([latest.restored.external_path, latest.restored.is_savepoint], [location, true])
    const canceled = await node.savepoint(next, { 'cancel-job': true, 'target-directory': `${folder}/sp` })
    assert.equal(node.service.job(next)?.status, 'CANCELED')
    assert.ok(existsSync((canceled.operation.location ?? '').slice('file:'.length)))
    const lines = linesBelow(`${folder}/out`)
    assert.deepEqual([lines.length, new Set(lines).size], [3000, 3000])

    assert.deepEqual((await node.dispose(location)).operation, {})
    assert.ok(!existsSync(location.slice('file:'.length)))
    assert.match(failureOf(await node.dispose(location)), /there is no savepoint at/)
    // The other one is left.
    assert.deepEqual((await node.dispose(first.operation.location ?? '')).operation, {})
  })

  it('belongs to the job that claims it, and goes with it', async (test) => {
    const folder = temporaryFolder(test)
    const node = await FlinkNode.start(test)
    const jobId = await node.run()
    const { operation } = await node.savepoint(jobId, { targetDirectory: folder }, 'stop')
    const location = operation.location ?? ''
    for (const isClaimed of [false, true]) {
      const restoreFrom = { location, allowsMissingState: false, isClaimed }
      const { jobId: next } = await node.service.submit(submission(ENDLESS, { restoreFrom }))
      await until(() => (node.service.checkpoints(next)?.completed ?? 0) > 0)
      await node.service.stop(next, { withSavepoint: false, user: null })
      await node.service.waitForEnd(next)
      if (!isClaimed) assert.ok(existsSync(location.slice('file:'.length)))
    }
    await until(() => !existsSync(location.slice('file:'.length)))
  })

  it('is refused where it may not be, and what is no savepoint is never removed', async (test) => {
    const folder = temporaryFolder(test)
    const node = await FlinkNode.start(test)
    const jobId = await node.run()
    const job = `/jobs/${flinkJobId({ jobId, alias: null })}`
    for (const [path, body] of [
      ['savepoints', { 'target-directory': 'foo://x/y' }],
      ['savepoints', { 'target-directory': 'file:///proc/nope' }],
      ['savepoints', { targetDirectory: 'relative', 'cancel-job': true }],
      ['stop', { targetDirectory: 'file://host/x' }],
      ['stop', { 'target-directory': 's3://bucket/x' }],
      ['savepoints', { formatType: 'ZIP' }],
      ['stop', { formatType: 'native' }],
    ] as const) {
      const { status, body: answer } = await node.ask('POST', `${job}/${path}`, body)
      assert.equal(status, 400, JSON.stringify([body, answer]))
    }
    assert.equal(node.service.job(jobId)?.status, 'RUNNING')
    mkdirSync(`${folder}/own`)
    writeFileSync(`${folder}/own/_metadata`, 'mine')
    for (const path of ['/etc', `${folder}/own`, folder, '/proc/self', 'nonsense', `millrace:${job}/checkpoints/1`])
      assert.match(
        failureOf(await node.dispose(path)),
        /no savepoint|no place|no data files|a checkpoint of the node/,
        path,
      )
    assert.ok(existsSync(`${folder}/own/_metadata`))
    for (const body of [null, {}, { 'savepoint-path': null }, { 'savepoint-path': '' }]) {
      const { status, body: answer } = await node.ask('POST', '/savepoint-disposal', body)
      assert.deepEqual([status, JSON.stringify(answer).includes('must not be omitted')], [400, true])
    }
    assert.equal((await node.ask('GET', `/savepoint-disposal/${'0'.repeat(32)}`)).status, 404)
  })

  it('that drains is one behind which the sinks are at their end', async (test) => {
    const folder = temporaryFolder(test)
    const node = await FlinkNode.start(test)
    const text = `
env { job.name = drained, job.mode = STREAMING, checkpoint.interval = 100000 }
source { FakeSource { row.num = 0, split.num = 1, schema { fields { id = bigint } }, plugin_output = a } }
sink { ${csvSink(folder, 'out', ', plugin_input = [a], create_empty_file_when_no_data = true')} }`
    const jobId = await node.run(text)
    const { operation } = await node.savepoint(jobId, { drain: true }, 'stop')
    assert.ok(operation.location !== undefined, JSON.stringify(operation))
    assert.equal(node.service.job(jobId)?.status, 'SAVEPOINT_DONE')
  })
})

describe('a checkpoint by the API of Flink', () => {
  it('is told with what each task put in', async (test) => {
    const folder = temporaryFolder(test)
    const node = await FlinkNode.start(test)
    const text = `
env { job.name = measured, job.mode = STREAMING, checkpoint.interval = 100000, parallelism = 2 }
source { FakeSource { row.num = 3000, split.num = 8, split.read-interval = 20, schema { fields { id = bigint } }, plugin_output = a } }
transform { FieldMapper { plugin_input = a, plugin_output = b, field_mapper = { id = key } } }
sink { ${csvSink(folder, 'out', ', plugin_input = [b]')} }`
    const jobId = await node.run(text)
    await until(() => (node.service.job(jobId)?.flow.sinks[0]?.rows ?? 0) > 0)
    const { operation } = await node.savepoint(jobId, {}, 'checkpoints')
    const base = `/jobs/${flinkJobId({ jobId, alias: null })}/checkpoints/details/${operation.checkpointId}`
    const { body } = await node.ask('GET', base)
    const details = body as {
      readonly status: string
      readonly checkpoint_type: string
      readonly num_acknowledged_subtasks: number
      readonly tasks: Readonly<
        Record<string, { readonly state_size: number; readonly num_acknowledged_subtasks: number }>
      >
    }
    assert.deepEqual(
      [details.status, details.checkpoint_type, details.num_acknowledged_subtasks],
      ['COMPLETED', 'CHECKPOINT', 6],
    )
    const tasks = Object.entries(details.tasks)
    assert.deepEqual(
      tasks.map(([, task]) => [task.state_size > 0, task.num_acknowledged_subtasks]),
      [
        [true, 2],
        [false, 2],
        [true, 2],
      ],
    )
    for (const [vertex, task] of tasks) {
      const answer = await node.ask('GET', `${base}/subtasks/${vertex}`)
      const { subtasks } = answer.body as { readonly subtasks: readonly Record<string, number | string>[] }
      const sizes = subtasks.map(({ state_size: bytes }) => Number(bytes))
      assert.equal(sizes[0] === undefined ? 0 : sizes.reduce((sum, bytes) => sum + bytes, 0), task.state_size)
      for (const subtask of subtasks) {
        assert.deepEqual([subtask.className, subtask.status], ['completed', 'completed'])
        assert.ok(Number(subtask.start_delay) >= 0 && Number(subtask.end_to_end_duration) >= 0)
      }
    }
    const metrics = await node.ask(
      'GET',
      `/jobs/${flinkJobId({ jobId, alias: null })}/metrics?get=lastCompletedCheckpointId,lastCheckpointExternalPath`,
    )
    assert.deepEqual(metrics.body, [
      { id: 'lastCompletedCheckpointId', value: String(operation.checkpointId) },
      { id: 'lastCheckpointExternalPath', value: `millrace:/jobs/${jobId}/checkpoints/${operation.checkpointId}` },
    ])
  })

  it('is exactly once where sources can be read again and sinks commit', async (test) => {
    const folder = temporaryFolder(test)
    const node = await FlinkNode.start(test)
    const source = 'source { FakeSource { row.num = 5, schema { fields { id = bigint } }, plugin_output = a } }'
    const file = csvSink(folder, 'out', ', plugin_input = [a]')
    const cases = [
      ['job.mode = STREAMING, checkpoint.interval = 1000', `sink { ${file} }`, 'exactly_once', 1000],
      [
        'job.mode = STREAMING, checkpoint.interval = 1000',
        `sink { ${file}, Console { plugin_input = [a] } }`,
        'at_least_once',
        1000,
      ],
      ['job.mode = BATCH', `sink { ${file} }`, 'at_least_once', 2 ** 63],
    ] as const
    for (const [env, sink, mode, interval] of cases) {
      const { jobId } = await node.service.submit(submission(`env { ${env} }\n${source}\n${sink}`))
      const { body } = await node.ask('GET', `/jobs/${flinkJobId({ jobId, alias: null })}/checkpoints/config`)
      const config = body as { readonly mode: string; readonly interval: number; readonly checkpoint_storage: string }
      assert.deepEqual(
        [config.mode, config.interval, config.checkpoint_storage],
        [mode, interval, 'LocalCheckpointStorage'],
      )
    }
  })
})
