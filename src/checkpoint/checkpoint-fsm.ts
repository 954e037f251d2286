import type {
  Attempt,
  CheckpointAsk,
  CheckpointEffect,
  CheckpointInput,
  CheckpointState,
  CheckpointStep,
  EndStatus,
  Phase,
} from './checkpoint-state.js'
import type { CheckpointSummary, WorkerShare } from './events.js'
import type { CheckpointKind } from './record.js'
import type { CheckpointSettings } from './settings.js'

/** @param lastId highest id that any attempt of the job has used; ids go on behind it. */
export function initialState(
  settings: CheckpointSettings,
  job: { readonly epoch: number; readonly isDurable: boolean; readonly workers: number; readonly lastId: number },
): CheckpointState {
  return {
    settings,
    epoch: job.epoch,
    isDurable: job.isDurable,
    phase: { name: 'waiting' },
    lastId: job.lastId,
    durableId: job.lastId,
    committedId: job.lastId,
    ended: Array.from({ length: job.workers }, () => false),
    asked: null,
    isCanceled: false,
    hasFailed: false,
    lastTriggeredMs: 0,
    lastCompletedMs: 0,
  }
}

/** When the coordinator wants a `tick` at the latest, in milliseconds of the clock that inputs are timed with; `null` for never. */
export function wakeMs({ phase, settings, ...state }: CheckpointState): number | null {
  switch (phase.name) {
    case 'running':
      if (settings.intervalMs === null) return null
      return Math.max(
        state.lastTriggeredMs + settings.intervalMs,
        state.lastCompletedMs + Math.max(0, settings.minPauseMs),
      )
    case 'preparing':
    case 'persisting':
    case 'committing':
      return phase.attempt.triggeredMs + settings.timeoutMs * (phase.attempt.warnings + 1)
    default:
      return null
  }
}

/** One step of the coordinator. Inputs that come too late change nothing. */
export function advance(state: CheckpointState, input: CheckpointInput, atMs: number): CheckpointStep {
  if (state.phase.name === 'ended')
    return input.type === 'savepointAsked' ? refused(state, 'the job has ended') : same(state)
  switch (input.type) {
    case 'started': {
      if (state.phase.name !== 'waiting') return same(state)
      return same({ ...state, phase: { name: 'running' }, lastTriggeredMs: atMs, lastCompletedMs: atMs })
    }
    case 'tick':
      return tick(state, atMs)
    case 'savepointAsked':
      return savepoint(state, input.ask, atMs)
    case 'answered':
      return answered(state, input, atMs)
    case 'persisted':
      return persisted(state, input, atMs)
    case 'committed':
      return committed(state, input, atMs)
    case 'persistFailed':
      return stepFailed(state, 'persisting', input.checkpointId)
    case 'commitFailed':
      return stepFailed(state, 'committing', input.checkpointId)
    case 'cancelAsked':
      return interrupted({ ...state, isCanceled: true })
    case 'failed':
      return interrupted({ ...state, hasFailed: true })
  }
}

function same(state: CheckpointState): CheckpointStep {
  return { state, effects: [] }
}

function tick(state: CheckpointState, atMs: number): CheckpointStep {
  const due = wakeMs(state)
  if (due === null || atMs < due) return same(state)
  const { phase, settings } = state
  if (phase.name === 'running') return trigger(state, 'periodic', null, atMs)
  if (!('attempt' in phase)) return same(state)
  const attempt = { ...phase.attempt, warnings: Math.floor((atMs - phase.attempt.triggeredMs) / settings.timeoutMs) }
  const waitingFor = phase.name === 'preparing' ? missing(state, attempt) : []
  if (settings.onTimeout === 'fail' && phase.name === 'preparing') {
    const effects: CheckpointEffect[] = [{ type: 'timedOut', attempt, waitingFor }]
    return ended({ ...state, hasFailed: true }, 'FAILED', effects)
  }
  return { state: { ...state, phase: { name: phase.name, attempt } }, effects: [{ type: 'slow', attempt, waitingFor }] }
}

/** Workers that have not answered. */
function missing(state: CheckpointState, { answers }: Attempt): readonly number[] {
  const heard = new Set(answers.map(({ worker }) => worker))
  return [...state.ended.keys()].filter((worker) => !heard.has(worker))
}

