import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RecordedLane } from '../checkpoint/record.js'
import type { LaneSplit } from '../plan/physical-plan.js'
import { restoredLanes } from './lane-plan.js'

/** A split as `<source><name>`, with what was delivered of it behind a `+` and the subtask it was made for behind an `@`. */
function splitOf(text: string): LaneSplit {
  const [, source = 'a', name = '', delivered, subtask] = /^([a-z])(\w*)(?:\+(\d+))?(?:@(\d+))?$/.exec(text) ?? []
  const split = { id: `${source}${name}`, table: 0, morsels: 9, delayMs: 0, payload: null }
  return {
    source: source.charCodeAt(0) - 97,
    split,
    ...(delivered === undefined ? {} : { deliveredMorsels: Number(delivered) }),
    ...(subtask === undefined ? {} : { subtask: Number(subtask) }),
  }
}

function textOf({ split, deliveredMorsels, subtask }: LaneSplit): string {
  const delivered = deliveredMorsels === undefined ? '' : `+${deliveredMorsels}`
  return `${split.id}${delivered}${subtask === undefined ? '' : `@${subtask}`}`
}

/** Lanes of pipelines, each lane as its splits with spaces between them. */
type Lanes = readonly (readonly string[])[]

function recorded(pipelines: Lanes): readonly RecordedLane[] {
  return pipelines.flatMap((lanes, pipeline) =>
    lanes.map((text, subtask) => {
      const splits = text.split(' ').filter(Boolean).map(splitOf)
      return { pipeline, subtask, splits, rowTotals: null, firstErrors: null }
    }),
  )
}

/** One pipeline of one source: what its lanes have, and how many there will be. */
const ONE_SOURCE: readonly (readonly [
  title: string,
  before: readonly string[],
  now: number,
  after: readonly string[],
])[] = [
  ['stays as it is', ['a1+2 a2', 'a3'], 2, ['a1+2 a2', 'a3']],
  ['has nothing left', ['', ''], 3, ['', '', '']],
  ['grows', ['a1+2 a2 a3 a4'], 3, ['a1+2@0 a4@0', 'a2@0', 'a3@0']],
  ['grows beyond its splits', ['a1+7'], 3, ['a1+7@0', '', '']],
  ['shrinks, and two half-read splits come together', ['a1+1 a4', 'a2+3', 'a3'], 1, ['a1+1@0 a2+3@1 a3@2 a4@0']],
  ['keeps lanes that go forward together', ['a1 a5', 'a2 a6', 'a3', 'a4'], 2, ['a1@0 a3@2 a5@0', 'a2@1 a4@3 a6@1']],
  ['moves once more: the first subtask counts', ['a1+1@3 a2@0', ''], 1, ['a1+1@3 a2@0']],
]

describe('the lanes of a job that is restored', () => {
  for (const [title, before, now, after] of ONE_SOURCE) {
    it(`with one source that ${title}`, () => {
      const places = Array.from({ length: now }, (_, subtask) => ({ pipeline: 0, subtask }))
      for (const parallelism of [[before.length], null]) {
        const lanes = restoredLanes(places, [now], { lanes: recorded([before]), parallelism })
        assert.deepEqual(
          lanes.map(({ splits }) => splits.map(textOf).join(' ')),
          after,
        )
      }
    })
  }

  it('have only the splits moved of the source whose parallelism changed', () => {
    const places = [0, 1, 2].map((subtask) => ({ pipeline: 0, subtask }))
    const lanes = recorded([['a1+1 b1', 'b2', 'b3+2']])
    const restored = restoredLanes(places, [2, 3], { lanes, parallelism: [1, 3] })
    assert.deepEqual(
      restored.map(({ splits }) => splits.map(textOf).join(' ')),
      ['a1+1@0 b1', 'b2', 'b3+2'],
    )
  })

  it('lose no split of an unchanged source that stands on a lane which is gone', () => {
    const restored = restoredLanes([{ pipeline: 0, subtask: 0 }], [1, 1], {
      lanes: recorded([['a1 b1', 'a2 b2']]),
      parallelism: [2, 1],
    })
    assert.deepEqual(
      restored.map(({ splits }) => splits.map(textOf).join(' ')),
      ['a1@0 a2@1 b1@0 b2@1'],
    )
  })

  it('change in one pipeline and stay in another', () => {
    const places = [
      { pipeline: 0, subtask: 0 },
      { pipeline: 1, subtask: 0 },
      { pipeline: 1, subtask: 1 },
    ]
    const lanes = recorded([['a1', 'a2+1'], ['b1 b2']])
    const restored = restoredLanes(places, [1, 2], { lanes, parallelism: [2, 1] })
    assert.deepEqual(
      restored.map(({ pipeline, subtask, splits }) => `${pipeline}.${subtask} ${splits.map(textOf).join(' ')}`),
      ['0.0 a1@0 a2+1@1', '1.0 b1@0', '1.1 b2@0'],
    )
  })

  it('have every split once, whichever way the parallelism goes', () => {
    const all = Array.from({ length: 23 }, (_, index) => `a${index}${index % 5 === 0 ? '+3' : ''}`)
    let lanes: readonly RecordedLane[] = recorded([[all.join(' ')]])
    let before = 1
    for (const now of [4, 2, 3, 7, 1, 30, 2]) {
      const places = Array.from({ length: now }, (_, subtask) => ({ pipeline: 0, subtask }))
      const restored = restoredLanes(places, [now], { lanes, parallelism: [before] })
      const got = restored.flatMap(({ splits }) => splits.map((split) => textOf(split).replace(/@\d+$/, '')))
      assert.deepEqual(got.toSorted(), all.toSorted(), `${before} to ${now}`)
      const counts = restored.map(({ splits }) => splits.length)
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, counts.join())
      lanes = restored.map((lane) => ({ ...lane, rowTotals: null, firstErrors: null }))
      before = now
    }
  })
})
