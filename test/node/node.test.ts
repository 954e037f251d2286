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

  it('goes on whatever those who listen do, and keeps the warnings of its file', async (test) => {
    const node = await testNode(test)
    const forget = node.onEvent(() => {
      throw new Error('a listener failed')
    })
    const { jobId, warnings } = await node.submit(submission(shortJob('unknown.option = 1')))
    assert.equal((await node.waitForEnd(jobId))?.status, 'FINISHED')
    forget()
    const kept = node.timeline(jobId).filter(({ kind }) => kind === 'warning')
    assert.deepEqual(
      kept.map(({ text }) => text),
      warnings.map(({ message }) => message),
    )
    assert.equal(kept.length, 1)
  })

  it('that is not known is nothing', async (test) => {
    const node = await testNode(test)
    assert.deepEqual([node.job('1'), node.checkpoints('1'), node.timeline('1')], [null, null, []])
    assert.equal(await node.waitForEnd('1'), null)
    await assert.rejects(node.stop('1', { withSavepoint: false, user: null }), { code: 'JOB_NOT_FOUND' })
  })

  for (const [title, jobId, kept] of [
    ['negative', '-5', '-5'],
    ['zero', '0', '0'],
    ['the largest', '9223372036854775807', '9223372036854775807'],
    ['with a sign', '+7', '7'],
    ['with zeros in front', '007', '7'],
  ] as const) {
    it(`has the id that it asks for: ${title}`, async (test) => {
      const node = await testNode(test)
      const submitted = await node.submit(submission(shortJob(), { jobId }))
      assert.equal(submitted.jobId, kept)
      assert.equal((await node.waitForEnd(kept))?.jobId, kept)
    })
  }

  for (const jobId of ['', 'abc', '1.5', '9223372036854775808', ' 1', '--1', '9'.repeat(200)]) {
    it(`is refused with the id '${jobId.slice(0, 25)}'`, async (test) => {
      const node = await testNode(test)
      await assert.rejects(node.submit(submission(shortJob(), { jobId })), { code: 'OPTION_INVALID' })
    })
  }

  it('is submitted once for one id, however often it is asked for at a time', async (test) => {
    const node = await testNode(test)
    const { gate } = probeRecord('same-id')
    const text = heldJob('same-id')
    const answers = await Promise.all([1, 2, 3].map(() => node.submit(submission(text, { jobId: '5' }))))
    assert.deepEqual(answers.map(({ jobId, isDuplicate }) => `${jobId} ${isDuplicate}`).toSorted(), [
      '5 false',
      '5 true',
      '5 true',
    ])
    gate.release()
    await node.waitForEnd('5')
  })

  it('whose submission fails leaves nothing behind', async (test) => {
    const node = await testNode(test)
    const broken = shortJob().replace('FakeSource', 'NoSuchSource')
    await assert.rejects(node.submit(submission(broken, { jobId: '6' })))
    assert.equal(node.job('6'), null)
    assert.deepEqual(node.liveObjects().masters, 0)
    assert.equal((await node.submit(submission(shortJob(), { jobId: '6' }))).isDuplicate, false)
    assert.equal((await node.waitForEnd('6'))?.status, 'FINISHED')
  })
})
