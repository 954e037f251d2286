import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import { GarbageMeter } from './garbage.js'
import { ProcessReader } from './process-facts.js'
import { sizeText } from './system-information.js'
import { processThreads, THREAD_STATES } from './threads.js'

describe('sizes', () => {
  for (const [bytes, text] of [
    [0, '0'],
    [1023, '1023'],
    [1024, '1024'],
    [1025, '1.0K'],
    [1024 ** 2, '1024.0K'],
    [123_000_000, '117.3M'],
    [512 * 1024 ** 2, '512.0M'],
    [2 * 1024 ** 3, '2.0G'],
    [25_233_000_000, '23.5G'],
    [3 * 1024 ** 6, '3.0E'],
  ] as const) {
    it(`are written as ${text}`, () => assert.equal(sizeText(bytes), text))
  }
})

describe('the facts of the process', () => {
  it('are there and within their bounds', () => {
    const facts = new ProcessReader().read()
    assert.ok(facts.processors >= 1 && facts.physicalTotalBytes > 0 && facts.residentBytes > 0)
    assert.ok(facts.heapUsedBytes > 0 && facts.heapUsedBytes <= facts.heapTotalBytes)
    for (const load of [facts.processLoad, facts.systemLoad]) assert.ok(load >= 0 && load <= 1)
    assert.ok(facts.cpuSeconds > 0 && facts.startedAtSeconds > 1.6e9)
    assert.ok(facts.heapSpaces.length > 0)
  })

  it('know the threads, the main one with its stack', async () => {
    const worker = new Worker(
      'require("node:worker_threads").parentPort.once("message", () => {}); setTimeout(() => {}, 1e9)',
      { eval: true },
    )
    await new Promise((resolve) => worker.once('online', resolve))
    const threads = processThreads()
    await worker.terminate()
    const main = threads.find(({ id }) => id === process.pid)
    assert.equal(main?.name, 'main')
    assert.match(main?.stack ?? '', /system-information\.test\.js/)
    assert.equal(new Set(threads.map(({ id }) => id)).size, threads.length)
    for (const { state } of threads) assert.ok((THREAD_STATES as readonly string[]).includes(state), state)
  })

  it('count garbage collections', async () => {
    const meter = new GarbageMeter()
    let kept: unknown[] = []
    while (meter.minor.count === 0) {
      kept = Array.from({ length: 100_000 }, (_, index) => ({ index }))
      await new Promise(setImmediate)
    }
    meter.close()
    assert.equal(kept.length, 100_000)
    assert.ok(meter.minor.seconds > 0)
  })
})
