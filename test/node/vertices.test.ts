import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { memorySavepoints } from '../../src/checkpoint/checkpoint-storage.js'
import { MemoryCheckpointStorage } from '../../src/checkpoint/storage.js'
import { FileCheckpointStore } from '../../src/checkpoint/store.js'
import { loadNodeConfig } from '../../src/config/node-config.js'
import { MemoryJobStore } from '../../src/node/job-store.js'
import type { MillraceNode } from '../../src/node/node-service.js'
import { startNode } from '../../src/node/open-node.js'
import { metricsJson } from '../../src/rest/views/metrics-json.js'
import { csvRows, csvSink, csvSource, testService } from '../jobs/harness.js'
import { probeRecord } from '../jobs/probe.js'
import { eventually, temporaryFolder } from '../support/served-node.js'
import { FlinkApi } from './flink-api.js'
import { IDENTITY, submission, testNode, until } from './harness.js'

interface Io {
  readonly 'read-records': number
  readonly 'read-bytes': number
  readonly 'read-records-complete': boolean
  readonly 'write-records': number
  readonly 'write-bytes': number
  readonly 'write-records-complete': boolean
  readonly 'accumulated-busy-time': number
  readonly 'accumulated-idle-time': number
  readonly 'accumulated-backpressured-time': number
}
interface Subtask {
  readonly subtask: number
  readonly attempt: number
  readonly status: string
  readonly 'start-time': number
  readonly 'end-time': number
  readonly duration: number
  readonly metrics: Io
}
interface Vertex {
  readonly subtasks: readonly Subtask[]
  readonly aggregated: { readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>> }
}
interface JobInfo {
  readonly vertices: readonly { readonly name: string; readonly status: string; readonly metrics: Io }[]
}
interface Pressure {
  readonly status: string
  readonly 'backpressure-level'?: string
  readonly subtasks?: readonly { readonly ratio: number; readonly idleRatio: number; readonly busyRatio: number }[]
}
interface Metric {
  readonly id: string
  readonly value: string
}

const KINDS = ['source', 'transform', 'sink'] as const

/** A job whose transform drops rows with an id below `least` and whose sink does what a probe is told. */
function probedJob(probe: string, sink: string, env = '', rows = 5): string {
  return `
env { job.name = probed, ${env} }
source { FakeSource { row.num = ${rows}, schema { fields { id = bigint } }, plugin_output = fake } }
transform { Sql { plugin_input = fake, plugin_output = kept, query = "select id from fake where id is not null" } }
sink { Probe { plugin_input = kept, name = ${probe}, ${sink} } }`
}

/** Opens nodes one after the other that have their checkpoints together; they are closed at the test's end. */
function restartedNodes(test: TestContext): (jobs: MemoryJobStore) => Promise<MillraceNode> {
  const store = new FileCheckpointStore(new MemoryCheckpointStorage(), { maxRetained: 2 })
  const places = { store, savepoints: memorySavepoints() }
  // The timers of a node do not keep its process.
  const keepAlive = setInterval(() => undefined, 1000)
  test.after(() => clearInterval(keepAlive))
  return async (jobs) => {
    const node = await startNode(jobs, places, { config: loadNodeConfig({}), jobs: testService(), identity: IDENTITY })
    test.after(() => node.close())
    return node
  }
}

