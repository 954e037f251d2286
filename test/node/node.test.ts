import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JobEvent } from '../../src/node/api.js'
import { probeRecord } from '../jobs/probe.js'
import { heldJob, shortJob, submission, testNode } from './harness.js'

const states = (events: readonly JobEvent[]): readonly string[] =>
  events.filter(({ kind }) => kind === 'state').map(({ status }) => status)

describe('a job of a node', () => {
  it('goes through its states and is found in the history', async (test) => {
    const node = await testNode(test)
    const told: string[] = []
    node.onEvent((jobId, event) => {
      if (event.kind === 'state') told.push(`${jobId} ${event.status}`)
    })
    const { jobId, jobName, isDuplicate } = await node.submit(submission(shortJob()))
    assert.deepEqual([jobName, isDuplicate], ['short', false])
    const view = await node.waitForEnd(jobId)
    assert.deepEqual([view?.status, view?.failure, view?.restarts], ['FINISHED', null, 0])
    assert.deepEqual(
      view?.flow.sources.map(({ vertex, table, rows, bytes }) => [vertex, table, rows, bytes]),
      [[1, 'fake', 5, 65]],
    )
    assert.deepEqual(
      view?.flow.sinks.map(({ vertex, table, rows, bytes }) => [vertex, table, rows, bytes]),
      [[2, 'fake', 5, 65]],
    )
    assert.deepEqual(view?.flow.committedSinks, view?.flow.sinks)
    const passed = ['INITIALIZING', 'CREATED', 'PENDING', 'SCHEDULED', 'RUNNING', 'FINISHED']
    assert.deepEqual(states(node.timeline(jobId)), passed)
    assert.deepEqual(
      told,
      passed.map((status) => `${jobId} ${status}`),
    )
    assert.deepEqual([node.runningJobs(), node.endedJobs('FINISHED'), node.endedJobs(null)], [[], [view], [view]])
    assert.equal(node.job(jobId), view)
    assert.ok((view?.startedAtMs ?? 0) <= (view?.finishedAtMs ?? 0))
  })

  it('that fails says why', async (test) => {
    const node = await testNode(test)
    const text = shortJob().replace(/rules .*\]/, 'rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 100 }]')
    const { jobId } = await node.submit(submission(text))
    const view = await node.waitForEnd(jobId)
    assert.equal(view?.status, 'FAILED')
    assert.match(view?.failure?.text ?? '', /^ErrorCode:\[ASSERT-01\], ErrorDescription:\[Rule validate failed\] - /)
    assert.deepEqual([view?.restarts, node.overview().failed], [0, 1])
    assert.deepEqual(states(node.timeline(jobId)).slice(-3), ['RUNNING', 'FAILING', 'FAILED'])
  })

  it('is canceled while it runs', async (test) => {
    const node = await testNode(test)
    const { gate } = probeRecord('cancel-node')
    const { jobId } = await node.submit(submission(heldJob('cancel-node')))
    await gate.arrived()
    assert.deepEqual([node.job(jobId)?.status, node.overview().running], ['RUNNING', 1])
    await node.stop(jobId, { withSavepoint: false, user: 'ann' })
    assert.equal(node.job(jobId)?.status, 'CANCELING')
    gate.release()
    assert.equal((await node.waitForEnd(jobId))?.status, 'CANCELED')
    await assert.rejects(node.stop(jobId, { withSavepoint: false, user: null }), { code: 'JOB_STATE' })
  })
})
