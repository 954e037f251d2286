import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jobView } from '../../../../test/rest/fake-node.js'
import type { JobEvent, JobStatus } from '../../../node/api.js'
import { flinkJobState, flinkTaskState, jobTimes, jobTimestamps } from './job-state.js'

const moved = (status: JobStatus, atMs: number): JobEvent => ({ atMs, kind: 'state', text: '', status, data: {} })
const START: readonly JobEvent[] = [
  moved('INITIALIZING', 100),
  moved('CREATED', 100),
  moved('PENDING', 110),
  moved('SCHEDULED', 130),
  moved('RUNNING', 170),
]

test('states of jobs and of their tasks', () => {
  const cases = [
    ['INITIALIZING', 'INITIALIZING', 'CREATED'],
    ['PENDING', 'CREATED', 'SCHEDULED'],
    ['SCHEDULED', 'CREATED', 'DEPLOYING'],
    ['RUNNING', 'RUNNING', 'RUNNING'],
    ['DOING_SAVEPOINT', 'RUNNING', 'RUNNING'],
    ['FAILING', 'FAILING', 'RUNNING'],
    ['FAILED', 'FAILED', 'FAILED'],
    ['CANCELING', 'CANCELLING', 'CANCELING'],
    ['CANCELED', 'CANCELED', 'CANCELED'],
    ['FINISHED', 'FINISHED', 'FINISHED'],
    ['SAVEPOINT_DONE', 'FINISHED', 'FINISHED'],
    ['UNKNOWABLE', 'FAILED', 'FAILED'],
  ] as const
  for (const [status, job, task] of cases) {
    const view = jobView({ status })
    assert.deepEqual([flinkJobState(view), flinkTaskState(view)], [job, task], status)
  }
  const waiting = jobView({ status: 'RUNNING', isBetweenAttempts: true })
  assert.deepEqual([flinkJobState(waiting), flinkTaskState(waiting)], ['RESTARTING', 'CREATED'])
  assert.equal(flinkJobState(jobView({ status: 'SCHEDULED', isRecovering: true })), 'RECONCILING')
  // A job that never had slots has no task that failed.
  assert.equal(flinkTaskState(jobView({ status: 'FAILED', startedAtMs: null })), 'CANCELED')
})

test('times of a job that runs', () => {
  const view = jobView({ status: 'RUNNING', createdAtMs: 100, startedAtMs: 130 })
  const times = jobTimes(view, START)
  assert.equal(times.lastChangeMs, 170)
  const timestamps = jobTimestamps(view, times)
  assert.deepEqual([timestamps.INITIALIZING, timestamps.CREATED, timestamps.RUNNING], [100, 100, 170])
  assert.deepEqual([timestamps.FINISHED, timestamps.RESTARTING, timestamps.SUSPENDED], [0, 0, 0])
})

test('when a job began its next attempt', () => {
  const restart: JobEvent = {
    atMs: 300,
    kind: 'restart',
    text: '',
    status: 'RUNNING',
    data: { attempt: 2, delayMs: 50 },
  }
  const view = jobView({ status: 'CANCELED', createdAtMs: 100, restarts: 1, finishedAtMs: 600 })
  const times = jobTimes(view, [...START, restart, moved('CANCELING', 590), moved('CANCELED', 600)])
  assert.equal(jobTimestamps(view, times).RESTARTING, 300)
})

test('times of a job that the node took up again', () => {
  const recovery: JobEvent = { ...moved('RUNNING', 500), kind: 'recovery' }
  const view = jobView({ status: 'RUNNING', createdAtMs: 100 })
  const again = [...START, recovery, moved('SCHEDULED', 500), moved('RUNNING', 520)]
  const timestamps = jobTimestamps(view, jobTimes(view, again))
  assert.deepEqual([timestamps.RECONCILING, timestamps.RUNNING, timestamps.CREATED], [500, 520, 100])
  // What waits for its slots has nothing to be taken up.
  const queued = [...START.slice(0, 3), { ...moved('PENDING', 500), kind: 'recovery' } as const]
  assert.equal(jobTimestamps(view, jobTimes(view, queued)).RECONCILING, 0)
  assert.equal(jobTimes(view, queued), jobTimes(view, queued))
})

test('a job runs again when the pause behind a failed attempt is over', () => {
  const restart: JobEvent = {
    atMs: 300,
    kind: 'restart',
    text: '',
    status: 'RUNNING',
    data: { attempt: 2, delayMs: 50 },
  }
  const cases = [
    [{ isBetweenAttempts: true }, 170],
    [{}, 350],
    // It ended in the pause.
    [{ finishedAtMs: 320, status: 'CANCELED' }, 170],
    [{ finishedAtMs: 400, status: 'CANCELED' }, 350],
  ] as const
  for (const [more, expected] of cases) {
    const view = jobView({ status: 'RUNNING', createdAtMs: 100, restarts: 1, finishedAtMs: null, ...more })
    assert.equal(jobTimestamps(view, jobTimes(view, [...START, restart])).RUNNING, expected)
  }
})
