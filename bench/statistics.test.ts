import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bestFigure, canaryOf, figure } from './rounds.js'
import { decide, median, medianInterval } from './statistics.js'

describe('median', () => {
  const cases: readonly [readonly number[], number][] = [
    [[3], 3],
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
  ]
  for (const [values, expected] of cases) {
    it(`of ${values.join(', ')} is ${expected}`, () => assert.equal(median(values), expected))
  }
})

describe('medianInterval', () => {
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)
  const cases: readonly [count: number, low: number, high: number][] = [
    [1, 1, 1],
    [3, 1, 3],
    [7, 1, 7],
    [11, 2, 10],
    [21, 6, 16],
  ]
  for (const [count, low, high] of cases) {
    it(`of ${count} values goes from number ${low} to number ${high}`, () => {
      assert.deepEqual(medianInterval(upTo(count)), [low, high])
    })
  }
})

describe('figures', () => {
  const rounds = [
    { reference: 2, subject: 1, canary: 2 },
    { reference: 4, subject: 1, canary: 1 },
  ]

  it('take the geometric mean of the two reference runs', () =>
    assert.equal(figure('ratio', rounds[1] ?? assert.fail()), 2))
  it('are differences in milliseconds for an overhead', () =>
    assert.equal(figure('overheadMs', rounds[0] ?? assert.fail()), -1000))
  it('compare the fastest with the fastest', () => assert.equal(bestFigure('ratio', rounds), 2))
  it('compare the reference with itself', () => assert.equal(canaryOf('ratio', rounds), 2.5))
})

describe('decide', () => {
  const base = { measure: 'ratio', value: 2, best: 2, canary: 1, gate: 1.2, goal: 1.7, gateWasReached: true } as const

  const SHORT = { measure: 'overheadMs', value: 50, best: 50, gate: 150, goal: 60 } as const

  const cases: readonly [string, Partial<Parameters<typeof decide>[0]>, string][] = [
    ['passes at the goal', {}, 'pass'],
    ['warns between gate and goal', { value: 1.5, best: 1.5 }, 'warn'],
    ['fails when both estimators are worse than the gate', { value: 1.1, best: 1.1 }, 'fail'],
    ['does not fail on one estimator alone', { value: 1.1, best: 1.3 }, 'warn'],
    ['does not fail below a gate that was never reached', { value: 1.1, best: 1.1, gateWasReached: false }, 'warn'],
    ['decides nothing on a noisy machine', { value: 1.1, best: 1.1, canary: 1.2 }, 'inconclusive'],
    ['never passes on a noisy machine', { canary: 0.9 }, 'inconclusive'],
    ['takes a few milliseconds between equal short runs as quiet', { ...SHORT, canary: 9 }, 'pass'],
    ['decides nothing when equal short runs differ much', { ...SHORT, canary: 20 }, 'inconclusive'],
    [
      'takes less memory as better',
      { measure: 'peakMegabytes', value: 180, best: 180, gate: 350, goal: 200, canary: null },
      'pass',
    ],
    [
      'fails on too much memory',
      { measure: 'peakMegabytes', value: 400, best: 400, gate: 350, goal: 200, canary: null },
      'fail',
    ],
  ]
  for (const [name, change, verdict] of cases) {
    it(name, () => assert.equal(decide({ ...base, ...change }).verdict, verdict))
  }
})
