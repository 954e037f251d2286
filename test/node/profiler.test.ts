import assert from 'node:assert/strict'
import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { kernelBackend } from '../../src/native/load.js'
import type { FlameGraph, FlameGraphType, FlameNode } from '../../src/node/api.js'
import { type NodeClock, SYSTEM_CLOCK } from '../../src/node/clock.js'
import type { MillraceNode } from '../../src/node/node-service.js'
import { ProcessProfiler } from '../../src/node/profiler/index.js'
import { KeptThreads } from '../../src/runtime/kept-threads.js'
import { testService } from '../jobs/harness.js'
import { probeRecord } from '../jobs/probe.js'
import { ServedNode, temporaryFolder } from '../support/served-node.js'
import { heldJob, shortJob, submission, testNode, until } from './harness.js'

const SKIP = kernelBackend().sampler === null ? 'no samples on this system or with this backend' : false
/** How much faster the profiler's clock runs: its samples are taken for five seconds of it. */
const CLOCK_FACTOR = 10

const FAST_CLOCK: NodeClock = {
  now: () => Date.now() * CLOCK_FACTOR,
  after: (delayMs, call) => SYSTEM_CLOCK.after(delayMs / CLOCK_FACTOR, call),
}

function profiled(context: TestContext, node: MillraceNode, folder = ''): ProcessProfiler {
  const profiler = new ProcessProfiler({
    node,
    sampler: () => kernelBackend().sampler,
    isFlameGraphOn: true,
    isProfilingOn: true,
    folder,
    clock: FAST_CLOCK,
  })
  context.after(() => profiler.close())
  return profiler
}

/** A job that reads the same file many times, computes something, and writes JSON. */
function busyJob(folder: string, files: number): string {
  mkdirSync(join(folder, 'in'))
  const rows = Array.from({ length: 100_000 }, (_, index) => `${index},name-${index % 997},${index * 1.5}`)
  writeFileSync(join(folder, 'in', '0.csv'), rows.join('\n'))
  for (let index = 1; index < files; index += 1)
    linkSync(join(folder, 'in', '0.csv'), join(folder, 'in', `${index}.csv`))
  return `
env { job.name = busy, parallelism = 2 }
source { LocalFile { path = "${folder}/in", file_format_type = csv, plugin_output = rows
  schema { fields { id = bigint, name = string, price = double } } } }
transform { Sql { plugin_input = rows, plugin_output = chosen
  query = "select id, upper(name) as name, price * 2 as price from rows where regexp_like(name, '^name-[0-9]*[1-9]$')" } }
sink { LocalFile { plugin_input = chosen, path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = json } }`
}

/** Ids of the vertices of a job, by their kinds. */
function verticesOf(node: MillraceNode, jobId: string): Readonly<Record<'source' | 'transform' | 'sink', number>> {
  const found = { source: 0, transform: 0, sink: 0 }
  for (const { id, kind } of node.job(jobId)?.dag.vertices ?? []) found[kind] = id
  return found
}

async function graphOf(
  profiler: ProcessProfiler,
  jobId: string,
  vertex: number,
  type: FlameGraphType = 'full',
): Promise<FlameNode> {
  let graph: FlameGraph = 'sampling'
  await until(() => {
    graph = profiler.flameGraph({ jobId, vertex, type, subtask: null })
    return graph !== 'sampling'
  })
  // The compiler does not see that the callback has set it.
  const found = graph as FlameGraph
  assert.ok(typeof found === 'object', String(found))
  return found.root
}

function namesOf(node: FlameNode): readonly string[] {
  return [node.name, ...node.children.flatMap(namesOf)]
}

function checkSums(node: FlameNode): void {
  const sum = node.children.reduce((total, { value }) => total + value, 0)
  assert.ok(sum <= node.value, `${node.name}: ${sum} of ${node.value}`)
  for (const child of node.children) checkSums(child)
}

