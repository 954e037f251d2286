import type { JobVertex, JobView, ProcessFigures, SubtaskFigures, TaskRates } from '../../../node/api.js'
import type { FlinkCall } from './call.js'
import { jobCheckpointMetrics, taskCheckpointMetrics } from './checkpoint-metrics.js'
import { isKnownManager, slotsOf } from './cluster.js'
import { unreadable } from './fault.js'
import { findFlinkJob, hexId, taskManagerId } from './ids.js'
import { operatorName } from './job-plan.js'
import { flinkJobState, jobTimes } from './job-state.js'
import { JobTasks, type Task } from './tasks.js'

/** Metrics of one thing by their names. */
type Metrics = ReadonlyMap<string, number | string>

const AGGREGATES = ['min', 'max', 'avg', 'sum', 'skew'] as const
type Aggregate = (typeof AGGREGATES)[number]

/** The names alone without `get`; else the values of those that there are. */
function listed(call: FlinkCall, metrics: Metrics) {
  const wanted = call.list('get')
  if (wanted === null) return [...metrics.keys()].map((id) => ({ id }))
  return [...new Set(wanted)].flatMap((id) => {
    const value = metrics.get(id)
    return value === undefined ? [] : [{ id, value: String(value) }]
  })
}

/** Which aggregates are asked for, all without `agg`. @throws FlinkFault 400 */
function aggregatesOf(call: FlinkCall): ReadonlySet<Aggregate> {
  const names = call.list('agg')
  if (names === null) return new Set(AGGREGATES)
  return new Set(
    names.map((name) => {
      const found = AGGREGATES.find((each) => each === name.toLowerCase())
      if (found === undefined) throw unreadable('query', 'agg', name)
      return found
    }),
  )
}

type AggregatedMetric = { readonly id: string } & { readonly [name in Aggregate]?: number }

/** A metric that no store has is left out by itself: Flink leaves out everything then. */
function aggregated(call: FlinkCall, stores: readonly Metrics[]): readonly AggregatedMetric[] {
  const wanted = call.list('get')
  const aggregates = aggregatesOf(call)
  if (wanted === null) return [...new Set(stores.flatMap((store) => [...store.keys()]))].map((id) => ({ id }))
  return [...new Set(wanted)].flatMap((id) => {
    const values = stores.map((store) => store.get(id)).filter((value) => typeof value === 'number')
    return values.length === 0 ? [] : [{ id, ...only(aggregateOf(values), aggregates) }]
  })
}

function only(values: Readonly<Partial<Record<Aggregate, number>>>, wanted: ReadonlySet<Aggregate>) {
  return Object.fromEntries(Object.entries(values).filter(([name]) => wanted.has(name as Aggregate)))
}

/** @source Flink `MetricsAggregationParameter`: skew is the mean deviation in percent of the mean, 100 at most. */
function aggregateOf(values: readonly number[]): Record<Aggregate, number> {
  const sum = values.reduce((total, value) => total + value, 0)
  const avg = sum / values.length
  const deviation = values.reduce((total, value) => total + Math.abs(value - avg), 0) / values.length
  const skew = avg === 0 ? 0 : Math.min(100, (deviation / avg) * 100)
  return { min: Math.min(...values), max: Math.max(...values), avg, sum, skew }
}

function processMetrics(figures: ProcessFigures): [string, number][] {
  const collections = (name: string, count: number, seconds: number): [string, number][] => [
    [`Status.JVM.GarbageCollector.${name}.Count`, count],
    [`Status.JVM.GarbageCollector.${name}.Time`, Math.round(seconds * 1000)],
  ]
  const { minor, major } = figures
  return [
    ['Status.JVM.CPU.Load', figures.processLoad],
    ['Status.JVM.CPU.Time', Math.round(figures.cpuSeconds * 1e9)],
    ['Status.JVM.Memory.Heap.Used', figures.heapUsedBytes],
    ['Status.JVM.Memory.Heap.Committed', figures.heapTotalBytes],
    ['Status.JVM.Memory.Heap.Max', figures.heapMaxBytes],
    ['Status.JVM.Memory.NonHeap.Used', Math.max(0, figures.residentBytes - figures.heapTotalBytes)],
    ['Status.JVM.Memory.NonHeap.Committed', figures.residentBytes],
    ['Status.JVM.Memory.NonHeap.Max', -1],
    ['Status.JVM.Memory.Direct.MemoryUsed', figures.externalBytes],
    ['Status.JVM.Threads.Count', figures.threads],
    ['Status.JVM.FileDescriptor.Open', figures.openFiles],
    ['Status.JVM.FileDescriptor.Max', figures.maxFiles],
    ...collections('Scavenge', minor.count, minor.seconds),
    ...collections('MarkSweepCompact', major.count, major.seconds),
    ...collections('All', minor.count + major.count, minor.seconds + major.seconds),
  ]
}

