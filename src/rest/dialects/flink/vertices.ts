import type { JobVertex } from '../../../node/api.js'
import type { FlinkCall, FoundVertex } from './call.js'
import { notFound } from './fault.js'
import { attemptId, taskManagerId } from './ids.js'
import { aggregated, type Flow, ioMetrics, taskFlow, vertexFlow } from './io-metrics.js'
import { maxParallelism, vertexName } from './job-plan.js'
import { JobTasks, stateCounts, type Task, TIMED_STATES, type VertexTasks, vertexSpan } from './tasks.js'

/** Where a task is that has no slot yet. */
const NOWHERE = '(unassigned)'

/** What the answers about the tasks of one vertex have in common. */
interface Tasks extends FoundVertex, VertexTasks {
  readonly call: FlinkCall
  readonly ofJob: JobTasks
}

/** @param missing what is said of a vertex that is not there, where Flink says it in other words. */
function tasksOf(call: FlinkCall, missing?: string): Tasks {
  const job = call.job()
  const found = missing === undefined ? call.vertex(job) : call.findVertex(job)
  if (found === null) throw notFound(`JobVertex ${call.id('vertexid')} ${missing ?? ''}`)
  const ofJob = new JobTasks(call, job)
  return { ...found, call, ofJob, ...ofJob.vertex(found.vertex) }
}

/** The host beside the endpoint, for lines that have both. */
function place({ node, profile }: FlinkCall, isPlaced: boolean) {
  const endpoint = isPlaced ? node.identity.host : NOWHERE
  return profile.hasHosts ? { host: endpoint, endpoint } : { endpoint }
}

const managerId = ({ node }: FlinkCall, isPlaced: boolean): string =>
  isPlaced ? taskManagerId(node.identity.uuid) : NOWHERE

function subtaskAttempt(call: FlinkCall, task: Task) {
  const { subtask, state, attempt, times, isPlaced } = task
  return {
    subtask,
    status: state,
    attempt,
    ...place(call, isPlaced),
    'start-time': times.startMs,
    'end-time': times.endMs,
    duration: times.durationMs,
    metrics: ioMetrics(taskFlow(task)),
    'taskmanager-id': managerId(call, isPlaced),
    'status-duration': times.lengths,
    start_time: times.startMs,
  }
}

/** `/jobs/:jobid/vertices/:vertexid` */
export function vertexDetails(call: FlinkCall) {
  const { vertex, vertexId, tasks } = tasksOf(call, 'not found')
  return {
    id: vertexId,
    name: vertexName(vertex),
    parallelism: vertex.parallelism,
    maxParallelism: maxParallelism(vertex),
    now: call.now,
    subtasks: tasks.map((task) => subtaskAttempt(call, task)),
    aggregated: aggregated(tasks, TIMED_STATES),
  }
}

/** `…/subtasktimes`: when each task entered its states. */
export function subtaskTimes(call: FlinkCall) {
  const { vertex, vertexId, tasks } = tasksOf(call)
  return {
    id: vertexId,
    name: vertexName(vertex),
    now: call.now,
    subtasks: tasks.map(({ subtask, times: { timestamps, endMs }, isPlaced }) => {
      const { SCHEDULED: fromMs } = timestamps
      const duration = fromMs === 0 ? -1 : (endMs === -1 ? call.now : endMs) - fromMs
      return { subtask, ...place(call, isPlaced), duration, timestamps }
    }),
  }
}

/** `…/taskmanagers`: the node is the only one. */
export function vertexTaskManagers(call: FlinkCall) {
  const found = tasksOf(call, 'not found')
  const { vertex, vertexId, tasks, status, ofJob } = found
  const { startMs, endMs, durationMs } = vertexSpan(tasks, call.now)
  const isPlaced = tasks.some((task) => task.isPlaced)
  return {
    id: vertexId,
    name: vertexName(vertex),
    now: call.now,
    taskmanagers: [
      {
        ...place(call, isPlaced),
        status,
        'start-time': startMs,
        'end-time': endMs,
        duration: durationMs,
        metrics: ioMetrics(vertexFlow(ofJob.job, found)),
        'status-counts': stateCounts(tasks.map(({ state }) => state)),
        'taskmanager-id': managerId(call, isPlaced),
        aggregated: aggregated(tasks, TIMED_STATES),
      },
    ],
  }
}

/** `…/subtasks/:subtaskindex` */
export function subtask(call: FlinkCall) {
  const tasks = tasksOf(call)
  return subtaskAttempt(call, tasks.tasks[call.subtask(tasks)] as Task)
}

/** `…/attempts/:attempt` */
export function attempt(call: FlinkCall) {
  return subtaskAttempt(call, taskOfAttempt(call, tasksOf(call)))
}

