import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { memorySavepoints } from '../../src/checkpoint/checkpoint-storage.js'
import { MemoryCheckpointStorage } from '../../src/checkpoint/storage.js'
import { type CheckpointStore, FileCheckpointStore } from '../../src/checkpoint/store.js'
import { loadNodeConfig } from '../../src/config/node-config.js'
import { MemoryJobStore } from '../../src/node/job-store.js'
import type { MillraceNode } from '../../src/node/node-service.js'
import { startNode } from '../../src/node/open-node.js'
import { testService } from '../jobs/harness.js'
import { probeRecord } from '../jobs/probe.js'
import { heldJob, IDENTITY, shortJob, submission } from './harness.js'

/** The checkpoints that all nodes of a test share. */
const CHECKPOINTS = new WeakMap<TestContext, CheckpointStore>()

/** A node with the jobs of a store; it is closed at the test's end. */
async function nodeOf(test: TestContext, store: MemoryJobStore, yaml = ''): Promise<MillraceNode> {
  const known = CHECKPOINTS.get(test) ?? new FileCheckpointStore(new MemoryCheckpointStorage(), { maxRetained: 2 })
  CHECKPOINTS.set(test, known)
  const text = `seatunnel:\n  engine:\n${yaml.replace(/^(?=.)/gm, '    ')}`
  const config = loadNodeConfig(yaml === '' ? {} : { seatunnel: { file: 'seatunnel.yaml', text } })
  const node = await startNode(
    store,
    { store: known, savepoints: memorySavepoints() },
    { config, jobs: testService(), identity: IDENTITY },
  )
  test.after(() => node.close())
  return node
}

describe('a node that is started again', () => {
  it('has its history', async (test) => {
    const store = new MemoryJobStore()
    const before = await nodeOf(test, store)
    const { jobId } = await before.submit(submission(shortJob()))
    const ended = await before.waitForEnd(jobId)
    const after = await nodeOf(test, store.reopened())
    assert.deepEqual(after.job(jobId), ended)
    assert.deepEqual(after.timeline(jobId), before.timeline(jobId))
    assert.deepEqual(after.overview(), before.overview())
    await assert.rejects(after.submit(submission(shortJob(), { jobId })), {
      code: 'JOB_EXISTS',
      message: `The job id ${jobId} has already been submitted and is not starting with a savepoint.`,
    })
  })

  it('goes on with a job that ran', async (test) => {
    const store = new MemoryJobStore()
    const before = await nodeOf(test, store)
    const { gate } = probeRecord('resumes')
    const { jobId } = await before.submit(submission(heldJob('resumes')))
    await gate.arrived()
    const after = await nodeOf(test, store.reopened())
    gate.release()
    const view = await after.waitForEnd(jobId)
    assert.deepEqual([view?.status, view?.restarts], ['FINISHED', 0])
    const { timeline } = { timeline: after.timeline(jobId) }
    assert.ok(timeline.some(({ kind, text }) => kind === 'recovery' && text.includes('RUNNING')))
    assert.ok((view?.epoch ?? 0) > (before.job(jobId)?.epoch ?? 0))
  })

  it('queues the jobs that waited, in their order', async (test) => {
    const yaml = 'job-schedule-strategy: WAIT\nslot-service:\n  dynamic-slot: false\n  slot-num: 3\n'
    const store = new MemoryJobStore()
    const before = await nodeOf(test, store, yaml)
    const { gate } = probeRecord('holds-slots')
    const first = await before.submit(submission(heldJob('holds-slots')))
    await gate.arrived()
    const waiting = []
    for (let count = 0; count < 3; count += 1) waiting.push((await before.submit(submission(shortJob()))).jobId)
    assert.deepEqual(
      before.runningJobs().map(({ status }) => status),
      ['RUNNING', 'PENDING', 'PENDING', 'PENDING'],
    )
    assert.equal(before.job(waiting[0] ?? '')?.pendingReason, 'the job needs 2 slots, and 0 of 3 are free')
    const after = await nodeOf(test, store.reopened(), yaml)
    assert.deepEqual(
      after.runningJobs().map(({ jobId }) => jobId),
      [first.jobId, ...waiting],
    )
    gate.release()
    for (const jobId of [first.jobId, ...waiting]) assert.equal((await after.waitForEnd(jobId))?.status, 'FINISHED')
    assert.deepEqual(
      after.endedJobs(null).map(({ jobId }) => jobId),
      [first.jobId, ...waiting],
    )
  })

  it('ends a job that was being canceled', async (test) => {
    const store = new MemoryJobStore()
    const before = await nodeOf(test, store)
    const { gate } = probeRecord('was-canceling')
    const { jobId } = await before.submit(submission(heldJob('was-canceling')))
    await gate.arrived()
    await before.stop(jobId, { withSavepoint: false, user: null })
    const after = await nodeOf(test, store.reopened())
    assert.equal((await after.waitForEnd(jobId))?.status, 'CANCELED')
    gate.release()
  })
})