/** `/jobmanager/metrics` */
export function jobManagerMetrics(call: FlinkCall) {
  const { total, free } = slotsOf(call)
  return listed(
    call,
    new Map<string, number>([
      ...processMetrics(call.services.monitor.processFigures()),
      ['numRegisteredTaskManagers', 1],
      ['numRunningJobs', call.node.runningJobs().length],
      ['taskSlotsAvailable', free],
      ['taskSlotsTotal', total],
    ]),
  )
}

const managerMetrics = (call: FlinkCall): Metrics => new Map(processMetrics(call.services.monitor.processFigures()))

/** `/taskmanagers/:taskmanagerid/metrics`: nothing for one that is not known. */
export function taskManagerMetrics(call: FlinkCall) {
  return isKnownManager(call) ? listed(call, managerMetrics(call)) : []
}

/** `/taskmanagers/metrics` */
export function taskManagersMetrics(call: FlinkCall) {
  const ids = call.list('taskmanagers')
  const isWanted = ids === null || ids.includes(taskManagerId(call.node.identity.uuid))
  return aggregated(call, isWanted ? [managerMetrics(call)] : [])
}

/** Names of the states that a job can be in, in the names of metrics. */
const STATE_METRICS = {
  initializing: 'INITIALIZING',
  created: 'CREATED',
  running: 'RUNNING',
  restarting: 'RESTARTING',
  cancelling: 'CANCELLING',
  failing: 'FAILING',
} as const

function jobMetrics({ node, now }: FlinkCall, job: JobView): Metrics {
  const timeline = node.timeline(job.jobId)
  const { entered, restartingAtMs, lastChangeMs } = jobTimes(job, timeline)
  const state = flinkJobState(job)
  const sinceMs = state === 'RESTARTING' ? (restartingAtMs ?? lastChangeMs) : lastChangeMs
  const lengths = Object.entries(STATE_METRICS).map(([name, each]): [string, number] => {
    return [`${name}Time`, state === each ? Math.max(0, now - sinceMs) : 0]
  })
  const runningMs = entered.get('RUNNING') ?? now
  return new Map<string, number | string>([
    ...lengths,
    ['uptime', state === 'RUNNING' ? Math.max(0, now - Math.max(runningMs, restartingAtMs ?? 0)) : 0],
    ['downtime', state === 'RESTARTING' ? Math.max(0, now - sinceMs) : 0],
    ['numRestarts', job.restarts + job.rescales],
    ['fullRestarts', job.restarts],
    ['numRescales', job.rescales],
    ...jobCheckpointMetrics(job, node.checkpoints(job.jobId)),
  ])
}

/** `/jobs/:jobid/metrics`: nothing for a job that is not known. */
export function metricsOfJob(call: FlinkCall) {
  const job = call.findJob()
  return job === null ? [] : listed(call, jobMetrics(call, job))
}

/** `/jobs/metrics`: over all jobs that run, or those that are named. */
export function metricsOfJobs(call: FlinkCall) {
  const ids = call.list('jobs')?.map((text) => {
    const hex = hexId(text)
    if (hex === null) throw unreadable('query', 'jobs', text)
    return hex
  })
  const jobs = ids === undefined ? call.node.runningJobs() : ids.flatMap((id) => findFlinkJob(call.node, id) ?? [])
  return aggregated(
    call,
    jobs.map((job) => jobMetrics(call, job)),
  )
}

/** Names of the counters of a task and of their rates. */
const COUNTERS = [
  ['numRecordsIn', 'recordsIn'],
  ['numRecordsOut', 'recordsOut'],
  ['numBytesIn', 'bytesIn'],
  ['numBytesOut', 'bytesOut'],
] as const

