import {
  described,
  either,
  FLAG,
  INTEGER,
  listOf,
  NUMBER,
  named,
  nullable,
  object,
  onlyIn,
  optional,
  pattern,
  recordOf,
  type Shape,
  TEXT,
  wordOf,
} from '../../../shape.js'

/** 32 hexadecimal digits. */
export const ID = pattern('^[0-9a-f]{32}$')
/** Milliseconds since 1970; -1: not reached, not known. */
export const TIME = described('milliseconds since 1970; -1: not reached', INTEGER)
/** Milliseconds; -1: not known. */
export const DURATION = described('milliseconds; -1: not known', INTEGER)
/** A number that may be none: what Java has as NaN is a text in JSON. */
export const FLOAT = either(NUMBER, wordOf('NaN', 'Infinity', '-Infinity'))

export const JOB_STATES = [
  'INITIALIZING',
  'CREATED',
  'RUNNING',
  'FAILING',
  'FAILED',
  'CANCELLING',
  'CANCELED',
  'FINISHED',
  'RESTARTING',
  'SUSPENDED',
  'RECONCILING',
] as const
export const TASK_STATES = [
  'CREATED',
  'SCHEDULED',
  'DEPLOYING',
  'INITIALIZING',
  'RUNNING',
  'FINISHED',
  'CANCELING',
  'CANCELED',
  'FAILED',
  'RECONCILING',
] as const
/** States whose lengths are told. */
const TIMED_STATES = ['CREATED', 'SCHEDULED', 'DEPLOYING', 'INITIALIZING', 'RUNNING'] as const

export const JOB_STATE = named('FlinkJobState', wordOf(...JOB_STATES))
export const TASK_STATE = named('FlinkTaskState', wordOf(...TASK_STATES))
/** Subtasks or vertices by state. */
export const STATE_COUNTS = named('FlinkStateCounts', recordOf(TASK_STATES, INTEGER))
/** When a job entered its states; 0: never. */
export const JOB_TIMESTAMPS = named('FlinkJobTimestamps', recordOf(JOB_STATES, INTEGER))
/** When a task entered its states; 0: never. */
export const TASK_TIMESTAMPS = named('FlinkTaskTimestamps', recordOf(TASK_STATES, INTEGER))
/** How long a task was in its states; -1: never. */
export const STATE_DURATIONS = named('FlinkStateDurations', recordOf(TIMED_STATES, INTEGER))

/** Where a task runs. */
export const PLACE = { endpoint: TEXT, host: onlyIn('1.20', TEXT) } as const

/** What a task has read and written, and what it did with its time. */
export const IO_METRICS = named(
  'FlinkIoMetrics',
  object({
    'read-bytes': INTEGER,
    'read-bytes-complete': described('whether all that was counted is in it', FLAG),
    'write-bytes': INTEGER,
    'write-bytes-complete': FLAG,
    'read-records': INTEGER,
    'read-records-complete': FLAG,
    'write-records': INTEGER,
    'write-records-complete': FLAG,
    'accumulated-backpressured-time': INTEGER,
    'accumulated-idle-time': INTEGER,
    'accumulated-busy-time': FLOAT,
  }),
)

const STATISTICS = named(
  'FlinkStatistics',
  recordOf(['min', 'max', 'avg', 'sum', 'median', 'p25', 'p75', 'p95'] as const, INTEGER),
)
const COUNTED = [
  'read-bytes',
  'write-bytes',
  'read-records',
  'write-records',
  'accumulated-backpressured-time',
  'accumulated-busy-time',
  'accumulated-idle-time',
] as const

/** Numbers of the subtasks of a vertex. */
export const AGGREGATED = named(
  'FlinkAggregated',
  object({ metrics: recordOf(COUNTED, STATISTICS), 'status-duration': recordOf(TIMED_STATES, STATISTICS) }),
)

/** A failure, with the same as an object of Java. */
export const THROWABLE = named(
  'FlinkThrowable',
  object({
    class: TEXT,
    'stack-trace': TEXT,
    'serialized-throwable': described('base64 of a Java object stream', TEXT),
  }),
)

/** What a trigger answers: the id to poll with. */
export const TRIGGER = named('FlinkTrigger', object({ 'request-id': ID }))

/** What polling answers. A failed operation is complete, with a failure. */
export function polled<T>(name: string, operation: Shape<T>) {
  const status = object({ id: wordOf('IN_PROGRESS', 'COMPLETED') })
  return named(name, object({ status, operation: nullable(operation) }))
}

/** Nothing but that it was done. */
export const EMPTY = named('FlinkEmpty', object({}))
/** What polling finds of an operation without a result. */
export const DONE = object({ 'failure-cause': optional(THROWABLE) })

/** Names of metrics, with their values where they were asked for. */
export const METRICS = named('FlinkMetrics', listOf(object({ id: TEXT, value: optional(TEXT) })))
/** Metrics over several things. */
export const AGGREGATED_METRICS = named(
  'FlinkAggregatedMetrics',
  listOf(
    object({
      id: TEXT,
      min: optional(FLOAT),
      max: optional(FLOAT),
      avg: optional(FLOAT),
      sum: optional(FLOAT),
      skew: optional(FLOAT),
    }),
  ),
)

/** Every error: the first text is one line that a person can act on, the second a code. */
export const ERRORS = named('FlinkErrors', object({ errors: listOf(TEXT) }))
