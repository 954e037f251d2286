import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { temporaryFolder } from '../../src/files/testing.js'
import type { JobStatus } from '../../src/node/api.js'
import type { MillraceNode } from '../../src/node/node-service.js'
import { csvSink, linesBelow } from '../jobs/harness.js'
import { probeRecord } from '../jobs/probe.js'
import { heldJob, shortJob, submission, testNode, until } from './harness.js'

/** A job without an end that has written all its rows soon. */
function endlessJob(folder: string, rows = 50): string {
  return `
env { job.name = endless, job.mode = STREAMING, checkpoint.interval = 50 }
source { FakeSource { row.num = ${rows}, split.num = 5, schema { fields { id = bigint } }, plugin_output = a } }
sink { ${csvSink(folder, 'out', ', plugin_input = [a]')} }`
}

/** A job of {@link endlessJob} that has committed its rows. */
async function runningJob(node: MillraceNode, folder: string, jobId?: string): Promise<string> {
  const { jobId: id } = await node.submit(submission(endlessJob(folder), { jobId }))
  await until(() => node.job(id)?.flow.committedSinks[0]?.rows === 50)
  return id
}

/** Files of checkpoints of a node that keeps them in its data folder. */
function checkpointFiles(folder: string): readonly string[] {
  const place = `${folder}/data/checkpoints`
  try {
    return readdirSync(place, { recursive: true, encoding: 'utf8' })
  } catch (error) {
    // A folder may be removed while it is looked through.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return existsSync(place) ? checkpointFiles(folder) : []
    throw error
  }
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
}

async function nodeAt(test: TestContext, folder: string): Promise<MillraceNode> {
  return testNode(test, '', { dataFolder: `${folder}/data` })
}

describe('a savepoint of a node', () => {
  it('ends a job, which goes on behind it', async (test) => {
    const folder = temporaryFolder(test)
    const node = await nodeAt(test, folder)
    const jobId = await runningJob(node, folder, '-5')
    await node.stop(jobId, { withSavepoint: true, user: 'ann' })
    assert.equal((await node.waitForEnd(jobId))?.status, 'SAVEPOINT_DONE')
    const { history = [] } = node.checkpoints(jobId) ?? {}
    assert.deepEqual([history.at(-1)?.status, history.at(-1)?.failure], ['COMPLETED', null])
    assert.notDeepEqual(checkpointFiles(folder), [])
    assert.equal(linesBelow(`${folder}/out`).length, 50)
    const again = await node.submit(submission(endlessJob(folder), { jobId, isStartWithSavepoint: true }))
    assert.deepEqual([again.jobId, again.isDuplicate], [jobId, false])
    await until(() => (node.checkpoints(jobId)?.completed ?? 0) > 0)
    assert.deepEqual([node.job(jobId)?.isStartWithSavepoint, node.checkpoints(jobId)?.restored], [true, 1])
    assert.ok(node.timeline(jobId).some(({ kind, text }) => kind === 'checkpoint' && text.includes('goes on behind')))
    await node.stop(jobId, { withSavepoint: false, user: null })
    assert.equal((await node.waitForEnd(jobId))?.status, 'CANCELED')
    assert.equal(linesBelow(`${folder}/out`).length, 50)
    assert.deepEqual(
      node.endedJobs(null).map((view) => view.jobId),
      [jobId],
    )
    await until(() => checkpointFiles(folder).length === 0)
  })

  it('can be taken of a job that goes on', async (test) => {
    const folder = temporaryFolder(test)
    const node = await nodeAt(test, folder)
    const jobId = await runningJob(node, folder)
    const { id, status } = await node.savepoint(jobId, { user: null })
    assert.deepEqual([status, node.job(jobId)?.status], ['COMPLETED', 'RUNNING'])
    assert.ok(node.checkpoints(jobId)?.history.some((each) => each.id === id))
    await node.stop(jobId, { withSavepoint: false, user: null })
    await node.waitForEnd(jobId)
    await assert.rejects(node.savepoint(jobId, { user: null }), { code: 'JOB_STATE' })
    await assert.rejects(node.savepoint('1', { user: null }), { code: 'JOB_NOT_FOUND' })
  })

  it('of a job that never ran is the beginning of a new one', async (test) => {
    const node = await testNode(test)
    const { jobId } = await node.submit(submission(shortJob(), { jobId: '12', isStartWithSavepoint: true }))
    assert.deepEqual([jobId, (await node.waitForEnd(jobId))?.status], ['12', 'FINISHED'])
  })

  it('is refused for a job of another shape, which stays as it was', async (test) => {
    const folder = temporaryFolder(test)
    const node = await nodeAt(test, folder)
    const jobId = await runningJob(node, folder)
    await node.stop(jobId, { withSavepoint: true, user: null })
    const ended = await node.waitForEnd(jobId)
    const other = endlessJob(folder).replace('id = bigint', 'id = string')
    await assert.rejects(node.submit(submission(other, { jobId, isStartWithSavepoint: true })), /RESTORE_REFUSED/)
    assert.equal(node.job(jobId), ended)
    await node.submit(submission(endlessJob(folder), { jobId, isStartWithSavepoint: true }))
    await node.stop(jobId, { withSavepoint: false, user: null })
    assert.equal((await node.waitForEnd(jobId))?.status, 'CANCELED')
  })
})

