import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JobTasks, TaskCount } from '../engine/job-service.js'
import { RATE_WINDOW_MS, RateWindow, SAMPLE_INTERVAL_MS } from './rate-window.js'

/** A source that reads a row every millisecond and works half of the time, and a sink that holds it up for a quarter, since a start at 0. */
function tasksAt(atMs: number, more: Partial<JobTasks> = {}): JobTasks {
  const count: TaskCount = {
    recordsIn: atMs,
    bytesIn: 10 * atMs,
    recordsOut: atMs,
    bytesOut: 10 * atMs,
    batches: 1,
    busyMs: atMs / 2,
    outsideMs: 0,
    turnMs: 0,
    fusedMs: 0,
  }
  return {
    atMs,
    startedAtMs: 0,
    vertices: [
      { id: 1, kind: 'source', source: 0, pipeline: 0, behind: [1] },
      { id: 2, kind: 'sink', source: 0, pipeline: 0, behind: [] },
    ],
    unassignedSplits: [0],
    lanes: [
      {
        pipeline: 0,
        subtask: 0,
        firstMs: 0,
        lastMs: null,
        open: 0,
        isThrough: false,
        present: [],
        tasks: new Map([
          [0, count],
          [1, { ...count, busyMs: atMs / 4 }],
        ]),
      },
    ],
    ...more,
  }
}

const sourceOf = (window: RateWindow, tasks: JobTasks) => window.rates(tasks)[0]?.subtasks[0]

describe('the rates of tasks', () => {
  it('are averages since the start of a young attempt', () => {
    const rates = sourceOf(new RateWindow(), tasksAt(2000))
    const { recordsIn, bytesOut, busyMs, idleMs, backPressuredMs, isBackPressured } = rates ?? {}
    assert.deepEqual(
      [recordsIn, bytesOut, busyMs, idleMs, backPressuredMs, isBackPressured],
      [1000, 10_000, 500, 250, 250, false],
    )
  })

  it('look back a minute, not to the start', () => {
    const window = new RateWindow()
    for (let atMs = 0; atMs <= 2 * RATE_WINDOW_MS; atMs += SAMPLE_INTERVAL_MS) window.sample(tasksAt(atMs))
    // Nothing happens from here on.
    const still = tasksAt(2 * RATE_WINDOW_MS)
    const half = sourceOf(window, { ...still, atMs: 2.5 * RATE_WINDOW_MS })
    assert.deepEqual([half?.recordsIn, half?.busyMs], [500, 250])
    const none = sourceOf(window, { ...still, atMs: 3 * RATE_WINDOW_MS })
    assert.deepEqual([none?.recordsIn, none?.busyMs, none?.idleMs], [0, 0, 1000])
  })

  it('are never below zero when the work of a step turns out to be that of another vertex', () => {
    const window = new RateWindow()
    window.sample(tasksAt(RATE_WINDOW_MS))
    const rates = sourceOf(window, { ...tasksAt(0), atMs: 3 * RATE_WINDOW_MS })
    assert.deepEqual([rates?.recordsIn, rates?.busyMs, rates?.idleMs], [0, 0, 1000])
  })

  it('are none before the workers run', () => {
    const window = new RateWindow()
    const early = tasksAt(5, { startedAtMs: null })
    window.sample(early)
    assert.deepEqual(window.rates(early), [])
  })

  it('of an attempt that has just begun are numbers', () => {
    assert.equal(sourceOf(new RateWindow(), tasksAt(0))?.recordsIn, 0)
  })

  it('say that a task is held up while all that is at work in its lane is behind it', () => {
    const at = (vertex: number) => ({ vertex, phase: 'busy' as const })
    const heldUp = (...present: ReturnType<typeof at>[]) => {
      const tasks = tasksAt(1000)
      return sourceOf(new RateWindow(), { ...tasks, lanes: tasks.lanes.map((lane) => ({ ...lane, present })) })
        ?.isBackPressured
    }
    assert.deepEqual([heldUp(), heldUp(at(1)), heldUp(at(0)), heldUp(at(0), at(1))], [false, true, false, false])
  })
})
