import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JobDag, JobVertex } from '../engine/job-dag.js'
import type { VertexBounds } from './api.js'
import {
  areSameBounds,
  boundsWith,
  dagWith,
  fittingParallelism,
  isSame,
  ownBounds,
  parallelismOf,
  parallelismText,
  wantedBy,
} from './job-parallelism.js'

function vertex(id: number, kind: JobVertex['kind'], pipeline: number, index: number, parallelism: number): JobVertex {
  return { id, kind, pipeline, index, parallelism, name: '', plugins: ['Console'], tablePaths: [] }
}

/** One way from a source over a transform to a sink. */
const LINE: JobDag = {
  vertices: [vertex(1, 'source', 1, 0, 2), vertex(2, 'transform', 1, 0, 2), vertex(3, 'sink', 1, 0, 2)],
  edges: [],
}

/** Two sources that one sink is fed by: it has the subtasks of the wider one. */
const UNION: JobDag = {
  vertices: [
    vertex(1, 'source', 1, 0, 1),
    vertex(2, 'sink', 1, 0, 3),
    vertex(3, 'source', 2, 1, 3),
    vertex(4, 'sink', 2, 0, 3),
  ],
  edges: [],
}

const shape = ({ vertices }: JobDag) => vertices.map(({ parallelism }) => parallelism)

/** Bounds as `lower-upper` of the vertices in their order. */
function bounds(dag: JobDag, text: string): readonly VertexBounds[] {
  return text.split(' ').map((each, place) => {
    const [lower = 0, upper = 0] = each.split('-').map(Number)
    return { vertex: dag.vertices[place]?.id ?? 0, lower, upper }
  })
}

const textOf = (all: readonly VertexBounds[]) => all.map(({ lower, upper }) => `${lower}-${upper}`).join(' ')

describe('the parallelism of a job', () => {
  it('is that of its sources, and its graph follows them', () => {
    assert.deepEqual([parallelismOf(LINE), parallelismOf(UNION)], [[2], [1, 3]])
    assert.deepEqual(shape(dagWith(LINE, [5])), [5, 5, 5])
    assert.deepEqual(shape(dagWith(UNION, [4, 2])), [4, 4, 2, 4])
    assert.deepEqual(shape(dagWith(UNION, [1, 1])), [1, 1, 1, 1])
  })

  it('gives the same graph for the same parallelism, so that what is made of it stays', () => {
    assert.equal(dagWith(LINE, null), LINE)
    assert.equal(dagWith(LINE, [2]), LINE)
    assert.equal(dagWith(LINE, [7]), dagWith(LINE, [7]))
  })

  it('is one number for people where all sources have the same', () => {
    assert.deepEqual([parallelismText([3]), parallelismText([3, 3]), parallelismText([3, 4])], ['3', '3', '3, 4'])
    assert.deepEqual([isSame([1, 2], [1, 2]), isSame([1, 2], [2, 1]), isSame([1], [1, 1])], [true, false, false])
  })
})

/** What is asked for when the bounds before were those of the job itself: of each source least to most, and the bounds that hold. */
const ASKED: readonly (readonly [title: string, dag: JobDag, asked: string, wanted: string, held: string])[] = [
  ['nothing new', LINE, '1-2 1-2 1-2', '1-2', '1-2 1-2 1-2'],
  ['one more at the source', LINE, '1-3 1-2 1-2', '1-3', '1-3 1-3 1-3'],
  ['one more at the sink', LINE, '1-2 1-2 1-3', '1-3', '1-3 1-3 1-3'],
  ['one less in the middle', LINE, '1-2 1-1 1-2', '1-1', '1-1 1-1 1-1'],
  ['different things: the most of them', LINE, '1-1 1-5 1-4', '1-5', '1-5 1-5 1-5'],
  ['one more and one less: the more', LINE, '1-3 1-1 1-2', '1-3', '1-3 1-3 1-3'],
  ['not less than some least', LINE, '1-1 2-2 1-2', '2-2', '1-2 2-2 1-2'],
  ['a least above what there is', LINE, '1-4 4-4 1-4', '4-4', '1-4 4-4 1-4'],
  ['more for one of two sources', UNION, '1-2 1-3 1-3 1-3', '1-2 1-3', '1-2 1-3 1-3 1-3'],
  ['more for what both feed', UNION, '1-1 1-5 1-3 1-5', '1-5 1-5', '1-5 1-5 1-5 1-5'],
]

describe('bounds', () => {
  for (const [title, dag, asked, wanted, held] of ASKED) {
    it(`that ask for ${title}`, () => {
      const given = bounds(dag, asked)
      const found = wantedBy(dag, ownBounds(dag), given)
      assert.equal(found.map(({ least, most }) => `${least}-${most}`).join(' '), wanted)
      assert.equal(textOf(boundsWith(dag, found, given)), held)
    })
  }

  it('of a source that is fixed leave it what it has', () => {
    const fixed = { ...LINE, vertices: LINE.vertices.map((each) => ({ ...each, fixedParallelism: 'it is fixed' })) }
    const given = bounds(fixed, '1-1 1-1 1-1')
    assert.deepEqual(wantedBy(fixed, ownBounds(fixed), given), [{ least: 2, most: 2 }])
  })

  it('are the same in any order', () => {
    const one = bounds(LINE, '1-2 1-3 1-4')
    assert.ok(areSameBounds(one, one.toReversed()))
    assert.ok(!areSameBounds(one, one.slice(1)))
    assert.ok(!areSameBounds(one, bounds(LINE, '1-2 1-3 2-4')))
  })
})

describe('slots for a parallelism', () => {
  // A source has a coordinator beside its subtasks; Console has none.
  const FITS: readonly (readonly [dag: JobDag, wanted: string, slots: number, found: readonly number[] | null])[] = [
    [LINE, '1-4', 5, [4]],
    [LINE, '1-4', 100, [4]],
    [LINE, '1-1024', Number.POSITIVE_INFINITY, [1024]],
    [LINE, '1-4', 3, [2]],
    [LINE, '3-4', 3, null],
    [LINE, '1-4', 0, null],
    [UNION, '1-4 1-4', 10, [4, 4]],
    [UNION, '1-4 1-4', 7, [2, 3]],
    [UNION, '1-4 2-2', 6, [2, 2]],
    [UNION, '4-4 4-4', 9, null],
  ]
  for (const [dag, wanted, slots, found] of FITS) {
    it(`are taken as far as ${slots} go: ${wanted} gives ${found === null ? 'nothing' : found.join(' ')}`, () => {
      const asked = wanted.split(' ').map((each) => {
        const [least = 0, most = 0] = each.split('-').map(Number)
        return { least, most }
      })
      assert.deepEqual(fittingParallelism(dag, asked, slots), found)
    })
  }
})