describe('a node that is closed and opened', () => {
  it('goes on with its jobs where they were', async (test) => {
    const folder = temporaryFolder(test)
    const before = await nodeAt(test, folder)
    const jobId = await runningJob(before, folder)
    await before.close()
    await assert.rejects(before.submit(submission(shortJob())), { code: 'NODE_STOPPING' })
    const after = await nodeAt(test, folder)
    await until(() => after.checkpoints(jobId)?.restored === 1 && after.job(jobId)?.status === 'RUNNING')
    await after.stop(jobId, { withSavepoint: true, user: null })
    const view = await after.waitForEnd(jobId)
    assert.deepEqual([view?.status, view?.restarts, view?.flow.committedSinks[0]?.rows], ['SAVEPOINT_DONE', 0, 50])
    assert.equal(linesBelow(`${folder}/out`).length, 50)
  })
})

describe('a job that is stopped', () => {
  const waiting = 'job-schedule-strategy: WAIT\nslot-service:\n  dynamic-slot: false\n  slot-num: 3\n'

  it('while it waits for slots never runs', async (test) => {
    const node = await testNode(test, waiting)
    const { gate } = probeRecord('stop-waits')
    const { jobId: first } = await node.submit(submission(heldJob('stop-waits')))
    await gate.arrived()
    const { jobId } = await node.submit(submission(shortJob()))
    await assert.rejects(node.stop(jobId, { withSavepoint: true, user: null }), { code: 'JOB_STATE' })
    await node.stop(jobId, { withSavepoint: false, user: null })
    const view = await node.waitForEnd(jobId)
    assert.deepEqual([view?.status, view?.startedAtMs, view?.pendingReason], ['CANCELED', null, null])
    gate.release()
    assert.equal((await node.waitForEnd(first))?.status, 'FINISHED')
  })

  it('between two attempts ends at once', async (test) => {
    const node = await testNode(test)
    probeRecord('stop-retry')
    const text = heldJob('stop-retry', 'job.retry.interval.seconds = 1000').replace('hold_at', 'fail_at')
    const { jobId } = await node.submit(submission(text))
    await until(() => node.job(jobId)?.restarts === 1)
    await node.stop(jobId, { withSavepoint: true, user: null })
    assert.equal(node.job(jobId)?.status, 'DOING_SAVEPOINT')
    await node.stop(jobId, { withSavepoint: false, user: null })
    assert.equal((await node.waitForEnd(jobId))?.status, 'CANCELED')
  })

  for (const point of ['open', 'place', 'write', 'prepare'] as const) {
    for (const withSavepoint of [false, true]) {
      it(`${withSavepoint ? 'with a savepoint ' : ''}and then by force at '${point}' ends`, async (test) => {
        const node = await testNode(test)
        const name = `force-${point}-${withSavepoint}`
        const { gate } = probeRecord(name)
        const { jobId } = await node.submit(submission(heldJob(name, '', point)))
        await gate.arrived()
        await node.stop(jobId, { withSavepoint, user: null })
        const stopping: JobStatus = withSavepoint ? 'DOING_SAVEPOINT' : 'CANCELING'
        assert.equal(node.job(jobId)?.status, stopping)
        await node.stop(jobId, { withSavepoint: false, force: true, user: null })
        // What holds up the main thread is not ended by force; it is no longer waited for.
        if (point === 'open') gate.release()
        assert.equal((await node.waitForEnd(jobId))?.status, 'CANCELED')
        gate.release()
      })
    }
  }
})

describe('a job that is ended by force', () => {
  for (const point of ['place', 'prepare'] as const) {
    it(`at '${point}' leaves nothing behind`, async (test) => {
      const folder = temporaryFolder(test)
      const node = await nodeAt(test, folder)
      const name = `swept-${point}`
      const { gate } = probeRecord(name)
      const text = `
source { FakeSource { row.num = 50, schema { fields { id = bigint } }, plugin_output = a } }
sink {
  ${csvSink(folder, 'out', ', plugin_input = [a]')}
  Probe { plugin_input = [a], name = ${name}, hold_at = ${point} }
}`
      const { jobId } = await node.submit(submission(text))
      await gate.arrived()
      await node.stop(jobId, { withSavepoint: false, force: true, user: null })
      assert.equal((await node.waitForEnd(jobId))?.status, 'CANCELED')
      gate.release()
      await until(() => checkpointFiles(folder).length === 0)
      assert.deepEqual(linesBelow(`${folder}/out`), [])
      assert.deepEqual(existsSync(`${folder}/tmp`) ? filesBelow(`${folder}/tmp`) : [], [])
    })
  }
})

describe('a job that fails', () => {
  it('of something that may pass is tried again so often, and each time is told', async (test) => {
    const node = await testNode(test)
    probeRecord('retries')
    const env = 'job.retry.times = 2, job.retry.interval.seconds = 0'
    const { jobId } = await node.submit(submission(heldJob('retries', env).replace('hold_at', 'fail_at')))
    const view = await node.waitForEnd(jobId)
    const errors = node.timeline(jobId).filter(({ kind }) => kind === 'error')
    assert.deepEqual([view?.status, view?.restarts, errors.length], ['FAILED', 2, 3])
    assert.ok((view?.failure?.text ?? '').length > 0)
  })

  it('leaves the jobs beside it alone', async (test) => {
    const node = await testNode(test)
    probeRecord('dies')
    const { gate } = probeRecord('lives')
    const { jobId: lives } = await node.submit(submission(heldJob('lives')))
    await gate.arrived()
    const { jobId: dies } = await node.submit(
      submission(heldJob('dies', 'job.retry.times = 0').replace('hold_at', 'fail_at')),
    )
    assert.equal((await node.waitForEnd(dies))?.status, 'FAILED')
    gate.release()
    assert.equal((await node.waitForEnd(lives))?.status, 'FINISHED')
  })
})
