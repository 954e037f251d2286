import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PartMeasure, PhysicalPlan, PlannedVertex } from '../plan/physical-plan.js'
import { addVertexCounts, TaskMeter } from './task-meter.js'

/** A pipeline of two lanes with a source and a sink, and one of one lane with a source alone. */
const VERTICES: readonly PlannedVertex[] = [
  { id: 1, kind: 'source', source: 0, pipeline: 0, behind: [1] },
  { id: 2, kind: 'sink', source: 0, pipeline: 0, behind: [] },
  { id: 3, kind: 'source', source: 1, pipeline: 1, behind: [] },
]
const PLAN = {
  vertices: VERTICES,
  lanes: [0, 0, 1].map((pipeline, index) => ({ pipeline, subtask: index % 2, splits: [] })),
} as unknown as PhysicalPlan
const PART: PartMeasure = { origin: 0, operators: [], sinks: [1], taps: [] }
const ROWS = { recordsIn: 3, bytesIn: 30, recordsOut: 2, bytesOut: 20, batches: 1 }

/** A meter of two workers, of which the first is at hand, with a clock that the test moves. */
function meter() {
  const time = { ms: 1000 }
  const all = new TaskMeter(PLAN, 2)
  const clock = () => time.ms
  return { time, all, worker: all.worker(0, clock), other: new TaskMeter(PLAN, 2, all.buffer).worker(1, clock) }
}

describe('the meter of tasks', () => {
  it('has nothing of a lane that nobody had in hand', () => {
    const lanes = meter().all.read(2000)
    assert.deepEqual(
      lanes.map(({ firstMs, lastMs, tasks, present }) => [firstMs, lastMs, [...tasks.keys()], present]),
      [
        [null, null, [0, 1], []],
        [null, null, [0, 1], []],
        [null, null, [2], []],
      ],
    )
  })

  it('puts time down without a gap, the phase that lasts included', () => {
    const { time, all, worker } = meter()
    worker.begin(0, 'outside', 0)
    time.ms = 1100
    worker.at('busy', 0)
    time.ms = 1150
    worker.at('turn', 0)
    time.ms = 1170
    worker.at('busy', 1)
    const [lane] = all.read(1500)
    assert.deepEqual(lane?.present, [{ vertex: 1, phase: 'busy' }])
    const { busyMs, outsideMs, turnMs } = lane?.tasks.get(0) ?? {}
    assert.deepEqual([busyMs, outsideMs, turnMs, lane?.tasks.get(1)?.busyMs], [50, 100, 20, 330])
    time.ms = 1600
    worker.end()
    const [ended] = all.read(9000)
    assert.deepEqual([ended?.firstMs, ended?.lastMs, ended?.tasks.get(1)?.busyMs], [1000, 1600, 430])
    // Without a lane in hand nothing counts.
    worker.at('busy', 1)
    worker.stepped(PART, undefined)
    assert.deepEqual(all.read(9000)[0], ended)
  })

  it('divides a step by what its parts took; the rest is the decoder', () => {
    const { time, all, worker } = meter()
    worker.begin(0, 'busy', 0)
    time.ms = 1010
    const measured = { decodeNanos: 1e6, operatorNanos: [], sinkNanos: [4e6], tapRows: [], tapBytes: [] }
    worker.stepped(PART, measured)
    const [lane] = all.read(1010)
    assert.deepEqual([lane?.tasks.get(0)?.busyMs, lane?.tasks.get(1)?.busyMs], [6, 4])
  })

  it('keeps a step apart of which nobody knows what its parts took', () => {
    for (const measured of [
      undefined,
      { decodeNanos: 0, operatorNanos: [0], sinkNanos: [0], tapRows: [], tapBytes: [] },
    ]) {
      const { time, all, worker } = meter()
      worker.begin(0, 'busy', 0)
      time.ms = 1010
      worker.stepped(PART, measured)
      const [lane] = all.read(1010)
      assert.deepEqual([lane?.tasks.get(0)?.busyMs, lane?.tasks.get(0)?.fusedMs], [0, 10])
    }
  })

  it('sums over workers, and over lanes for the vertices', () => {
    const { all, worker, other } = meter()
    worker.begin(0, 'busy', 0)
    worker.count(0, ROWS)
    worker.end()
    other.begin(1, 'busy', 0)
    other.count(0, ROWS)
    other.count(-1, ROWS)
    other.end()
    worker.begin(2, 'busy', 2)
    worker.count(2, { ...ROWS, recordsIn: 7 })
    worker.end()
    assert.deepEqual(
      all.read(2000).map(({ tasks }) => [...tasks.values()].map(({ recordsIn, batches }) => [recordsIn, batches])),
      [
        [
          [3, 1],
          [0, 0],
        ],
        [
          [3, 1],
          [0, 0],
        ],
        [[7, 1]],
      ],
    )
    assert.deepEqual(
      all.totals().map(({ recordsIn, recordsOut }) => [recordsIn, recordsOut]),
      [
        [6, 4],
        [0, 0],
        [7, 2],
      ],
    )
  })

  it('knows of pieces that are not done: those in hand, and those that were given up', () => {
    const { all, worker, other } = meter()
    const open = () => all.read(2000)[0]?.open
    worker.begin(0, 'busy', 0)
    other.begin(0, 'busy', 0)
    assert.equal(open(), 2)
    worker.end()
    other.end(false)
    assert.equal(open(), 1)
  })

  it('lends a worker to another lane, which does not begin by that', () => {
    const { time, all, worker } = meter()
    worker.begin(0, 'outside', 0)
    const { held } = worker
    time.ms = 1100
    worker.take({ lane: 1, phase: 'busy', vertex: 1 })
    time.ms = 1300
    worker.take(held)
    const lanes = all.read(1300)
    assert.deepEqual(
      [lanes[0]?.tasks.get(0)?.outsideMs, lanes[1]?.tasks.get(1)?.busyMs, lanes[1]?.firstMs],
      [100, 200, null],
    )
  })

  it('adds the counts of an earlier attempt by place', () => {
    const { batches: _batches, ...count } = ROWS
    const doubled = { recordsIn: 6, bytesIn: 60, recordsOut: 4, bytesOut: 40 }
    assert.deepEqual(addVertexCounts([count], [count, count]), [doubled, count])
    assert.deepEqual(addVertexCounts(undefined, [count]), [count])
  })

  it('has a size by lanes and vertices, whatever tables there are', () => {
    const lanes = Array.from({ length: 1024 }, (_, subtask) => ({ pipeline: 0, subtask, splits: [] }))
    const { buffer } = new TaskMeter({ ...PLAN, lanes } as unknown as PhysicalPlan, 8)
    assert.ok(buffer.byteLength < 2 ** 21, `${buffer.byteLength} bytes`)
  })
})