test('the flame graph of a vertex has what was done for it, and nothing else', { skip: SKIP }, async (context) => {
  const folder = temporaryFolder(context)
  const node = await testNode(context)
  const profiler = profiled(context, node)
  const { jobId } = await node.submit(submission(busyJob(folder, 400)))
  await until(() => (node.job(jobId)?.flow.sources[0]?.rows ?? 0) > 0)
  const { source, transform, sink } = verticesOf(node, jobId)
  const graphs = {
    source: await graphOf(profiler, jobId, source),
    transform: await graphOf(profiler, jobId, transform),
    sink: await graphOf(profiler, jobId, sink),
  }
  await node.stop(jobId, { withSavepoint: false, user: null })
  await node.waitForEnd(jobId)
  for (const graph of Object.values(graphs)) {
    assert.equal(graph.name, 'root')
    assert.ok(graph.value > 0)
    checkSums(graph)
  }
  const total = graphs.source.value + graphs.transform.value + graphs.sink.value
  assert.ok(total <= 100 * 2, `${total} samples of two threads`)
  const has = (graph: FlameNode, crate: string) => namesOf(graph).some((name) => name.includes(`${crate}::`))
  assert.ok(has(graphs.source, 'millrace_formats::delimited'), 'the source decodes')
  assert.ok(!has(graphs.source, 'millrace_expr'), 'the source does not compute')
  assert.ok(has(graphs.transform, 'millrace_expr'), 'the transform computes')
  assert.ok(!has(graphs.transform, 'millrace_formats::delimited'), 'the transform does not decode')
  assert.ok(has(graphs.sink, 'millrace_formats::json'), 'the sink encodes')
  assert.ok(!has(graphs.sink, 'millrace_expr'), 'the sink does not compute')
  // Native calls hang below the JavaScript that made them.
  const step = graphs.source.children.flatMap(namesOf).find((name) => /\.#decode:\d+$/.test(name))
  assert.notEqual(step, undefined)
})

test('a sink that stands still is off the processor, and is seen to wait', { skip: SKIP }, async (context) => {
  const node = await testNode(context)
  const profiler = profiled(context, node)
  const { gate } = probeRecord('profiled')
  const { jobId } = await node.submit(submission(heldJob('profiled', '', 'write')))
  await gate.arrived()
  const { source, sink } = verticesOf(node, jobId)
  try {
    const waiting = await graphOf(profiler, jobId, sink, 'off_cpu')
    const running = await graphOf(profiler, jobId, sink, 'on_cpu')
    assert.ok(waiting.value > running.value, `${waiting.value} samples of waiting, ${running.value} of running`)
    assert.ok(
      namesOf(waiting).some((name) => /\.pass:\d+$/.test(name)),
      namesOf(waiting).join('\n'),
    )
    assert.equal((await graphOf(profiler, jobId, source)).value, 0)
    const dump = await profiler.threads()
    const worker = dump.find(({ task }) => task !== null)
    assert.match(worker?.name ?? '', /^mr-worker-\d+$/)
    assert.equal(worker?.task, `job ${jobId}, vertex ${sink}, subtask 0: busy`)
    assert.equal(worker?.state, 'WAITING')
    assert.ok(worker?.frames.some((frame) => frame.includes('pass')))
    assert.ok(dump.some(({ name, id }) => name === 'main' && id === process.pid))
    assert.ok(dump.length > 2)
  } finally {
    gate.release()
    await node.waitForEnd(jobId)
  }
})

test('a profile of the threads that work is a page with their calls', { skip: SKIP }, async (context) => {
  const folder = temporaryFolder(context)
  const node = await testNode(context)
  const profiler = profiled(context, node, join(folder, 'profiles'))
  const { jobId } = await node.submit(submission(busyJob(folder, 400)))
  await until(() => (node.job(jobId)?.flow.sources[0]?.rows ?? 0) > 0)
  for (const scope of ['workers', 'control'] as const) {
    assert.notEqual(typeof profiler.startProfile({ scope, mode: 'CPU', durationSeconds: 3, name: scope }), 'string')
    await until(() => profiler.profiles(scope)?.[0]?.status === 'FINISHED')
    const file = profiler.profiles(scope)?.[0]?.file ?? ''
    const page = Buffer.from((await profiler.profilePage(scope, file)) ?? []).toString()
    assert.match(page, scope === 'workers' ? /"mr-worker-\d+".*millrace_program::/ : /"main"/)
  }
  await node.stop(jobId, { withSavepoint: false, user: null })
  await node.waitForEnd(jobId)
})

test('jobs may begin and end while samples are taken all the time', { skip: SKIP }, async (context) => {
  const folder = temporaryFolder(context)
  const threads = new KeptThreads(new URL('../jobs/worker.js', import.meta.url), 1)
  context.after(() => threads.close())
  const startWorker = threads.start.bind(threads)
  const node = await testNode(context, '', { jobs: testService(availableParallelism(), { startWorker }) })
  const profiler = profiled(context, node, join(folder, 'profiles'))
  const busy = await node.submit(submission(busyJob(folder, 40)))
  profiler.startProfile({ scope: 'workers', mode: 'WALL', durationSeconds: 300, name: 'all' })
  const jobs = Array.from({ length: 60 }, async (_, index) => {
    const { jobId } = await node.submit(submission(shortJob('', 1000 * (index + 1))))
    const { source } = verticesOf(node, jobId)
    const asked = new Promise((resolve) => {
      profiler.flameGraph({ jobId, vertex: source, type: 'full', subtask: null })
      resolve(profiler.threads())
    })
    if (index % 3 === 0) await node.stop(jobId, { withSavepoint: false, user: null }).catch(() => undefined)
    await asked
    return node.waitForEnd(jobId)
  })
  const ended = await Promise.all(jobs)
  const end = await node.waitForEnd(busy.jobId)
  assert.equal(end?.status, 'FINISHED')
  for (const job of ended) assert.match(job?.status ?? '', /^(?:FINISHED|CANCELED)$/)
})

test('with the WASM build there are no flame graphs, and profiles of JavaScript alone', async (context) => {
  const folder = temporaryFolder(context)
  const node = await ServedNode.start(context, folder, {
    args: ['--flink-port', '0'],
    env: { MILLRACE_BACKEND: 'wasm' },
  })
  const ask = async (path: string) => (await node.ask('GET', `/flink${path}`)).json()
  const id = await node.submit(heldJobOfFiles(), '?format=hocon')
  await node.waitFor(id, ['RUNNING'])
  const { jobs } = (await ask('/jobs')) as { readonly jobs: readonly { readonly id: string }[] }
  const { vertices } = (await ask(`/jobs/${jobs[0]?.id}`)) as { readonly vertices: readonly { readonly id: string }[] }
  assert.deepEqual(await ask(`/jobs/${jobs[0]?.id}/vertices/${vertices[0]?.id}/flamegraph`), { endTimestamp: -2 })
  const { threadInfos } = (await ask('/jobmanager/thread-dump')) as { readonly threadInfos: readonly object[] }
  assert.ok(threadInfos.length > 1)
})

/** Runs until it is stopped. */
function heldJobOfFiles(): string {
  return `
env { job.mode = STREAMING, checkpoint.interval = 100 }
source { FakeSource { row.num = 10000, split.num = 10000, split.read-interval = 20, schema { fields { id = bigint } } } }
sink { Assert { rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 0 }] } } }`
}
