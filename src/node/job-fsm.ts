import type { JobStatus } from './api.js'
import {
  type Parallelism,
  type Rescale,
  type RescaleEvent,
  rescaleAsked,
  reverted,
  settled,
  turned,
  withoutRescale,
} from './job-rescale.js'

/** What a job does about its work: nothing, waiting for the next attempt, or running one. */
export type AttemptPhase = 'none' | 'waiting' | 'running'

/** Everything that decides what a job does next. Plain data: it is stored as it is. */
export interface JobState {
  readonly status: JobStatus
  readonly phase: AttemptPhase
  /** Attempts that failed and were followed by another. */
  readonly restarts: number
  /** Whether threads that do not end by themselves are to be ended. */
  readonly isForced: boolean
  /** Whether the savepoint that is being taken cancels the job; absent for no. */
  readonly endsCanceled?: boolean
  /** What its attempts have instead of what the job says; absent for that. */
  readonly parallelism?: Parallelism
  /** A change of the parallelism that is under way; absent for none. */
  readonly rescale?: Rescale
  /** Changes of the parallelism that were carried out; absent for none. */
  readonly rescales?: number
}

/** How often and when a failed attempt is repeated. */
export interface RetryPolicy {
  readonly times: number
  readonly intervalMs: number
}

/** What can happen to a job. */
export type JobFsmEvent =
  /** It has its slots. */
  | { readonly type: 'slotsGranted' }
  /** It cannot have slots, now or ever. */
  | { readonly type: 'slotsRefused' }
  /** The workers of its attempt run. */
  | { readonly type: 'attemptStarted' }
  /** Its attempt is over. `canRetry` says whether the same work could succeed another time. */
  | {
      readonly type: 'attemptEnded'
      readonly outcome: 'FINISHED' | 'CANCELED' | 'FAILED' | 'SAVEPOINT_DONE' | 'ABANDONED'
      readonly canRetry: boolean
    }
  /** The pause before the next attempt is over. */
  | { readonly type: 'retryDue' }
  /** Somebody wants it to end. */
  | { readonly type: 'cancel'; readonly isForced: boolean }
  /** Somebody wants it to end with a savepoint, canceled or done. */
  | { readonly type: 'stopWithSavepoint'; readonly endsCanceled?: boolean }
  /** Somebody wants it to go on with another parallelism. */
  | RescaleEvent
  /** The savepoint its attempt was to end with could not be taken; the attempt runs on. */
  | { readonly type: 'savepointFailed' }
  /** The time that a canceled attempt has to end is over. */
  | { readonly type: 'cancelDue' }
  /** The node was started again and found the job in its store. */
  | { readonly type: 'recovered' }

/** What is to be done after the new state is durable. */
export type JobEffect =
  | { readonly type: 'queue' }
  | { readonly type: 'startAttempt' }
  | { readonly type: 'cancelAttempt'; readonly isForced: boolean }
  | { readonly type: 'takeSavepoint' }
  | { readonly type: 'armRetry'; readonly delayMs: number }
  | { readonly type: 'armCancelDeadline'; readonly delayMs: number }
  /** The job is over: everything that belongs to it is dropped. */
  | { readonly type: 'end'; readonly keepsCheckpoints: boolean }

/** What an event leads to. */
export interface JobStep {
  readonly state: JobState
  readonly effects: readonly JobEffect[]
  /** States that were passed on the way, the last one included; empty when the status is the same. */
  readonly passed: readonly JobStatus[]
}

/** Time that a canceled attempt has to end by itself, and after that to be ended by force, in milliseconds. */
export const CANCEL_GRACE_MS = 5000

/** A job that was accepted and waits for its slots. */
export const QUEUED_JOB: JobState = { status: 'PENDING', phase: 'none', restarts: 0, isForced: false }

/** States that {@link QUEUED_JOB} has passed. */
export const QUEUED_PASSED: readonly JobStatus[] = ['INITIALIZING', 'CREATED', 'PENDING']

