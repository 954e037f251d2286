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
import { AGGREGATED, COUNTERS, GET, TASKS_TOGETHER, VERTEX } from './notes.js'

/** Vertices, subtasks and attempts. */
export const VERTEX_OPERATIONS: readonly FlinkOperation[] = [
  answers(`GET ${VERTEX}`, 'A vertex', 'approximated', vertexDetails, { note: `${TASKS_TOGETHER}; ${COUNTERS}` }),
  answers(`GET ${VERTEX}/accumulators`, 'Counters of a vertex', 'approximated', vertexAccumulators, {
    note: "under SeaTunnel's names",
  }),
  answers(`GET ${VERTEX}/backpressure`, 'How long a vertex waits', 'constant', backPressure, {
    note: 'not measured: `deprecated`',
  }),
  answers(`GET ${VERTEX}/jm-operator-metrics`, 'Metrics of a coordinator', 'constant', coordinatorMetrics, {
    note: 'there are none',
    query: GET,
  }),
  answers(`GET ${VERTEX}/metrics`, 'Metrics of a vertex', 'approximated', vertexMetrics, {
    note: 'rates are averages since the start; no busy, idle and back-pressured time; those of single subtasks where there is one',
    query: GET,
  }),
  answers(`GET ${VERTEX}/subtasks/accumulators`, 'Counters of subtasks', 'approximated', subtasksAccumulators, {
    note: 'those of single subtasks where there is one',
  }),
  answers(`GET ${VERTEX}/subtasks/metrics`, 'Metrics over subtasks', 'approximated', subtasksMetrics, {
    note: 'of several subtasks the sum and the average',
    query: [...AGGREGATED, 'subtasks'],
  }),
  answers(`GET ${VERTEX}/subtasks/:subtaskindex`, 'A subtask', 'approximated', subtask, {
    note: `${TASKS_TOGETHER}; ${COUNTERS}`,
  }),
  answers(
    `GET ${VERTEX}/subtasks/:subtaskindex/attempts/:attempt`,
    'An attempt of a subtask',
    'approximated',
    attempt,
    { note: 'the present attempt only' },
  ),
  answers(
    `GET ${VERTEX}/subtasks/:subtaskindex/attempts/:attempt/accumulators`,
    'Counters of an attempt',
    'approximated',
    attemptAccumulators,
    { note: 'the present attempt only' },
  ),
  answers(`GET ${VERTEX}/subtasks/:subtaskindex/metrics`, 'Metrics of a subtask', 'approximated', subtaskMetrics, {
    note: 'where there is one subtask',
    query: GET,
  }),
  answers(`GET ${VERTEX}/subtasktimes`, 'When subtasks changed their states', 'approximated', subtaskTimes, {
    note: TASKS_TOGETHER,
  }),
  answers(`GET ${VERTEX}/taskmanagers`, 'Where a vertex runs', 'approximated', vertexTaskManagers, {
    note: TASKS_TOGETHER,
  }),
  answers(`GET ${VERTEX}/watermarks`, 'Watermarks of a vertex', 'constant', watermarks, {
    note: 'rows have no event time',
  }),
]
