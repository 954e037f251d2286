import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import { SharedRecord } from './shared-record.js'

describe('a record in shared memory', () => {
  it('is nothing before it is written and after it is cleared', () => {
    const record = new SharedRecord<{ a: number }>()
    assert.equal(record.read(), null)
    record.write({ a: 1 })
    assert.deepEqual(record.read(), { a: 1 })
    record.clear()
    assert.equal(record.read(), null)
  })

  it('is seen through every view of its buffer, also when it has grown since', () => {
    const writer = new SharedRecord<Record<string, string>>()
    const reader = new SharedRecord<Record<string, string>>(writer.buffer)
    const small = { state: 'x' }
    const large = { state: 'ü'.repeat(300_000) }
    writer.write(small)
    assert.deepEqual(reader.read(), small)
    writer.write(large)
    assert.deepEqual(reader.read(), large)
    reader.write(small)
    assert.deepEqual(writer.read(), small)
  })

  it('grows step by step to its limit and not beyond', () => {
    const record = new SharedRecord<string>()
    for (let length = 1; length < 40_000_000; length *= 4) {
      record.write('y'.repeat(length))
      assert.equal(record.read()?.length, length)
    }
    assert.throws(() => record.write('y'.repeat(70_000_000)), { code: 'MEMORY_EXCEEDED' })
    assert.equal(record.read()?.length, 16_777_216, 'what was there stays')
  })

  it('keeps texts of every plane and all kinds of values', () => {
    const record = new SharedRecord<(string | number | boolean | null)[]>()
    const values = ['\u0000', '"\\', '😀', '', 1e300, -0.5, true, null]
    record.write(values)
    assert.deepEqual(record.read(), values)
  })

  it('can be written and grown in another thread', async () => {
    const record = new SharedRecord<{ text: string }>()
    record.write({ text: 'here' })
    const entry = new URL('./shared-record.js', import.meta.url).href
    const work = `
      const { workerData } = require('node:worker_threads')
      import('${entry}').then(({ SharedRecord }) => {
        const record = new SharedRecord(workerData)
        record.write({ text: record.read().text + ' and there'.repeat(2000) })
      })`
    const worker = new Worker(work, { eval: true, workerData: record.buffer })
    assert.equal(await new Promise((resolve) => worker.once('exit', resolve)), 0)
    assert.equal(record.read()?.text, `here${' and there'.repeat(2000)}`)
  })
})
