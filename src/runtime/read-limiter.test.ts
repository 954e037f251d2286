import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ReadLimit } from '../plan/physical-plan.js'
import { JobControl } from './control.js'
import { ReadLimiter } from './read-limiter.js'

/** A control whose sleeps move a clock instead of the world. */
class FakeControl extends JobControl {
  nowMs = 1_000_000
  slept: number[] = []
  override waitForRing(_heard: number, timeoutMs = 0): void {
    this.slept.push(timeoutMs)
    this.nowMs += timeoutMs
  }
}

const nothing = async (): Promise<void> => undefined

function limiterOf(limit: Partial<ReadLimit>) {
  const control = new FakeControl()
  const limiter = new ReadLimiter({ rowsPerSecond: null, bytesPerSecond: null, ...limit }, control, () => control.nowMs)
  return { control, limiter, clock: new Float64Array(1) }
}

describe('the read limiter', () => {
  it('lets everything through without a limit and does not touch the clock', async () => {
    const { control, limiter, clock } = limiterOf({})
    limiter.charge(clock, { rows: 1e9, modelBytes: 1e12 })
    await limiter.waitUntilAllowed(clock, nothing)
    assert.deepEqual([limiter.isLimited, clock[0], control.slept], [false, 0, []])
  })

  it('lets the first morsel through at once', async () => {
    const { control, limiter, clock } = limiterOf({ rowsPerSecond: 10 })
    await limiter.waitUntilAllowed(clock, nothing)
    assert.deepEqual(control.slept, [])
  })

  const cases: readonly [title: string, limit: Partial<ReadLimit>, rows: number, bytes: number, waitMs: number][] = [
    ['rows', { rowsPerSecond: 100 }, 50, 0, 500],
    ['bytes', { bytesPerSecond: 1000 }, 1, 250, 250],
    ['rows where they cost more than bytes', { rowsPerSecond: 10, bytesPerSecond: 1000 }, 5, 100, 500],
    ['bytes where they cost more than rows', { rowsPerSecond: 1000, bytesPerSecond: 10 }, 5, 100, 10_000],
    ['nothing read', { rowsPerSecond: 10 }, 0, 0, 0],
  ]
  for (const [title, limit, rows, modelBytes, waitMs] of cases) {
    it(`holds the lane for ${title}`, async () => {
      const { control, limiter, clock } = limiterOf(limit)
      limiter.charge(clock, { rows, modelBytes })
      await limiter.waitUntilAllowed(clock, nothing)
      assert.equal(
        control.slept.reduce((sum, ms) => sum + ms, 0),
        waitMs,
      )
    })
  }

  it('adds up what several workers read in one lane', async () => {
    const { control, limiter, clock } = limiterOf({ rowsPerSecond: 100 })
    limiter.charge(clock, { rows: 10, modelBytes: 0 })
    limiter.charge(clock, { rows: 20, modelBytes: 0 })
    await limiter.waitUntilAllowed(clock, nothing)
    assert.equal(control.nowMs - 1_000_000, 300)
  })

  it('saves up nothing while a lane is idle', async () => {
    const { control, limiter, clock } = limiterOf({ rowsPerSecond: 100 })
    limiter.charge(clock, { rows: 1, modelBytes: 0 })
    control.nowMs += 60_000
    limiter.charge(clock, { rows: 100, modelBytes: 0 })
    await limiter.waitUntilAllowed(clock, nothing)
    assert.deepEqual(control.slept, [1000])
  })

  it('keeps the rate over many morsels', async () => {
    const { control, limiter, clock } = limiterOf({ rowsPerSecond: 1000 })
    let rows = 0
    for (let morsel = 0; morsel < 100; morsel += 1) {
      await limiter.waitUntilAllowed(clock, nothing)
      limiter.charge(clock, { rows: 100, modelBytes: 0 })
      rows += 100
      assert.ok(rows <= control.nowMs - 1_000_000 + 100, `morsel ${morsel}`)
    }
    assert.equal(control.nowMs - 1_000_000, 9900)
  })

  it('looks for a checkpoint while it waits, and ends with the job', async () => {
    const { control, limiter, clock } = limiterOf({ rowsPerSecond: 1 })
    limiter.charge(clock, { rows: 100, modelBytes: 0 })
    let looks = 0
    await limiter.waitUntilAllowed(clock, async () => {
      looks += 1
      control.abort()
    })
    assert.equal(looks, 1)
    assert.ok(control.nowMs - 1_000_000 <= 100_000)
  })
})
