import { availableParallelism } from 'node:os'
import { type LoadResult, load } from './load.js'
import { checked, figure, fillHistory, type NodeFigure, shortJob, submit, waitForEnd } from './measure.js'
import { paced } from './paced.js'
import { type FlinkServer, startFlinkNode } from './process.js'

const CONNECTIONS = 64
const JOBS = 1000
/** Requests a second of some dashboards and an alerting system together. */
const PACE = 200
const POLLED = { must: 20_000, goal: 40_000, unit: 'requests/s', isAtLeast: true } as const
const METRICS = { must: 20, goal: 5, unit: 'ms' } as const
/** A job that uses all cores for as long as the bench may take: rows of many texts. */
const BUSY = JSON.stringify({
  env: { 'job.mode': 'BATCH', 'job.name': 'busy', parallelism: availableParallelism() },
  source: [
    {
      plugin_name: 'FakeSource',
      'row.num': 2_000_000_000,
      schema: { fields: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`text${index}`, 'string'])) },
    },
  ],
  sink: [{ plugin_name: 'Assert', rules: { row_rules: [{ rule_type: 'MIN_ROW', rule_value: 0 }] } }],
})
const TWO_SLOTS = 'slot-service:\n  dynamic-slot: false\n  slot-num: 2\njob-schedule-strategy: WAIT\n'

/** Measures Flink's API: what dashboards poll, idle and while the engine works, and metrics over many jobs. */
export async function measureFlink(root: string, isQuick: boolean): Promise<readonly NodeFigure[]> {
  const seconds = isQuick ? 2 : 10
  const first = await startFlinkNode(root)
  try {
    const figures = [...(await idle(first, seconds)), ...(await manyEnded(first, seconds))]
    const second = await startFlinkNode(root, TWO_SLOTS)
    try {
      return [...figures, ...(await metrics(second, seconds))]
    } finally {
      await second.stop()
    }
  } finally {
    await first.stop()
  }
}

const rate = ({ requestsPerSecond, p99Ms }: LoadResult): string =>
  `${Math.round(requestsPerSecond).toLocaleString('en')} requests/s, p99 ${p99Ms.toFixed(2)} ms`

/** An id in Flink's form. */
const hex = (jobId: string): string => BigInt.asUintN(64, BigInt(jobId)).toString(16).padStart(32, '0')

async function idle(node: FlinkServer, seconds: number): Promise<readonly NodeFigure[]> {
  const jobId = await submit(node, shortJob())
  await waitForEnd(node, jobId)
  await fillHistory(node, 9)
  const asked = (path: string) => checked({ port: node.flinkPort, path, connections: CONNECTIONS, seconds })
  const overview = await asked('/jobs/overview')
  const job = await asked(`/jobs/${hex(jobId)}`)
  return [
    figure('Flink: /jobs/overview of 10 jobs', overview.requestsPerSecond, POLLED, rate(overview)),
    figure('Flink: /jobs/:jobid', job.requestsPerSecond, POLLED, rate(job)),
  ]
}