/**
 * The life of a job: what state an event leads to and what there is to do.
 *
 * @returns `null` when the event means nothing in this state: it comes too late, or it is a request that cannot be met.
 */
export function nextJobStep(state: JobState, event: JobFsmEvent, retry: RetryPolicy): JobStep | null {
  switch (state.status) {
    case 'INITIALIZING':
    case 'CREATED':
    case 'PENDING':
      return stepOfQueued(state, event)
    case 'SCHEDULED':
    case 'RUNNING':
    case 'DOING_SAVEPOINT':
      return stepOfActive(state, event, retry)
    case 'CANCELING':
      return stepOfCanceling(state, event)
    case 'FAILING':
      return event.type === 'recovered' || event.type === 'attemptEnded' ? ended(state, ['FAILED']) : null
    default:
      return null
  }
}

function stepOfQueued(state: JobState, event: JobFsmEvent): JobStep | null {
  switch (event.type) {
    case 'slotsGranted':
      return { state: { ...state, status: 'SCHEDULED', phase: 'running' }, effects: [START], passed: ['SCHEDULED'] }
    case 'slotsRefused':
      return ended(state, ['FAILING', 'FAILED'])
    case 'cancel':
      return ended(state, ['CANCELING', 'CANCELED'])
    case 'recovered':
      return moved(state, 'PENDING', [{ type: 'queue' }])
    default:
      return null
  }
}

const START: JobEffect = { type: 'startAttempt' }

function stepOfActive(state: JobState, event: JobFsmEvent, retry: RetryPolicy): JobStep | null {
  switch (event.type) {
    case 'attemptStarted':
      return startedAttempt(state)
    case 'attemptEnded':
      return endedAttempt(state, event, retry)
    case 'retryDue':
      return state.phase === 'waiting' ? { state: { ...state, phase: 'running' }, effects: [START], passed: [] } : null
    case 'cancel':
      return canceled(state, event.isForced)
    case 'stopWithSavepoint': {
      if (state.status === 'DOING_SAVEPOINT') return null
      // Asked for before the attempt runs, or between two attempts: the next one takes it as soon as it runs.
      const isRunning = state.status === 'RUNNING' && state.phase === 'running'
      const stopping = { ...state, endsCanceled: event.endsCanceled === true }
      return moved(stopping, 'DOING_SAVEPOINT', isRunning ? [{ type: 'takeSavepoint' }] : [])
    }
    case 'rescale':
      return rescaleAsked(state, event)
    case 'savepointFailed': {
      const isSaving = state.status === 'DOING_SAVEPOINT' || state.rescale?.stage === 'saving'
      const rest = state.rescale?.stage === 'saving' ? withoutRescale(state) : state
      return isSaving ? moved(rest, 'RUNNING', []) : null
    }
    case 'recovered':
      return recoveredActive(state)
    default:
      return null
  }
}

function startedAttempt(before: JobState): JobStep | null {
  const state = settled(before)
  if (state.status === 'SCHEDULED') return moved(state, 'RUNNING', [])
  if (state.phase !== 'running') return null
  // What was asked for before the attempt ran.
  const isSaving = state.status === 'DOING_SAVEPOINT' || state.rescale !== undefined
  if (isSaving) return { state, effects: [{ type: 'takeSavepoint' }], passed: [] }
  return state === before ? null : { state, effects: [], passed: [] }
}

