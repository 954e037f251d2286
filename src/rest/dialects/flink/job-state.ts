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

/** The state of a job in Flink's words. A job between two attempts is restarting, one that the node takes up again is reconciling. */
export function flinkJobState({ status, isBetweenAttempts, isRecovering }: JobView): FlinkJobState {
  if (isBetweenAttempts && !END_STATES.has(status)) return 'RESTARTING'
  return isRecovering ? 'RECONCILING' : JOB_STATES[status]
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
  /** When the pause behind that was over; `null` when there was none. */
  readonly attemptAtMs: number | null
  /** When the node last took the job up again after it had run; `null` when it never did. */
  readonly recoveredAtMs: number | null
  readonly lastChangeMs: number
}

/** Times by the histories that they were read from, which never change: jobs are listed far more often than something happens to them. */
const knownTimes = new WeakMap<readonly JobEvent[], JobTimes>()

/** Reads the times of a job from what is known to have happened to it. */
export function jobTimes(view: JobView, timeline: readonly JobEvent[]): JobTimes {
  const known = knownTimes.get(timeline)
  if (known !== undefined) return known
  const times = readTimes(view, timeline)
  knownTimes.set(timeline, times)
  return times
}

function readTimes(view: JobView, timeline: readonly JobEvent[]): JobTimes {
  const entered = new Map<JobStatus, number>()
  let restart: JobEvent | null = null
  let recoveredAtMs: number | null = null
  for (const event of timeline) {
    if (event.kind === 'state') entered.set(event.status, event.atMs)
    else if (event.kind === 'restart' || event.data.stage === 'restarting') restart = event
    else if (event.kind === 'recovery' && RUN_STATES.has(event.status)) recoveredAtMs = event.atMs
  }
  const restartingAtMs = restart?.atMs ?? null
  const delayMs = restart?.kind === 'rescale' ? 0 : restart?.data.delayMs
  return {
    entered,
    restartingAtMs,
    attemptAtMs: restartingAtMs !== null && typeof delayMs === 'number' ? restartingAtMs + delayMs : null,
    recoveredAtMs,
    lastChangeMs: Math.max(view.createdAtMs, restartingAtMs ?? 0, recoveredAtMs ?? 0, ...entered.values()),
  }
}

/** States of a job that had begun when its node ended. */
const RUN_STATES: ReadonlySet<JobStatus> = new Set(['SCHEDULED', 'RUNNING', 'DOING_SAVEPOINT'])

/** When each state was entered for the last time; 0 where it never was. */
export function jobTimestamps(view: JobView, times: JobTimes): Record<FlinkJobState, number> {
  const { entered, restartingAtMs, attemptAtMs, recoveredAtMs } = times
  const timestamps = Object.fromEntries(FLINK_JOB_STATES.map((state) => [state, 0])) as Record<FlinkJobState, number>
  timestamps.INITIALIZING = view.createdAtMs
  for (const [status, atMs] of entered) {
    const state = JOB_STATES[status]
    // Several of our states are one of Flink's: it began with the first of them.
    if (state !== 'INITIALIZING' && (timestamps[state] === 0 || atMs < timestamps[state])) timestamps[state] = atMs
  }
  timestamps.RESTARTING = restartingAtMs ?? 0
  timestamps.RECONCILING = recoveredAtMs ?? 0
  // A job runs again when the pause behind a failed attempt is over, unless it has ended in it.
  const isOver = attemptAtMs !== null && !view.isBetweenAttempts && attemptAtMs <= (view.finishedAtMs ?? attemptAtMs)
  if (isOver) timestamps.RUNNING = Math.max(timestamps.RUNNING, attemptAtMs)
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
