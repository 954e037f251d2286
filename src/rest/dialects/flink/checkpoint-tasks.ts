import type { JobCheckpoint, JobDag, JobVertex } from '../../../node/api.js'
import { NO_BUFFERS, subtaskSummary } from './checkpoint-summary.js'
import { vertexIdsOf } from './ids.js'
import { verticesInOrder } from './job-plan.js'

/** Times that were not measured. */
const UNKNOWN = -1

/** A subtask that has put its part into a checkpoint. */
interface Acknowledged {
  readonly ackMs: number
  readonly bytes: number
  readonly syncMs: number
  readonly asyncMs: number
  readonly startDelayMs: number
}

/**
 * What the subtasks of a vertex put into a checkpoint; `null` for each that has not, or of which it is not known any more. All of them
 * are acknowledged at once, when the last worker has prepared, before which any of them may still take work of any subtask, and that is durable.
 */
function subtasksOf({ detail, acknowledgedAtMs }: JobCheckpoint, vertex: JobVertex): readonly (Acknowledged | null)[] {
  const parts = detail?.vertices.find((each) => each.vertex === vertex.id)?.subtasks
  return Array.from({ length: vertex.parallelism }, (_, index) => {
    if (acknowledgedAtMs === undefined || detail === undefined) return null
    return {
      ackMs: acknowledgedAtMs,
      bytes: parts?.[index]?.bytes ?? 0,
      syncMs: Math.round(parts?.[index]?.syncMs ?? 0),
      asyncMs: detail.persistMs,
      startDelayMs: detail.startDelayMs === null ? UNKNOWN : Math.round(detail.startDelayMs),
    }
  })
}

function taskJson(checkpoint: JobCheckpoint, vertex: JobVertex) {
  const { id, status, triggeredAtMs, acknowledgedAtMs, detail } = checkpoint
  const subtasks = subtasksOf(checkpoint, vertex)
  const bytes = subtasks.reduce((sum, subtask) => sum + (subtask?.bytes ?? 0), 0)
  const isAcknowledged = status === 'COMPLETED' && acknowledgedAtMs !== undefined
  return {
    id,
    status,
    latest_ack_timestamp: acknowledgedAtMs ?? UNKNOWN,
    checkpointed_size: bytes,
    state_size: bytes,
    end_to_end_duration: acknowledgedAtMs === undefined ? UNKNOWN : acknowledgedAtMs - triggeredAtMs,
    alignment_buffered: 0,
    processed_data: 0,
    persisted_data: 0,
    num_subtasks: vertex.parallelism,
    num_acknowledged_subtasks: isAcknowledged || detail !== undefined ? vertex.parallelism : 0,
  }
}

/** What every vertex put into a checkpoint, by its id. */
export function checkpointTasks(checkpoint: JobCheckpoint, dag: JobDag) {
  const ids = vertexIdsOf(dag)
  return Object.fromEntries(verticesInOrder(dag).map((vertex) => [ids.get(vertex.id), taskJson(checkpoint, vertex)]))
}

/** What every subtask of a vertex put into a checkpoint. */
export function checkpointSubtasks(checkpoint: JobCheckpoint, vertex: JobVertex) {
  const subtasks = subtasksOf(checkpoint, vertex)
  const known = subtasks.filter((each) => each !== null)
  const of = (value: (subtask: Acknowledged) => number) => subtaskSummary(known.map(value))
  const sizes = of(({ bytes }) => bytes)
  const none = of(() => 0)
  return {
    ...taskJson(checkpoint, vertex),
    summary: {
      checkpointed_size: sizes,
      state_size: sizes,
      end_to_end_duration: of(({ ackMs }) => ackMs - checkpoint.triggeredAtMs),
      checkpoint_duration: { sync: of(({ syncMs }) => syncMs), async: of(({ asyncMs }) => asyncMs) },
      alignment: { buffered: NO_BUFFERS, processed: none, persisted: none, duration: none },
      start_delay: of(({ startDelayMs }) => startDelayMs),
    },
    subtasks: subtasks.map((subtask, index) => subtaskJson(checkpoint, subtask, index)),
  }
}

function subtaskJson({ triggeredAtMs, status }: JobCheckpoint, subtask: Acknowledged | null, index: number) {
  if (subtask === null) return { className: 'pending', index, status: 'pending_or_failed' }
  const { ackMs, bytes, syncMs, asyncMs, startDelayMs } = subtask
  return {
    className: 'completed',
    index,
    ack_timestamp: ackMs,
    end_to_end_duration: ackMs - triggeredAtMs,
    checkpointed_size: bytes,
    state_size: bytes,
    checkpoint: { sync: syncMs, async: asyncMs },
    // Workers rest between two pieces of work, where nothing is under way: there is nothing to align.
    alignment: { buffered: 0, processed: 0, persisted: 0, duration: 0 },
    start_delay: startDelayMs,
    unaligned_checkpoint: false,
    aborted: status === 'FAILED',
    status: 'completed',
  }
}
