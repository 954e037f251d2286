import type { JobCheckpoint, JobCheckpoints, JobView } from '../../../node/api.js'
import { externalPath } from './checkpoints.js'

const NANOSECONDS = 1e6

/** What is told of the checkpoints of a job. */
export function jobCheckpointMetrics(
  { jobId }: JobView,
  known: JobCheckpoints | null,
): readonly (readonly [name: string, value: number | string])[] {
  const history = known?.history ?? []
  const last = lastCompleted(known)
  const restore = known?.lastRestore
  return [
    ...(restore === undefined ? [] : [['lastCheckpointRestoreTimestamp', restore.atMs] as const]),
    ...(last === null ? [] : lastMetrics(jobId, last)),
    ['numberOfInProgressCheckpoints', history.filter(({ status }) => status === 'IN_PROGRESS').length],
    ['numberOfCompletedCheckpoints', known?.completed ?? 0],
    ['numberOfFailedCheckpoints', known?.failed ?? 0],
    ['totalNumberOfCheckpoints', known?.triggered ?? 0],
  ]
}

function lastCompleted(known: JobCheckpoints | null): JobCheckpoint | null {
  return known?.history.findLast(({ status }) => status === 'COMPLETED') ?? null
}

/** There is no size of a change alone: every checkpoint is a full one. */
function lastMetrics(jobId: string, last: JobCheckpoint): readonly (readonly [string, number | string])[] {
  const endedAtMs = last.endedAtMs ?? last.triggeredAtMs
  return [
    ['lastCheckpointDuration', endedAtMs - last.triggeredAtMs],
    ['lastCheckpointSize', last.sizeBytes],
    ['lastCheckpointFullSize', last.sizeBytes],
    ['lastCheckpointProcessedData', 0],
    ['lastCheckpointPersistedData', 0],
    ['lastCompletedCheckpointId', last.id],
    ['lastCheckpointCompletedTimestamp', endedAtMs],
    ['lastCheckpointExternalPath', externalPath(jobId, last)],
  ]
}

/** What the last checkpoint was to a task; nothing before there was one. Workers serve all tasks, so it is the same for all of them. */
export function taskCheckpointMetrics(
  known: JobCheckpoints | null,
): readonly (readonly [name: string, value: number])[] {
  const detail = lastCompleted(known)?.detail
  if (detail === undefined) return []
  return [
    ['checkpointAlignmentTime', 0],
    ...(detail.startDelayMs === null
      ? []
      : [['checkpointStartDelayNanos', Math.round(detail.startDelayMs * NANOSECONDS)] as const]),
  ]
}
