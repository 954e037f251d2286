import assert from 'node:assert/strict'
import { once } from 'node:events'
import { renameSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { memorySavepoints } from '../../src/checkpoint/checkpoint-storage.js'
import type { CheckpointRecord } from '../../src/checkpoint/record.js'
import { MemoryCheckpointStorage } from '../../src/checkpoint/storage.js'
import { FileCheckpointStore } from '../../src/checkpoint/store.js'
import { loadNodeConfig } from '../../src/config/node-config.js'
import { MillraceError } from '../../src/core/error.js'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import type { JobEvent, VertexBounds } from '../../src/node/api.js'
import { MemoryJobStore } from '../../src/node/job-store.js'
import type { MillraceNode } from '../../src/node/node-service.js'
import { startNode } from '../../src/node/open-node.js'
import { csvRows, csvSink, csvSource, linesBelow, testService } from '../jobs/harness.js'
import { probeRecord } from '../jobs/probe.js'
import { heldJob, IDENTITY, submission, testNode, until } from './harness.js'

const ROWS = 6000
const FILES = 24

/** A job of many files that takes some seconds with one subtask. */
function slowJob(folder: string, env = ''): string {
  for (let file = 0; file < FILES; file += 1) {
    putFile(`${folder}/in/${file}.csv`, csvRows(ROWS / FILES, (file * ROWS) / FILES))
  }
  return `env { checkpoint.interval = 60000, read_limit.rows_per_second = 1500, job.retry.interval.seconds = 0 ${env} }
source { ${csvSource(`${folder}/in`)} }
sink { ${csvSink(folder)} }`
}

/** A job that generates rows until it is stopped. */
const ENDLESS = `env { job.mode = STREAMING, parallelism = 2 }
source { FakeSource { row.num = 5, split.num = 5, schema { fields { id = bigint } } } }
transform { FieldMapper { field_mapper = { id = key } } }
sink { Assert { rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 0 }] } } }`

const FIXED_SLOTS = 'slot-service:\n  dynamic-slot: false\n  slot-num: 6\n'

async function running(node: MillraceNode, text: string): Promise<string> {
  const { jobId } = await node.submit(submission(text))
  // Its threads are at work, so that there can be a savepoint.
  await until(() => (node.job(jobId)?.flow.sources[0]?.rows ?? 0) > 0)
  return jobId
}

const shapeOf = (node: MillraceNode, jobId: string): readonly number[] =>
  node.job(jobId)?.dag.vertices.map(({ parallelism }) => parallelism) ?? []

const rescaleEvents = (node: MillraceNode, jobId: string): readonly JobEvent[] =>
  node.timeline(jobId).filter(({ kind }) => kind === 'rescale')

/** The bounds of a job with another upper bound for one vertex, as the dashboard's buttons send them. */
function pressed(node: MillraceNode, jobId: string, place: number, change: number): readonly VertexBounds[] {
  return (node.bounds(jobId) ?? []).map((each, index) =>
    index === place ? { ...each, upper: each.upper + change } : each,
  )
}

async function refusalOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'done',
    ({ code, message }: MillraceError) => `${code} ${message.replaceAll(/\d{8,}/g, 'ID')}`,
  )
}

