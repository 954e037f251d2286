import type {
  AttemptView,
  JobAttempts,
  JobVertex,
  JobView,
  SubtaskFigures,
  TaskFigures,
  TaskRates,
  VertexTotal,
} from '../../../node/api.js'
import { type FlinkCall, hasEnded } from './call.js'
import { FLINK_TASK_STATES, type FlinkTaskState, flinkTaskState, jobTimes } from './job-state.js'

/** States of a task whose lengths are told, in the order in which Flink writes them. */
export const TIMED_STATES = ['CREATED', 'INITIALIZING', 'DEPLOYING', 'SCHEDULED', 'RUNNING'] as const

/** States in which a task is over. */
const TERMINAL: ReadonlySet<FlinkTaskState> = new Set(['FINISHED', 'CANCELED', 'FAILED'])

/** When a task was in which state, in milliseconds since 1970. */
export interface TaskTimes {
  /** When it began to be started; -1 before that. */
  readonly startMs: number
  readonly endMs: number
  /** Milliseconds from the start to the end or now; -1 without a start. */
  readonly durationMs: number
  /** When each state was entered; 0 where it never was. */
  readonly timestamps: Record<FlinkTaskState, number>
  /** Milliseconds in each of {@link TIMED_STATES}; -1 where it never was. */
  readonly lengths: Readonly<Record<(typeof TIMED_STATES)[number], number>>
}

/** One subtask of a vertex in one attempt. */
export interface Task {
  readonly subtask: number
  /** Number of the attempt. */
  readonly attempt: number
  readonly state: FlinkTaskState
  readonly times: TaskTimes
  /** Whether it was ever on the node. */
  readonly isPlaced: boolean
  /** Whether the work of its attempt has begun. */
  readonly hasRun: boolean
  /** What it did; `null` where that is not known. */
  readonly figures: SubtaskFigures | null
  /** What it does in a second; `null` unless it runs. */
  readonly rates: TaskRates | null
}

/** What one vertex has done. */
export interface VertexCounts {
  readonly vertex: JobVertex
  /** What entered and left it over all attempts; `null` where it is not counted. */
  readonly total: VertexTotal | null
  /** Whether the work of the present attempt has begun. */
  readonly hasRun: boolean
  /** What it did in the present attempt; `null` where it is not measured. */
  readonly figures: TaskFigures | null
}

/** The tasks of one vertex, as they are now. */
export interface VertexTasks extends VertexCounts {
  readonly status: FlinkTaskState
  readonly tasks: readonly Task[]
}

const NO_ATTEMPTS: JobAttempts = { totals: [], attempts: [], rates: [], unassignedSplits: new Map() }

/** The tasks of a job, read from what its node knows. */
export class JobTasks {
  readonly job: JobView
  readonly #node: FlinkCall['node']
  readonly #nowMs: number
  readonly #known = new Map<string, TaskTimes>()
  #attempts: JobAttempts | null = null
  #entered: ReadonlyMap<JobView['status'], number> | null = null

  constructor({ node, now }: Pick<FlinkCall, 'node' | 'now'>, job: JobView) {
    this.job = job
    this.#node = node
    this.#nowMs = now
  }

  get attempts(): JobAttempts {
    this.#attempts ??= this.#node.attempts(this.job.jobId) ?? NO_ATTEMPTS
    return this.#attempts
  }

  /** The present attempt, or the last one; `null` before the first. */
  get present(): AttemptView | null {
    return this.attempts.attempts.at(-1) ?? null
  }

