import { coordinatorMetrics, subtaskMetrics, subtasksMetrics, vertexMetrics } from '../metrics.js'
import { answers, type FlinkOperation } from '../operation.js'
import {
  attempt,
  attemptAccumulators,
  backPressure,
  subtask,
  subtasksAccumulators,
  subtaskTimes,
  vertexAccumulators,
  vertexDetails,
  vertexTaskManagers,
  watermarks,
} from '../vertices.js'
import { COUNTERS, KEPT_ATTEMPTS, TASK_METRICS, VERTEX } from './notes.js'

/** Vertices, subtasks and attempts. */
export const VERTEX_OPERATIONS: readonly FlinkOperation[] = [
  answers(`GET ${VERTEX}`, 'A vertex', 'exact', vertexDetails, { note: COUNTERS }),
  answers(`GET ${VERTEX}/accumulators`, 'Counters of a vertex', 'exact', vertexAccumulators, {
    note: "the engine's own counters under SeaTunnel's names",
  }),
  answers(`GET ${VERTEX}/backpressure`, 'How long a vertex waits', 'exact', backPressure, {
    note: 'over the last minute; `deprecated` for what does not run',
  }),
  answers(`GET ${VERTEX}/jm-operator-metrics`, 'Metrics of a coordinator', 'approximated', coordinatorMetrics, {
    note: 'the splits of a source that no subtask has begun',
  }),
  answers(`GET ${VERTEX}/metrics`, 'Metrics of a vertex', 'approximated', vertexMetrics, {
    note: TASK_METRICS,
  }),
  answers(`GET ${VERTEX}/subtasks/accumulators`, 'Counters of subtasks', 'exact', subtasksAccumulators, {
    note: 'of the present attempt',
  }),
  answers(`GET ${VERTEX}/subtasks/metrics`, 'Metrics over subtasks', 'approximated', subtasksMetrics, {
    note: `${TASK_METRICS}; one that no subtask has is left out alone`,
  }),
  answers(`GET ${VERTEX}/subtasks/:subtaskindex`, 'A subtask', 'exact', subtask, { note: COUNTERS }),
  answers(`GET ${VERTEX}/subtasks/:subtaskindex/attempts/:attempt`, 'An attempt of a subtask', 'exact', attempt, {
    note: KEPT_ATTEMPTS,
  }),
  answers(
    `GET ${VERTEX}/subtasks/:subtaskindex/attempts/:attempt/accumulators`,
    'Counters of an attempt',
    'exact',
    attemptAccumulators,
    { note: KEPT_ATTEMPTS },
  ),
  answers(`GET ${VERTEX}/subtasks/:subtaskindex/metrics`, 'Metrics of a subtask', 'approximated', subtaskMetrics, {
    note: TASK_METRICS,
  }),
  answers(`GET ${VERTEX}/subtasktimes`, 'When subtasks changed their states', 'exact', subtaskTimes, { note: '' }),
  answers(`GET ${VERTEX}/taskmanagers`, 'Where a vertex runs', 'exact', vertexTaskManagers, {
    note: 'the node is the only one',
  }),
  answers(`GET ${VERTEX}/watermarks`, 'Watermarks of a vertex', 'constant', watermarks, {
    note: 'rows have no event time',
  }),
]