describe('the vertices of a job', () => {
  it('of which the sink is slow: it is busy, and what is in front of it is held up', async (test) => {
    const node = await testNode(test)
    const api = new FlinkApi(node)
    const { gate } = probeRecord('slow-sink')
    const { jobId } = await node.submit(submission(probedJob('slow-sink', 'hold_at = write')))
    await gate.arrived()
    const pressure = (kind: (typeof KINDS)[number]) => api.vertex<Pressure>(jobId, kind, '/backpressure')
    const found = await eventually('back pressure', async () => {
      const all = await Promise.all(KINDS.map(pressure))
      // The start of the job counts too, and is a part of less and less.
      const isHeldUp = all[0]?.['backpressure-level'] === 'high' && all[1]?.['backpressure-level'] === 'high'
      return isHeldUp && (all[2]?.subtasks?.[0]?.busyRatio ?? 0) > 0.5 ? all : null
    })
    assert.deepEqual(
      found.map((each) => [each.status, each['backpressure-level']]),
      [
        ['ok', 'high'],
        ['ok', 'high'],
        ['ok', 'ok'],
      ],
    )
    for (const { subtasks } of found) {
      const [{ ratio, idleRatio, busyRatio }] = subtasks as readonly [
        { ratio: number; idleRatio: number; busyRatio: number },
      ]
      assert.ok(Math.abs(ratio + idleRatio + busyRatio - 1) <= 0.05, JSON.stringify(subtasks))
    }
    const names = 'isBackPressured,busyTimeMsPerSecond,idleTimeMsPerSecond,backPressuredTimeMsPerSecond'
    for (const [index, kind] of KINDS.entries()) {
      const metrics = await api.vertex<readonly Metric[]>(jobId, kind, `/subtasks/0/metrics?get=${names}`)
      assert.equal(metrics[0]?.value, String(index < 2), kind)
      const sum = metrics.slice(1).reduce((total, { value }) => total + Number(value), 0)
      assert.ok(Math.abs(sum - 1000) <= 50, `${kind}: ${sum}`)
    }
    gate.release()
    await node.waitForEnd(jobId)
    assert.deepEqual(await pressure('source'), { status: 'deprecated' })
    const { vertices } = await api.job<JobInfo>(jobId, '')
    for (const { metrics } of vertices) {
      assert.ok(metrics['accumulated-busy-time'] >= 0)
      assert.equal(metrics['read-records-complete'], true)
    }
  })

  it('of which a transform waits for others: the source is held up and the sink idle', async (test) => {
    const node = await testNode(test)
    const api = new FlinkApi(node)
    const { jobId } = await node.submit(
      submission(`
source { FakeSource { row.num = 5, schema { fields { id = bigint, name = string } }, plugin_output = fake } }
transform { StageProbe { plugin_input = fake, plugin_output = out, hold = waits-in-a-stage } }
sink { Assert { plugin_input = out, rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 0 }] } } }`),
    )
    const pressure = (kind: (typeof KINDS)[number]) => api.vertex<Pressure>(jobId, kind, '/backpressure')
    await eventually('back pressure', async () => {
      const all = await Promise.all(KINDS.map(pressure))
      const [source, transform, sink] = all.map(({ subtasks }) => subtasks?.[0])
      return (source?.ratio ?? 0) > 0.5 && (transform?.busyRatio ?? 0) > 0.5 && (sink?.idleRatio ?? 0) > 0.9 ? 1 : null
    })
    await node.stop(jobId, { withSavepoint: false, user: null })
    await node.waitForEnd(jobId)
    assert.equal((await api.vertex<Subtask>(jobId, 'transform', '/subtasks/0')).status, 'CANCELED')
  })

  it('of a subtask that is through: it is FINISHED while the others run', async (test) => {
    const node = await testNode(test)
    const api = new FlinkApi(node)
    const folder = temporaryFolder(test)
    mkdirSync(`${folder}/in`)
    writeFileSync(`${folder}/in/only.csv`, csvRows(5))
    const { gate } = probeRecord('runs-on')
    const { jobId } = await node.submit(
      submission(`
env { parallelism = 2 }
source { ${csvSource(`${folder}/in`)} }
sink { Probe { name = runs-on, hold_at = write } }`),
    )
    await gate.arrived()
    const { subtasks } = await api.vertex<Vertex>(jobId, 'sink', '')
    assert.deepEqual(new Set(subtasks.map(({ status }) => status)), new Set(['RUNNING', 'FINISHED']))
    const through = subtasks.find(({ status }) => status === 'FINISHED')
    assert.ok((through?.['end-time'] ?? -1) > 0)
    assert.equal(subtasks.find(({ status }) => status === 'RUNNING')?.['end-time'], -1)
    const { vertices } = await api.job<JobInfo>(jobId, '')
    assert.deepEqual(new Set(vertices.map(({ status }) => status)), new Set(['RUNNING']))
    gate.release()
    await node.waitForEnd(jobId)
  })

  it('of uneven subtasks: their counts add up to those of the vertex, which are those of SeaTunnel', async (test) => {
    const node = await testNode(test)
    const api = new FlinkApi(node)
    const folder = temporaryFolder(test)
    mkdirSync(`${folder}/in`)
    for (const [index, rows] of [100, 7, 30, 1, 12].entries()) writeFileSync(`${folder}/in/${index}.csv`, csvRows(rows))
    const job = `
env { parallelism = 4 }
source { ${csvSource(`${folder}/in`, ', plugin_output = lines')} }
transform { Sql { plugin_input = lines, plugin_output = some, query = "select id, name from lines where id < 20" } }
sink { ${csvSink(folder, 'out', ', plugin_input = some')} }`
    const { jobId } = await node.submit(submission(job))
    const view = await node.waitForEnd(jobId)
    assert.deepEqual([view?.status, view?.failure?.text], ['FINISHED', undefined])
    const { vertices } = await api.job<JobInfo>(jobId, '')
    const kept = 20 + 7 + 20 + 1 + 12
    const passed = vertices.map(({ name, metrics }) => [
      name.replace(/:.*/, ''),
      metrics['read-records'],
      metrics['write-records'],
      metrics['write-records-complete'],
    ])
    assert.deepEqual(passed, [
      ['Source', 150, 150, true],
      ['Transform', 150, kept, true],
      ['Sink', kept, kept, true],
    ])
    const seatunnel = JSON.parse(metricsJson(view?.flow ?? assert.fail(), 'sixteen')) as Record<string, string>
    const [source, transform, sink] = vertices.map(({ metrics }) => metrics) as [Io, Io, Io]
    assert.deepEqual(
      [source['read-records'], source['read-bytes'], sink['write-records'], sink['write-bytes']].map(String),
      ['SourceReceivedCount', 'SourceReceivedBytes', 'SinkWriteCount', 'SinkWriteBytes'].map((key) => seatunnel[key]),
    )
    assert.deepEqual([transform['read-bytes'], transform['write-bytes']], [source['write-bytes'], sink['read-bytes']])
    for (const kind of KINDS) {
      const { subtasks, aggregated } = await api.vertex<Vertex>(jobId, kind, '')
      assert.deepEqual([subtasks.length, new Set(subtasks.map(({ status }) => status))], [4, new Set(['FINISHED'])])
      const own = vertices[KINDS.indexOf(kind)]?.metrics as Io
      for (const key of ['read-records', 'read-bytes', 'write-records', 'write-bytes'] as const) {
        const sum = subtasks.reduce((total, { metrics }) => total + metrics[key], 0)
        assert.deepEqual([sum, aggregated.metrics[key]?.sum], [own[key], own[key]], `${kind} ${key}`)
      }
      const sums = await api.vertex<readonly { readonly sum: number }[]>(
        jobId,
        kind,
        '/subtasks/metrics?get=numRecordsIn&agg=sum',
      )
      assert.equal(sums[0]?.sum, own['read-records'])
      const chosen = await api.vertex<readonly { readonly sum: number }[]>(
        jobId,
        kind,
        '/subtasks/metrics?get=numRecordsIn&agg=sum&subtasks=0,2-3',
      )
      assert.equal(chosen[0]?.sum, own['read-records'] - (subtasks[1]?.metrics['read-records'] ?? 0))
    }
    const rows = (await api.vertex<Vertex>(jobId, 'source', '')).subtasks.map(({ metrics }) => metrics['read-records'])
    assert.ok(new Set(rows).size > 1, `uneven: ${rows.join()}`)
  })

  it('of a job that is tried again: the first attempt FAILED where it did, and keeps its numbers', async (test) => {
    const node = await testNode(test)
    const api = new FlinkApi(node)
    probeRecord('fails-once')
    const env = 'job.retry.times = 1, job.retry.interval.seconds = 1'
    const { jobId } = await node.submit(submission(probedJob('fails-once', 'fail_at = write', env)))
    const view = await node.waitForEnd(jobId)
    assert.deepEqual([view?.status, view?.restarts], ['FAILED', 1])
    const attempts = node.attempts(jobId)?.attempts ?? []
    assert.deepEqual(
      attempts.map(({ number, outcome, failedTask }) => [number, outcome, failedTask?.subtask]),
      [
        [0, 'FAILED', 0],
        [1, 'FAILED', 0],
      ],
    )
    for (const number of [0, 1]) {
      const states = await Promise.all(
        KINDS.map(async (kind) => (await api.vertex<Subtask>(jobId, kind, `/subtasks/0/attempts/${number}`)).status),
      )
      assert.deepEqual(states, ['CANCELED', 'CANCELED', 'FAILED'])
    }
    const [first, second] = await Promise.all(
      [0, 1].map((number) => api.vertex<Subtask>(jobId, 'sink', `/subtasks/0/attempts/${number}`)),
    )
    assert.deepEqual([first?.attempt, second?.attempt], [0, 1])
    assert.ok((first?.['end-time'] ?? 0) <= (second?.['start-time'] ?? 0))
    interface Exceptions {
      readonly exceptionHistory: {
        readonly entries: readonly {
          readonly concurrentExceptions: readonly { readonly taskName: string }[]
          readonly taskName?: string
        }[]
      }
    }
    const { entries } = (await api.job<Exceptions>(jobId, '/exceptions')).exceptionHistory
    assert.deepEqual(
      [entries[0]?.concurrentExceptions[0]?.taskName, entries[1]?.taskName],
      [1, 0].map((number) => `Sink: Probe[0] (1/1) - execution #${number}`),
    )
    assert.equal((await api.vertex<Subtask>(jobId, 'sink', '/subtasks/0')).attempt, 1)
    const nope = await api.vertex<{ errors: string[] }>(jobId, 'sink', '/subtasks/0/attempts/2', 404)
    assert.match(nope.errors[0] ?? '', /Invalid attempt num 2/)
  })

  it('of a job whose transform fails name the transform', async (test) => {
    const node = await testNode(test)
    const text = `
source { FakeSource { row.num = 5, schema { fields { id = bigint } }, plugin_output = fake } }
transform { Sql { plugin_input = fake, plugin_output = out, query = "select 1 / (id - id) as id from fake" } }
sink { Assert { plugin_input = out, rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 0 }] } } }`
    const { jobId } = await node.submit(submission(text))
    const view = await node.waitForEnd(jobId)
    const transform = view?.dag.vertices.find(({ kind }) => kind === 'transform')
    assert.deepEqual(node.attempts(jobId)?.attempts.at(-1)?.failedTask, { vertex: transform?.id, subtask: 0 })
  })

  it('of an ended job are known by the node that is started again', async (test) => {
    const store = new MemoryJobStore()
    const opened = restartedNodes(test)
    const before = await opened(store)
    probeRecord('kept-figures')
    const { jobId } = await before.submit(
      submission(probedJob('kept-figures', 'fail_at = write', 'job.retry.times = 0')),
    )
    await before.waitForEnd(jobId)
    const known = before.attempts(jobId)
    assert.equal(known?.attempts.at(-1)?.vertices.length, 3)
    const after = await opened(store.reopened())
    assert.deepEqual(after.attempts(jobId), known)
    assert.equal(after.attempts('12345'), null)
  })

  it('go on over a restart: what a checkpoint holds counts once, and subtasks have what their attempt did', async (test) => {
    const store = new MemoryJobStore()
    const opened = restartedNodes(test)
    const before = await opened(store)
    const { jobId } = await before.submit(
      submission(`
env { job.mode = STREAMING, checkpoint.interval = 50 }
source { FakeSource { row.num = 100000, split.num = 100000, split.read-interval = 5, schema { fields { id = bigint } }, plugin_output = fake } }
transform { Sql { plugin_input = fake, plugin_output = kept, query = "select id from fake where id is not null" } }
sink { Assert { plugin_input = kept, rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 0 }] } } }`),
    )
    await until(() => (before.job(jobId)?.flow.committedSinks[0]?.rows ?? 0) > 20)
    const after = await opened(store.reopened())
    await before.close()
    await until(() => (after.attempts(jobId)?.attempts.at(-1)?.vertices[0]?.sum.recordsIn ?? 0) > 20)
    await after.stop(jobId, { withSavepoint: true, user: null })
    const view = await after.waitForEnd(jobId)
    const { totals, attempts } = after.attempts(jobId) ?? assert.fail()
    const own = attempts.at(-1)?.vertices ?? []
    const [read, written] = [view?.flow.sources[0]?.rows ?? 0, view?.flow.sinks[0]?.rows ?? 0]
    const byKind = (kind: string) => view?.dag.vertices.find((each) => each.kind === kind)?.id
    const totalOf = (kind: string) => totals.find(({ vertex }) => vertex === byKind(kind))
    assert.deepEqual([totalOf('source')?.recordsIn, totalOf('sink')?.recordsOut], [read, written])
    assert.deepEqual([totalOf('transform')?.recordsIn, totalOf('transform')?.recordsOut], [read, written])
    for (const { vertex, sum } of own) {
      const total = totals.find((each) => each.vertex === vertex)
      assert.ok(
        sum.recordsIn > 20 && sum.recordsIn < (total?.recordsIn ?? 0),
        `${sum.recordsIn} of ${total?.recordsIn}`,
      )
    }
    assert.deepEqual(
      [attempts[0]?.outcome, attempts.at(-1)?.outcome, attempts.length],
      ['ABANDONED', 'SAVEPOINT_DONE', 2],
    )
  })

  it('of a source with splits that nobody has begun', async (test) => {
    const node = await testNode(test)
    const api = new FlinkApi(node)
    const { gate } = probeRecord('splits-left')
    const { jobId } = await node.submit(
      submission(`
source { FakeSource { row.num = 40, split.num = 20, schema { fields { id = bigint } } } }
sink { Probe { name = splits-left, hold_at = write } }`),
    )
    await gate.arrived()
    const left = await api.vertex<readonly Metric[]>(jobId, 'source', '/jm-operator-metrics?get=x')
    assert.deepEqual(left, [])
    const [name] = await api.vertex<readonly Metric[]>(jobId, 'source', '/jm-operator-metrics')
    assert.equal(name?.id, 'Source__FakeSource[0].coordinator.enumerator.unassignedSplits')
    const [metric] = await api.vertex<readonly Metric[]>(jobId, 'source', `/jm-operator-metrics?get=${name?.id}`)
    assert.ok(Number(metric?.value) >= 17 && Number(metric?.value) < 20, metric?.value)
    gate.release()
    await node.waitForEnd(jobId)
    assert.deepEqual(await api.vertex<readonly Metric[]>(jobId, 'source', '/jm-operator-metrics'), [])
  })
})
