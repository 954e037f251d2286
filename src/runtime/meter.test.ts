import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addCounts, Meter } from './meter.js'

describe('the meter', () => {
  const count = (table: string, rows: number, bytes: number, modelBytes: number) => ({ table, rows, bytes, modelBytes })

  it('is zero at first, whatever its shape', () => {
    assert.deepEqual(new Meter({ workers: 3, sources: [['a', 'b'], []], sinks: [['c']] }).read(), {
      sources: [
        { rows: 0, bytes: 0, tables: [count('a', 0, 0, 0), count('b', 0, 0, 0)] },
        { rows: 0, bytes: 0, tables: [] },
      ],
      sinks: [{ rows: 0, bytes: 0, tables: [count('c', 0, 0, 0)] }],
      blockedMs: 0,
      writeMs: 0,
    })
    assert.deepEqual(new Meter({ workers: 1, sources: [], sinks: [] }).read().sources, [])
  })

  it('sums what the workers count, each table of each source and sink by itself', () => {
    const meter = new Meter({ workers: 2, sources: [['a'], ['b', 'c']], sinks: [['d', 'e'], ['f']] })
    const [first, second] = [meter.worker(0), meter.worker(1)]
    first.addRead(0, 0, { rows: 1, bytes: 10, modelBytes: 100 })
    first.addRead(1, 0, { rows: 2, bytes: 20, modelBytes: 200 })
    second.addRead(1, 0, { rows: 3, bytes: 30, modelBytes: 300 })
    second.addRead(1, 1, { rows: 4, bytes: 40, modelBytes: 400 })
    first.addWritten(0, 1, 5, 50)
    first.addModelWritten(0, 1, 500)
    second.addWritten(1, 0, 6, 60)
    second.addWritten(1, 0, 7, 70)
    first.addBlockedMs(1.5)
    second.addBlockedMs(2)
    second.addWriteMs(7)
    assert.deepEqual(meter.read(), {
      sources: [
        { rows: 1, bytes: 10, tables: [count('a', 1, 10, 100)] },
        { rows: 9, bytes: 90, tables: [count('b', 5, 50, 500), count('c', 4, 40, 400)] },
      ],
      sinks: [
        { rows: 5, bytes: 50, tables: [count('d', 0, 0, 0), count('e', 5, 50, 500)] },
        { rows: 13, bytes: 130, tables: [count('f', 13, 130, 0)] },
      ],
      blockedMs: 3.5,
      writeMs: 7,
    })
  })

  it('counts beyond 32 bits', () => {
    const meter = new Meter({ workers: 1, sources: [['a']], sinks: [] })
    meter.worker(0).addRead(0, 0, { rows: 6_000_000_000, bytes: 9_000_000_000_000, modelBytes: 2 ** 52 })
    assert.deepEqual(meter.read().sources[0]?.tables, [count('a', 6_000_000_000, 9_000_000_000_000, 2 ** 52)])
  })

  it('is the same through every view of its buffer', () => {
    const shape = { workers: 2, sources: [['a']], sinks: [['b']] }
    const meter = new Meter(shape)
    new Meter(shape, meter.buffer).worker(1).addWritten(0, 0, 3, 4)
    assert.deepEqual(meter.read().sinks[0]?.tables, [count('b', 3, 4, 0)])
  })
})

describe('addCounts', () => {
  const flow = (table: string, rows: number) => ({
    rows,
    bytes: rows * 10,
    tables: [{ table, rows, bytes: rows * 10, modelBytes: rows * 100 }],
  })

  it('adds up by place and by the names of tables', () => {
    assert.deepEqual(addCounts([flow('a', 1), flow('old', 2)], [flow('a', 3), flow('new', 4), flow('c', 5)]), [
      flow('a', 4),
      { rows: 6, bytes: 60, tables: flow('new', 4).tables },
      flow('c', 5),
    ])
  })

  it('takes counts without tables', () => {
    assert.deepEqual(addCounts([{ rows: 1, bytes: 2 }], [flow('a', 3)]), [{ ...flow('a', 3), rows: 4, bytes: 32 }])
    assert.deepEqual(addCounts([flow('a', 1)], []), [])
  })
})
