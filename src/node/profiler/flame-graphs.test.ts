import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FlameGraph, FlameGraphRequest } from '../api.js'
import type { SampledRun } from '../job-attempt.js'
import { FlameGraphs } from './flame-graphs.js'
import type { SampleListener, StackSample } from './sampling-loop.js'
import { ManualClock } from './testing.js'

const JOB: FlameGraphRequest = { jobId: '1', vertex: 10, type: 'full', subtask: null }
const RUN: SampledRun = { run: 7, vertices: [10, 11], subtasks: [0, 1] }

function sample(vertex: number, lane: number, isRunning: boolean, frame: string, run = 7): StackSample {
  return { thread: 1, place: { threadId: 1, run, lane, vertex, phase: 'busy' }, isRunning, frames: [frame] }
}

function harness(first: SampledRun | null = RUN) {
  const listeners: { listener: SampleListener; end: () => void }[] = []
  const clock = new ManualClock()
  const state = { run: first }
  const graphs = new FlameGraphs({
    loop: {
      sample: (listener) =>
        new Promise((end) => {
          listeners.push({ listener, end })
        }),
    },
    runOf: () => state.run,
    clock,
  })
  const finish = async (...samples: readonly StackSample[]): Promise<void> => {
    const next = listeners.shift()
    next?.listener.onChunk({ samples, stacks: new Map() })
    next?.end()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { graphs, listeners, clock, state, finish }
}

const framesOf = (graph: FlameGraph): readonly string[] =>
  typeof graph === 'string' ? [graph] : graph.root.children.map(({ name, value }) => `${name} ${value}`)

test('without samples flame graphs are off', () => {
  const graphs = new FlameGraphs({ loop: null, runOf: () => RUN, clock: new ManualClock() })
  assert.equal(graphs.graph(JOB), 'off')
})

test('the first request starts the samples of all vertices, a hundred of each thread, and later ones wait for them', async () => {
  const { graphs, listeners, finish } = harness()
  assert.equal(graphs.graph(JOB), 'sampling')
  assert.equal(graphs.graph({ ...JOB, vertex: 11, type: 'on_cpu' }), 'sampling')
  assert.equal(listeners.length, 1)
  assert.equal(listeners[0]?.listener.ticks, 100)
  assert.equal(listeners[0]?.listener.intervalMs, 50)
  await finish(
    sample(0, 0, true, 'a'),
    sample(0, 1, false, 'b'),
    sample(1, 0, true, 'c'),
    sample(-1, -1, true, 'nobody'),
    sample(0, 0, true, 'other job', 8),
  )
  for (const [request, expected] of [
    [JOB, ['a 1', 'b 1']],
    [{ ...JOB, type: 'on_cpu' }, ['a 1']],
    [{ ...JOB, type: 'off_cpu' }, ['b 1']],
    [{ ...JOB, subtask: 1 }, ['b 1']],
    [{ ...JOB, subtask: 0, type: 'off_cpu' }, []],
    [{ ...JOB, vertex: 11 }, ['c 1']],
    [{ ...JOB, vertex: 99 }, []],
  ] as const)
    assert.deepEqual(framesOf(graphs.graph(request)), expected, JSON.stringify(request))
  assert.equal(listeners.length, 0)
})

test('a job that does not run is waited for', () => {
  const { graphs, listeners } = harness(null)
  assert.equal(graphs.graph(JOB), 'sampling')
  assert.equal(listeners.length, 0)
})

test('samples older than a minute are shown while new ones are taken', async () => {
  const { graphs, listeners, clock, finish } = harness()
  graphs.graph(JOB)
  await finish(sample(0, 0, true, 'old'))
  clock.advance(60_000)
  assert.deepEqual(framesOf(graphs.graph(JOB)), ['old 1'])
  assert.equal(listeners.length, 0)
  clock.advance(1)
  assert.deepEqual(framesOf(graphs.graph(JOB)), ['old 1'])
  assert.equal(listeners.length, 1)
  await finish(sample(0, 0, true, 'new'))
  assert.deepEqual(framesOf(graphs.graph(JOB)), ['new 1'])
})

test('samples of an earlier attempt are of no use', async () => {
  const { graphs, listeners, state, finish } = harness()
  graphs.graph(JOB)
  await finish(sample(0, 0, true, 'first'))
  state.run = { ...RUN, run: 8 }
  assert.equal(graphs.graph(JOB), 'sampling')
  assert.equal(listeners.length, 1)
})

test('samples that nobody asks for are forgotten after ten minutes', async () => {
  const { graphs, clock, finish } = harness()
  graphs.graph(JOB)
  await finish(sample(0, 0, true, 'a'))
  clock.advance(599_999)
  graphs.graph(JOB)
  await finish(sample(0, 0, true, 'a'))
  clock.advance(599_999)
  assert.equal(graphs.size, 1)
  clock.advance(1_200_000)
  assert.equal(graphs.size, 0)
  assert.equal(graphs.graph(JOB), 'sampling')
  graphs.close()
  assert.equal(graphs.size, 0)
})
