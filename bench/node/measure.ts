import { spawnSync } from 'node:child_process'
import { type Load, type LoadResult, load } from './load.js'
import { type BenchServer, startBare, startNode } from './process.js'

/** One figure of a running node. A missed figure warns: times of a shared machine drift. A wrong answer ends the run. */
export interface NodeFigure {
  readonly name: string
  readonly verdict: 'pass' | 'warn'
  /** The figure with its unit. */
  readonly figure: string
  /** What it must be and is to become. */
  readonly must: string
  /** How it was measured, and what stands beside it. */
  readonly reason: string
}

const MAPS = '/hazelcast/rest/maps'
const FINISHED_JOBS = 1000
const JOB_CONNECTIONS = 64

/** What a figure must be, and is to become. */
export interface Limits {
  readonly must: number
  readonly goal: number
  readonly unit: string
  readonly isAtLeast?: boolean
}

/** A figure with its verdict. */
export function figure(name: string, value: number, limits: Limits, reason: string): NodeFigure {
  const { must, goal, unit, isAtLeast = false } = limits
  const isMet = isAtLeast ? value >= must : value <= must
  const bound = isAtLeast ? '≥' : '≤'
  return {
    name,
    verdict: isMet ? 'pass' : 'warn',
    figure: `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`,
    must: `${bound} ${must} ${unit} (goal ${goal})`,
    reason,
  }
}

/** A job of one row. */
export function shortJob(rows = 1): string {
  return JSON.stringify({
    env: { 'job.mode': 'BATCH', 'job.name': 'short' },
    source: [{ plugin_name: 'FakeSource', 'row.num': rows, schema: { fields: { id: 'bigint', name: 'string' } } }],
    sink: [{ plugin_name: 'Assert', rules: { row_rules: [{ rule_type: 'MIN_ROW', rule_value: 0 }] } }],
  })
}

const ENCRYPTED = JSON.stringify({
  env: { parallelism: 1, 'shade.identifier': 'base64' },
  source: [{ plugin_name: 'MySQL-CDC', hostname: '127.0.0.1', username: 'seatunnel', password: 'seatunnel_password' }],
  transform: [],
  sink: [{ plugin_name: 'Clickhouse', host: 'localhost:8123', username: 'seatunnel', password: 'seatunnel_password' }],
})

/** Measures a node: its start, its memory, its answers idle and busy, the time of a short job. */
export async function measureNode(root: string, isQuick: boolean): Promise<readonly NodeFigure[]> {
  const starts = await coldStarts(root, isQuick ? 5 : 15)
  const node = await startNode(root)
  try {
    const idleBytes = await idle(node)
    const { medianMs, jobId } = await shortJobs(node, isQuick ? 50 : 300)
    return [
      starts,
      figure(
        'memory of an idle node',
        idleBytes / 1e6,
        { must: 110, goal: 75, unit: 'MB' },
        'resident, after its first answer',
      ),
      figure(
        'submit to FINISHED, one row',
        medianMs,
        { must: 60, goal: 20, unit: 'ms' },
        'median, over REST; SeaTunnel 1,294 ms',
      ),
      await againstBare(root, node, jobId, isQuick),
      await encrypting(node, isQuick),
      ...(await whileBusy(node, jobId, isQuick)),
    ]
  } finally {
    await node.stop()
  }
}

async function coldStarts(root: string, rounds: number): Promise<NodeFigure> {
  const over: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const emptyMs = performance.now()
    spawnSync(process.execPath, ['-e', '0'])
    const baseMs = performance.now() - emptyMs
    const node = await startNode(root)
    over.push(node.startMs - baseMs)
    await node.stop()
  }
  const limits = { must: 200, goal: 80, unit: 'ms' }
  return figure('cold start to the first answer, above node -e 0', median(over), limits, 'median; SeaTunnel 2.3 s')
}

async function idle(node: BenchServer): Promise<number> {
  // What the start left to the collector is not what an idle node needs.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  return node.residentBytes()
}

/** Runs short jobs one after another, and fills the history. */
async function shortJobs(
  node: BenchServer,
  count: number,
): Promise<{ readonly medianMs: number; readonly jobId: string }> {
  const times: number[] = []
  let jobId = ''
  for (let round = 0; round < count; round += 1) {
    const startedMs = performance.now()
    jobId = await submit(node, shortJob())
    await waitForEnd(node, jobId)
    times.push(performance.now() - startedMs)
  }
  return { medianMs: median(times), jobId }
}

/** Submits a job and gives its id. */
export async function submit(node: BenchServer, job: string): Promise<string> {
  const { status, text } = await node.ask('POST', `${MAPS}/submit-job`, job)
  if (status !== 200) throw new Error(`submit-job answered ${status}: ${text}`)
  return (JSON.parse(text) as { readonly jobId: string }).jobId
}

