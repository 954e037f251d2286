import { INTEGER, later, listOf, named, object, optional, type Shape, TEXT, wordOf } from '../../../shape.js'
import { GET } from './cluster.js'
import { ACCUMULATOR, AGGREGATES } from './jobs.js'
import type { OperationShape } from './operation-shape.js'
import {
  AGGREGATED,
  AGGREGATED_METRICS,
  DURATION,
  FLOAT,
  ID,
  IO_METRICS,
  METRICS,
  PLACE,
  STATE_COUNTS,
  STATE_DURATIONS,
  TASK_STATE,
  TASK_TIMESTAMPS,
  TIME,
} from './values.js'

const SPAN = { 'start-time': TIME, 'end-time': TIME, duration: DURATION } as const

const ATTEMPT = named(
  'FlinkSubtaskAttempt',
  object({
    subtask: INTEGER,
    status: TASK_STATE,
    attempt: INTEGER,
    ...PLACE,
    ...SPAN,
    start_time: TIME,
    metrics: IO_METRICS,
    'taskmanager-id': TEXT,
    'status-duration': STATE_DURATIONS,
  }),
)
const VERTEX = named(
  'FlinkVertex',
  object({
    id: ID,
    name: TEXT,
    parallelism: INTEGER,
    maxParallelism: INTEGER,
    now: TIME,
    subtasks: listOf(ATTEMPT),
    aggregated: AGGREGATED,
  }),
)
const SUBTASK_TIMES = named(
  'FlinkSubtaskTimes',
  object({
    id: ID,
    name: TEXT,
    now: TIME,
    subtasks: listOf(object({ subtask: INTEGER, ...PLACE, duration: DURATION, timestamps: TASK_TIMESTAMPS })),
  }),
)
const VERTEX_MANAGERS = named(
  'FlinkVertexTaskManagers',
  object({
    id: ID,
    name: TEXT,
    now: TIME,
    taskmanagers: listOf(
      object({
        ...PLACE,
        'taskmanager-id': TEXT,
        status: TASK_STATE,
        ...SPAN,
        metrics: IO_METRICS,
        'status-counts': STATE_COUNTS,
        aggregated: AGGREGATED,
      }),
    ),
  }),
)
const LEVEL = wordOf('ok', 'low', 'high')
const BACK_PRESSURE = named(
  'FlinkBackPressure',
  object({
    status: wordOf('ok', 'deprecated'),
    backpressureLevel: optional(LEVEL),
    'backpressure-level': optional(LEVEL),
    'end-timestamp': optional(TIME),
    subtasks: optional(
      listOf(
        object({
          subtask: INTEGER,
          'attempt-number': optional(INTEGER),
          backpressureLevel: LEVEL,
          'backpressure-level': LEVEL,
          ratio: FLOAT,
          idleRatio: FLOAT,
          busyRatio: FLOAT,
        }),
      ),
    ),
  }),
)

/** A function with the samples in it and in what it calls. */
export interface FlameNode {
  readonly name: string
  readonly value: number
  readonly children: readonly FlameNode[]
}
const FLAME_NODE: Shape<FlameNode> = named(
  'FlinkFlameNode',
  object({ name: TEXT, value: INTEGER, children: listOf(later((): Shape<FlameNode> => FLAME_NODE)) }),
)
const FLAME_GRAPH = named('FlinkFlameGraph', object({ endTimestamp: TIME, data: optional(FLAME_NODE) }))
/** In any case of letters. */
const FLAME_TYPE = wordOf('full', 'on_cpu', 'off_cpu', 'FULL', 'ON_CPU', 'OFF_CPU')
const COUNTERS = { 'user-accumulators': listOf(ACCUMULATOR) } as const

/** Vertices, subtasks and attempts. */
export const VERTEX_SHAPES = {
  'GET /jobs/:jobid/vertices/:vertexid': { answer: VERTEX },
  'GET /jobs/:jobid/vertices/:vertexid/accumulators': {
    answer: named('FlinkVertexAccumulators', object({ id: ID, ...COUNTERS })),
  },
  'GET /jobs/:jobid/vertices/:vertexid/backpressure': { answer: BACK_PRESSURE },
  'GET /jobs/:jobid/vertices/:vertexid/flamegraph': {
    query: { type: optional(FLAME_TYPE), subtaskindex: optional(INTEGER) },
    answer: FLAME_GRAPH,
  },
  'GET /jobs/:jobid/vertices/:vertexid/jm-operator-metrics': { query: GET, answer: METRICS },
  'GET /jobs/:jobid/vertices/:vertexid/metrics': { query: GET, answer: METRICS },
  'GET /jobs/:jobid/vertices/:vertexid/subtasks/accumulators': {
    answer: named(
      'FlinkSubtasksAccumulators',
      object({
        id: ID,
        parallelism: INTEGER,
        subtasks: listOf(object({ subtask: INTEGER, attempt: INTEGER, ...PLACE, ...COUNTERS })),
      }),
    ),
  },
  'GET /jobs/:jobid/vertices/:vertexid/subtasks/metrics': {
    query: { ...GET, agg: AGGREGATES, subtasks: optional(listOf(TEXT)) },
    answer: AGGREGATED_METRICS,
  },
  'GET /jobs/:jobid/vertices/:vertexid/subtasks/:subtaskindex': { answer: ATTEMPT },
  'GET /jobs/:jobid/vertices/:vertexid/subtasks/:subtaskindex/attempts/:attempt': { answer: ATTEMPT },
  'GET /jobs/:jobid/vertices/:vertexid/subtasks/:subtaskindex/attempts/:attempt/accumulators': {
    answer: named('FlinkAttemptAccumulators', object({ subtask: INTEGER, attempt: INTEGER, id: TEXT, ...COUNTERS })),
  },
  'GET /jobs/:jobid/vertices/:vertexid/subtasks/:subtaskindex/metrics': { query: GET, answer: METRICS },
  'GET /jobs/:jobid/vertices/:vertexid/subtasktimes': { answer: SUBTASK_TIMES },
  'GET /jobs/:jobid/vertices/:vertexid/taskmanagers': { answer: VERTEX_MANAGERS },
  'GET /jobs/:jobid/vertices/:vertexid/watermarks': { answer: METRICS },
} as const satisfies Record<string, OperationShape>
