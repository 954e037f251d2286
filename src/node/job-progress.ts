import type { JobEvent } from './api.js'
import type { JobState, JobStep } from './job-fsm.js'
import type { EventDetails } from './job-inbox.js'
import { extendTimeline, type JobProgress } from './job-record.js'
import { requestsAtEnd, withRequest } from './job-requests.js'

/** What a step takes from outside. */
export interface StepTime {
  readonly atMs: number
  /** The fencing number of an attempt that follows the one with the given number; 0 for none before. */
  readonly nextEpoch: (last: number) => number
}

/** Where a job stands after a step of its state machine, with what is told of it. */
export function progressAfter(
  before: JobProgress,
  { state, passed, effects }: JobStep,
  { failure, notes = [], requests = [] }: EventDetails,
  { atMs, nextEpoch }: StepTime,
): JobProgress {
  let status = before.state.status
  const noted = notes.map((note): JobEvent => ({ ...note, atMs, status }))
  const moves = passed.map((next): JobEvent => {
    status = next
    return { atMs, kind: 'state', text: `the job is ${next}`, status, data: {} }
  })
  const isStart = effects.some(({ type }) => type === 'startAttempt')
  const retry = effects.find((effect) => effect.type === 'armRetry')
  if (retry?.type === 'armRetry') moves.push(restartEvent(state, retry.delayMs, atMs))
  const end = effects.find((effect) => effect.type === 'end')
  const lastFailure = state.status === 'FAILED' ? (failure ?? before.failure) : null
  const asked = requests.reduce(withRequest, before.requests)
  return {
    ...before,
    state,
    epoch: isStart ? nextEpoch(before.epoch) : before.epoch,
    startedAtMs: before.startedAtMs ?? (isStart ? atMs : null),
    finishedAtMs: end === undefined ? null : atMs,
    failure: lastFailure,
    timeline: extendTimeline(before.timeline, [...noted, ...moves]),
    requests: end === undefined ? asked : requestsAtEnd(asked, state.status, lastFailure?.text ?? null, atMs),
    hasLeftovers: end?.type === 'end' && !end.keepsCheckpoints,
  }
}

/** The same, with what happened beside the state machine. */
export function notedProgress(before: JobProgress, { notes = [], requests = [] }: EventDetails, atMs: number): JobProgress {
  const { status } = before.state
  const events = notes.map((note): JobEvent => ({ ...note, atMs, status }))
  return {
    ...before,
    timeline: extendTimeline(before.timeline, events),
    requests: requests.reduce(withRequest, before.requests),
  }
}

function restartEvent({ status, restarts }: JobState, delayMs: number, atMs: number): JobEvent {
  const text = `attempt ${restarts + 1} of the job begins in ${delayMs} ms`
  return { atMs, kind: 'restart', text, status, data: { attempt: restarts + 1, delayMs } }
}
