import {
  ANYTHING,
  FLAG,
  INTEGER,
  listOf,
  mapOf,
  named,
  nullable,
  object,
  onlyIn,
  optional,
  recordOf,
  TEXT,
  wordOf,
} from '../../../shape.js'
import { ENVIRONMENT, GET, SETTINGS } from './cluster.js'
import type { OperationShape } from './operation-shape.js'
import {
  AGGREGATED_METRICS,
  DURATION,
  EMPTY,
  ID,
  IO_METRICS,
  JOB_STATE,
  JOB_TIMESTAMPS,
  METRICS,
  STATE_COUNTS,
  TASK_STATE,
  THROWABLE,
  TIME,
} from './values.js'

const MODE = wordOf('STREAMING', 'BATCH')
const LINE_2 = '2.1'
const LINE_1 = '1.20'

/** A graph of a job, sinks first. */
export const PLAN = named(
  'FlinkPlan',
  object({
    jid: ID,
    name: TEXT,
    type: MODE,
    nodes: listOf(
      object({
        id: ID,
        operator: TEXT,
        parallelism: INTEGER,
        operator_strategy: TEXT,
        description: TEXT,
        optimizer_properties: mapOf(ANYTHING),
        inputs: optional(
          listOf(
            object({
              num: INTEGER,
              id: ID,
              ship_strategy: optional(TEXT),
              exchange: TEXT,
              local_strategy: optional(TEXT),
            }),
          ),
        ),
      }),
    ),
  }),
)
/** The graph alone. */
export const JOB_PLAN = named('FlinkJobPlan', object({ plan: PLAN }))

const TASK_COUNTS = named(
  'FlinkTaskCounts',
  recordOf(
    [
      'total',
      'created',
      'scheduled',
      'deploying',
      'running',
      'finished',
      'canceling',
      'canceled',
      'failed',
      'reconciling',
      'initializing',
    ] as const,
    INTEGER,
  ),
)
const SPAN = { 'start-time': TIME, 'end-time': TIME, duration: DURATION } as const
const JOB_SUMMARY = named(
  'FlinkJobSummary',
  object({
    jid: ID,
    name: TEXT,
    state: JOB_STATE,
    ...SPAN,
    'last-modification': TIME,
    tasks: TASK_COUNTS,
    'pending-operators': onlyIn(LINE_2, INTEGER),
  }),
)
const VERTEX = named(
  'FlinkJobVertex',
  object({
    id: ID,
    slotSharingGroupId: ID,
    name: TEXT,
    maxParallelism: INTEGER,
    parallelism: INTEGER,
    status: TASK_STATE,
    ...SPAN,
    tasks: STATE_COUNTS,
    metrics: IO_METRICS,
  }),
)
const JOB = named(
  'FlinkJob',
  object({
    jid: ID,
    name: TEXT,
    isStoppable: FLAG,
    state: JOB_STATE,
    'job-type': MODE,
    ...SPAN,
    maxParallelism: INTEGER,
    now: TIME,
    timestamps: JOB_TIMESTAMPS,
    vertices: listOf(VERTEX),
    'status-counts': STATE_COUNTS,
    plan: PLAN,
    'pending-operators': onlyIn(LINE_2, INTEGER),
  }),
)
const JOB_SETTINGS = named(
  'FlinkJobSettings',
  object({
    jid: ID,
    name: TEXT,
    'execution-config': optional(
      object({
        'execution-mode': onlyIn(LINE_1, TEXT),
        'restart-strategy': TEXT,
        'job-parallelism': INTEGER,
        'object-reuse-mode': FLAG,
        'user-config': mapOf(TEXT),
      }),
    ),
  }),
)

