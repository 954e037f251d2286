import type { JobDag } from '../engine/job-dag.js'
import type { CheckpointEvent } from '../engine/job-service.js'
import type { CheckpointDetail, JobCheckpoint, JobCheckpoints } from './api.js'

/** Checkpoints that are remembered of one job. */
const HISTORY_LIMIT = 100
/** Subtasks over all checkpoints of a job of which it is remembered what they put in; at least those of one checkpoint are. */
const SUBTASK_LIMIT = 10_000

/** What decides how much is remembered. */
export interface CheckpointMemory {
  readonly dag: JobDag
  /** Records that the store keeps. */
  readonly maxRetained: number
  /** Checkpoints of which it is remembered what each subtask put in. */
  readonly details: number
}

/** The checkpoints of a job after one more event. */
export function afterCheckpointEvent(
  known: JobCheckpoints,
  event: CheckpointEvent,
  memory: CheckpointMemory,
): JobCheckpoints {
  switch (event.type) {
    case 'checkpointTriggered': {
      const begun: JobCheckpoint = {
        id: event.checkpointId,
        kind: event.kind,
        status: 'IN_PROGRESS',
        triggeredAtMs: event.atMs,
        endedAtMs: null,
        sizeBytes: 0,
        failure: null,
      }
      const history = [...known.history, begun].slice(-HISTORY_LIMIT)
      return { ...known, triggered: known.triggered + 1, history }
    }
    case 'checkpointCompleted': {
      const { checkpointId, atMs, kind, sizeBytes, triggeredMs, prepareMs, persistMs, location } = event
      const history = ended(known, checkpointId, {
        status: 'COMPLETED',
        // What was begun by the clock has become a savepoint where somebody asked for one in time.
        kind,
        endedAtMs: atMs,
        sizeBytes,
        acknowledgedAtMs: triggeredMs + prepareMs + persistMs,
        ...(location === null ? {} : { location }),
        ...(event.endsJob ? { endsJob: true } : {}),
        ...(event.parts.length === 0 ? {} : { detail: detailOf(event, memory.dag) }),
      })
      return { ...known, completed: known.completed + 1, history: bounded(history, memory) }
    }
    case 'checkpointFailed': {
      const { checkpointId, atMs, error } = event
      const history = ended(known, checkpointId, { status: 'FAILED', endedAtMs: atMs, failure: error.message })
      return { ...known, failed: known.failed + 1, history }
    }
    case 'restored': {
      const { checkpointId, kind, atMs, location } = event
      return { ...known, restored: known.restored + 1, lastRestore: { checkpointId, kind, atMs, location } }
    }
    case 'checkpointSlow':
      return known
  }
}

function ended(known: JobCheckpoints, id: number, change: Partial<JobCheckpoint>): readonly JobCheckpoint[] {
  return known.history.map((each) => (each.id === id && each.status === 'IN_PROGRESS' ? { ...each, ...change } : each))
}

/** What every vertex put in, by subtask. A sink or source of several pipelines is counted at its first vertex; transforms have no state. */
function detailOf(
  { parts, workers, persistMs }: Extract<CheckpointEvent, { readonly type: 'checkpointCompleted' }>,
  { vertices }: JobDag,
): CheckpointDetail {
  const delays = workers.flatMap(({ startDelayMs }) => (startDelayMs === null ? [] : [startDelayMs]))
  return {
    startDelayMs: delays.length === 0 ? null : Math.min(...delays),
    persistMs,
    vertices: vertices.map((vertex) => {
      const { id, kind, index, parallelism } = vertex
      const isFirst = vertices.find((each) => each.kind === kind && each.index === index) === vertex
      const part = isFirst ? parts.find((each) => each.kind === kind && each.index === index) : undefined
      const subtasks = Array.from({ length: parallelism }, () => ({ bytes: 0, syncMs: 0 }))
      for (const { subtask, bytes, syncMs } of part?.subtasks ?? []) {
        const own = subtasks[subtask % parallelism]
        if (own === undefined) continue
        own.bytes += bytes
        own.syncMs = Math.max(own.syncMs, syncMs)
      }
      return { vertex: id, subtasks }
    }),
  }
}

/** Marks what the store has removed, and forgets details that are too many. */
function bounded(
  history: readonly JobCheckpoint[],
  { maxRetained, details }: CheckpointMemory,
): readonly JobCheckpoint[] {
  let records = maxRetained
  let left = details
  let subtasks = SUBTASK_LIMIT
  return history
    .toReversed()
    .map((checkpoint) => {
      if (checkpoint.status !== 'COMPLETED') return checkpoint
      records -= 1
      const { detail, ...rest } = checkpoint
      const size = detail?.vertices.reduce((sum, each) => sum + each.subtasks.length, 0) ?? 0
      const isKept = detail !== undefined && left > 0 && (subtasks >= size || left === details)
      if (isKept) {
        left -= 1
        subtasks -= size
      }
      const isRetired = records < 0 && checkpoint.location === undefined
      const isSame = isKept === (detail !== undefined) && isRetired === (checkpoint.isDiscarded === true)
      if (isSame) return checkpoint
      return { ...rest, ...(isKept ? { detail } : {}), ...(isRetired ? { isDiscarded: true } : {}) }
    })
    .toReversed()
}

/** The checkpoints of a job whose records were removed. What was kept for itself stays. */
export function discardedCheckpoints(known: JobCheckpoints): JobCheckpoints {
  const history = known.history.map((each) =>
    each.status === 'COMPLETED' && each.location === undefined ? { ...each, isDiscarded: true } : each,
  )
  return { ...known, history }
}

/** What an event of checkpoints says to people. */
export function checkpointText(event: CheckpointEvent): string {
  const { checkpointId } = event
  switch (event.type) {
    case 'checkpointTriggered':
      return `${event.kind} checkpoint ${checkpointId} began`
    case 'checkpointCompleted':
      return `${event.kind} checkpoint ${checkpointId} is complete after ${Math.round(event.durationMs)} ms`
    case 'checkpointFailed':
      return `${event.kind} checkpoint ${checkpointId} failed: ${event.error.message}`
    case 'checkpointSlow':
      return `checkpoint ${checkpointId} takes ${Math.round(event.waitedMs)} ms so far, waiting for ${event.holders.join('; ')}`
    case 'restored': {
      const place = event.location === null ? '' : ` at '${event.location}'`
      return `the job goes on behind ${event.kind} checkpoint ${checkpointId}${place}`
    }
  }
}
