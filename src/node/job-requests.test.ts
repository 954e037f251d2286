import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobRequest } from './api.js'
import { failedRequest, newRequest, openStops, requestsAtEnd, requestsFound, withRequest } from './job-requests.js'

const SAVEPOINT = newRequest({ id: 'a', kind: 'savepoint', askedAtMs: 1 })
const STOP = newRequest({
  id: 'b',
  kind: 'stop',
  askedAtMs: 1,
  stop: { directory: null, isCanceled: false, isDrained: false },
})
const CANCEL: JobRequest = { ...STOP, id: 'c', stop: { directory: null, isCanceled: true, isDrained: false } }
const done = (request: JobRequest): JobRequest => ({ ...request, endedAtMs: 2, checkpointId: 7, location: 'file:/s' })

test('requests are kept by their ids, a bounded number of them, none that is under way lost', () => {
  const one = withRequest([], SAVEPOINT)
  assert.deepEqual(withRequest(one, done(SAVEPOINT)), [done(SAVEPOINT)])
  let many: readonly JobRequest[] = [STOP]
  for (let index = 0; index < 5010; index += 1) many = withRequest(many, { ...done(SAVEPOINT), id: String(index) })
  assert.equal(many.length, 5000)
  assert.deepEqual([many[0]?.id, many[1]?.id, many.at(-1)?.id], ['b', '11', '5009'])
})

test('a stop is done when its job has ended as it was to', () => {
  const taken = { ...STOP, checkpointId: 7, location: 'file:/s' }
  const canceled = { ...CANCEL, checkpointId: 7, location: 'file:/s' }
  const cases = [
    [taken, 'SAVEPOINT_DONE', null],
    [canceled, 'CANCELED', null],
    [canceled, 'SAVEPOINT_DONE', "the job is SAVEPOINT_DONE, its savepoint is at 'file:/s'"],
    [taken, 'FAILED', "the job is FAILED, its savepoint is at 'file:/s': of this"],
    [STOP, 'FINISHED', 'the job is FINISHED, its savepoint was not taken'],
    [STOP, 'FAILED', 'the job is FAILED, its savepoint was not taken: of this'],
    [SAVEPOINT, 'CANCELED', 'the job is CANCELED, its savepoint was not taken'],
  ] as const
  for (const [request, status, text] of cases) {
    const [ended] = requestsAtEnd([request], status, status === 'FAILED' ? 'of this' : null, 9)
    assert.deepEqual([ended?.endedAtMs, ended?.failure?.text ?? null], [9, text], status)
  }
  const all = [done(SAVEPOINT), failedRequest(STOP, { code: 'JOB_STATE', message: 'x' }, 3)]
  assert.equal(requestsAtEnd(all, 'FINISHED', null, 9), all)
})

test('what was under way when the node died is told as lost, but for a stop that goes on', () => {
  const found = requestsFound([done(SAVEPOINT), { ...SAVEPOINT, id: 'd' }, STOP], 'DOING_SAVEPOINT', 9)
  assert.deepEqual(
    found.map(({ failure }) => failure?.code ?? null),
    [null, 'CHECKPOINT_FAILED', null],
  )
  assert.deepEqual(openStops(found), [STOP])
  assert.equal(requestsFound([STOP], 'RUNNING', 9)[0]?.failure?.code, 'CHECKPOINT_FAILED')
})
