import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PlannedVertex } from '../plan/physical-plan.js'
import { isHeldUp, laneClocks } from './task-clocks.js'
import type { TaskPhase } from './task-meter.js'

const vertex = (kind: PlannedVertex['kind'], ...behind: number[]): PlannedVertex => {
  return { id: 0, kind, source: 0, pipeline: 0, behind }
}
/** A source, a transform, and two sinks, of which the second gets what the source gives as well. */
const [SOURCE, TRANSFORM, SINK, SIDE] = [0, 1, 2, 3] as const
const VERTICES = [vertex('source', TRANSFORM, SINK, SIDE), vertex('transform', SINK), vertex('sink'), vertex('sink')]

type Times = Partial<Record<TaskPhase, number>>

/** Clocks as `busy/back-pressured/idle`, by vertex. */
function clocks(times: readonly Times[], wallMs: number, vertices = VERTICES): string {
  const counts = new Map(
    vertices.map((_, index) => {
      const { busy = 0, outside = 0, turn = 0, fused = 0 } = times[index] ?? {}
      return [index, { busyMs: busy, outsideMs: outside, turnMs: turn, fusedMs: fused }] as const
    }),
  )
  const found = laneClocks(vertices, counts, wallMs)
  for (const { busyMs, idleMs, backPressuredMs } of found.values())
    assert.ok(Math.abs(busyMs + idleMs + backPressuredMs - wallMs) < 1e-6, 'the three add up')
  return [...found.values()]
    .map((each) => [each.busyMs, each.backPressuredMs, each.idleMs].map(Math.round).join('/'))
    .join(' ')
}

describe('the clocks of the vertices of a lane', () => {
  const cases = [
    ['nobody has it in hand: all are idle', [], 1000, '0/0/1000 0/0/1000 0/0/1000 0/0/1000'],
    ['the source decodes: the rest is idle', [{ busy: 400 }], 1000, '400/0/600 0/0/1000 0/0/1000 0/0/1000'],
    ['the source waits for the outside: all are idle', [{ outside: 900 }], 1000, '0/0/1000 0/0/1000 0/0/1000 0/0/1000'],
    ['the transform works: the source is held up', [{}, { busy: 300 }], 1000, '0/300/700 300/0/700 0/0/1000 0/0/1000'],
    [
      'the sink behind the transform works: both are held up, the other sink is idle',
      [{}, {}, { busy: 1000 }],
      1000,
      '0/1000/0 0/1000/0 1000/0/0 0/0/1000',
    ],
    [
      'the sink beside the transform works: only the source is held up',
      [{}, {}, {}, { busy: 500 }],
      1000,
      '0/500/500 0/0/1000 0/0/1000 500/0/500',
    ],
    ['rows wait for their turn: sinks are idle', [{ turn: 250 }], 1000, '0/250/750 0/250/750 0/0/1000 0/0/1000'],
    [
      'a call that nobody sees into is the work of all in it',
      [{ fused: 200 }],
      1000,
      '200/0/800 200/0/800 200/0/800 200/0/800',
    ],
    [
      'a call of the transform and what is behind it holds up the source',
      [{}, { fused: 200 }],
      1000,
      '0/200/800 200/0/800 200/0/800 0/0/1000',
    ],
    [
      'more worker time than wall time is made to fit',
      [{ busy: 1000 }, {}, { busy: 3000 }],
      1000,
      '250/750/0 0/750/250 750/0/250 0/0/1000',
    ],
    ['no time at all', [{ busy: 10 }], 0, '0/0/0 0/0/0 0/0/0 0/0/0'],
  ] as const
  for (const [name, times, wallMs, expected] of cases) it(name, () => assert.equal(clocks(times, wallMs), expected))

  it('of two sources of one lane: while one has the turn, the vertices of the other are idle', () => {
    const other = { ...vertex('source', 5), source: 1 }
    const vertices = [...VERTICES, other, { ...vertex('sink'), source: 1 }]
    assert.equal(
      clocks([{ turn: 100 }, {}, { busy: 200 }], 1000, vertices),
      '0/300/700 0/300/700 200/0/800 0/0/1000 0/0/1000 0/0/1000',
    )
  })
})

describe('a vertex that is held up', () => {
  const cases = [
    ['busy', SINK, [true, true, false, false]],
    ['busy', SOURCE, [false, false, false, false]],
    ['turn', SOURCE, [true, true, false, false]],
    ['outside', SOURCE, [false, false, false, false]],
    ['fused', TRANSFORM, [true, false, false, false]],
  ] as const
  for (const [phase, at, expected] of cases) {
    it(`while vertex ${at} is at ${phase}`, () =>
      assert.deepEqual(
        VERTICES.map((_, index) => isHeldUp(VERTICES, index, { vertex: at, phase })),
        expected,
      ))
  }
})
