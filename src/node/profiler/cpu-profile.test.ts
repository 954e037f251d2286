import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CpuProfile, CpuSamples } from './cpu-profile.js'

type Call = readonly [functionName: string, url: string, lineNumber: number, children: readonly number[]]

/** A profile of calls that are numbered from 1. */
function profileOf(calls: readonly Call[], samples: readonly number[], timeDeltas: readonly number[]): CpuProfile {
  return {
    nodes: calls.map(([functionName, url, lineNumber, children], index) => ({
      id: index + 1,
      callFrame: { functionName, url, lineNumber },
      children,
    })),
    startTime: 1000,
    samples,
    timeDeltas,
  }
}

const WORKER = 'file:///opt/millrace/dist/bundle/worker.js'
const PROFILE = profileOf(
  [
    ['(root)', '', -1, [2, 7, 8]],
    ['#decode', WORKER, 309, [3, 9]],
    ['step', WORKER, 76, [4]],
    ['coded', WORKER, 62, [5]],
    ['', WORKER, 76, [6]],
    // V8's name for every function of the addon.
    ['samplerNames', '', -1, []],
    ['(idle)', '', -1, []],
    ['(garbage collector)', '', -1, []],
    ['writeSync', 'node:fs', 897, [10]],
    ['writeBuffer', '', -1, []],
  ],
  [6, 2, 7, 10, 8],
  [10, 10, 10, 10, 10],
)

test('stacks are named by file, function and line, and say what was called', () => {
  assert.deepEqual(new CpuSamples(PROFILE).stacks, [
    {
      frames: ['worker.#decode:310', 'worker.step:77', 'worker.coded:63', 'worker.anonymous:77'],
      isInKernels: true,
      isIdle: false,
    },
    { frames: ['worker.#decode:310'], isInKernels: false, isIdle: false },
    { frames: ['v8.idle'], isInKernels: false, isIdle: true },
    { frames: ['worker.#decode:310', 'fs.writeSync:898'], isInKernels: false, isIdle: false },
    { frames: ['v8.garbage-collector'], isInKernels: false, isIdle: false },
  ])
})

test('the nearest stack of the wanted kind is found by its time', () => {
  const samples = new CpuSamples(PROFILE)
  for (const [at, isInKernels, within, expected] of [
    [1010, true, 5, 'worker.anonymous:77'],
    [1025, true, 100, 'worker.anonymous:77'],
    [1025, true, 10, null],
    [1021, false, 5, 'worker.#decode:310'],
    [1024, false, 100, 'worker.#decode:310'],
    [1026, false, 100, 'v8.idle'],
    [1050, false, 0, 'v8.garbage-collector'],
    [2000, false, 100, null],
    [0, false, 100, null],
  ] as const)
    assert.equal(samples.near(at, isInKernels, within)?.frames.at(-1) ?? null, expected, `at ${at}`)
})

test('a profile without samples has none', () => {
  const { nodes, startTime } = PROFILE
  const samples = new CpuSamples({ nodes, startTime })
  assert.deepEqual(samples.stacks, [])
  assert.equal(samples.near(1000, false, 1_000_000), null)
})

test('a sample of a call that is not in the profile has no frames', () => {
  assert.deepEqual(new CpuSamples(profileOf([], [99], [1])).stacks[0]?.frames, [])
})
