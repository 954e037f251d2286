import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JobTasks, TaskCount } from '../engine/job-service.js'
import type { PlannedVertex } from '../plan/physical-plan.js'
import {
  ATTEMPT_LIMIT,
  type AttemptHistory,
  attemptView,
  beginAttempt,
  endAttempt,
  NO_ATTEMPTS,
  recovered,
  withTasks,
} from './attempt-history.js'

const VERTICES: readonly PlannedVertex[] = [
  { id: 1, kind: 'source', source: 0, pipeline: 0, behind: [1] },
  { id: 2, kind: 'sink', source: 0, pipeline: 0, behind: [] },
]
const NOTHING: TaskCount = {
  recordsIn: 0,
  bytesIn: 0,
  recordsOut: 0,
  bytesOut: 0,
  batches: 0,
  busyMs: 0,
  outsideMs: 0,
  turnMs: 0,
  fusedMs: 0,
}

/** What lanes did that read rows and wrote for 300 ms; the first of them is through after half a second. */
function tasksOf(lanes: number, rows = 3): JobTasks {
  return {
    atMs: 2000,
    startedAtMs: 1000,
    vertices: VERTICES,
    unassignedSplits: [0],
    lanes: Array.from({ length: lanes }, (_, subtask) => ({
      pipeline: 0,
      subtask,
      firstMs: 1100,
      lastMs: 1500,
      open: 0,
      isThrough: subtask === 0,
      present: [],
      tasks: new Map([
        [0, { ...NOTHING, recordsIn: rows, recordsOut: rows }],
        [1, { ...NOTHING, recordsIn: rows, recordsOut: rows, busyMs: 300 }],
      ]),
    })),
  }
}

function ended(history: AttemptHistory, outcome: 'FAILED' | 'FINISHED', lanes: number): AttemptHistory {
  const begun = beginAttempt(history, 7, 900)
  return endAttempt(withTasks(begun, tasksOf(lanes), []), { outcome, failedTask: null, atMs: 2000 })
}

describe('the attempts of a job', () => {
  it('have their numbers, times and figures', () => {
    const [first, second] = ended(ended(NO_ATTEMPTS, 'FAILED', 2), 'FINISHED', 2).attempts.map(attemptView)
    assert.deepEqual([first?.number, first?.outcome, second?.number, second?.outcome], [0, 'FAILED', 1, 'FINISHED'])
    assert.deepEqual([first?.openedAtMs, first?.runningAtMs, first?.endedAtMs], [900, 1000, 2000])
    const [source, sink] = first?.vertices ?? []
    assert.deepEqual([source?.vertex, source?.sum.recordsIn, sink?.sum.busyMs], [1, 6, 600])
    const times = source?.subtasks?.map(({ endedAtMs, busyMs, idleMs, backPressuredMs }) => {
      return [endedAtMs, busyMs, idleMs, backPressuredMs]
    })
    // A subtask that is through has no more time.
    assert.deepEqual(times, [
      [1500, 0, 200, 300],
      [null, 0, 700, 300],
    ])
  })

  it('are the newest ones', () => {
    let history = NO_ATTEMPTS
    for (let count = 0; count < ATTEMPT_LIMIT + 3; count += 1) history = ended(history, 'FAILED', 1)
    assert.deepEqual(
      [history.attempts.length, history.attempts[0]?.number, history.attempts.at(-1)?.number],
      [ATTEMPT_LIMIT, 3, ATTEMPT_LIMIT + 2],
    )
  })

  it('of many subtasks keep sums: the oldest first, and one that is too large by itself', () => {
    const two = ended(ended(NO_ATTEMPTS, 'FAILED', 300), 'FAILED', 300)
    const [first, second] = two.attempts.map(attemptView)
    assert.deepEqual([first?.vertices[0]?.subtasks, first?.vertices[0]?.sum.recordsIn], [null, 900])
    assert.equal(second?.vertices[0]?.subtasks?.length, 300)
    const [large] = ended(NO_ATTEMPTS, 'FINISHED', 600).attempts.map(attemptView)
    assert.deepEqual([large?.vertices[1]?.subtasks, large?.vertices[1]?.sum.busyMs], [null, 180_000])
  })

  it('that were open when the node ended have ended with it', () => {
    const open = withTasks(beginAttempt(NO_ATTEMPTS, 1, 900), tasksOf(1), [])
    const [attempt] = recovered(open).attempts
    assert.deepEqual([attempt?.outcome, attempt?.endedAtMs], ['ABANDONED', 2000])
    assert.equal(recovered(NO_ATTEMPTS), NO_ATTEMPTS)
    const over = ended(NO_ATTEMPTS, 'FAILED', 1)
    assert.equal(recovered(over), over)
  })

  it('without work have no figures', () => {
    const begun = beginAttempt(NO_ATTEMPTS, 1, 900)
    const never = withTasks(begun, { ...tasksOf(1), startedAtMs: null }, [])
    assert.deepEqual([never.attempts[0]?.figures, never.attempts[0]?.runningAtMs], [[], null])
  })
})
