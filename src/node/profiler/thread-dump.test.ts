import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cpuMsOf, threadCpuMs, threadDump } from './thread-dump.js'

test('a thread with a sample shows its calls, another one what the system knows', () => {
  const threads = [
    { name: 'main', id: 1, state: 'RUNNABLE', stack: 'answer (serve.js:1)\n\n  loop (serve.js:2)' },
    { name: 'mr-worker-3-7', id: 7, state: 'WAITING', stack: 'kernel/futex(Native Method)' },
    { name: 'node-8', id: 8, state: 'WAITING', stack: '' },
  ]
  const place = { threadId: 3, run: 1, lane: 0, vertex: 0, phase: 'busy' } as const
  const samples = [{ thread: 7, place, isRunning: true, frames: ['outer', 'inner'] }]
  assert.deepEqual(
    threadDump({ threads, samples, task: ({ place: { run } }) => `run ${run}`, cpuMs: (id) => (id === 8 ? null : id) }),
    [
      {
        name: 'main',
        id: 1,
        state: 'RUNNABLE',
        cpuMs: 1,
        task: null,
        frames: ['answer (serve.js:1)', 'loop (serve.js:2)'],
      },
      { name: 'mr-worker-3', id: 7, state: 'RUNNABLE', cpuMs: 7, task: 'run 1', frames: ['inner', 'outer'] },
      { name: 'node-8', id: 8, state: 'WAITING', cpuMs: null, task: null, frames: [] },
    ],
  )
})

test('processor time is that of the user and of the system', () => {
  for (const [stat, expected] of [
    ['7 (node) S 1 1 1 0 -1 4194368 9 0 0 0 12 3 0 0 20 0', 150],
    ['7 (a) b) R 1) R 1 1 1 0 -1 4194368 9 0 0 0 1 0 0 0 20 0', 10],
    ['7 (node) S 1', null],
    ['', null],
  ] as const)
    assert.equal(cpuMsOf(stat), expected, stat)
  assert.equal(threadCpuMs(-1), null)
})
