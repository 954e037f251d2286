import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, it } from 'node:test'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { csvRows, csvSink, csvSource, linesBelow, prepareJob } from '../jobs/harness.js'
import { type ProbePoint, probeRecord } from '../jobs/probe.js'
import { Attempts, texts, until } from './attempts.js'

const STREAMING = `env { job.mode = STREAMING, checkpoint.interval = 20, read_limit.rows_per_second = 4000 }
source { FakeSource { row.num = 3000, split.num = 5, schema { fields { id = bigint } }, plugin_output = a } }`

describe('a savepoint', () => {
  it('ends a job that never ends, which goes on from it', async (test) => {
    const folder = temporaryFolder(test)
    const attempts = new Attempts(`${STREAMING}\nsink { ${csvSink(folder, 'out', ', plugin_input = [a]')} }`)
    test.after(() => attempts.close())
    const first = await attempts.prepare()
    assert.deepEqual(first.delivery, [{ sink: 'sink[0]', plugin: 'LocalFile', guarantee: 'EXACTLY_ONCE' }])
    const ended = first.run()
    await until(() => first.checkpoints().completed >= 2)
    const summary = await first.savepoint()
    const outcome = await ended
    assert.deepEqual([outcome.status, texts(outcome.errors), summary.epoch], ['SAVEPOINT_DONE', [], 1])
    const latest = await attempts.store.latest(attempts.jobId)
    assert.deepEqual([latest?.record.checkpointId, latest?.sizeBytes], [summary.checkpointId, summary.sizeBytes])
    const rows = linesBelow(`${folder}/out`).length
    assert.ok(rows < 3000, `${rows} rows are more than can be read in that time`)
    assert.equal(first.committedMetrics().sinks[0]?.rows, rows)
    assert.equal(first.committedMetrics().sources[0]?.rows, rows)
    assert.deepEqual(linesBelow(`${folder}/tmp`), [])

    const second = await attempts.prepare()
    assert.equal(second.metrics().sinks[0]?.rows, rows, 'counts go on')
    assert.equal(second.committedMetrics().sinks[0]?.rows, rows)
    const secondEnd = second.run()
    await until(() => second.committedMetrics().sinks[0]?.rows === 3000)
    // The job is at its last row and idle: a savepoint and a restore of that are as good.
    assert.deepEqual((await second.savepoint()).kind, 'savepoint')
    assert.equal((await secondEnd).status, 'SAVEPOINT_DONE')
    assert.equal(linesBelow(`${folder}/out`).length, 3000)
    assert.equal(new Set(linesBelow(`${folder}/out`)).size, 3000)
    assert.deepEqual(second.checkpoints().restored?.checkpointId, summary.checkpointId)

    const third = await attempts.prepare()
    const thirdEnd = third.run()
    await until(() => third.checkpoints().completed >= 1)
    third.cancel()
    assert.equal((await thirdEnd).status, 'CANCELED')
    assert.equal(linesBelow(`${folder}/out`).length, 3000)
  })

  it('lets the job go on where it shall', async (test) => {
    const folder = temporaryFolder(test)
    const attempts = new Attempts(`${STREAMING}\nsink { ${csvSink(folder, 'out', ', plugin_input = [a]')} }`)
    test.after(() => attempts.close())
    const job = await attempts.prepare()
    const ended = job.run()
    await until(() => job.checkpoints().completed >= 1)
    const [first, second] = await Promise.all([job.savepoint({ goesOn: true }), job.savepoint({ goesOn: true })])
    assert.equal(first.checkpointId, second.checkpointId)
    await until(() => (job.checkpoints().history.at(-1)?.checkpointId ?? 0) > first.checkpointId)
    assert.ok((await attempts.store.list(attempts.jobId)).length >= 2)
    assert.ok((await job.savepoint()).checkpointId > first.checkpointId)
    assert.equal((await ended).status, 'SAVEPOINT_DONE')
    await assert.rejects(job.savepoint(), { code: 'SAVEPOINT_REFUSED', message: /the job has ended/ })
  })

  it('is refused by a job that keeps no checkpoints, has not begun, or ends by itself', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(10))
    const text = `source { ${csvSource(`${folder}/in`)} }\nsink { ${csvSink(folder)} }`
    const local = await prepareJob(text)
    await assert.rejects(local.savepoint(), { code: 'SAVEPOINT_REFUSED', message: /does not run yet/ })
    const ended = local.run()
    await until(() => local.checkpoints().triggered > 0)
    await assert.rejects(local.savepoint(), { code: 'SAVEPOINT_REFUSED' })
    assert.equal((await ended).status, 'FINISHED')
  })

  const POINTS: readonly (readonly [ProbePoint, RegExp | null])[] = [
    ['open', /does not run yet/],
    ['place', /ended with CANCELED/],
    ['write', /ended with CANCELED/],
    ['prepare', /ended with CANCELED/],
  ]
  for (const [point, refusal] of POINTS) {
    it(`that waits for a sink at '${point}' gives way to whoever cancels the job`, async (test) => {
      const folder = temporaryFolder(test)
      putFile(`${folder}/in/a.csv`, csvRows(50))
      const name = `savepoint-${point}`
      const { gate } = probeRecord(name)
      test.after(() => gate.release())
      const attempts = new Attempts(`env { checkpoint.interval = 60000 }
source { ${csvSource(`${folder}/in`, ', plugin_output = a')} }
sink { ${csvSink(folder, 'out', ', plugin_input = [a]')}
  Probe { plugin_input = [a], name = ${name}, hold_at = ${point} } }`)
      test.after(() => attempts.close())
      const job = await attempts.prepare()
      const ended = job.run()
      await gate.arrived()
      const savepoint = assert.rejects(job.savepoint(), { code: 'SAVEPOINT_REFUSED', message: refusal ?? /./ })
      job.cancel()
      job.cancel()
      gate.release()
      await savepoint
      assert.deepEqual([(await ended).status, linesBelow(`${folder}/out`)], ['CANCELED', []])
    })
  }

  it('that comes while the last commit is under way is refused, and the job is finished', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(50))
    const { gate } = probeRecord('savepoint-commit')
    test.after(() => gate.release())
    const attempts = new Attempts(`source { ${csvSource(`${folder}/in`, ', plugin_output = a')} }
sink { ${csvSink(folder, 'out', ', plugin_input = [a]')}
  Probe { plugin_input = [a], name = savepoint-commit, hold_at = commit } }`)
    test.after(() => attempts.close())
    const job = await attempts.prepare()
    const ended = job.run()
    await gate.arrived()
    await assert.rejects(job.savepoint(), { code: 'SAVEPOINT_REFUSED', message: /at its end/ })
    job.cancel()
    gate.release()
    assert.deepEqual([(await ended).status, linesBelow(`${folder}/out`).length], ['FINISHED', 50])
  })
})