/** @throws FlinkFault 404 for an attempt that never was, or is not known any more. */
function taskOfAttempt(call: FlinkCall, tasks: Tasks): Task {
  const index = call.subtask(tasks)
  const number = call.number('attempt', true)
  const task = tasks.ofJob.task(tasks.vertex, index, number)
  if (task === null) throw notFound(`Invalid attempt num ${number}`)
  return task
}

/** What a vertex or task counts, in SeaTunnel's names. */
function accumulators({ read, write }: Flow, { kind }: JobVertex) {
  const counted: readonly (readonly [name: string, value: number | undefined])[] = {
    source: [
      ['SourceReceivedCount', read?.records],
      ['SourceReceivedBytes', read?.bytes],
    ] as const,
    transform: [['TransformOutputCount', write?.records]] as const,
    sink: [
      ['SinkWriteCount', write?.records],
      ['SinkWriteBytes', write?.bytes],
    ] as const,
  }[kind]
  return counted.flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, type: 'LongCounter', value: String(value) }],
  )
}

/** `/jobs/:jobid/accumulators` */
export function jobAccumulators(call: FlinkCall) {
  const job = call.job()
  const tasks = new JobTasks(call, job)
  const sums = new Map<string, number>()
  for (const vertex of job.dag.vertices)
    for (const { name, value } of accumulators(vertexFlow(job, tasks.counts(vertex)), vertex))
      sums.set(name, (sums.get(name) ?? 0) + Number(value))
  return {
    'job-accumulators': [],
    'user-task-accumulators': [...sums].map(([name, value]) => ({ name, type: 'LongCounter', value: String(value) })),
    'serialized-user-task-accumulators': {},
  }
}

/** `…/vertices/:vertexid/accumulators` */
export function vertexAccumulators(call: FlinkCall) {
  const tasks = tasksOf(call)
  return {
    id: tasks.vertexId,
    'user-accumulators': accumulators(vertexFlow(tasks.ofJob.job, tasks), tasks.vertex),
  }
}

/** `…/subtasks/accumulators` */
export function subtasksAccumulators(call: FlinkCall) {
  const { vertex, vertexId, tasks } = tasksOf(call)
  return {
    id: vertexId,
    parallelism: vertex.parallelism,
    subtasks: tasks.map((task) => ({
      subtask: task.subtask,
      attempt: task.attempt,
      ...place(call, task.isPlaced),
      'user-accumulators': accumulators(taskFlow(task), vertex),
    })),
  }
}

/** `…/attempts/:attempt/accumulators` */
export function attemptAccumulators(call: FlinkCall) {
  const tasks = tasksOf(call)
  const { vertex, vertexId, ofJob } = tasks
  const task = taskOfAttempt(call, tasks)
  return {
    subtask: task.subtask,
    attempt: task.attempt,
    id: attemptId(ofJob.job.jobId, vertexId, task.subtask, task.attempt),
    'user-accumulators': accumulators(taskFlow(task), vertex),
  }
}

/** Parts of the time up to which back pressure is none, and low. @source Flink `JobVertexBackPressureHandler` */
const NO_PRESSURE = 0.1
const LOW_PRESSURE = 0.5

type Level = 'ok' | 'low' | 'high'

function levelOf(ratio: number): Level {
  return ratio <= NO_PRESSURE ? 'ok' : ratio <= LOW_PRESSURE ? 'low' : 'high'
}

/** `…/backpressure`: parts of the time of every task. What does not run, or never did, is what Flink calls deprecated. */
export function backPressure(call: FlinkCall) {
  const job = call.findJob()
  call.id('vertexid')
  const found = job === null ? null : call.findVertex(job)
  if (job === null || found === null) return { status: 'deprecated' }
  const measured = new JobTasks(call, job).vertex(found.vertex).tasks.flatMap(({ subtask: index, rates }) => {
    return rates === null ? [] : [{ index, rates }]
  })
  if (measured.length === 0) return { status: 'deprecated' }
  const worst = levelOf(Math.max(...measured.map(({ rates }) => ratioOf(rates.backPressuredMs))))
  return {
    status: 'ok',
    // Clients read both spellings.
    backpressureLevel: worst,
    'end-timestamp': call.now,
    subtasks: measured.map(({ index, rates }) => {
      const ratio = ratioOf(rates.backPressuredMs)
      const level = levelOf(ratio)
      const [idleRatio, busyRatio] = [ratioOf(rates.idleMs), ratioOf(rates.busyMs)]
      return { subtask: index, backpressureLevel: level, ratio, idleRatio, busyRatio, 'backpressure-level': level }
    }),
    'backpressure-level': worst,
  }
}

/** A part of the time, to a thousandth. */
const ratioOf = (msPerSecond: number): number => Math.round(msPerSecond) / 1000

/** `…/watermarks`: rows have no event time. */
export function watermarks(call: FlinkCall): readonly never[] {
  call.vertex(call.job())
  return []
}