describe('a job whose parallelism is changed on a node', () => {
  it('gives every row once, and stays RUNNING for its clients', async (test) => {
    const folder = temporaryFolder(test)
    const node = await testNode(test)
    const jobId = await running(node, slowJob(folder))
    const seen = new Set<string>()
    test.after(node.onEvent((_id, { status }) => void seen.add(status)))
    for (const parallelism of [4, 2, 3]) {
      await node.rescale(jobId, { parallelism, user: 'ada', requestId: `to ${parallelism}` })
      const view = node.job(jobId)
      assert.deepEqual([view?.status, view?.isBetweenAttempts, view?.restarts], ['RUNNING', false, 0])
      assert.deepEqual([shapeOf(node, jobId), view?.slots], [[parallelism, parallelism], parallelism + 2])
    }
    assert.equal(node.job(jobId)?.rescales, 3)
    assert.deepEqual([...seen], ['RUNNING'])
    const stages = rescaleEvents(node, jobId).map(({ data }) => [data.stage, data.parallelism, data.requestId])
    assert.deepEqual(
      stages,
      ['4', '2', '3'].flatMap((to) => [
        ['restarting', to, `to ${to}`],
        ['done', to, `to ${to}`],
      ]),
    )
    assert.deepEqual(
      node.timeline(jobId).filter(({ kind }) => kind === 'error' || kind === 'restart'),
      [],
    )
    const view = await node.waitForEnd(jobId)
    assert.deepEqual([node.checkpoints(jobId)?.restored, node.checkpoints(jobId)?.failed], [3, 0])
    assert.deepEqual([view?.status, view?.failure, view?.flow.committedSinks[0]?.rows], ['FINISHED', null, ROWS])
    assert.deepEqual(linesBelow(`${folder}/out`).sort(), csvRows(ROWS).split('\n').sort())
    assert.deepEqual(linesBelow(`${folder}/tmp`), [])
    assert.equal(
      await refusalOf(node.rescale(jobId, { parallelism: 2, user: null })),
      "JOB_STATE the job 'ID' has ended, it is FINISHED",
    )
    assert.deepEqual(
      node.bounds(jobId)?.map(({ upper }) => upper),
      [3, 3],
      'an ended job still tells',
    )
  })

  it('has what it has when that is asked for', async (test) => {
    const node = await testNode(test)
    const jobId = await running(node, ENDLESS)
    await node.rescale(jobId, { parallelism: 2, user: null, requestId: 'same' })
    assert.deepEqual([node.job(jobId)?.rescales, node.job(jobId)?.epoch], [0, node.job(jobId)?.epoch])
    assert.deepEqual(
      rescaleEvents(node, jobId).map(({ data }) => [data.stage, data.requestId]),
      [['kept', 'same']],
    )
  })

  it('does one change at a time', async (test) => {
    const { gate } = probeRecord('one-change')
    test.after(() => gate.release())
    const node = await testNode(test)
    const { jobId } = await node.submit(submission(heldJob('one-change')))
    await gate.arrived()
    const first = node.rescale(jobId, { parallelism: 3, user: null })
    await until(() => node.job(jobId)?.rescaleStage === 'saving')
    assert.deepEqual(shapeOf(node, jobId), [1, 1], 'it is as it was until it is saved')
    const busy = "JOB_STATE the job 'ID' is changing its parallelism and cannot be rescaled"
    assert.equal(await refusalOf(node.rescale(jobId, { parallelism: 2, user: null, requestId: 'second' })), busy)
    await until(() => rescaleEvents(node, jobId).some(({ data }) => data.requestId === 'second'))
    assert.equal(await refusalOf(node.setBounds(jobId, pressed(node, jobId, 0, 1), null)), busy)
    gate.release()
    // The job was at its end: there is nothing to be changed any more.
    assert.match(await refusalOf(first), /^RESCALE_REFUSED the parallelism is not 3: /)
    assert.deepEqual((await node.waitForEnd(jobId))?.status, 'FINISHED')
    assert.equal(node.job(jobId)?.rescaleStage, null)
  })

  it('is left alone when it cannot have another one, and whoever asked finds out why', async (test) => {
    const node = await testNode(test, FIXED_SLOTS)
    const jobId = await running(node, ENDLESS)
    const epoch = node.job(jobId)?.epoch
    const refused = await refusalOf(node.rescale(jobId, { parallelism: 9, user: null, requestId: 'nine' }))
    assert.equal(
      refused,
      'RESCALE_REFUSED the parallelism cannot be changed: parallelism 9 needs 10 slots, and the job can have 6 of 6',
    )
    await until(() => rescaleEvents(node, jobId).length === 1)
    const [event] = rescaleEvents(node, jobId)
    assert.deepEqual(
      [event?.data.requestId, event?.data.code, event?.data.stage],
      ['nine', 'RESCALE_REFUSED', 'refused'],
    )
    assert.deepEqual(
      [node.job(jobId)?.status, node.job(jobId)?.epoch, shapeOf(node, jobId)],
      ['RUNNING', epoch, [2, 2, 2]],
    )
    assert.equal(
      await refusalOf(node.rescale('12', { parallelism: 2, user: null })),
      "JOB_NOT_FOUND there is no job '12'",
    )
    await node.stop(jobId, { withSavepoint: false, user: null })
    await node.waitForEnd(jobId)
  })

  it('keeps it over a restart of the node, and when that comes in the middle', async (test) => {
    const folder = temporaryFolder(test)
    const store = new MemoryJobStore()
    const kept = new FileCheckpointStore(new MemoryCheckpointStorage(), { maxRetained: 2 })
    const checkpoints = { store: kept, savepoints: memorySavepoints() }
    const open = async (from: MemoryJobStore): Promise<MillraceNode> => {
      const node = await startNode(from, checkpoints, {
        config: loadNodeConfig({}),
        jobs: testService(),
        identity: IDENTITY,
      })
      test.after(() => node.close())
      return node
    }
    const first = await open(store)
    const jobId = await running(first, slowJob(folder))
    await first.rescale(jobId, { parallelism: 3, user: null })
    const second = await open(store.reopened())
    await until(() => second.job(jobId)?.status === 'RUNNING')
    assert.deepEqual([shapeOf(second, jobId), second.job(jobId)?.rescales], [[3, 3], 1])
    await until(() => (second.job(jobId)?.flow.sources[0]?.rows ?? 0) > 0)
    // Left at once: whatever stands by then goes on with the one or the other.
    second.rescale(jobId, { parallelism: 2, user: null, requestId: 'left' }).catch(() => undefined)
    await until(() => second.job(jobId)?.rescaleStage !== null)
    const third = await open(store.reopened().reopened())
    await until(() => third.job(jobId)?.status === 'RUNNING')
    assert.deepEqual([shapeOf(third, jobId), third.job(jobId)?.rescales], [[2, 2], 2])
    const last = rescaleEvents(third, jobId).at(-1)
    assert.deepEqual([last?.data.requestId, last?.data.stage], ['left', 'done'])
    assert.equal((await third.waitForEnd(jobId))?.status, 'FINISHED')
    assert.deepEqual(linesBelow(`${folder}/out`).sort(), csvRows(ROWS).split('\n').sort())
  })
})