describe('a checkpoint that is held up', () => {
  it('is told of with the operator that holds it, and goes on when it is let go', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(50))
    const { gate } = probeRecord('slow')
    test.after(() => gate.release())
    const attempts = new Attempts(
      `env { checkpoint.interval = 10, checkpoint.timeout = 10 }
source { ${csvSource(`${folder}/in`, ', plugin_output = a')} }
sink { ${csvSink(folder, 'out', ', plugin_input = [a]')}
  Probe { plugin_input = [a], name = slow, hold_at = write } }`,
      { workers: 1 },
    )
    test.after(() => attempts.close())
    const job = await attempts.prepare()
    const ended = job.run()
    await gate.arrived()
    const holders = (): readonly string[] =>
      attempts.events.flatMap((event) => (event.type === 'checkpointSlow' ? event.holders : []))
    await until(() => holders().includes('worker 0 writes into sink[1] (Probe)'))
    gate.release()
    assert.equal((await ended).status, 'FINISHED')
  })
})

describe('a checkpoint that must not be late', () => {
  it('ends its attempt, whose next one goes on', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(50))
    const { gate } = probeRecord('late')
    test.after(() => gate.release())
    const text = `env { checkpoint.interval = 10, checkpoint.timeout = 200 }
source { ${csvSource(`${folder}/in`, ', plugin_output = a')} }
sink { ${csvSink(folder, 'out', ', plugin_input = [a]')}
  Probe { plugin_input = [a], name = late, hold_at = write } }`
    const attempts = new Attempts(text, { workers: 1, settings: { onTimeout: 'fail' } })
    test.after(() => attempts.close())
    const job = await attempts.prepare()
    const ended = job.run()
    await until(() => job.checkpoints().failed > 0)
    gate.release()
    const outcome = await ended
    assert.deepEqual([outcome.status, outcome.errors[0]?.code], ['FAILED', 'CHECKPOINT_TIMEOUT'])
    assert.match(outcome.errors[0]?.message ?? '', /^checkpoint '\d+' was not through after '\d+' ms: worker 0 /)
    assert.equal(job.checkpoints().lastFailure?.error.code, 'CHECKPOINT_TIMEOUT')
    const next = await attempts.prepare({ text: text.replace('timeout = 200', 'timeout = 60000') })
    assert.equal((await next.run()).status, 'FINISHED')
    assert.equal(linesBelow(`${folder}/out`).length, 50)
  })
})

describe('a source that cannot be read again', () => {
  it('keeps its job from being restored, and says so', async (test) => {
    const folder = temporaryFolder(test)
    const server = createServer((socket) => void socket.write('a\nb\n'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    test.after(() => server.close())
    const { port } = server.address() as AddressInfo
    const attempts = new Attempts(`env { job.mode = STREAMING, checkpoint.interval = 10 }
source { Socket { host = "127.0.0.1", port = ${port}, plugin_output = a } }
sink { ${csvSink(folder, 'out', ', plugin_input = [a]')} }`)
    test.after(() => attempts.close())
    const job = await attempts.prepare()
    const ended = job.run()
    await until(() => job.checkpoints().completed >= 1)
    job.abandon()
    assert.equal((await ended).status, 'ABANDONED')
    await assert.rejects(
      attempts.prepare(),
      /source\[0\] 'socket' with the output 'a' cannot be read again from where it stopped/,
    )
  })
})
