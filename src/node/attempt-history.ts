import type { JobTasks } from '../engine/job-service.js'
import type { AttemptView, FailedTask, VertexTotal } from './attempt-api.js'
import { foldedFigures, type KeptFigures, keptFigures, vertexFigures } from './attempt-figures.js'

/** Attempts that are kept of one job: the newest. */
export const ATTEMPT_LIMIT = 16
/** Subtasks, over all vertices and attempts of one job, whose own figures are kept; of further attempts the sums by vertex are. */
const SUBTASK_LIMIT = 1024

/** One attempt as it is kept with its job. */
export interface AttemptRecord extends Omit<AttemptView, 'vertices'> {
  readonly figures: readonly KeptFigures[]
  /** When the figures were read. */
  readonly readAtMs: number
}

/** The attempts of a job as they are kept with it. */
export interface AttemptHistory {
  readonly totals: readonly VertexTotal[]
  /** The newest ones, oldest first. */
  readonly attempts: readonly AttemptRecord[]
}

/** No attempt was begun yet. */
export const NO_ATTEMPTS: AttemptHistory = { totals: [], attempts: [] }

/** A history that another process wrote: what it left open has ended with it. */
export function recovered(history: AttemptHistory): AttemptHistory {
  if (history.attempts.at(-1)?.outcome !== null) return history
  return {
    ...history,
    attempts: history.attempts.map((attempt) => (attempt.outcome === null ? abandoned(attempt) : attempt)),
  }
}

/** One more attempt begins. */
export function beginAttempt(history: AttemptHistory, epoch: number, openedAtMs: number): AttemptHistory {
  const { attempts: before } = history
  const attempt: AttemptRecord = {
    number: (before.at(-1)?.number ?? -1) + 1,
    epoch,
    openedAtMs,
    startedAtMs: null,
    runningAtMs: null,
    endedAtMs: null,
    outcome: null,
    failedTask: null,
    figures: [],
    readAtMs: openedAtMs,
  }
  return bounded({ ...history, attempts: [...before, attempt] })
}

/** The last that is known of an attempt that ended with its node. */
function abandoned(attempt: AttemptRecord): AttemptRecord {
  return { ...attempt, outcome: 'ABANDONED', endedAtMs: attempt.readAtMs }
}

/** What is known of the newest attempt changes. */
export function withLast(history: AttemptHistory, change: Partial<AttemptRecord>): AttemptHistory {
  const last = history.attempts.at(-1)
  if (last === undefined) return history
  return { ...history, attempts: [...history.attempts.slice(0, -1), { ...last, ...change }] }
}

/** The newest attempt with what it has done by now. */
export function withTasks(history: AttemptHistory, tasks: JobTasks, totals: readonly VertexTotal[]): AttemptHistory {
  return withLast(
    { ...history, totals },
    {
      runningAtMs: tasks.startedAtMs,
      figures: keptFigures(tasks),
      readAtMs: tasks.atMs,
    },
  )
}

/** The newest attempt ends. */
export function endAttempt(
  history: AttemptHistory,
  end: { readonly outcome: AttemptRecord['outcome']; readonly failedTask: FailedTask | null; readonly atMs: number },
): AttemptHistory {
  const { outcome, failedTask, atMs } = end
  return bounded(withLast(history, { outcome, failedTask, endedAtMs: atMs }))
}

/** Drops what is too much: attempts first, then the figures of single subtasks, of the oldest attempts first. */
export function bounded(history: AttemptHistory): AttemptHistory {
  let left = SUBTASK_LIMIT
  const newest = history.attempts.slice(-ATTEMPT_LIMIT).toReversed()
  const attempts = newest.map((attempt) => {
    const subtasks = attempt.figures.reduce((sum, each) => sum + each.subtasks, 0)
    left -= subtasks
    return left >= 0 || subtasks === 0 ? attempt : { ...attempt, figures: attempt.figures.map(foldedFigures) }
  })
  return { ...history, attempts: attempts.toReversed() }
}

/** An attempt as it is shown. */
export function attemptView({ figures, readAtMs: _readAtMs, ...attempt }: AttemptRecord): AttemptView {
  return { ...attempt, vertices: figures.map(vertexFigures) }
}
