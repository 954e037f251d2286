import type { JobCheckpoints, JobView, TableFlow } from '../api.js'
import type { Labels, MetricFamily, MetricSample } from './exposition.js'

/** Jobs and tables beyond these numbers are not shown one by one, so that a page stays readable however many there are. */
const MAX_JOBS = 200
const MAX_TABLES = 50

/** A job with its checkpoints. */
export interface ShownJob {
  readonly view: JobView
  readonly checkpoints: JobCheckpoints | null
}

/** What is measured of one job, as one value under its labels. */
interface JobMetric {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly value: (job: ShownJob) => number | null
}

const JOB_METRICS: readonly JobMetric[] = [
  {
    name: 'millrace_job_error_rows',
    type: 'counter',
    help: 'Rows that failed and were handled.',
    value: ({ view }) => view.flow.errorRows,
  },
  {
    name: 'millrace_job_restarts',
    type: 'counter',
    help: 'Attempts after the first.',
    value: ({ view }) => view.restarts,
  },
  {
    name: 'millrace_job_running_seconds',
    type: 'counter',
    help: 'Time that the job ran.',
    value: ({ view }) => view.flow.elapsedMs / 1000,
  },
  {
    name: 'millrace_job_blocked_seconds',
    type: 'counter',
    help: 'Time that workers waited for their turn, summed.',
    value: ({ view }) => view.flow.blockedMs / 1000,
  },
  {
    name: 'millrace_job_write_seconds',
    type: 'counter',
    help: 'Time that workers were in writes, summed.',
    value: ({ view }) => view.flow.writeMs / 1000,
  },
  {
    name: 'millrace_job_last_checkpoint_duration_seconds',
    type: 'gauge',
    help: 'How long the last completed checkpoint took.',
    value: ({ checkpoints }) => {
      const last = lastCompleted(checkpoints)
      return last === undefined ? null : ((last.endedAtMs ?? last.triggeredAtMs) - last.triggeredAtMs) / 1000
    },
  },
  {
    name: 'millrace_job_last_checkpoint_size_bytes',
    type: 'gauge',
    help: 'Size of the last completed checkpoint.',
    value: ({ checkpoints }) => lastCompleted(checkpoints)?.sizeBytes ?? null,
  },
]

function lastCompleted(checkpoints: JobCheckpoints | null) {
  return checkpoints?.history.findLast(({ status }) => status === 'COMPLETED')
}

/** Families of tables: what they count of which flows. */
const TABLE_METRICS: readonly {
  readonly name: string
  readonly help: string
  readonly flows: (view: JobView) => readonly TableFlow[]
  readonly value: (flow: TableFlow) => number
}[] = [
  { name: 'source_rows', help: 'Rows read.', flows: ({ flow }) => flow.sources, value: ({ rows }) => rows },
  {
    name: 'source_bytes',
    help: 'Bytes read, by the size of values.',
    flows: ({ flow }) => flow.sources,
    value: ({ bytes }) => bytes,
  },
  { name: 'sink_rows', help: 'Rows written.', flows: ({ flow }) => flow.sinks, value: ({ rows }) => rows },
  {
    name: 'sink_bytes',
    help: 'Bytes written, by the size of values.',
    flows: ({ flow }) => flow.sinks,
    value: ({ bytes }) => bytes,
  },
  {
    name: 'committed_rows',
    help: 'Rows committed.',
    flows: ({ flow }) => flow.committedSinks,
    value: ({ rows }) => rows,
  },
  {
    name: 'committed_bytes',
    help: 'Bytes committed, by the size of values.',
    flows: ({ flow }) => flow.committedSinks,
    value: ({ bytes }) => bytes,
  },
]

/**
 * What is measured of every job that has not ended, the oldest first; beyond a number of jobs and of tables the rest is summed up
 * under `(other)`, so that sums over a family are right.
 */
export function jobFamilies(jobs: readonly ShownJob[]): readonly MetricFamily[] {
  const shown = jobs.slice(0, MAX_JOBS)
  const rest = jobs.slice(MAX_JOBS)
  const tables = TABLE_METRICS.map(({ name, help, flows, value }): MetricFamily => {
    const samples = shown.flatMap(({ view }) => tableSamples(jobLabels(view), flows(view), value))
    const others = rest.flatMap(({ view }) => flows(view).map(value))
    if (others.length > 0) samples.push({ labels: [...OTHER_JOBS, ['vertex', ''], ['table', '']], value: sum(others) })
    return { name: `millrace_job_${name}`, type: 'counter', help, samples }
  })
  const ofJobs = JOB_METRICS.map(({ name, type, help, value }): MetricFamily => {
    const samples = shown.flatMap((job): readonly MetricSample[] => {
      const number = value(job)
      return number === null ? [] : [{ labels: jobLabels(job.view), value: number }]
    })
    if (rest.length > 0 && type === 'counter')
      samples.push({ labels: OTHER_JOBS, value: sum(rest.map((job) => value(job) ?? 0)) })
    return { name, type, help, samples }
  })
  return [...tables, ...ofJobs, checkpointFamily(shown)]
}

const OTHER_JOBS: Labels = [
  ['job_id', '(other)'],
  ['job_name', ''],
]

function checkpointFamily(jobs: readonly ShownJob[]): MetricFamily {
  const samples = jobs.flatMap(({ view, checkpoints }): readonly MetricSample[] => {
    if (checkpoints === null) return []
    const { triggered, completed, failed, restored } = checkpoints
    const sample = (event: string, value: number): MetricSample => {
      return { labels: [...jobLabels(view), ['event', event]], value }
    }
    return [
      sample('triggered', triggered),
      sample('completed', completed),
      sample('failed', failed),
      sample('restored', restored),
    ]
  })
  return { name: 'millrace_job_checkpoints', type: 'counter', help: 'Checkpoints by what became of them.', samples }
}

function tableSamples(job: Labels, flows: readonly TableFlow[], value: (flow: TableFlow) => number): MetricSample[] {
  // Several flows may have one name: the same table from two splits of a graph.
  const values = new Map<string, { readonly flow: TableFlow; value: number }>()
  let others = 0
  for (const flow of flows) {
    const key = `${flow.vertex}\n${flow.table}`
    const known = values.get(key)
    if (known !== undefined) known.value += value(flow)
    else if (values.size < MAX_TABLES) values.set(key, { flow, value: value(flow) })
    else others += value(flow)
  }
  const samples = [...values.values()].map(({ flow, value: total }): MetricSample => {
    return { labels: [...job, ['vertex', String(flow.vertex)], ['table', flow.table]], value: total }
  })
  if (values.size === MAX_TABLES && flows.length > MAX_TABLES)
    samples.push({ labels: [...job, ['vertex', ''], ['table', '(other)']], value: others })
  return samples
}

function jobLabels({ jobId, jobName }: JobView): Labels {
  return [
    ['job_id', jobId],
    ['job_name', jobName],
  ]
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