  /** The tasks of a vertex now. */
  vertex(vertex: JobVertex): VertexTasks {
    const { present, attempts } = this
    const rates = ofVertex(attempts.rates, vertex)?.subtasks ?? []
    const tasks = Array.from({ length: vertex.parallelism }, (_, subtask): Task => {
      return { ...this.#task(vertex, subtask, present), rates: rates[subtask] ?? null }
    })
    return { ...this.counts(vertex), status: vertexState(tasks), tasks }
  }

  /** What a vertex has done, without anything of its tasks. */
  counts(vertex: JobVertex): VertexCounts {
    const { present, attempts } = this
    const total = ofVertex(attempts.totals, vertex) ?? null
    const figures = ofVertex(present?.vertices ?? [], vertex)?.sum ?? null
    return { vertex, total, hasRun: hasRun(present), figures }
  }

  /** How many tasks of a vertex are in which state, without anything else of them. */
  states(vertex: JobVertex): readonly FlinkTaskState[] {
    // Most jobs of a long list are of this kind, and their attempts have nothing to add.
    if (this.job.status === 'FINISHED') return Array.from({ length: vertex.parallelism }, () => 'FINISHED' as const)
    const { present } = this
    return Array.from({ length: vertex.parallelism }, (_, subtask) =>
      taskState(this.job, vertex, present, subtask, figuresOf(present, vertex, subtask)),
    )
  }

  /** A task in an attempt; `null` when there was no such attempt, or it is not known any more. */
  task(vertex: JobVertex, subtask: number, attempt: number): Task | null {
    if (attempt === (this.present?.number ?? this.job.restarts)) return this.vertex(vertex).tasks[subtask] ?? null
    const found = this.attempts.attempts.find(({ number }) => number === attempt)
    return found === undefined ? null : this.#task(vertex, subtask, found)
  }

  #task(vertex: JobVertex, subtask: number, attempt: AttemptView | null): Task {
    const { job } = this
    const figures = figuresOf(attempt, vertex, subtask)
    const state = taskState(job, vertex, attempt, subtask, figures)
    const times = this.#timesOf(attempt, state, figures)
    const isPlaced = attempt === null ? job.startedAtMs !== null : true
    return {
      subtask,
      attempt: attempt?.number ?? job.restarts,
      state,
      times,
      isPlaced,
      hasRun: hasRun(attempt),
      figures,
      rates: null,
    }
  }

