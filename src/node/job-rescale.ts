import type { JobState, JobStep } from './job-fsm.js'

/** Subtasks of every source of a job, by its place. */
export type Parallelism = readonly number[]

/**
 * A change of the parallelism that is under way:
 *
 * - `saving`: the attempt was asked for a savepoint to end with.
 * - `restarting`: the next attempt has the new parallelism, and does not run yet.
 */
export interface Rescale {
  readonly stage: 'saving' | 'restarting'
  readonly target: Parallelism
  /** What the job had before; `null` for what it says itself. */
  readonly before: Parallelism | null
  /** By which whoever asked finds it; `null` when nobody does. */
  readonly requestId: string | null
}

/** Somebody wants another parallelism. */
export interface RescaleEvent {
  readonly type: 'rescale'
  readonly target: Parallelism
  readonly requestId: string | null
}

/** A running job is saved first; between two attempts the next one simply has another parallelism. `null`: not now. */
export function rescaleAsked(state: JobState, { target, requestId }: RescaleEvent): JobStep | null {
  if (state.status !== 'RUNNING' || state.rescale !== undefined) return null
  const rescale: Rescale = { stage: 'saving', target, before: state.parallelism ?? null, requestId }
  const asked = { ...state, rescale }
  if (state.phase === 'waiting') return { state: turned(asked), effects: [], passed: [] }
  return { state: asked, effects: [{ type: 'takeSavepoint' }], passed: [] }
}

/** The job at the point from which on it has the new parallelism; the same without a change under way. */
export function turned(state: JobState): JobState {
  const { rescale } = state
  if (rescale === undefined) return state
  return { ...state, parallelism: rescale.target, rescale: { ...rescale, stage: 'restarting' } }
}

/** The job when an attempt runs: a change of the parallelism is through with it. */
export function settled(state: JobState): JobState {
  if (state.rescale?.stage !== 'restarting') return state
  return { ...withoutRescale(state), rescales: (state.rescales ?? 0) + 1 }
}

/** The job without a change that came to nothing; what was changed already stays. */
export function withoutRescale({ rescale: _given, ...state }: JobState): JobState {
  return state
}

/** The job as it was before a change with which no attempt could be started. */
export function reverted(state: JobState): JobState {
  const { rescale } = state
  if (rescale === undefined) return state
  const { parallelism: _new, ...rest } = withoutRescale(state)
  return rescale.before === null ? rest : { ...rest, parallelism: rescale.before }
}
