import type { JobVertex, JobView } from '../../../node/api.js'
import type { FlinkCall, FoundVertex } from './call.js'
import { notFound } from './fault.js'
import { attemptId, taskManagerId } from './ids.js'
import { aggregatedMetrics, ioMetrics, sameForAll, subtaskFlow, vertexFlow } from './io-metrics.js'
import { vertexName } from './job-plan.js'
import { flinkTaskState, jobTimes, type TaskTimes, TIMED_STATES, taskCounts, taskTimes } from './job-state.js'

/** Where a task is that has no slot yet. */
const NOWHERE = '(unassigned)'

/** What the answers about the tasks of one vertex have in common. */
interface Tasks extends FoundVertex {
  readonly call: FlinkCall
  readonly job: JobView
  readonly times: TaskTimes
  readonly endpoint: string
  readonly managerId: string
}

/** @param missing what is said of a vertex that is not there, where Flink says it in other words. */
function tasksOf(call: FlinkCall, missing?: string): Tasks {
  const job = call.job()
  const found = missing === undefined ? call.vertex(job) : call.findVertex(job)
  if (found === null) throw notFound(`JobVertex ${call.id('vertexid')} ${missing ?? ''}`)
  const times = taskTimes(job, jobTimes(job, call.node.timeline(job.jobId)), call.now)
  const isPlaced = job.startedAtMs !== null
  const { host, uuid } = call.node.identity
  return {
    ...found,
    call,
    job,
    times,
    endpoint: isPlaced ? host : NOWHERE,
    managerId: isPlaced ? taskManagerId(uuid) : NOWHERE,
  }
}

const indexes = ({ parallelism }: JobVertex): readonly number[] =>
  Array.from({ length: parallelism }, (_, index) => index)

/** The host beside the endpoint, for lines that have both. */
function place({ call: { profile }, endpoint }: Tasks) {
  return profile.hasHosts ? { host: endpoint, endpoint } : { endpoint }
}

function subtaskAttempt(tasks: Tasks, subtask: number) {
  const { job, vertex, times } = tasks
  return {
    subtask,
    status: flinkTaskState(job),
    attempt: job.restarts,
    ...place(tasks),
    'start-time': times.startMs,
    'end-time': times.endMs,
    duration: times.durationMs,
    metrics: ioMetrics(subtaskFlow(job, vertex)),
    'taskmanager-id': tasks.managerId,
    'status-duration': times.lengths,
    start_time: times.startMs,
  }
}

function aggregated({ job, vertex, times }: Tasks) {
  return {
    metrics: aggregatedMetrics(job, vertex),
    'status-duration': Object.fromEntries(
      TIMED_STATES.map((state) => [state, sameForAll(times.lengths[state], vertex.parallelism)]),
    ),
  }
}

/** `/jobs/:jobid/vertices/:vertexid` */
export function vertexDetails(call: FlinkCall) {
  const tasks = tasksOf(call, 'not found')
  const { vertex, vertexId } = tasks
  return {
    id: vertexId,
    name: vertexName(vertex),
    parallelism: vertex.parallelism,
    maxParallelism: -1,
    now: call.now,
    subtasks: indexes(vertex).map((index) => subtaskAttempt(tasks, index)),
    aggregated: aggregated(tasks),
  }
}

/** `…/subtasktimes`: when each task entered its states. */
export function subtaskTimes(call: FlinkCall) {
  const tasks = tasksOf(call)
  const { vertex, vertexId, times } = tasks
  const { SCHEDULED: fromMs } = times.timestamps
  const duration = fromMs === 0 ? -1 : (times.endMs === -1 ? call.now : times.endMs) - fromMs
  return {
    id: vertexId,
    name: vertexName(vertex),
    now: call.now,
    subtasks: indexes(vertex).map((subtask) => {
      return { subtask, ...place(tasks), duration, timestamps: times.timestamps }
    }),
  }
}