  /** Most tasks of an attempt have the same times, and there can be a hundred thousand of them. */
  #timesOf(attempt: AttemptView | null, state: FlinkTaskState, figures: SubtaskFigures | null): TaskTimes {
    const key = `${attempt?.number ?? ''} ${state} ${figures?.endedAtMs ?? ''}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const times = this.#times(attempt, state, figures)
    this.#known.set(key, times)
    return times
  }

  #times(attempt: AttemptView | null, state: FlinkTaskState, figures: SubtaskFigures | null): TaskTimes {
    const { job } = this
    this.#entered ??= jobTimes(job, this.#node.timeline(job.jobId)).entered
    const at = (status: JobView['status']): number => this.#entered?.get(status) ?? 0
    const timestamps = Object.fromEntries(FLINK_TASK_STATES.map((each) => [each, 0])) as TaskTimes['timestamps']
    const isFirst = attempt === null || attempt.number === 0
    const openedMs = attempt?.openedAtMs ?? job.startedAtMs ?? 0
    timestamps.CREATED = isFirst ? job.createdAtMs : openedMs
    timestamps.SCHEDULED = isFirst ? at('PENDING') : openedMs
    timestamps.DEPLOYING = openedMs
    timestamps.INITIALIZING = attempt?.startedAtMs ?? 0
    timestamps.RUNNING = attempt === null ? at('RUNNING') : (attempt.runningAtMs ?? 0)
    const isStopped = state === 'CANCELING' || state === 'CANCELED'
    if (isStopped && attempt === this.present) timestamps.CANCELING = at('CANCELING')
    const endMs = TERMINAL.has(state) ? (figures?.endedAtMs ?? attempt?.endedAtMs ?? job.finishedAtMs ?? -1) : -1
    if (endMs !== -1) timestamps[state] = endMs
    const stopMs = endMs === -1 ? this.#nowMs : endMs
    return {
      ...spanOf(openedMs === 0 ? -1 : openedMs, endMs, stopMs),
      timestamps,
      lengths: lengths(timestamps, stopMs),
    }
  }
}

/** Whether the work of an attempt has begun. */
function hasRun(attempt: AttemptView | null): boolean {
  return attempt !== null && attempt.vertices.length > 0
}

function spanOf(startMs: number, endMs: number, stopMs: number) {
  return { startMs, endMs, durationMs: startMs === -1 ? -1 : Math.max(0, stopMs - startMs) }
}

function lengths(timestamps: TaskTimes['timestamps'], stopMs: number): TaskTimes['lengths'] {
  const { CREATED, SCHEDULED, DEPLOYING, INITIALIZING, RUNNING, CANCELING } = timestamps
  const order = [CREATED, SCHEDULED, DEPLOYING, INITIALIZING, RUNNING]
  const length = (place: number): number => {
    const from = order[place] ?? 0
    const next = order.slice(place + 1).find((each) => each > 0) ?? (CANCELING || stopMs)
    return from === 0 ? -1 : Math.max(0, next - from)
  }
  return { CREATED: length(0), INITIALIZING: length(3), DEPLOYING: length(2), SCHEDULED: length(1), RUNNING: length(4) }
}

function figuresOf(attempt: AttemptView | null, vertex: JobVertex, subtask: number): SubtaskFigures | null {
  return ofVertex(attempt?.vertices ?? [], vertex)?.subtasks?.[subtask] ?? null
}

const indexes = new WeakMap<object, ReadonlyMap<number, unknown>>()

/** The element of a vertex in a list that has one for each: a job can have a thousand vertices with a hundred tasks each. */
function ofVertex<T extends { readonly vertex: number }>(list: readonly T[], { id }: JobVertex): T | undefined {
  let index = indexes.get(list) as ReadonlyMap<number, T> | undefined
  if (index === undefined) {
    index = new Map(list.map((each) => [each.vertex, each]))
    indexes.set(list, index)
  }
  return index.get(id)
}

/** The state of a task in Flink's words. */
function taskState(
  job: JobView,
  vertex: JobVertex,
  attempt: AttemptView | null,
  subtask: number,
  figures: SubtaskFigures | null,
): FlinkTaskState {
  if (attempt === null) return flinkTaskState(job)
  if (figures !== null && figures.endedAtMs !== null) return 'FINISHED'
  switch (attempt.outcome) {
    case 'FINISHED':
    case 'SAVEPOINT_DONE':
      return 'FINISHED'
    case 'CANCELED':
      return 'CANCELED'
    case 'ABANDONED':
      return 'FAILED'
    case 'FAILED':
      return hasFailed(attempt, vertex, subtask) ? 'FAILED' : 'CANCELED'
    case null:
      break
  }
  // The job did not wait for the end of its attempt.
  if (hasEnded(job) || job.status === 'CANCELING') return flinkTaskState(job)
  if (attempt.startedAtMs === null) return 'DEPLOYING'
  return attempt.runningAtMs === null ? 'INITIALIZING' : 'RUNNING'
}

/** Whether a task of a failed attempt is the one that failed: all, when it was none by itself. */
function hasFailed({ failedTask }: AttemptView, vertex: JobVertex, subtask: number): boolean {
  if (failedTask === null) return true
  return failedTask.subtask === subtask && (failedTask.vertex === null || failedTask.vertex === vertex.id)
}

/** The states of tasks that make one of their vertex, the strongest first. @source Flink `ExecutionJobVertex` */
const STRONGEST: readonly FlinkTaskState[] = ['FAILED', 'CANCELING', 'CANCELED', 'INITIALIZING', 'RUNNING']

/** The state of a vertex. */
export function vertexState(tasks: readonly Pick<Task, 'state'>[]): FlinkTaskState {
  return aggregatedState(tasks.map(({ state }) => state))
}

/** The state of a vertex from those of its tasks. */
export function aggregatedState(states: readonly FlinkTaskState[]): FlinkTaskState {
  const strongest = STRONGEST.find((each) => states.includes(each))
  if (strongest !== undefined) return strongest
  if (states.every((state) => state === 'FINISHED')) return 'FINISHED'
  if (states.includes('FINISHED')) return 'RUNNING'
  return 'CREATED'
}

/** Start, end and length of a vertex: from its first task's start to its last one's end. */
export function vertexSpan(tasks: readonly Task[], nowMs: number) {
  const starts = tasks.map(({ times }) => times.startMs).filter((startMs) => startMs !== -1)
  const startMs = starts.length === 0 ? -1 : Math.min(...starts)
  const isOver = tasks.every(({ state }) => TERMINAL.has(state))
  const endMs = isOver ? Math.max(-1, ...tasks.map(({ times }) => times.endMs)) : -1
  return spanOf(startMs, endMs, endMs === -1 ? nowMs : endMs)
}

/** How many of some things are in which state. */
export function stateCounts(states: readonly FlinkTaskState[]): Record<FlinkTaskState, number> {
  const counts = Object.fromEntries(FLINK_TASK_STATES.map((each) => [each, 0])) as Record<FlinkTaskState, number>
  for (const state of states) counts[state] += 1
  return counts
}