/** Looks until a short job is over. */
export async function waitForEnd(node: BenchServer, jobId: string): Promise<void> {
  for (;;) {
    const { text } = await node.ask('GET', `${MAPS}/job-info/${jobId}`)
    const { jobStatus } = JSON.parse(text) as { readonly jobStatus: string }
    if (jobStatus === 'FINISHED') return
    if (jobStatus === 'FAILED' || jobStatus === 'CANCELED') throw new Error(`a short job is ${jobStatus}: ${text}`)
  }
}

/** Pairs of runs against the bare server, so that a slow moment of the machine is in both. */
async function againstBare(root: string, node: BenchServer, jobId: string, isQuick: boolean): Promise<NodeFigure> {
  const bare = await startBare(root)
  const rounds = isQuick ? 3 : 7
  const seconds = isQuick ? 1 : 5
  try {
    const ratios: number[] = []
    let ours: LoadResult | null = null
    for (let round = 0; round < rounds; round += 1) {
      const reference = await load({ port: bare.port, path: '/', connections: JOB_CONNECTIONS, seconds })
      ours = await checked({
        port: node.port,
        path: `${MAPS}/job-info/${jobId}`,
        connections: JOB_CONNECTIONS,
        seconds,
      })
      ratios.push(ours.requestsPerSecond / reference.requestsPerSecond)
    }
    const limits = { must: 0.6, goal: 0.75, unit: '×', isAtLeast: true }
    const rate = `${Math.round(ours?.requestsPerSecond ?? 0).toLocaleString('en')} requests/s`
    const reason = `${rate}, p99 ${ours?.p99Ms.toFixed(2)} ms, by ${ours?.generator}; SeaTunnel 1,100 requests/s`
    return figure(`job-info at ${JOB_CONNECTIONS} connections, of a bare server`, median(ratios), limits, reason)
  } finally {
    await bare.stop()
  }
}

async function encrypting(node: BenchServer, isQuick: boolean): Promise<NodeFigure> {
  const seconds = isQuick ? 1 : 5
  const path = `${MAPS}/encrypt-config`
  const result = await checked({ port: node.port, path, connections: 16, seconds, body: ENCRYPTED })
  const limits = { must: 1000, goal: 10_000, unit: 'requests/s', isAtLeast: true }
  return figure(
    'encrypt-config',
    result.requestsPerSecond,
    limits,
    `p99 ${result.p99Ms.toFixed(2)} ms at 16 connections`,
  )
}

/** The answers while a job uses all cores and the history is long. */
async function whileBusy(node: BenchServer, jobId: string, isQuick: boolean): Promise<readonly NodeFigure[]> {
  const seconds = isQuick ? 2 : 10
  await fillHistory(node, FINISHED_JOBS)
  const busy = await submit(node, shortJob(2_000_000_000))
  const limits = { must: 50, goal: 20, unit: 'ms' }
  try {
    const info = await checked({ port: node.port, path: `${MAPS}/job-info/${jobId}`, connections: 8, seconds })
    const running = await checked({ port: node.port, path: `${MAPS}/running-jobs`, connections: 8, seconds })
    const list = await checked({ port: node.port, path: `${MAPS}/finished-jobs`, connections: 1, seconds })
    const reason = (result: LoadResult, connections: number): string =>
      `p99 of ${Math.round(result.requestsPerSecond).toLocaleString('en')} requests/s at ${connections} connections, all cores busy`
    return [
      figure('job-info while busy', info.p99Ms, limits, reason(info, 8)),
      figure('running-jobs while busy', running.p99Ms, limits, reason(running, 8)),
      figure(
        `finished-jobs (${FINISHED_JOBS}) while busy`,
        list.p99Ms,
        limits,
        `${reason(list, 1)}; SeaTunnel 280 requests/s idle`,
      ),
    ]
  } finally {
    await node.ask('POST', `${MAPS}/stop-job`, JSON.stringify({ jobId: busy }))
  }
}

/** Runs so many short jobs, some at a time. */
export async function fillHistory(node: BenchServer, jobs: number): Promise<void> {
  for (let missing = jobs; missing > 0; missing -= 8) {
    const ids = await Promise.all(Array.from({ length: Math.min(8, missing) }, () => submit(node, shortJob())))
    for (const id of ids) await waitForEnd(node, id)
  }
}

/** Loads a server, all of whose answers must be right. */
export async function checked(given: Load): Promise<LoadResult> {
  const result = await load(given)
  if (result.failures > 0) throw new Error(`'${given.path}' gave ${result.failures} wrong answers`)
  return result
}

/** The middle of some values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
