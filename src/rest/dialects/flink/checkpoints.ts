import type { JobCheckpoint, JobCheckpoints, JobEvent, JobView } from '../../../node/api.js'
import type { RestResponse } from '../../response.js'
import type { FlinkCall } from './call.js'
import { notFound } from './fault.js'
import type { FlinkWire } from './wire.js'

/** Checkpoints that an answer lists. @source Flink `web.checkpoints.history` */
const HISTORY_LIMIT = 10
/** What Flink writes for no periodic checkpoints: more than a number of JavaScript can hold. */
const NEVER = '9223372036854775807'
const QUANTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 } as const

/** Where a savepoint or checkpoint of a job is: the node itself finds it by this. */
export function checkpointLocation(jobId: string, { id }: Pick<JobCheckpoint, 'id'>): string {
  return `millrace:/jobs/${jobId}/checkpoints/${id}`
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
      // A member that Flink fills no more.
      alignment_buffered: { min: 0, max: 0, avg: 0, p50: 0, p90: 0, p95: 0, p99: 0, p999: 0 },
      processed_data: none,
      persisted_data: none,
    },
    latest: {
      completed: latest(({ kind, status }) => kind !== 'savepoint' && status === 'COMPLETED'),
      savepoint: latest(({ kind, status }) => kind === 'savepoint' && status === 'COMPLETED'),
      failed: latest(({ status }) => status === 'FAILED'),
      restored: restoredJson(job, call.node.timeline(job.jobId)),
    },
    history: history
      .slice(-HISTORY_LIMIT)
      .toReversed()
      .map((checkpoint) => checkpointJson(job, checkpoint)),
  }
}

/** What a job went on behind for the last time, with when that was; `null` when it began at its beginning. */
export function lastRestored(
  timeline: readonly JobEvent[],
): (Pick<JobCheckpoint, 'id'> & { readonly event: JobEvent }) | null {
  const event = timeline.findLast(({ kind, data }) => kind === 'checkpoint' && data.type === 'restored')
  return event === undefined ? null : { id: Number(event.data.checkpoint), event }
}

function restoredJson({ jobId }: JobView, timeline: readonly JobEvent[]) {
  const restored = lastRestored(timeline)
  if (restored === null) return null
  const { id, event } = restored
  return {
    id,
    restore_timestamp: event.atMs,
    is_savepoint: event.data.checkpointKind === 'savepoint',
    external_path: checkpointLocation(jobId, restored),
  }
}

/** `/jobs/:jobid/checkpoints/details/:checkpointid` */
export function checkpointDetails(call: FlinkCall) {
  const { job, checkpoint } = checkpointOf(call)
  return checkpointJson(job, checkpoint)
}

/** `…/subtasks/:vertexid`: what each vertex put into a checkpoint is not kept. */
export function checkpointOfVertex(call: FlinkCall): never {
  checkpointOf(call)
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

function checkpointJson(job: JobView, checkpoint: JobCheckpoint) {
  const { id, kind, status, triggeredAtMs, endedAtMs, sizeBytes, failure } = checkpoint
  const tasks = job.dag.vertices.reduce((sum, { parallelism }) => sum + parallelism, 0)
  const isComplete = status === 'COMPLETED'
  const isSavepoint = kind === 'savepoint'
  return {
    className: CLASSES[status],
    id,
    status,
    is_savepoint: isSavepoint,
    savepointFormat: isSavepoint ? 'NATIVE' : null,
    trigger_timestamp: triggeredAtMs,
    latest_ack_timestamp: isComplete && endedAtMs !== null ? endedAtMs : -1,
    checkpointed_size: sizeBytes,
    state_size: sizeBytes,
    end_to_end_duration: durationMs(checkpoint),
    alignment_buffered: 0,
    processed_data: 0,
    persisted_data: 0,
    num_subtasks: tasks,
    // A checkpoint is complete when all have answered; who has while it is under way is not told.
    num_acknowledged_subtasks: isComplete ? tasks : 0,
    checkpoint_type: isSavepoint ? 'SAVEPOINT' : 'CHECKPOINT',
    tasks: {},
    ...(isComplete ? { external_path: checkpointLocation(job.jobId, checkpoint), discarded: false } : {}),
    ...(status === 'FAILED' ? { failure_timestamp: endedAtMs ?? triggeredAtMs, failure_message: failure } : {}),
  }
}

/** A quantile lies on the line between the two values around it. @source Apache Commons Math `Percentile` */
function summary(values: readonly number[]) {
  const sorted = values.toSorted((left, right) => left - right)
  const sum = sorted.reduce((total, value) => total + value, 0)
  const quantile = (part: number): number | 'NaN' => {
    if (sorted.length === 0) return 'NaN'
    const place = part * (sorted.length + 1)
    const below = Math.floor(place)
    const [low, high] = [sorted[Math.max(0, below - 1)] ?? 0, sorted[Math.min(sorted.length - 1, below)] ?? 0]
    return low + (place - below) * (high - low)
  }
  return {
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
    avg: sorted.length === 0 ? 0 : Math.trunc(sum / sorted.length),
    ...Object.fromEntries(Object.entries(QUANTILES).map(([name, part]) => [name, quantile(part)])),
  }
}

const DIGITS = /^\d{1,15}$/

/** `/jobs/:jobid/checkpoints/config` */
export function checkpointConfig(call: FlinkCall, wire: FlinkWire): RestResponse {
  const { envOptions, mode } = call.job()
  const { engine } = call.context
  const milliseconds = (names: readonly string[], otherwise: number): number => {
    const text = names.map((name) => envOptions.get(name)).find((value) => value !== undefined)
    return text !== undefined && DIGITS.test(text) ? Number(text) : otherwise
  }
  // Batch jobs take checkpoints only where they ask for them.
  const otherwise = mode === 'STREAMING' ? engine.checkpointIntervalMs : 0
  const interval = milliseconds(['checkpoint.interval', 'execution.checkpoint.interval'], otherwise)
  const answer = {
    // Whether each row comes out once depends on the connectors of the job; this much holds for all.
    mode: 'at_least_once',
    interval: null,
    timeout: milliseconds(['checkpoint.timeout', 'execution.checkpoint.timeout'], engine.checkpointTimeoutMs),
    min_pause: Math.max(0, milliseconds(['min-pause'], engine.checkpointMinPauseMs)),
    max_concurrent: 1,
    externalization: { enabled: interval > 0, delete_on_cancellation: true },
    state_backend: 'MillraceStateBackend',
    checkpoint_storage: engine.checkpointStorageType,
    unaligned_checkpoints: false,
    tolerable_failed_checkpoints: 0,
    aligned_checkpoint_timeout: 0,
    checkpoints_after_tasks_finish: true,
    state_changelog_enabled: false,
    changelog_periodic_materialization_interval: 0,
    changelog_storage: null,
  }
  const text = JSON.stringify(answer).replace('"interval":null', `"interval":${interval > 0 ? interval : NEVER}`)
  return wire.jsonText(text)
}
