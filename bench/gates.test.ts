import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gateFor, ratchet } from './gates.js'
import { selfTest } from './scenarios/index.js'
import type { Scenario, ScenarioReport } from './types.js'

const scenario: Scenario = { ...selfTest, id: 'x', measure: 'ratio', gate: 1.2, goal: 1.7 }

function report(change: Partial<ScenarioReport>): ScenarioReport {
  const { id, title, measure, gate, goal, limit } = scenario
  return { id, title, measure, gate, goal, limit, verdict: 'pass', reason: '', ...change }
}

describe('gateFor', () => {
  it('demands 92 per cent of an achieved ratio', () => assert.equal(gateFor('ratio', 2, 1.2), 1.84))
  it('allows a tenth more memory than achieved', () => assert.equal(gateFor('peakMegabytes', 180, 350), 198))
  it('keeps the goal table for milliseconds, which differ between machines', () =>
    assert.equal(gateFor('overheadMs', 40, 150), 150))
})

describe('ratchet', () => {
  const cases: readonly [string, Record<string, number>, Partial<ScenarioReport>, Record<string, number>][] = [
    ['sets a first gate', {}, { value: 2 }, { x: 1.84 }],
    ['makes a gate stricter', { x: 1.5 }, { value: 2 }, { x: 1.84 }],
    ['never makes a gate looser', { x: 1.9 }, { value: 2 }, { x: 1.9 }],
    ['learns nothing from a failure', { x: 1.5 }, { value: 2, verdict: 'fail' }, { x: 1.5 }],
    ['learns nothing from a noisy run', {}, { value: 2, verdict: 'inconclusive' }, {}],
    ['learns nothing from a run without a figure', {}, {}, {}],
    ['leaves other scenarios alone', { y: 3 }, { value: 2 }, { y: 3, x: 1.84 }],
  ]
  for (const [name, before, change, after] of cases) {
    it(name, () =>
      assert.deepEqual(ratchet({ quick: before }, 'quick', [scenario], [report(change)]), { quick: after }),
    )
  }
})