/** With a long history and a job on all cores: what clients get, and what the job loses by them. */
async function manyEnded(node: FlinkServer, seconds: number): Promise<readonly NodeFigure[]> {
  await fillHistory(node, JOBS)
  const busy = await submit(node, BUSY)
  const path = `/jobs/${hex(busy)}`
  const rows = async (): Promise<number> => readRecords(await ask(node, path))
  while ((await rows()) === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  const during = async <T>(work: () => Promise<T>): Promise<{ readonly rowsPerSecond: number; readonly result: T }> => {
    const [before, startedMs] = [await rows(), performance.now()]
    const result = await work()
    return { rowsPerSecond: ((await rows()) - before) / ((performance.now() - startedMs) / 1000), result }
  }
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000))
  const at = (asked: string) => () => load({ port: node.flinkPort, path: asked, connections: CONNECTIONS, seconds })
  const paths = ['/jobs/overview', path, '/overview', `${path}/metrics`]
  // The engine alone before and behind, so that a machine that drifts is seen.
  const alone = await during(pause)
  const polled = await during(() => paced({ port: node.flinkPort, paths, perSecond: PACE, seconds }))
  const one = await during(at(path))
  const all = await during(at('/jobs/overview'))
  const again = await during(pause)
  const base = (alone.rowsPerSecond + again.rowsPerSecond) / 2
  const share = ({ rowsPerSecond }: { readonly rowsPerSecond: number }): string => (rowsPerSecond / base).toFixed(2)
  const size = (await ask(node, '/jobs/overview')).length
  await node.ask('POST', '/hazelcast/rest/maps/stop-job', JSON.stringify({ jobId: busy, force: true }))
  const engine = `${(base / 1e6).toFixed(2)} M rows/s alone (${(again.rowsPerSecond / alone.rowsPerSecond).toFixed(2)} behind of before)`
  const bytes = (all.result.requestsPerSecond * size) / 1e6
  return [
    figure(
      `Flink: rows/s of a job on all cores, ${PACE} requests/s of ${JOBS} jobs beside it`,
      polled.rowsPerSecond / base,
      { must: 0.9, goal: 0.98, unit: '× of alone', isAtLeast: true },
      `${engine}; ${rate(polled.result)}`,
    ),
    figure(
      'Flink: answers while a job uses all cores',
      polled.result.p99Ms,
      { must: 50, goal: 20, unit: 'ms' },
      `p99 at ${PACE} requests/s of the overview, a job, the cluster and metrics`,
    ),
    figure(
      'Flink: /jobs/:jobid while a job uses all cores',
      one.result.requestsPerSecond,
      POLLED,
      `${rate(one.result)}; the job has ${share(one)} of its rows/s, the load generator uses a core`,
    ),
    figure(
      `Flink: /jobs/overview of ${JOBS} jobs while a job uses all cores`,
      bytes,
      { must: 500, goal: 2000, unit: 'MB/s', isAtLeast: true },
      `${rate(all.result)} of ${Math.round(size / 1000)} kB; the job has ${share(all)} of its rows/s`,
    ),
  ]
}

/** Jobs that wait for their slots have metrics like those that run. */
async function metrics(node: FlinkServer, seconds: number): Promise<readonly NodeFigure[]> {
  const endless = JSON.stringify({
    env: { 'job.mode': 'STREAMING', 'checkpoint.interval': 10_000 },
    source: [
      {
        plugin_name: 'FakeSource',
        'row.num': 100_000,
        'split.num': 1000,
        'split.read-interval': 1000,
        schema: { fields: { id: 'bigint' } },
      },
    ],
    sink: [{ plugin_name: 'Assert', rules: { row_rules: [{ rule_type: 'MIN_ROW', rule_value: 0 }] } }],
  })
  const ids: string[] = []
  while (ids.length < JOBS) {
    const some = Array.from({ length: Math.min(8, JOBS - ids.length) }, () => submit(node, endless))
    ids.push(...(await Promise.all(some)))
  }
  const job = hex(ids[0] ?? '')
  const { vertices } = JSON.parse(await ask(node, `/jobs/${job}`)) as {
    readonly vertices: readonly { readonly id: string }[]
  }
  const asked = async (name: string, path: string): Promise<NodeFigure> => {
    const result = await checked({ port: node.flinkPort, path, connections: 8, seconds })
    return figure(`Flink: ${name}, ${JOBS} jobs`, result.p99Ms, METRICS, `p99 of ${rate(result)} at 8 connections`)
  }
  const values = 'uptime,numRestarts,lastCheckpointDuration,numberOfCompletedCheckpoints'
  const vertex = `/jobs/${job}/vertices/${vertices[0]?.id ?? ''}/subtasks/metrics`
  return [
    await asked('names of metrics over jobs', '/jobs/metrics'),
    await asked('metrics over jobs', `/jobs/metrics?get=${values}&agg=min,max,sum`),
    await asked('metrics of a job', `/jobs/${job}/metrics?get=${values}`),
    await asked('metrics over subtasks', `${vertex}?get=numRecordsIn,numRecordsOutPerSecond&agg=sum`),
  ]
}

async function ask(node: FlinkServer, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${node.flinkPort}${path}`)
  const text = await response.text()
  if (response.status !== 200) throw new Error(`'${path}' answered ${response.status}: ${text}`)
  return text
}

/** Rows that the sources of a job have read. */
function readRecords(text: string): number {
  const { vertices } = JSON.parse(text) as {
    readonly vertices: readonly { readonly name: string; readonly metrics: { readonly 'write-records': number } }[]
  }
  return vertices
    .filter(({ name }) => name.startsWith('Source'))
    .reduce((sum, { metrics: counts }) => sum + counts['write-records'], 0)
}
