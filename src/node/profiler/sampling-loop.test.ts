import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { ThreadSample, ThreadSampler } from '../../native/sampler.js'
import type { CpuProfile } from './cpu-profile.js'
import { type SampleChunk, SamplingLoop } from './sampling-loop.js'
import { ManualClock } from './testing.js'

const URL = 'file:///worker.js'
/** Functions by address: 1 and 2 of the kernels, 3 of the C library, 4 made while the process runs. */
const NAMES = [
  { library: null, name: '?' },
  { library: '', name: 'millrace_formats::decode' },
  { library: '', name: 'millrace_program::step' },
  { library: 'libc', name: 'pwrite' },
  { library: null, name: '?' },
]

/** Two samples of JavaScript: at 1 ms in the kernels, at 20 ms in a write. */
const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: { functionName: '(root)', url: '', lineNumber: -1 }, children: [2, 4] },
    { id: 2, callFrame: { functionName: 'coded', url: URL, lineNumber: 0 }, children: [3] },
    { id: 3, callFrame: { functionName: 'addon', url: '', lineNumber: -1 } },
    { id: 4, callFrame: { functionName: 'write', url: URL, lineNumber: 1 } },
  ],
  startTime: 0,
  samples: [3, 4],
  timeDeltas: [1_000, 19_000],
}

function harness() {
  const clock = new ManualClock()
  const calls: string[] = []
  const answers: ThreadSample[][] = []
  const sampler: ThreadSampler = {
    join: () => null,
    threads: () => [50],
    request: (threads) => void calls.push(`request ${threads.join()}`),
    take: () => answers.shift() ?? [],
    names: (addresses) => addresses.map((address) => NAMES[address] ?? { library: null, name: '?' }),
  }
  const profiles = {
    start: async (intervalMicros: number, isMainWanted: boolean) =>
      void calls.push(`start ${intervalMicros}${isMainWanted ? ' with main' : ''}`),
    stop: async () => {
      calls.push('stop')
      return new Map([[3, PROFILE]])
    },
  }
  const loop = new SamplingLoop(sampler, profiles, clock)
  const chunks: SampleChunk[] = []
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await setImmediate()
  }
  const advance = async (ms: number, times = 1): Promise<void> => {
    for (let turn = 0; turn < times; turn += 1) {
      clock.advance(ms)
      await settle()
    }
  }
  const listen = (ticks: number, intervalMs = 50, isMainWanted = false) => {
    const ended = loop.sample({ ticks, intervalMs, isMainWanted, onChunk: (chunk) => void chunks.push(chunk) })
    return { ended }
  }
  return { loop, calls, answers, chunks, advance, settle, listen }
}

function sampleAt(atMicros: number, frames: readonly number[], owner = 0): ThreadSample {
  return { thread: 50, atMicros, isRunning: true, tag: [3, 7, 1, 1, 0, 0, 0, 0], owner, frames }
}

test('a listener gets the samples that it asked for, merged with JavaScript', async () => {
  const { calls, answers, chunks, advance, settle, listen } = harness()
  answers.push(
    [sampleAt(0, [3])],
    [],
    [sampleAt(1_500, [1, 2, 4])],
    [sampleAt(19_000, [3, 4]), sampleAt(500_000, [1]), sampleAt(900_000, [3])],
  )
  const { ended } = listen(2)
  await settle()
  await advance(50, 2)
  await ended
  assert.deepEqual(calls, ['start 5000', 'request 50', 'request 50', 'stop'])
  assert.deepEqual(
    chunks.flatMap(({ samples }) => samples.map(({ frames }) => frames)),
    [
      ['worker.coded:1', 'millrace_program::step', 'millrace_formats::decode'],
      ['worker.write:2', 'libc.pwrite'],
      // No JavaScript is known of these times.
      ['worker.busy', 'millrace_formats::decode'],
      ['worker.busy', 'libc.pwrite'],
    ],
  )
  assert.deepEqual(chunks[0]?.samples[0]?.place, { threadId: 3, run: 7, lane: 0, vertex: 0, phase: 'busy' })
  assert.deepEqual([...(chunks[0]?.stacks.keys() ?? [])], [3])
})

test('nothing is sampled when nobody asks any more', async () => {
  const { calls, advance, settle, listen } = harness()
  const { ended } = listen(1)
  await settle()
  await advance(50)
  await ended
  const before = calls.length
  await advance(50, 10)
  assert.equal(calls.length, before)
  assert.equal(calls.at(-1), 'stop')
})

test('listeners share the samples, and the longer one goes on', async () => {
  const { calls, advance, settle, listen } = harness()
  const long = listen(4)
  const short = listen(2, 20, true)
  await settle()
  await advance(20, 3)
  await short.ended
  await advance(50, 5)
  await long.ended
  // The longer one had begun alone; behind the end of the shorter one it goes on alone.
  assert.deepEqual(
    calls.filter((call) => !call.startsWith('request')),
    ['start 5000', 'stop', 'start 5000', 'stop'],
  )
})

test('a long time is put together piece by piece', async () => {
  const { chunks, advance, settle, listen } = harness()
  const { ended } = listen(500)
  await settle()
  await advance(50, 510)
  await ended
  assert.ok(chunks.length >= 3, `${chunks.length} pieces`)
})

test('a loop that is closed ends with its next tick', async () => {
  const { loop, advance, settle, listen } = harness()
  const { ended } = listen(1_000)
  await settle()
  loop.close()
  await advance(50, 2)
  await ended
})