function trigger(
  state: CheckpointState,
  kind: CheckpointKind,
  asked: CheckpointAsk | null,
  atMs: number,
): CheckpointStep {
  const checkpointId = state.lastId + 1
  const answers = [...state.ended.entries()]
    .filter(([, isEnded]) => isEnded)
    .map(([worker]): WorkerShare => ({ worker, preparedAfterMs: 0, isEnded: true, startDelayMs: null, tookMs: 0 }))
  const attempt: Attempt = {
    checkpointId,
    kind,
    asked,
    triggeredMs: atMs,
    answers,
    preparedMs: atMs,
    persistedMs: atMs,
    sizeBytes: 0,
    warnings: 0,
  }
  const next: CheckpointState = {
    ...state,
    lastId: checkpointId,
    lastTriggeredMs: atMs,
    phase: { name: 'preparing', attempt },
  }
  const effects: CheckpointEffect[] = [{ type: 'triggered', checkpointId, kind }]
  if (kind !== 'final') return { state: next, effects: [...effects, { type: 'requestBarrier', checkpointId }] }
  return prepared(next, attempt, atMs, effects)
}

function savepoint(state: CheckpointState, ask: CheckpointAsk, atMs: number): CheckpointStep {
  const { phase } = state
  if (!state.isDurable) return refused(state, 'it keeps no checkpoints')
  if (phase.name === 'waiting' || phase.name === 'ended') return refused(state, 'the job does not run yet')
  if (phase.name === 'running') return trigger(state, ask.kind, ask, atMs)
  if (!('attempt' in phase)) return same(state)
  const { attempt } = phase
  if (attempt.kind === 'final') return refused(state, 'the job is at its end')
  // What is being made durable is what it is; another one follows.
  if (phase.name !== 'preparing') return same({ ...state, asked: together(state.asked, ask) })
  // What is being prepared becomes the savepoint: it is as good as a second one right behind it.
  const asked = together(attempt.asked, ask)
  const kind = asked.kind === 'savepoint' ? 'savepoint' : attempt.kind
  return same({ ...state, phase: { name: 'preparing', attempt: { ...attempt, kind, asked } } })
}

/** One checkpoint for two who ask: who wants more goes before who wants less. */
export function together(known: CheckpointAsk | null, ask: CheckpointAsk): CheckpointAsk {
  if (known === null) return ask
  return {
    kind: known.kind === 'savepoint' ? 'savepoint' : ask.kind,
    goesOn: known.goesOn && ask.goesOn,
    // Who stops without draining may be started again, and would miss what an end takes away.
    isDrained: (known.isDrained || known.goesOn) && (ask.isDrained || ask.goesOn) && !(known.goesOn && ask.goesOn),
  }
}

function refused(state: CheckpointState, reason: string): CheckpointStep {
  return { state, effects: [{ type: 'savepointRefused', reason }] }
}

function answered(
  before: CheckpointState,
  { worker, isEnded, startDelayMs, tookMs }: Extract<CheckpointInput, { readonly type: 'answered' }>,
  atMs: number,
): CheckpointStep {
  if (before.phase.name !== 'running' && before.phase.name !== 'preparing') return same(before)
  const state = isEnded ? { ...before, ended: before.ended.map((was, index) => was || index === worker) } : before
  const areAllEnded = state.ended.every(Boolean)
  if (state.phase.name === 'running') return areAllEnded ? trigger(state, 'final', null, atMs) : same(state)
  if (!('attempt' in state.phase)) return same(state)
  const { attempt: running } = state.phase
  const preparedAfterMs = atMs - running.triggeredMs
  const share: WorkerShare = { worker, preparedAfterMs, isEnded, startDelayMs, tookMs }
  const answers = [...running.answers.filter((answer) => answer.worker !== worker), share]
  // Nobody has anything left to do: whatever was asked for, this is the last one.
  const attempt: Attempt = { ...running, answers, ...(areAllEnded ? { kind: 'final' as const, asked: null } : {}) }
  if (answers.length < state.ended.length) return same({ ...state, phase: { name: 'preparing', attempt } })
  const isTooLate = areAllEnded && running.asked !== null
  return prepared(
    state,
    attempt,
    atMs,
    isTooLate ? [{ type: 'savepointRefused', reason: 'the job is at its end' }] : [],
  )
}

function prepared(
  state: CheckpointState,
  running: Attempt,
  atMs: number,
  before: readonly CheckpointEffect[],
): CheckpointStep {
  const attempt = { ...running, preparedMs: atMs }
  return {
    state: { ...state, phase: { name: 'persisting', attempt } },
    effects: [...before, { type: 'persist', attempt }],
  }
}

function persisted(
  state: CheckpointState,
  { checkpointId, sizeBytes }: { readonly checkpointId: number; readonly sizeBytes: number },
  atMs: number,
): CheckpointStep {
  const { phase } = state
  if (phase.name !== 'persisting' || phase.attempt.checkpointId !== checkpointId) return same(state)
  const attempt = { ...phase.attempt, persistedMs: atMs, sizeBytes }
  return {
    state: { ...state, durableId: checkpointId, phase: { name: 'committing', attempt } },
    effects: [{ type: 'commit', attempt }],
  }
}

