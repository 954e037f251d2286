import { END_STATES, type JobEvent, type JobStatus, type JobView } from '../../../node/api.js'

/** States of a job in the order in which Flink writes them. */
export const FLINK_JOB_STATES = [
  'INITIALIZING',
  'RECONCILING',
  'SUSPENDED',
  'FAILING',
  'CREATED',
  'CANCELED',
  'RUNNING',
  'FINISHED',
  'CANCELLING',
  'RESTARTING',
  'FAILED',
] as const

/** A state of a job in Flink's words. */
export type FlinkJobState = (typeof FLINK_JOB_STATES)[number]

/** States of a task in the order in which Flink writes them. */
export const FLINK_TASK_STATES = [
  'SCHEDULED',
  'CREATED',
  'RUNNING',
  'FINISHED',
  'DEPLOYING',
  'CANCELED',
  'RECONCILING',
  'INITIALIZING',
  'FAILED',
  'CANCELING',
] as const

/** A state of a task in Flink's words. */
export type FlinkTaskState = (typeof FLINK_TASK_STATES)[number]

const JOB_STATES: Readonly<Record<JobStatus, FlinkJobState>> = {
  INITIALIZING: 'INITIALIZING',
  CREATED: 'CREATED',
  PENDING: 'CREATED',
  SCHEDULED: 'CREATED',
  RUNNING: 'RUNNING',
  DOING_SAVEPOINT: 'RUNNING',
  FAILING: 'FAILING',
  FAILED: 'FAILED',
  CANCELING: 'CANCELLING',
  CANCELED: 'CANCELED',
  FINISHED: 'FINISHED',
  SAVEPOINT_DONE: 'FINISHED',
  // Never sent as such: an attempt whose end nobody knows is one that failed.
  UNKNOWABLE: 'FAILED',
}

/** The state of the tasks of a job that has no attempt which could say it. */
const TASK_STATES: Readonly<Record<JobStatus, FlinkTaskState>> = {
  INITIALIZING: 'CREATED',
  CREATED: 'CREATED',
  PENDING: 'SCHEDULED',
  SCHEDULED: 'DEPLOYING',
  RUNNING: 'RUNNING',
  DOING_SAVEPOINT: 'RUNNING',
  FAILING: 'RUNNING',
  FAILED: 'FAILED',
  CANCELING: 'CANCELING',
  CANCELED: 'CANCELED',
  FINISHED: 'FINISHED',
  SAVEPOINT_DONE: 'FINISHED',
  UNKNOWABLE: 'FAILED',
}

/** The state of a job in Flink's words. A job between two attempts is restarting. */
export function flinkJobState({ status, isBetweenAttempts }: JobView): FlinkJobState {
  return isBetweenAttempts && !END_STATES.has(status) ? 'RESTARTING' : JOB_STATES[status]
}

/** The state of each task of a job in Flink's words, as far as the job's own state says it. */
export function flinkTaskState({ status, isBetweenAttempts, startedAtMs }: JobView): FlinkTaskState {
  if (isBetweenAttempts && !END_STATES.has(status)) return 'CREATED'
  // Tasks that never had a slot cannot have failed.
  return status === 'FAILED' && startedAtMs === null ? 'CANCELED' : TASK_STATES[status]
}

/** When a job entered its states for the last time, in milliseconds since 1970. */
export interface JobTimes {
  readonly entered: ReadonlyMap<JobStatus, number>
  /** When the attempt before the present one failed; `null` when there was none. */
  readonly restartingAtMs: number | null
  readonly lastChangeMs: number
}

/** Reads the times of a job from what is known to have happened to it. */
export function jobTimes(view: JobView, timeline: readonly JobEvent[]): JobTimes {
  const entered = new Map<JobStatus, number>()
  let restart: JobEvent | null = null
  for (const event of timeline) {
    if (event.kind === 'state') entered.set(event.status, event.atMs)
    else if (event.kind === 'restart') restart = event
  }
  const restartingAtMs = restart?.atMs ?? null
  return {
    entered,
    restartingAtMs,
    lastChangeMs: Math.max(view.createdAtMs, restartingAtMs ?? 0, ...entered.values()),
  }
}

/** When each state was entered; 0 where it never was. */
export function jobTimestamps(view: JobView, { entered, restartingAtMs }: JobTimes): Record<FlinkJobState, number> {
  const timestamps = Object.fromEntries(FLINK_JOB_STATES.map((state) => [state, 0])) as Record<FlinkJobState, number>
  timestamps.INITIALIZING = view.createdAtMs
  for (const [status, atMs] of entered) {
    const state = JOB_STATES[status]
    // Several of our states are one of Flink's: it began with the first of them.
    if (state !== 'INITIALIZING' && (timestamps[state] === 0 || atMs < timestamps[state])) timestamps[state] = atMs
  }
  timestamps.RESTARTING = restartingAtMs ?? 0
  return timestamps
}

/** Start, end and length of a job; the end is -1 while it runs. */
export function jobSpan({ createdAtMs, finishedAtMs }: JobView, nowMs: number) {
  return {
    'start-time': createdAtMs,
    'end-time': finishedAtMs ?? -1,
    duration: Math.max(0, (finishedAtMs ?? nowMs) - createdAtMs),
  }
}
