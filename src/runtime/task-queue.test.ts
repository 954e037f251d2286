import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PhysicalPlan } from '../plan/physical-plan.js'
import { TaskQueue } from './task-queue.js'

/** A plan of which only the lanes matter: per lane, the morsels of its splits; `null` for a sequential split. */
function planOf(lanes: readonly (readonly (number | null)[])[]): PhysicalPlan {
  return {
    jobId: '1',
    jobName: 'tasks',
    jobMode: 'BATCH',
    sources: [],
    sinks: [],
    lanes: lanes.map((splits, subtask) => ({
      pipeline: 0,
      subtask,
      splits: splits.map((morsels, index) => ({
        source: 0,
        split: { id: `${subtask}-${index}`, table: 0, morsels, delayMs: 0, payload: null },
      })),
    })),
    vertices: [],
    isBounded: true,
    readLimit: { rowsPerSecond: null, bytesPerSecond: null },
    errorHandlers: [],
  }
}

/** Every task as `lane.split.morsel`. */
function tasks(lanes: readonly (readonly (number | null)[])[]): string[] {
  const queue = new TaskQueue(planOf(lanes))
  return Array.from({ length: queue.length }, (_, number) => {
    const task = queue.task(number)
    return task === null ? 'null' : `${task.lane}.${task.split}.${task.morsel ?? '*'}`
  })
}

describe('the task queue', () => {
  const cases: readonly [title: string, lanes: (number | null)[][], expected: string[]][] = [
    ['is empty without lanes', [], []],
    ['is empty when no lane has a split', [[], []], []],
    ['gives the morsels of a split in order', [[3]], ['0.0.0', '0.0.1', '0.0.2']],
    ['gives a sequential split as one task', [[null, 2]], ['0.0.*', '0.1.0', '0.1.1']],
    [
      'takes lanes forward together',
      [
        [1, 1],
        [1, 1],
      ],
      ['0.0.0', '1.0.0', '0.1.0', '1.1.0'],
    ],
    ['goes on with the longer lane', [[1], [1, 2, 1]], ['0.0.0', '1.0.0', '1.1.0', '1.1.1', '1.2.0']],
    ['leaves out empty lanes', [[], [null], []], ['1.0.*']],
  ]
  for (const [title, lanes, expected] of cases) it(title, () => assert.deepEqual(tasks(lanes), expected))

  it('finds every task of many splits, and none behind the last', () => {
    const splits = Array.from({ length: 10_000 }, (_, index) => (index % 3 === 0 ? null : (index % 3) + 1))
    const queue = new TaskQueue(planOf([splits]))
    assert.equal(
      queue.length,
      splits.reduce<number>((sum, morsels) => sum + (morsels ?? 1), 0),
    )
    let before = { split: -1, morsel: 0 }
    for (let number = 0; number < queue.length; number += 1) {
      const task = queue.task(number)
      assert.ok(task !== null)
      const current = { split: task.split, morsel: task.morsel ?? 0 }
      const follows = current.split === before.split ? current.morsel === before.morsel + 1 : current.morsel === 0
      assert.ok(follows && current.split - before.split <= 1, `task ${number}`)
      before = current
    }
    assert.equal(before.split, 9999)
    assert.equal(queue.task(queue.length), null)
    assert.equal(queue.task(queue.length + 1000), null)
  })

  it('lets no task stand before one of the same lane that it waits for', () => {
    const lanes = [[2, null, 1], [null, 4], [1]]
    for (let lane = 0; lane < lanes.length; lane += 1) {
      const own = tasks(lanes).filter((task) => task.startsWith(`${lane}.`))
      assert.deepEqual(own, [...own].sort(), `lane ${lane}`)
    }
  })
})
