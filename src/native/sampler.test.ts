import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kernelBackend } from './load.js'
import { readName, readSamples, threadSampler } from './sampler.js'

test('samples are read one behind the other', () => {
  const tag = [1, 2, 3, 4, 5, 6, 7, 8]
  const numbers = Float64Array.from([10, 1000, 1, ...tag, 9, 2, 0x7f00, 0x55aa, 11, 1001, 0, ...tag, 0, 0])
  assert.deepEqual(readSamples(numbers), [
    { thread: 10, atMicros: 1000, isRunning: true, tag, owner: 9, frames: [0x7f00, 0x55aa] },
    { thread: 11, atMicros: 1001, isRunning: false, tag, owner: 0, frames: [] },
  ])
  assert.deepEqual(readSamples(new Float64Array(0)), [])
})

test('a name says where the address is', () => {
  for (const [line, library, name] of [
    ['libc\tpwrite', 'libc', 'pwrite'],
    ['\tmillrace_formats::csv::decode', '', 'millrace_formats::csv::decode'],
    ['node\t?', 'node', '?'],
    ['', null, '?'],
  ] as const)
    assert.deepEqual(readName(line), { library, name })
})

test('an addon without a sampler has none', () => {
  assert.equal(threadSampler({}), null)
})

test('an address outside of everything has no name, and nobody is sampled without having joined', (context) => {
  const { sampler } = kernelBackend()
  if (sampler === null) return context.skip('no samples on this system or with this backend')
  assert.deepEqual(sampler.names([0, 1]), [readName(''), readName('')])
  assert.deepEqual(sampler.names([]), [])
  sampler.take()
  sampler.request([process.pid, -1, 0])
  assert.deepEqual(sampler.take(), [])
  assert.ok(!sampler.threads().includes(process.pid))
})
