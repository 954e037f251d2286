import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FLOORS, judgeRate, rateText } from './rates.js'

describe('judgeRate', () => {
  const cases: readonly [string, keyof typeof FLOORS, number, string | null, string, string][] = [
    ['passes numbers at the floor', 'numbers', FLOORS.numbers, null, 'pass', 'at least 5 M rows/s'],
    ['passes text at its lower floor', 'strings', FLOORS.strings, null, 'pass', 'at least 2 M rows/s'],
    ['passes a format by its bytes', 'bytes', FLOORS.bytes, null, 'pass', 'at least 0.8 GB/s'],
    ['warns below the floor', 'numbers', FLOORS.numbers - 1, null, 'warn', 'less than 5 M rows/s'],
    ['gives the reason where there is one', 'strings', 1, 'it hashes', 'warn', 'less than 2 M rows/s: it hashes'],
    ['warns of a slow format', 'bytes', 1, null, 'warn', 'less than 0.8 GB/s'],
  ]
  for (const [name, unit, rate, why, verdict, reason] of cases) {
    it(name, () => {
      const report = judgeRate({ name: 'part', unit, rowsPerSecond: rate, bytesPerSecond: rate, why })
      assert.deepEqual([report.verdict, report.reason], [verdict, reason])
    })
  }
})

describe('rateText', () => {
  it('gives rows, and bytes where they count', () => {
    const base = { name: 'part', verdict: 'pass', reason: '' } as const
    assert.equal(rateText({ ...base, rowsPerSecond: 2_500_000 }), '2.5 M rows/s')
    assert.equal(rateText({ ...base, rowsPerSecond: 1e6, bytesPerSecond: 9e8 }), '0.90 GB/s, 1.0 M rows/s')
    assert.equal(rateText(base), '')
  })
})
