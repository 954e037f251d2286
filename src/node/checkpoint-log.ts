import type { CheckpointEvent } from '../engine/job-service.js'
import type { JobCheckpoint, JobCheckpoints } from './api.js'

/** Checkpoints that are remembered of one job. */
const HISTORY_LIMIT = 100

/** The checkpoints of a job after one more event. */
export function afterCheckpointEvent(known: JobCheckpoints, event: CheckpointEvent): JobCheckpoints {
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
      const { checkpointId, atMs, sizeBytes } = event
      const history = ended(known, checkpointId, { status: 'COMPLETED', endedAtMs: atMs, sizeBytes })
      return { ...known, completed: known.completed + 1, history }
    }
    case 'checkpointFailed': {
      const { checkpointId, atMs, error } = event
      const history = ended(known, checkpointId, { status: 'FAILED', endedAtMs: atMs, failure: error.message })
      return { ...known, failed: known.failed + 1, history }
    }
    case 'restored':
      return { ...known, restored: known.restored + 1 }
    case 'checkpointSlow':
      return known
  }
}

function ended(known: JobCheckpoints, id: number, change: Partial<JobCheckpoint>): readonly JobCheckpoint[] {
  return known.history.map((each) => (each.id === id && each.status === 'IN_PROGRESS' ? { ...each, ...change } : each))
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
    case 'restored':
      return `the job goes on behind ${event.kind} checkpoint ${checkpointId}`
  }
}
