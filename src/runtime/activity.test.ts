import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextRunNumber, ThreadTag, threadPlace } from './activity.js'

test('a sample says where its thread was', () => {
  for (const [what, tag, owner, expected] of [
    ['without a job', [3, 0, 0, 0, 0], 0, { threadId: 3, run: 0, lane: -1, vertex: -1, phase: null }],
    ['without a lane', [3, 7, 0, 0, 0], 0, { threadId: 3, run: 7, lane: -1, vertex: -1, phase: null }],
    ['outside of programs', [3, 7, 1, 2, 1], 0, { threadId: 3, run: 7, lane: 0, vertex: 1, phase: 'outside' }],
    ['in a program', [3, 7, 2, 1, 3], 3, { threadId: 3, run: 7, lane: 1, vertex: 2, phase: 'busy' }],
    [
      'in a program that nobody waits for',
      [3, 7, 0, 0, 0],
      3,
      { threadId: 3, run: 7, lane: -1, vertex: -1, phase: null },
    ],
    ['not measured', [3, 7, 1, 0, 0], 0, { threadId: 3, run: 7, lane: 0, vertex: -1, phase: 'busy' }],
    ['no words', [], 0, { threadId: 0, run: 0, lane: -1, vertex: -1, phase: null }],
  ] as const)
    assert.deepEqual(threadPlace({ tag, owner }), expected, what)
})

test('what a thread writes is what its samples say', () => {
  const words = new Int32Array(8)
  const tag = new ThreadTag(words, 4)
  tag.run(9)
  tag.at(0, 2, 2)
  const placed = { threadId: 4, run: 9, lane: 0, vertex: 2, phase: 'turn' }
  assert.deepEqual(threadPlace({ tag: [...words], owner: 0 }), placed)
  tag.at(-1, -1, 0)
  tag.run(0)
  assert.deepEqual([...words], [4, 0, 0, 0, 0, 0, 0, 0])
})

test('a thread that is not sampled writes nowhere', () => {
  const tag = new ThreadTag(null)
  tag.run(1)
  tag.at(1, 1, 1)
})

test('no two runs have the same number', () => {
  const [one, other] = [nextRunNumber(), nextRunNumber()]
  assert.ok(one > 0 && other > one)
})
