import { checkpointLocation, type JobCheckpoint, type JobCheckpoints, type JobView } from '../../../node/api.js'
import type { FlinkCall } from './call.js'
import { NO_BUFFERS, summary } from './checkpoint-summary.js'
import { checkpointSubtasks, checkpointTasks } from './checkpoint-tasks.js'
import { notFound } from './fault.js'

/** Where a savepoint or checkpoint of a job is: what a job can go on behind. */
export function externalPath(jobId: string, { id, location }: Pick<JobCheckpoint, 'id' | 'location'>): string {
  return location ?? checkpointLocation(jobId, id)
}

function checkpointsOf(call: FlinkCall) {
  const job = call.job()
  const known: JobCheckpoints = call.node.checkpoints(job.jobId) ?? {
    triggered: 0,
    completed: 0,
    failed: 0,
    restored: 0,
    history: [],
  }
  return { job, known }
}

/** `/jobs/:jobid/checkpoints` */
export function jobCheckpoints(call: FlinkCall) {
  const { job, known } = checkpointsOf(call)
  const { history } = known
  const { checkpointHistory } = call.context
  const completed = history.filter(({ status }) => status === 'COMPLETED')
  const latest = (fits: (checkpoint: JobCheckpoint) => boolean) => {
    const found = history.findLast(fits)
    return found === undefined ? null : checkpointJson(job, found)
  }
  const sizes = summary(completed.map(({ sizeBytes }) => sizeBytes))
  const none = summary(completed.map(() => 0))
  return {
    counts: {
      restored: known.restored,
      total: known.triggered,
      in_progress: history.filter(({ status }) => status === 'IN_PROGRESS').length,
      completed: known.completed,
      failed: known.failed,
    },
    summary: {
      checkpointed_size: sizes,
      state_size: sizes,
      end_to_end_duration: summary(completed.map(durationMs)),
      alignment_buffered: NO_BUFFERS,
      processed_data: none,
      persisted_data: none,
    },
    latest: {
      completed: latest(({ kind, status }) => kind !== 'savepoint' && status === 'COMPLETED'),
      savepoint: latest(({ kind, status }) => kind === 'savepoint' && status === 'COMPLETED'),
      failed: latest(({ status }) => status === 'FAILED'),
      restored: restoredJson(job, known),
    },
    history: history
      .slice(history.length - Math.min(history.length, checkpointHistory))
      .toReversed()
      .map((checkpoint) => checkpointJson(job, checkpoint)),
  }
}

function restoredJson({ jobId }: JobView, { lastRestore, history }: JobCheckpoints) {
  if (lastRestore === undefined) return null
  const { checkpointId: id, kind, atMs, location } = lastRestore
  const own = history.find((checkpoint) => checkpoint.id === id)
  return {
    id,
    restore_timestamp: atMs,
    is_savepoint: kind === 'savepoint',
    external_path: location ?? externalPath(jobId, own ?? { id }),
  }
}

/** `/jobs/:jobid/checkpoints/details/:checkpointid` @throws FlinkFault 400, 404 */
export function checkpointDetails(call: FlinkCall) {
  const { job, checkpoint } = checkpointOf(call)
  return checkpointJson(job, checkpoint, checkpointTasks(checkpoint, job.dag))
}

/** `…/subtasks/:vertexid` @throws FlinkFault 400, 404 */
export function checkpointOfVertex(call: FlinkCall) {
  const { job, checkpoint } = checkpointOf(call)
  const found = call.findVertex(job)
  if (found !== null) return checkpointSubtasks(checkpoint, found.vertex)
  throw notFound(`There is no checkpoint statistics for task ${call.id('vertexid')}.`)
}

function checkpointOf(call: FlinkCall) {
  const wanted = call.number('checkpointid', true)
  const { job, known } = checkpointsOf(call)
  const checkpoint = known.history.find(({ id }) => id === wanted)
  if (checkpoint === undefined) throw notFound(`Could not find checkpointing statistics for checkpoint ${wanted}.`)
  return { job, checkpoint }
}

const CLASSES = { COMPLETED: 'completed', IN_PROGRESS: 'in_progress', FAILED: 'failed' } as const

function durationMs({ endedAtMs, triggeredAtMs }: JobCheckpoint): number {
  return endedAtMs === null ? 0 : endedAtMs - triggeredAtMs
}

/** @param tasks what every vertex put in; lists do not tell. */
function checkpointJson(job: JobView, checkpoint: JobCheckpoint, tasks: ReturnType<typeof checkpointTasks> = {}) {
  const { id, kind, status, triggeredAtMs, endedAtMs, sizeBytes, failure } = checkpoint
  const count = job.dag.vertices.reduce((sum, { parallelism }) => sum + parallelism, 0)
  const isComplete = status === 'COMPLETED'
  return {
    className: CLASSES[status],
    id,
    status,
    is_savepoint: kind === 'savepoint',
    savepointFormat: kind === 'savepoint' ? 'NATIVE' : null,
    trigger_timestamp: triggeredAtMs,
    latest_ack_timestamp: checkpoint.acknowledgedAtMs ?? (isComplete && endedAtMs !== null ? endedAtMs : -1),
    checkpointed_size: sizeBytes,
    state_size: sizeBytes,
    end_to_end_duration: durationMs(checkpoint),
    alignment_buffered: 0,
    processed_data: 0,
    persisted_data: 0,
    num_subtasks: count,
    // All are acknowledged at once, when what they have prepared is durable.
    num_acknowledged_subtasks: isComplete ? count : 0,
    checkpoint_type: typeOf(checkpoint),
    tasks,
    ...(isComplete
      ? { external_path: externalPath(job.jobId, checkpoint), discarded: checkpoint.isDiscarded === true }
      : {}),
    ...(status === 'FAILED' ? { failure_timestamp: endedAtMs ?? triggeredAtMs, failure_message: failure } : {}),
  }
}

function typeOf({ kind, endsJob }: JobCheckpoint): string {
  if (kind !== 'savepoint') return 'CHECKPOINT'
  return endsJob === true ? 'SYNC_SAVEPOINT' : 'SAVEPOINT'
}
