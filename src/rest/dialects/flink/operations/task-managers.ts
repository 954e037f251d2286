import { knownManager, logContent, logFiles, nodeLogName, taskManager, taskManagers } from '../cluster.js'
import { taskManagerMetrics, taskManagersMetrics } from '../metrics.js'
import { answers, type FlinkOperation, responds } from '../operation.js'
import { noOutput } from './cluster.js'
import { ONE_PROCESS, UNDOCUMENTED } from './notes.js'

/** The task manager, which is the node. */
export const TASK_MANAGER_OPERATIONS: readonly FlinkOperation[] = [
  answers('GET /taskmanagers', 'Task managers', 'approximated', taskManagers, {
    note: 'always one, the node; parts of memory that are not divided so are `null` or 0',
  }),
  answers('GET /taskmanagers/metrics', 'Metrics over task managers', 'approximated', taskManagersMetrics, {
    note: ONE_PROCESS,
  }),
  answers('GET /taskmanagers/:taskmanagerid', 'A task manager', 'approximated', taskManager, {
    note: 'shuffle memory is 0; an unknown one is 404',
  }),
  answers('GET /taskmanagers/:taskmanagerid/logs', 'Log files', 'exact', (call) => {
    knownManager(call)
    return logFiles(call)
  }),
  responds(
    'GET /taskmanagers/:taskmanagerid/log',
    "The node's own log",
    'exact',
    async (call, { wire }) => {
      knownManager(call)
      return wire.text(await logContent(call, await nodeLogName(call)))
    },
    UNDOCUMENTED,
  ),
  responds(
    'GET /taskmanagers/:taskmanagerid/logs/:filename',
    'A log file',
    'exact',
    async (call, { wire }) => {
      knownManager(call)
      return wire.text(await logContent(call, call.part('filename')))
    },
    UNDOCUMENTED,
  ),
  responds('GET /taskmanagers/:taskmanagerid/stdout', 'Standard output', 'constant', noOutput, {
    ...UNDOCUMENTED,
    note: 'it goes to no file: 404',
  }),
  answers('GET /taskmanagers/:taskmanagerid/metrics', 'Metrics of the process', 'approximated', taskManagerMetrics, {
    note: ONE_PROCESS,
  }),
]