function committed(
  before: CheckpointState,
  { checkpointId, asked: kept }: Extract<CheckpointInput, { readonly type: 'committed' }>,
  atMs: number,
): CheckpointStep {
  const { phase } = before
  if (phase.name !== 'committing' || phase.attempt.checkpointId !== checkpointId) return same(before)
  const attempt: Attempt = { ...phase.attempt, asked: kept === undefined ? phase.attempt.asked : kept }
  const state: CheckpointState = {
    ...before,
    committedId: checkpointId,
    lastCompletedMs: atMs,
    phase: { name: 'running' },
  }
  const summary = summaryOf(state, attempt, atMs)
  const taken: CheckpointEffect[] = attempt.asked === null ? [] : [{ type: 'savepointTaken', summary }]
  const status = endBehind(before, attempt)
  // Who only wants an end gets it behind the savepoint that somebody else waits for.
  if (status === 'SAVEPOINT_DONE' && attempt.asked?.kind === 'periodic' && before.asked?.kind === 'savepoint') {
    const next = trigger({ ...state, asked: null }, 'savepoint', together(attempt.asked, before.asked), atMs)
    return {
      state: next.state,
      effects: [{ type: 'resume', checkpointId }, { type: 'completed', summary }, ...taken, ...next.effects],
    }
  }
  if (status !== null) return ended(state, status, [{ type: 'completed', summary }, ...taken])
  // Nobody has to wait for what is told now.
  const effects: CheckpointEffect[] = [{ type: 'resume', checkpointId }, { type: 'completed', summary }, ...taken]
  if (state.asked === null) return { state, effects }
  const next = trigger({ ...state, asked: null }, state.asked.kind, state.asked, atMs)
  return { state: next.state, effects: [...effects, ...next.effects] }
}

/** How the job ends behind a checkpoint; `null` when it goes on. */
function endBehind({ hasFailed, isCanceled }: CheckpointState, { kind, asked }: Attempt): EndStatus | null {
  if (hasFailed) return 'FAILED'
  if (kind === 'final') return 'FINISHED'
  if (asked?.goesOn === false) return 'SAVEPOINT_DONE'
  return isCanceled ? 'CANCELED' : null
}

function summaryOf({ epoch }: CheckpointState, attempt: Attempt, atMs: number): CheckpointSummary {
  const { checkpointId, kind, asked, triggeredMs, preparedMs, persistedMs, sizeBytes, answers } = attempt
  return {
    checkpointId,
    kind,
    epoch,
    triggeredMs,
    completedMs: atMs,
    prepareMs: preparedMs - triggeredMs,
    persistMs: persistedMs - preparedMs,
    durationMs: atMs - triggeredMs,
    endsJob: asked?.goesOn === false,
    sizeBytes,
    workers: answers,
  }
}

/** The record could not be made durable, or the sinks could not commit it. */
function stepFailed(state: CheckpointState, name: Phase['name'], checkpointId: number): CheckpointStep {
  const { phase } = state
  if (phase.name !== name || !('attempt' in phase) || phase.attempt.checkpointId !== checkpointId) return same(state)
  // Whoever canceled the job does not care for a checkpoint that nothing came of; a commit that stopped half-way matters.
  const isCanceled = state.isCanceled && !state.hasFailed && name === 'persisting'
  return ended({ ...state, hasFailed: !isCanceled }, isCanceled ? 'CANCELED' : 'FAILED', [])
}

/** Ends the job unless a record is on its way to be durable: then it is committed first. */
function interrupted(state: CheckpointState): CheckpointStep {
  const { name } = state.phase
  if (name === 'committing' || (name === 'persisting' && state.isDurable)) return same(state)
  return ended(state, state.hasFailed ? 'FAILED' : 'CANCELED', [])
}

function ended(state: CheckpointState, status: EndStatus, before: readonly CheckpointEffect[]): CheckpointStep {
  const { phase } = state
  const effects: CheckpointEffect[] = [...before]
  if ('attempt' in phase) effects.push({ type: 'dropped', attempt: phase.attempt })
  if (state.asked !== null || ('attempt' in phase && phase.attempt.asked !== null)) {
    effects.push({ type: 'savepointRefused', reason: `the job ended with ${status} before it` })
  }
  effects.push({ type: 'end', status })
  return { state: { ...state, phase: { name: 'ended', status } }, effects }
}