/** Metrics of a task, and those of its operator. Rates are those of the last minute; a task that does not run has none. */
function taskMetrics({ figures, rates, times }: Task, vertex: JobVertex): Metrics {
  const metrics = new Map<string, number | string>()
  if (figures === null) return metrics
  const operator = operatorName(vertex)
  for (const [name, member] of COUNTERS) {
    for (const own of [name, `${operator}.${name}`]) {
      metrics.set(own, figures[member])
      metrics.set(`${own}PerSecond`, rates?.[member] ?? 0)
    }
  }
  metrics.set('numBuffersOut', figures.batches)
  if (times.lengths.INITIALIZING !== -1) metrics.set('initializationTime', times.lengths.INITIALIZING)
  if (vertex.kind === 'sink') {
    metrics.set(`${operator}.numRecordsSend`, figures.recordsOut)
    metrics.set(`${operator}.numBytesSend`, figures.bytesOut)
  }
  for (const [name, value] of clockMetrics(figures, rates)) metrics.set(name, value)
  return metrics
}

/** How a task spends its time. Whoever has rows for a sink waits until they are taken: no back pressure is soft. */
function clockMetrics(
  figures: SubtaskFigures,
  rates: TaskRates | null,
): readonly (readonly [string, number | string])[] {
  return [
    ['accumulateBusyTimeMs', figures.busyMs],
    ['accumulateIdleTimeMs', figures.idleMs],
    ['accumulateBackPressuredTimeMs', figures.backPressuredMs],
    ...(rates === null
      ? []
      : ([
          ['busyTimeMsPerSecond', rates.busyMs],
          ['idleTimeMsPerSecond', rates.idleMs],
          ['backPressuredTimeMsPerSecond', rates.backPressuredMs],
          ['softBackPressuredTimeMsPerSecond', 0],
          ['hardBackPressuredTimeMsPerSecond', rates.backPressuredMs],
          ['isBackPressured', String(rates.isBackPressured)],
        ] as const)),
  ]
}

/** The vertex of the path with its tasks, or `null`: metrics of what is not there are no error. */
function findTasks(call: FlinkCall) {
  const job = call.findJob()
  call.id('vertexid')
  const found = job === null ? null : call.findVertex(job)
  if (job === null || found === null) return null
  const ofJob = new JobTasks(call, job)
  const checkpoint = taskCheckpointMetrics(call.node.checkpoints(job.jobId))
  const own = ofJob.vertex(found.vertex)
  const metricsOf = (task: Task): Metrics => new Map([...taskMetrics(task, own.vertex), ...checkpoint])
  return { ofJob, ...own, metricsOf }
}

/** `…/vertices/:vertexid/metrics`: those of every subtask, with its number in front. */
export function vertexMetrics(call: FlinkCall) {
  const found = findTasks(call)
  if (found === null) return []
  const { tasks, metricsOf } = found
  const named = tasks.flatMap((task) =>
    [...metricsOf(task)].map(([name, value]) => [`${task.subtask}.${name}`, value] as const),
  )
  return listed(call, new Map(named))
}

/** `…/subtasks/:subtaskindex/metrics` */
export function subtaskMetrics(call: FlinkCall) {
  const index = call.number('subtaskindex')
  const found = findTasks(call)
  const task = found?.tasks[index]
  return found === null || task === undefined ? [] : listed(call, found.metricsOf(task))
}

/** `…/jm-operator-metrics`: what the one that hands out splits knows. */
export function coordinatorMetrics(call: FlinkCall) {
  const found = findTasks(call)
  const splits = found?.ofJob.attempts.unassignedSplits.get(found.vertex.id)
  if (found === null || splits === undefined) return []
  return listed(call, new Map([[`${operatorName(found.vertex)}.coordinator.enumerator.unassignedSplits`, splits]]))
}

/** `…/subtasks/metrics`: over the subtasks that are chosen, all without a choice. */
export function subtasksMetrics(call: FlinkCall) {
  aggregatesOf(call)
  const found = findTasks(call)
  if (found === null) return []
  const chosen = call.list('subtasks')
  const tasks = found.tasks.filter(({ subtask }) => isChosen(chosen, subtask))
  return aggregated(
    call,
    tasks.map((task) => found.metricsOf(task)),
  )
}

const RANGE = /^(\d{1,9})(?:-(\d{1,9}))?$/

/** Whether a subtask is in a list such as `1,3,5-9`; parts that are none choose nothing. */
function isChosen(ranges: readonly string[] | null, index: number): boolean {
  if (ranges === null) return true
  return ranges.some((text) => {
    const match = RANGE.exec(text)
    return match !== null && index >= Number(match[1]) && index <= Number(match[2] ?? match[1])
  })
}
