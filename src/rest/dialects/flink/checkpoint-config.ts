import type { EngineSettings } from '../../../config/node-config.js'
import type { JobCheckpointing, JobView } from '../../../node/api.js'
import type { RestResponse } from '../../response.js'
import type { FlinkCall } from './call.js'
import type { FlinkWire } from './wire.js'

/** What Flink writes for no periodic checkpoints: more than a number of JavaScript can hold. */
const NEVER = '9223372036854775807'

/** `/jobs/:jobid/checkpoints/config` */
export function checkpointConfig(call: FlinkCall, wire: FlinkWire): RestResponse {
  const job = call.job()
  const { engine } = call.context
  const { intervalMs, minPauseMs, timeoutMs, isExactlyOnce } = job.checkpointing ?? earlierSettings(job, engine)
  const isPeriodic = intervalMs !== null
  const answer = {
    // Without checkpoints nothing is committed before the end, and what failed begins anew.
    mode: isPeriodic && isExactlyOnce ? 'exactly_once' : 'at_least_once',
    interval: null,
    timeout: timeoutMs,
    min_pause: Math.max(0, minPauseMs),
    max_concurrent: 1,
    // The last ones stay when a job fails, and go when it is canceled.
    externalization: { enabled: isPeriodic, delete_on_cancellation: true },
    // Positions of lanes in shared memory; each checkpoint is one record of them.
    state_backend: 'LaneState',
    checkpoint_storage: storageName(engine),
    unaligned_checkpoints: false,
    // A checkpoint that fails ends the attempt.
    tolerable_failed_checkpoints: 0,
    aligned_checkpoint_timeout: 0,
    checkpoints_after_tasks_finish: true,
    state_changelog_enabled: false,
    changelog_periodic_materialization_interval: 0,
    changelog_storage: null,
  }
  const text = JSON.stringify(answer).replace('"interval":null', `"interval":${intervalMs ?? NEVER}`)
  return wire.jsonText(text)
}

/** A job that an earlier version of the node took: what its node says. */
function earlierSettings({ mode }: JobView, engine: EngineSettings): JobCheckpointing {
  return {
    intervalMs: mode === 'STREAMING' ? engine.checkpointIntervalMs : null,
    minPauseMs: engine.checkpointMinPauseMs,
    timeoutMs: engine.checkpointTimeoutMs,
    isExactlyOnce: false,
  }
}

/** Names of the classes that keep records. */
function storageName({ checkpointStorageType: type, checkpointPluginConfig: config }: EngineSettings): string {
  const isInBucket = type === 'hdfs' && config.get('storage.type')?.toLowerCase() === 's3'
  return isInBucket ? 'S3CheckpointStorage' : 'LocalCheckpointStorage'
}