/** `…/taskmanagers`: the node is the only one. */
export function vertexTaskManagers(call: FlinkCall) {
  const tasks = tasksOf(call, 'not found')
  const { job, vertex, vertexId, times } = tasks
  const status = flinkTaskState(job)
  return {
    id: vertexId,
    name: vertexName(vertex),
    now: call.now,
    taskmanagers: [
      {
        ...place(tasks),
        status,
        'start-time': times.startMs,
        'end-time': times.endMs,
        duration: times.durationMs,
        metrics: ioMetrics(vertexFlow(job, vertex)),
        'status-counts': taskCounts(status, vertex.parallelism),
        'taskmanager-id': tasks.managerId,
        aggregated: aggregated(tasks),
      },
    ],
  }
}

/** `…/subtasks/:subtaskindex` */
export function subtask(call: FlinkCall) {
  const tasks = tasksOf(call)
  return subtaskAttempt(tasks, call.subtask(tasks))
}

/** `…/attempts/:attempt`: nothing is kept of attempts before the present one. */
export function attempt(call: FlinkCall) {
  const tasks = tasksOf(call)
  const index = call.subtask(tasks)
  presentAttempt(call, tasks)
  return subtaskAttempt(tasks, index)
}

function presentAttempt(call: FlinkCall, { job }: Tasks): void {
  const number = call.number('attempt', true)
  if (number !== job.restarts) throw notFound(`Invalid attempt num ${number}`)
}

/** What a source or sink counts, in SeaTunnel's names. */
function accumulators(flow: ReturnType<typeof vertexFlow>, { kind }: JobVertex) {
  const { read } = flow
  if (read === null) return []
  const names =
    kind === 'source' ? ['SourceReceivedCount', 'SourceReceivedBytes'] : ['SinkWriteCount', 'SinkWriteBytes']
  return [read.records, read.bytes].map((value, index) => {
    return { name: names[index] ?? '', type: 'LongCounter', value: String(value) }
  })
}

/** `/jobs/:jobid/accumulators` */
export function jobAccumulators(call: FlinkCall) {
  const job = call.job()
  const sums = new Map<string, number>()
  for (const vertex of job.dag.vertices)
    for (const { name, value } of accumulators(vertexFlow(job, vertex), vertex))
      sums.set(name, (sums.get(name) ?? 0) + Number(value))
  return {
    'job-accumulators': [],
    'user-task-accumulators': [...sums].map(([name, value]) => ({ name, type: 'LongCounter', value: String(value) })),
    'serialized-user-task-accumulators': {},
  }
}

/** `…/vertices/:vertexid/accumulators` */
export function vertexAccumulators(call: FlinkCall) {
  const { job, vertex, vertexId } = tasksOf(call)
  return { id: vertexId, 'user-accumulators': accumulators(vertexFlow(job, vertex), vertex) }
}

/** `…/subtasks/accumulators` */
export function subtasksAccumulators(call: FlinkCall) {
  const tasks = tasksOf(call)
  const { job, vertex, vertexId } = tasks
  return {
    id: vertexId,
    parallelism: vertex.parallelism,
    subtasks: indexes(vertex).map((index) => ({
      subtask: index,
      attempt: job.restarts,
      ...place(tasks),
      'user-accumulators': accumulators(subtaskFlow(job, vertex), vertex),
    })),
  }
}

/** `…/attempts/:attempt/accumulators` */
export function attemptAccumulators(call: FlinkCall) {
  const tasks = tasksOf(call)
  const { job, vertex, vertexId } = tasks
  const index = call.subtask(tasks)
  presentAttempt(call, tasks)
  return {
    subtask: index,
    attempt: job.restarts,
    id: attemptId(job.jobId, vertexId, index, job.restarts),
    'user-accumulators': accumulators(subtaskFlow(job, vertex), vertex),
  }
}

/** `…/backpressure`: how long a vertex waits is not measured, which is what Flink says with this word. */
export function backPressure(call: FlinkCall) {
  call.id('jobid')
  call.id('vertexid')
  return { status: 'deprecated' }
}

/** `…/watermarks`: rows have no event time. */
export function watermarks(call: FlinkCall): readonly never[] {
  call.vertex(call.job())
  return []
}
