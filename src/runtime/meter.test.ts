import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Meter } from './meter.js'

describe('the meter', () => {
  it('is zero at first, whatever its shape', () => {
    const zero = { rows: 0, bytes: 0 }
    assert.deepEqual(new Meter({ workers: 3, sources: 2, sinks: 1 }).read(), {
      sources: [zero, zero],
      sinks: [zero],
      blockedMs: 0,
      writeMs: 0,
    })
    assert.deepEqual(new Meter({ workers: 1, sources: 0, sinks: 0 }).read().sources, [])
  })

  it('sums what the workers count, each source and sink by itself', () => {
    const meter = new Meter({ workers: 2, sources: 2, sinks: 2 })
    const [first, second] = [meter.worker(0), meter.worker(1)]
    first.addRead(0, 1, 10)
    first.addRead(1, 2, 20)
    second.addRead(1, 3, 30)
    first.addWritten(0, 4, 40)
    second.addWritten(1, 5, 50)
    second.addWritten(1, 6, 60)
    first.addBlockedMs(1.5)
    second.addBlockedMs(2)
    second.addWriteMs(7)
    assert.deepEqual(meter.read(), {
      sources: [
        { rows: 1, bytes: 10 },
        { rows: 5, bytes: 50 },
      ],
      sinks: [
        { rows: 4, bytes: 40 },
        { rows: 11, bytes: 110 },
      ],
      blockedMs: 3.5,
      writeMs: 7,
    })
  })

  it('counts beyond 32 bits', () => {
    const meter = new Meter({ workers: 1, sources: 1, sinks: 1 })
    meter.worker(0).addRead(0, 6_000_000_000, 9_000_000_000_000)
    assert.deepEqual(meter.read().sources, [{ rows: 6_000_000_000, bytes: 9_000_000_000_000 }])
  })

  it('is the same through every view of its buffer', () => {
    const shape = { workers: 2, sources: 1, sinks: 1 }
    const meter = new Meter(shape)
    new Meter(shape, meter.buffer).worker(1).addWritten(0, 3, 4)
    assert.deepEqual(meter.read().sinks, [{ rows: 3, bytes: 4 }])
  })
})
