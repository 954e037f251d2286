import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judgeCount } from './counts.js'

describe('judgeCount', () => {
  const cases: readonly [string, number, number | undefined, string][] = [
    ['passes an unchanged count', 100, 100, 'pass'],
    ['passes a lower count', 90, 100, 'pass'],
    ['passes growth up to two per cent', 102, 100, 'pass'],
    ['fails growth beyond two per cent', 102.1, 100, 'fail'],
    ['only notes a count that has no committed one', 100, undefined, 'new'],
  ]
  for (const [name, count, baseline, verdict] of cases) {
    it(name, () => assert.equal(judgeCount('crate/count_work', count, baseline).verdict, verdict))
  }
})
