import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ClientWatch } from './client-watch.js'

/** Time that a test moves. */
class ManualClock {
  nowMs = 1000
  readonly #timers = new Set<{ readonly atMs: number; readonly call: () => void }>()

  now(): number {
    return this.nowMs
  }

  after(delayMs: number, call: () => void): () => void {
    const timer = { atMs: this.nowMs + delayMs, call }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  move(byMs: number): void {
    this.nowMs += byMs
    for (const timer of [...this.#timers]) {
      if (timer.atMs > this.nowMs || !this.#timers.delete(timer)) continue
      timer.call()
    }
  }

  get waiting(): number {
    return this.#timers.size
  }
}

function watch() {
  const clock = new ManualClock()
  const lost: string[] = []
  return { clock, lost, clients: new ClientWatch(clock, (jobId) => lost.push(jobId)) }
}

describe('the client of a job', () => {
  it('is lost when it is not heard of in time', () => {
    const { clock, lost, clients } = watch()
    clients.begin('1', 100)
    clock.move(99)
    assert.deepEqual(lost, [])
    clock.move(1)
    assert.deepEqual(lost, ['1'])
    clock.move(1000)
    assert.deepEqual([lost, clock.waiting], [['1'], 0])
  })

  it('is there as long as it says so', () => {
    const { clock, lost, clients } = watch()
    clients.begin('1', 100)
    clock.move(90)
    clients.heard('1', clock.nowMs + 100)
    clock.move(90)
    assert.deepEqual(lost, [])
    clients.heard('1', clock.nowMs - 5)
    clock.move(0)
    assert.deepEqual(lost, ['1'])
  })

  it('is not waited for longer than a timer can be set, but for as long as it said', () => {
    const { clock, lost, clients } = watch()
    const day = 24 * 3600 * 1000
    clients.begin('1', 3 * day)
    for (let count = 1; count < 3; count += 1) clock.move(day)
    assert.deepEqual(lost, [])
    clock.move(day)
    assert.deepEqual(lost, ['1'])
  })

  it('of another job, of an ended one and of a closed node are not waited for', () => {
    const { clock, lost, clients } = watch()
    clients.heard('1', 1)
    clients.begin('2', 10)
    clients.forget('2')
    clients.begin('3', 10)
    clients.close()
    clock.move(1000)
    assert.deepEqual([lost, clock.waiting], [[], 0])
  })
})