function endedAttempt(
  state: JobState,
  { outcome, canRetry }: Extract<JobFsmEvent, { type: 'attemptEnded' }>,
  retry: RetryPolicy,
): JobStep | null {
  if (state.phase !== 'running') return null
  switch (outcome) {
    case 'FINISHED':
      return ended(state, ['FINISHED'])
    case 'CANCELED':
      return ended(state, ['CANCELING', 'CANCELED'])
    case 'SAVEPOINT_DONE':
      if (state.status === 'DOING_SAVEPOINT')
        return ended(state, state.endsCanceled === true ? ['CANCELING', 'CANCELED'] : ['SAVEPOINT_DONE'])
      // With another parallelism; or it is a savepoint to end with that nobody wants any more: the job goes on behind it.
      return { state: turned(state), effects: [START], passed: [] }
    case 'ABANDONED':
      break
    case 'FAILED':
      // No attempt could be started with the new parallelism: the old one is as good as before.
      if (state.rescale?.stage === 'restarting') return { state: reverted(state), effects: [START], passed: [] }
      // A job must not end because somebody wanted a savepoint of it.
      if (!canRetry || (state.restarts >= retry.times && state.rescale === undefined))
        return ended(state, ['FAILING', 'FAILED'])
  }
  const status = state.status === 'SCHEDULED' ? 'RUNNING' : state.status
  const rest = state.rescale?.stage === 'saving' ? withoutRescale(state) : state
  const next: JobState = { ...rest, status, phase: 'waiting', restarts: state.restarts + 1 }
  const effects: readonly JobEffect[] = [{ type: 'armRetry', delayMs: retry.intervalMs }]
  return { state: next, effects, passed: status === state.status ? [] : [status] }
}

function canceled(state: JobState, isForced: boolean): JobStep {
  if (state.phase !== 'running') return ended(state, ['CANCELING', 'CANCELED'])
  return moved({ ...withoutRescale(state), isForced }, 'CANCELING', [
    { type: 'cancelAttempt', isForced },
    { type: 'armCancelDeadline', delayMs: CANCEL_GRACE_MS },
  ])
}

/**
 * The attempt died with the process. It was not the job's fault, so it does not count as a restart. A job that was to end with a
 * savepoint comes back to take it, also when it had it: what the savepoint left to commit is committed then. A job whose parallelism was
 * to change comes back with the new one.
 */
function recoveredActive(state: JobState): JobStep {
  const status = state.status === 'DOING_SAVEPOINT' ? 'DOING_SAVEPOINT' : 'SCHEDULED'
  return moved({ ...turned(state), phase: 'running' }, status, [START])
}

function stepOfCanceling(state: JobState, event: JobFsmEvent): JobStep | null {
  switch (event.type) {
    case 'attemptEnded':
      // What is committed and visible is not taken back.
      return ended(state, [event.outcome === 'FINISHED' ? 'FINISHED' : 'CANCELED'])
    case 'cancel': {
      if (!event.isForced || state.isForced) return null
      return { state: { ...state, isForced: true }, effects: [{ type: 'cancelAttempt', isForced: true }], passed: [] }
    }
    case 'cancelDue': {
      if (state.isForced) return ended(state, ['CANCELED'])
      const effects: readonly JobEffect[] = [
        { type: 'cancelAttempt', isForced: true },
        { type: 'armCancelDeadline', delayMs: CANCEL_GRACE_MS },
      ]
      return { state: { ...state, isForced: true }, effects, passed: [] }
    }
    case 'recovered': {
      // An attempt that is canceled before it reads a row takes away what the one before it left behind.
      const effects: readonly JobEffect[] = [START, { type: 'armCancelDeadline', delayMs: CANCEL_GRACE_MS }]
      return { state: { ...state, phase: 'running', isForced: false }, effects, passed: [] }
    }
    default:
      return null
  }
}

function moved(state: JobState, status: JobStatus, effects: readonly JobEffect[]): JobStep {
  return { state: { ...state, status }, effects, passed: status === state.status ? [] : [status] }
}

function ended(state: JobState, passed: readonly JobStatus[]): JobStep {
  const status = passed.at(-1) ?? state.status
  // A failed or savepointed job can be started again from its checkpoints.
  const keepsCheckpoints = status === 'FAILED' || status === 'SAVEPOINT_DONE'
  const last: JobState = { ...withoutRescale(state), status, phase: 'none' }
  return { state: last, effects: [{ type: 'end', keepsCheckpoints }], passed }
}
