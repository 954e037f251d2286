import {
  either,
  FLAG,
  INTEGER,
  listOf,
  mapOf,
  named,
  nullable,
  object,
  optional,
  recordOf,
  TEXT,
  wordOf,
} from '../../../shape.js'
import type { OperationShape } from './operation-shape.js'
import { DONE, DURATION, FLOAT, ID, polled, THROWABLE, TIME, TRIGGER } from './values.js'

/** A distribution. Quantiles of nothing are `NaN`. */
const SUMMARY = named(
  'FlinkSummary',
  object({ min: INTEGER, max: INTEGER, avg: INTEGER, p50: FLOAT, p90: FLOAT, p95: FLOAT, p99: FLOAT, p999: FLOAT }),
)
const STATUS = wordOf('COMPLETED', 'IN_PROGRESS', 'FAILED')

/** What a checkpoint and each vertex's part of it have. */
const SIZES = {
  checkpointed_size: INTEGER,
  state_size: INTEGER,
  end_to_end_duration: DURATION,
  alignment_buffered: INTEGER,
  processed_data: INTEGER,
  persisted_data: INTEGER,
  num_subtasks: INTEGER,
  num_acknowledged_subtasks: INTEGER,
} as const
const PART = { id: INTEGER, status: STATUS, latest_ack_timestamp: TIME, ...SIZES } as const
const CHECKPOINT_TYPE = wordOf('CHECKPOINT', 'UNALIGNED_CHECKPOINT', 'SAVEPOINT', 'SYNC_SAVEPOINT')

/** A checkpoint or savepoint in any state. */
const CHECKPOINT = named(
  'FlinkCheckpoint',
  object({
    className: wordOf('completed', 'in_progress', 'failed'),
    id: INTEGER,
    status: STATUS,
    is_savepoint: FLAG,
    savepointFormat: nullable(TEXT),
    trigger_timestamp: TIME,
    latest_ack_timestamp: TIME,
    ...SIZES,
    checkpoint_type: CHECKPOINT_TYPE,
    tasks: mapOf(named('FlinkTaskCheckpoint', object(PART))),
    external_path: optional(nullable(TEXT)),
    discarded: optional(FLAG),
    failure_timestamp: optional(TIME),
    failure_message: optional(nullable(TEXT)),
  }),
)
const CHECKPOINTS = named(
  'FlinkCheckpoints',
  object({
    counts: recordOf(['restored', 'total', 'in_progress', 'completed', 'failed'] as const, INTEGER),
    summary: recordOf(
      [
        'checkpointed_size',
        'state_size',
        'end_to_end_duration',
        'alignment_buffered',
        'processed_data',
        'persisted_data',
      ] as const,
      SUMMARY,
    ),
    latest: object({
      completed: nullable(CHECKPOINT),
      savepoint: nullable(CHECKPOINT),
      failed: nullable(CHECKPOINT),
      restored: nullable(
        object({ id: INTEGER, restore_timestamp: TIME, is_savepoint: FLAG, external_path: optional(nullable(TEXT)) }),
      ),
    }),
    history: listOf(CHECKPOINT),
  }),
)
const CHECKPOINT_SETTINGS = named(
  'FlinkCheckpointSettings',
  object({
    mode: wordOf('exactly_once', 'at_least_once'),
    interval: INTEGER,
    timeout: INTEGER,
    min_pause: INTEGER,
    max_concurrent: INTEGER,
    externalization: object({ enabled: FLAG, delete_on_cancellation: FLAG }),
    state_backend: TEXT,
    checkpoint_storage: TEXT,
    unaligned_checkpoints: FLAG,
    tolerable_failed_checkpoints: INTEGER,
    aligned_checkpoint_timeout: INTEGER,
    checkpoints_after_tasks_finish: FLAG,
    state_changelog_enabled: FLAG,
    changelog_periodic_materialization_interval: INTEGER,
    changelog_storage: nullable(TEXT),
  }),
)
const DONE_SUBTASK = object({
  className: wordOf('completed'),
  index: INTEGER,
  status: TEXT,
  ack_timestamp: TIME,
  end_to_end_duration: DURATION,
  checkpointed_size: INTEGER,
  state_size: INTEGER,
  checkpoint: object({ sync: DURATION, async: DURATION }),
  alignment: object({ buffered: INTEGER, processed: INTEGER, persisted: INTEGER, duration: DURATION }),
  start_delay: DURATION,
  unaligned_checkpoint: FLAG,
  aborted: FLAG,
})
const OPEN_SUBTASK = object({ className: wordOf('pending'), index: INTEGER, status: TEXT })
const VERTEX_PART = named(
  'FlinkVertexCheckpoint',
  object({
    ...PART,
    summary: object({
      checkpointed_size: SUMMARY,
      state_size: SUMMARY,
      end_to_end_duration: SUMMARY,
      checkpoint_duration: object({ sync: SUMMARY, async: SUMMARY }),
      alignment: object({ buffered: SUMMARY, processed: SUMMARY, persisted: SUMMARY, duration: SUMMARY }),
      start_delay: SUMMARY,
    }),
    subtasks: listOf(either(DONE_SUBTASK, OPEN_SUBTASK)),
  }),
)

const FORMAT = optional(nullable(wordOf('CANONICAL', 'NATIVE')))
/** An id of the client's own: asking again with it triggers nothing again. */
const TRIGGER_ID = optional(nullable(ID))
const SAVEPOINT = polled(
  'FlinkSavepointOperation',
  object({ location: optional(TEXT), 'failure-cause': optional(THROWABLE) }),
)

/** Checkpoints and savepoints. */
export const CHECKPOINT_SHAPES = {
  'GET /jobs/:jobid/checkpoints': { answer: CHECKPOINTS },
  'POST /jobs/:jobid/checkpoints': {
    body: object({
      checkpointType: optional(nullable(wordOf('CONFIGURED', 'FULL', 'INCREMENTAL'))),
      triggerId: TRIGGER_ID,
    }),
    answer: TRIGGER,
  },
  'GET /jobs/:jobid/checkpoints/config': { answer: CHECKPOINT_SETTINGS },
  'GET /jobs/:jobid/checkpoints/details/:checkpointid': { answer: CHECKPOINT },
  'GET /jobs/:jobid/checkpoints/details/:checkpointid/subtasks/:vertexid': { answer: VERTEX_PART },
  'GET /jobs/:jobid/checkpoints/:triggerid': {
    answer: polled(
      'FlinkCheckpointOperation',
      object({ checkpointId: optional(INTEGER), failureCause: optional(THROWABLE) }),
    ),
  },
  'POST /jobs/:jobid/savepoints': {
    body: object({
      'target-directory': optional(nullable(TEXT)),
      'cancel-job': optional(nullable(FLAG)),
      formatType: FORMAT,
      triggerId: TRIGGER_ID,
    }),
    answer: TRIGGER,
  },
  'GET /jobs/:jobid/savepoints/:triggerid': { answer: SAVEPOINT },
  'POST /jobs/:jobid/stop': {
    body: object({
      targetDirectory: optional(nullable(TEXT)),
      drain: optional(nullable(FLAG)),
      formatType: FORMAT,
      triggerId: TRIGGER_ID,
    }),
    answer: TRIGGER,
  },
  'POST /savepoint-disposal': { body: object({ 'savepoint-path': TEXT }), answer: TRIGGER },
  'GET /savepoint-disposal/:triggerid': { answer: polled('FlinkDisposal', DONE) },
} as const satisfies Record<string, OperationShape>
