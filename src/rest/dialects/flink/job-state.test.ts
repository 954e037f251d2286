import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jobView } from '../../../../test/rest/fake-node.js'
import type { JobEvent, JobStatus } from '../../../node/api.js'
import {
  flinkJobState,
  flinkTaskState,
  flinkVertexState,
  jobTimes,
  jobTimestamps,
  taskCounts,
  taskTimes,
} from './job-state.js'

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
  for (const state of ['SCHEDULED', 'DEPLOYING', 'CREATED'] as const) assert.equal(flinkVertexState(state), 'CREATED')
  for (const state of ['RUNNING', 'FINISHED', 'FAILED'] as const) assert.equal(flinkVertexState(state), state)
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
  const tasks = taskTimes(view, times, 1000)
  assert.deepEqual([tasks.startMs, tasks.endMs, tasks.durationMs], [130, -1, 870])
  assert.deepEqual(tasks.lengths, { CREATED: 10, INITIALIZING: -1, DEPLOYING: 40, SCHEDULED: 20, RUNNING: 830 })
})

test('times of a job that waits for its slots', () => {
  const view = jobView({ status: 'PENDING', createdAtMs: 100, startedAtMs: null })
  const tasks = taskTimes(view, jobTimes(view, START.slice(0, 3)), 1000)
  assert.deepEqual([tasks.startMs, tasks.endMs, tasks.durationMs], [-1, -1, -1])
  assert.deepEqual(tasks.lengths, { CREATED: 10, INITIALIZING: -1, DEPLOYING: -1, SCHEDULED: 890, RUNNING: -1 })
})

test('times of a second attempt are those that are known', () => {
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
  const tasks = taskTimes(view, times, 1000)
  assert.deepEqual([tasks.startMs, tasks.endMs, tasks.durationMs], [350, 600, 250])
  assert.deepEqual([tasks.timestamps.CREATED, tasks.timestamps.CANCELING, tasks.timestamps.CANCELED], [0, 590, 600])
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

test('a count for every state', () => {
  const counts = taskCounts('RUNNING', 3)
  assert.deepEqual([Object.keys(counts).length, counts.RUNNING, counts.FAILED], [10, 3, 0])
})
