import type { JobEvent } from './api.js'
import type { JobState, JobStep } from './job-fsm.js'
import type { EventDetails } from './job-inbox.js'
import { isSame, parallelismText } from './job-parallelism.js'
import { extendTimeline, type JobProgress, type JobRequirements } from './job-record.js'
import { requestsAtEnd, withRequest } from './job-requests.js'
import type { Rescale } from './job-rescale.js'

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
  details: EventDetails,
  { atMs, nextEpoch }: StepTime,
): JobProgress {
  const { failure, notes = [], requests = [] } = details
  let status = before.state.status
  const rescaled = rescaleEvents(before.state, state, details, atMs)
  // Of an attempt that was tried with another parallelism and did not begin, only that is told.
  const isTrial = before.state.rescale?.stage === 'restarting' && rescaled.length > 0
  const told = isTrial ? notes.filter(({ kind }) => kind !== 'error') : notes
  const noted = told.map((note): JobEvent => ({ ...note, atMs, status }))
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
    timeline: extendTimeline(before.timeline, [...noted, ...moves, ...rescaled]),
    requests: end === undefined ? asked : requestsAtEnd(asked, state.status, lastFailure?.text ?? null, atMs),
    hasLeftovers: end?.type === 'end' && !end.keepsCheckpoints,
    requirements: requirementsAfter(before, state, details, rescaled),
  }
}

/** What is told of a change of the parallelism: that the next attempt has it, that the job runs with it, why it came to nothing. */
function rescaleEvents(before: JobState, after: JobState, details: EventDetails, atMs: number): readonly JobEvent[] {
  const [was, is] = [before.rescale, after.rescale]
  const { status } = after
  if (is?.stage === 'restarting' && was?.stage !== 'restarting') {
    const text = `the job is started again with parallelism ${parallelismText(is.target)}`
    return [{ atMs, kind: 'rescale', text, status, data: rescaleData(is, { stage: 'restarting' }) }]
  }
  if (was === undefined || is !== undefined) return []
  const isDone = (after.rescales ?? 0) > (before.rescales ?? 0)
  if (isDone) {
    const text = `the job runs with parallelism ${parallelismText(was.target)}`
    return [{ atMs, kind: 'rescale', text, status, data: rescaleData(was, { stage: 'done' }) }]
  }
  const error = details.notes?.find(({ kind }) => kind === 'error')
  const found = error === undefined ? null : { code: String(error.data.code), message: error.text }
  const reason = details.reason ?? found ?? { code: 'JOB_STATE', message: `the job is ${status}` }
  const text = `the parallelism is not ${parallelismText(was.target)}: ${reason.message}`
  return [{ atMs, kind: 'rescale', text, status, data: rescaleData(was, { stage: 'failed', code: reason.code }) }]
}

function rescaleData({ target, requestId }: Rescale, more: JobEvent['data']): JobEvent['data'] {
  return { parallelism: parallelismText(target), ...more, ...(requestId === null ? {} : { requestId }) }
}

function requirementsAfter(
  before: JobProgress,
  after: JobState,
  details: EventDetails,
  rescaled: readonly JobEvent[],
): JobRequirements | null {
  const requirements = details.requirements === undefined ? (before.requirements ?? null) : details.requirements
  if (requirements === null || requirements.wanted === null) return requirements
  const stage = rescaled.at(-1)?.data.stage
  const { wanted } = requirements
  const most = wanted.map((each) => each.most)
  const isMet = stage === 'done' && after.parallelism !== undefined && isSame(after.parallelism, most)
  // What could not be done once is not tried again by itself.
  return isMet || stage === 'failed' ? { ...requirements, wanted: null } : requirements
}

/** The same, with what happened beside the state machine. */
export function notedProgress(
  before: JobProgress,
  { notes = [], requests = [], requirements = before.requirements ?? null }: EventDetails,
  atMs: number,
): JobProgress {
  const { status } = before.state
  const events = notes.map((note): JobEvent => ({ ...note, atMs, status }))
  return {
    ...before,
    timeline: extendTimeline(before.timeline, events),
    requests: requests.reduce(withRequest, before.requests),
    requirements,
  }
}

function restartEvent({ status, restarts }: JobState, delayMs: number, atMs: number): JobEvent {
  const text = `attempt ${restarts + 1} of the job begins in ${delayMs} ms`
  return { atMs, kind: 'restart', text, status, data: { attempt: restarts + 1, delayMs } }
}
