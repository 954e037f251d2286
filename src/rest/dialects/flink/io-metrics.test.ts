import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ioMetrics, percentile, statistics } from './io-metrics.js'

test('percentiles lie in a straight line between two numbers', () => {
  const cases = [
    [[], 0.5, 0],
    [[7], 0.25, 7],
    [[7], 0.95, 7],
    [[1, 3], 0.5, 2],
    [[1, 3], 0.25, 1],
    [[1, 2, 3, 4], 0.25, 1.25],
    [[1, 2, 3, 4], 0.5, 2.5],
    [[1, 2, 3, 4], 0.75, 3.75],
    [[1, 2, 3, 4], 0.95, 4],
    [Array.from({ length: 99 }, (_, index) => index + 1), 0.95, 95],
  ] as const
  for (const [sorted, part, expected] of cases) {
    assert.equal(percentile(sorted, part), expected, `${sorted.join()} ${part}`)
  }
})

test('statistics are whole numbers, whatever the order', () => {
  assert.deepEqual(statistics([4, 1, 3, 2]), { p25: 1, min: 1, avg: 2, median: 2, max: 4, sum: 10, p95: 4, p75: 3 })
  assert.deepEqual(statistics([]), { p25: 0, min: 0, avg: 0, median: 0, max: 0, sum: 0, p95: 0, p75: 0 })
  assert.equal(statistics([-1, -1]).avg, -1)
})

test('what is not known is 0 and not complete; busy time can say it', () => {
  const nothing = ioMetrics({ read: null, write: null, times: null })
  assert.deepEqual(
    [nothing['read-records'], nothing['read-records-complete'], nothing['accumulated-busy-time']],
    [0, false, 'NaN'],
  )
  const times = { busyMs: 1, idleMs: 2, backPressuredMs: 3 }
  const known = ioMetrics({ read: { records: 4, bytes: 5 }, write: { records: 6, bytes: 7 }, times })
  assert.deepEqual(Object.values(known), [5, true, 7, true, 4, true, 6, true, 3, 2, 1])
})