/** Absent where the failure is of the whole job. */
const TASK = {
  taskName: optional(TEXT),
  endpoint: optional(TEXT),
  taskManagerId: optional(TEXT),
  location: optional(TEXT),
} as const
const FAILURE = {
  exceptionName: TEXT,
  stacktrace: TEXT,
  timestamp: TIME,
  failureLabels: mapOf(TEXT),
  ...TASK,
} as const
const EXCEPTIONS = named(
  'FlinkExceptions',
  object({
    exceptionHistory: object({
      entries: listOf(object({ ...FAILURE, concurrentExceptions: listOf(object(FAILURE)) })),
      truncated: FLAG,
    }),
    'root-exception': onlyIn(LINE_1, nullable(TEXT)),
    timestamp: onlyIn(LINE_1, nullable(TIME)),
    'all-exceptions': onlyIn(
      LINE_1,
      listOf(
        object({ exception: TEXT, task: TEXT, location: TEXT, endpoint: TEXT, timestamp: TIME, taskManagerId: TEXT }),
      ),
    ),
    truncated: onlyIn(LINE_1, FLAG),
  }),
)
const RESULT = named(
  'FlinkExecutionResult',
  object({
    status: object({ id: wordOf('IN_PROGRESS', 'COMPLETED') }),
    'job-execution-result': optional(
      object({
        id: ID,
        'application-status': wordOf('SUCCEEDED', 'FAILED', 'CANCELED', 'UNKNOWN'),
        'accumulator-results': mapOf(TEXT),
        'net-runtime': INTEGER,
        'failure-cause': optional(THROWABLE),
      }),
    ),
  }),
)
/** A counter as a text. */
export const ACCUMULATOR = named('FlinkAccumulator', object({ name: TEXT, type: TEXT, value: TEXT }))
const ACCUMULATORS = named(
  'FlinkAccumulators',
  object({
    'job-accumulators': listOf(ACCUMULATOR),
    'user-task-accumulators': listOf(ACCUMULATOR),
    'serialized-user-task-accumulators': mapOf(TEXT),
  }),
)
const LOG_URL = named('FlinkLogUrl', object({ url: TEXT }))

/** Words that stand for several numbers. */
export const AGGREGATES = optional(listOf(TEXT))

/** Jobs as a whole. */
export const JOB_SHAPES = {
  'GET /jobs': { answer: named('FlinkJobIds', object({ jobs: listOf(object({ id: ID, status: JOB_STATE })) })) },
  'GET /jobs/metrics': {
    query: { ...GET, agg: AGGREGATES, jobs: optional(listOf(ID)) },
    answer: AGGREGATED_METRICS,
  },
  'GET /jobs/overview': { answer: named('FlinkJobs', object({ jobs: listOf(JOB_SUMMARY) })) },
  'GET /jobs/:jobid': { answer: JOB },
  'PATCH /jobs/:jobid': { query: { mode: optional(TEXT) }, answer: EMPTY, refusals: [308, 409] },
  'GET /jobs/:jobid/yarn-cancel': { answer: EMPTY, refusals: [409] },
  'GET /jobs/:jobid/yarn-stop': { answer: EMPTY, refusals: [308] },
  'GET /jobs/:jobid/accumulators': { query: { includeSerializedValue: optional(TEXT) }, answer: ACCUMULATORS },
  'GET /jobs/:jobid/config': { answer: JOB_SETTINGS },
  'GET /jobs/:jobid/exceptions': {
    query: { maxExceptions: optional(INTEGER), failureLabelFilter: optional(listOf(TEXT)) },
    answer: EXCEPTIONS,
  },
  'GET /jobs/:jobid/execution-result': { answer: RESULT },
  'GET /jobs/:jobid/jobmanager/config': { answer: SETTINGS },
  'GET /jobs/:jobid/jobmanager/environment': { answer: ENVIRONMENT },
  'GET /jobs/:jobid/jobmanager/log-url': { answer: LOG_URL },
  'GET /jobs/:jobid/taskmanagers/:taskmanagerid/log-url': { answer: LOG_URL },
  'GET /jobs/:jobid/metrics': { query: GET, answer: METRICS },
  'GET /jobs/:jobid/plan': { answer: JOB_PLAN },
  'GET /jobs/:jobid/status': { answer: named('FlinkJobStatus', object({ status: JOB_STATE })) },
  'PATCH /jobs/:jobid/clientHeartbeat': { body: object({ expiredTimestamp: INTEGER }), answer: EMPTY },
} as const satisfies Record<string, OperationShape>