/** A store whose next record cannot be kept, from a moment on. */
class FullStore extends FileCheckpointStore {
  isFull = false

  override async save(record: CheckpointRecord): Promise<number> {
    if (!this.isFull) return super.save(record)
    this.isFull = false
    throw new MillraceError('CHECKPOINT_FAILED', 'the disk is full')
  }
}

describe('a change of the parallelism that fails', () => {
  const open = async (test: TestContext, kept = new FullStore(new MemoryCheckpointStorage(), { maxRetained: 2 })) => {
    const checkpoints = { store: kept, savepoints: memorySavepoints() }
    const parts = { config: loadNodeConfig({}), jobs: testService(), identity: IDENTITY }
    const node = await startNode(new MemoryJobStore(), checkpoints, parts)
    // The timers of a node do not keep its process.
    const keepAlive = setInterval(() => undefined, 60_000)
    test.after(() => {
      clearInterval(keepAlive)
      return node.close()
    })
    return { node, kept }
  }

  it('because its savepoint cannot be kept leaves the job what it had, whatever its number of attempts', async (test) => {
    const folder = temporaryFolder(test)
    const { node, kept } = await open(test)
    const jobId = await running(node, slowJob(folder, ', job.retry.times = 0'))
    kept.isFull = true
    assert.equal(
      await refusalOf(node.rescale(jobId, { parallelism: 4, user: null })),
      'RESCALE_REFUSED the parallelism is not 4: the disk is full',
    )
    await node.rescale(jobId, { parallelism: 3, user: null })
    const view = await node.waitForEnd(jobId)
    assert.deepEqual([view?.status, view?.restarts, view?.rescales, shapeOf(node, jobId)], ['FINISHED', 1, 1, [3, 3]])
    assert.deepEqual(linesBelow(`${folder}/out`).sort(), csvRows(ROWS).split('\n').sort())
  })

  it('because no attempt can be planned with it goes back, and is no failure of the job', async (test) => {
    const folder = temporaryFolder(test)
    const { node } = await open(test)
    const jobId = await running(node, slowJob(folder, ', job.retry.times = 0'))
    renameSync(`${folder}/in`, `${folder}/away`)
    const back = node.onEvent((_id, { data }) => {
      if (data.stage === 'failed') renameSync(`${folder}/away`, `${folder}/in`)
    })
    test.after(back)
    assert.match(
      await refusalOf(node.rescale(jobId, { parallelism: 4, user: null, requestId: 'lost' })),
      /^RESCALE_REFUSED the parallelism is not 4: .*\/in/,
    )
    assert.deepEqual(shapeOf(node, jobId), [1, 1])
    const failed = rescaleEvents(node, jobId).at(-1)
    assert.deepEqual([failed?.data.stage, failed?.data.requestId], ['failed', 'lost'])
    const view = await node.waitForEnd(jobId)
    assert.deepEqual([view?.status, view?.restarts, view?.rescales], ['FINISHED', 0, 0])
    assert.deepEqual(
      node.timeline(jobId).filter(({ kind }) => kind === 'error'),
      [],
    )
    assert.deepEqual(linesBelow(`${folder}/out`).sort(), csvRows(ROWS).split('\n').sort())
  })

  it('because of its source is refused with the reason, and nothing happens to the job', async (test) => {
    const server = createServer((socket) => void socket.write('one\n'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    test.after(() => void server.close())
    const { port } = server.address() as AddressInfo
    const node = await testNode(test)
    const jobId = await running(
      node,
      `env { job.mode = STREAMING, checkpoint.interval = 60000 }
source { Socket { host = "127.0.0.1", port = ${port}, plugin_output = lines } }
sink { Assert { rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 0 }] } } }`,
    )
    const reason =
      "RESCALE_REFUSED the parallelism cannot be changed: 'Socket' cannot be read again from where it stopped"
    const { epoch } = node.job(jobId) ?? {}
    assert.equal(await refusalOf(node.rescale(jobId, { parallelism: 2, user: null })), reason)
    assert.equal(await refusalOf(node.setBounds(jobId, pressed(node, jobId, 1, 1), null)), reason)
    assert.equal(await refusalOf(node.rescale(jobId, { parallelism: 1, user: null })), 'done')
    assert.deepEqual([node.job(jobId)?.status, node.job(jobId)?.epoch], ['RUNNING', epoch])
    assert.match(node.job(jobId)?.dag.vertices[1]?.fixedParallelism ?? '', /Socket/)
    await node.stop(jobId, { withSavepoint: false, user: null })
    await node.waitForEnd(jobId)
  })
})

describe('bounds of the parallelism', () => {
  it('are what a job has until others are asked for, and one vertex moves its whole pipeline', async (test) => {
    const node = await testNode(test)
    const jobId = await running(node, ENDLESS)
    const uppers = () =>
      node
        .bounds(jobId)
        ?.map(({ lower, upper }) => `${lower}-${upper}`)
        .join(' ')
    assert.equal(uppers(), '1-2 1-2 1-2')
    for (const [place, change, bounds, parallelism] of [
      [0, 1, '1-3 1-3 1-3', 3],
      [2, -2, '1-1 1-1 1-1', 1],
      [1, 3, '1-4 1-4 1-4', 4],
    ] as const) {
      await node.setBounds(jobId, pressed(node, jobId, place, change), 'ada')
      assert.equal(uppers(), bounds)
      await until(() => node.job(jobId)?.rescaleStage === null && shapeOf(node, jobId)[0] === parallelism)
      await until(() => node.checkpoints(jobId)?.restored === node.job(jobId)?.rescales)
      assert.equal(node.job(jobId)?.rescalePending, null)
    }
    const { epoch } = node.job(jobId) ?? {}
    for (const uppers of [
      [4, 4, 4],
      [4, 1, 1],
      [4, 1, 1],
    ]) {
      const bounds = (node.bounds(jobId) ?? []).map(({ vertex }, place) => ({
        vertex,
        lower: 1,
        upper: uppers[place] ?? 0,
      }))
      await node.setBounds(jobId, bounds, null)
      if (uppers[1] === 4) assert.deepEqual([node.job(jobId)?.epoch, node.job(jobId)?.rescaleStage], [epoch, null])
      await until(() => node.job(jobId)?.rescaleStage === null && shapeOf(node, jobId)[0] === uppers[1])
    }
    assert.equal(node.job(jobId)?.rescales, 4, 'what is asked for once more changes nothing')
    await node.rescale(jobId, { parallelism: 2, user: null })
    assert.equal(uppers(), '1-2 1-2 1-2', 'a number goes before them')
    assert.equal(await node.setBounds('12', [], null).catch(({ code }) => code), 'JOB_NOT_FOUND')
  })

  it('that there are no slots for are kept, and met as soon as there are', async (test) => {
    const node = await testNode(test, FIXED_SLOTS)
    const { gate } = probeRecord('takes-slots')
    test.after(() => gate.release())
    const other = await node.submit(submission(heldJob('takes-slots')))
    await gate.arrived()
    const jobId = await running(node, ENDLESS)
    assert.equal(node.overview().unassignedSlots, 0)
    const { epoch } = node.job(jobId) ?? {}
    await node.setBounds(jobId, pressed(node, jobId, 0, 3), null)
    assert.deepEqual([shapeOf(node, jobId)[0], node.job(jobId)?.epoch], [2, epoch])
    assert.equal(node.job(jobId)?.rescalePending, 'parallelism 5 needs 6 slots, and the job can have 3 of 6')
    gate.release()
    await node.waitForEnd(other.jobId)
    await until(() => shapeOf(node, jobId)[0] === 5 && node.job(jobId)?.rescaleStage === null)
    assert.deepEqual([node.job(jobId)?.rescalePending, node.overview().unassignedSlots], [null, 0])
  })

  it('are met as far as there are slots, but not below their least', async (test) => {
    const node = await testNode(test, FIXED_SLOTS)
    const jobId = await running(node, ENDLESS)
    const bounds = (lower: number) => (node.bounds(jobId) ?? []).map(({ vertex }) => ({ vertex, lower, upper: 100 }))
    await node.setBounds(jobId, bounds(50), null)
    assert.equal(node.job(jobId)?.rescalePending, 'parallelism 100 needs 101 slots, and the job can have 6 of 6')
    assert.deepEqual([shapeOf(node, jobId)[0], node.job(jobId)?.rescaleStage], [2, null])
    const wider = bounds(1).map((each) => ({ ...each, upper: 99 }))
    await node.setBounds(jobId, wider, null)
    await until(() => shapeOf(node, jobId)[0] === 5 && node.job(jobId)?.rescaleStage === null)
    assert.equal(node.job(jobId)?.rescalePending, 'parallelism 99 needs 100 slots, and the job can have 6 of 6')
  })
})
