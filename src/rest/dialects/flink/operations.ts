import {
  cancelByGet,
  cancelJob,
  deleteDataset,
  heartbeat,
  pollDatasetDeletion,
  pollJobOperation,
  stopByGet,
  triggerCheckpoint,
  triggerSavepoint,
  triggerStop,
} from './changes.js'
import { checkpointConfig, checkpointDetails, checkpointOfVertex, jobCheckpoints } from './checkpoints.js'
import {
  dashboardConfig,
  datasets,
  environment,
  jobConfiguration,
  jobEnvironment,
  knownManager,
  logContent,
  logFiles,
  logUrl,
  nodeConfiguration,
  nodeLogName,
  overview,
  shutDown,
  taskManager,
  taskManagers,
  threadDump,
} from './cluster.js'
import { jobExceptions } from './exceptions.js'
import { notFound } from './fault.js'
import { jobPlan } from './job-plan.js'
import { executionResult, jobConfig, jobIds, jobStatus } from './jobs.js'
import {
  coordinatorMetrics,
  jobManagerMetrics,
  metricsOfJob,
  metricsOfJobs,
  subtaskMetrics,
  subtasksMetrics,
  taskManagerMetrics,
  taskManagersMetrics,
  vertexMetrics,
} from './metrics.js'
import { answers, type FlinkOperation, notYet, responds } from './operation.js'
import {
  attempt,
  attemptAccumulators,
  backPressure,
  flameGraph,
  jobAccumulators,
  subtask,
  subtasksAccumulators,
  subtaskTimes,
  vertexAccumulators,
  vertexDetails,
  vertexTaskManagers,
  watermarks,
} from './vertices.js'

const TASKS_TOGETHER = 'all tasks of a job begin and end together; an attempt after the first begins when it is due'
const COUNTERS =
  'sources and sinks count, at their outer side; transforms do not, and single subtasks of several do not: they have 0 and `…-complete: false`; busy time is `NaN`'
const KEPT = 'results are kept with the job'
const OWN_STORE =
  'the directory that is asked for is not used: savepoints are kept by the node and named by `millrace:/jobs/ID/checkpoints/ID`'
const ONE_PROCESS = 'the node is the one task manager and the job manager: both report the same process'
const JARS = 'needs job packages'
const UNDOCUMENTED = { isUndocumented: true } as const
const GET = ['get'] as const
const AGGREGATED = ['get', 'agg'] as const

const CLUSTER: readonly FlinkOperation[] = [
  responds('DELETE /cluster', 'Shuts the node down', 'exact', shutDown, {
    access: 'submit',
    note: '403 unless `flink.allow-shutdown` is on; jobs go on when the node starts again',
  }),
  answers('GET /config', 'What the dashboard may offer', 'exact', dashboardConfig),
  answers('GET /overview', 'Numbers of slots and jobs', 'exact', overview),
  answers('GET /datasets', 'Results kept between jobs', 'constant', datasets, { note: 'there are none' }),
  answers('GET /datasets/delete/:triggerid', 'Polls a deletion', 'constant', pollDatasetDeletion, {
    note: 'there are none',
  }),
  answers('DELETE /datasets/:datasetid', 'Deletes a data set', 'constant', deleteDataset, {
    status: 202,
    note: 'there are none',
  }),
  answers('GET /jobmanager/config', 'Settings of the node', 'approximated', nodeConfiguration, {
    note: "under the node's own keys, behind the keys of Flink that clients read; nested maps and secrets are hidden",
  }),
  answers('GET /jobmanager/environment', 'What the process runs on', 'approximated', environment, {
    note: 'Node.js in the place of the JVM; no class path',
  }),
  answers('GET /jobmanager/logs', 'Log files', 'exact', logFiles),
  responds(
    'GET /jobmanager/log',
    "The node's own log",
    'exact',
    async (call, { wire }) => wire.text(await logContent(call, await nodeLogName(call))),
    UNDOCUMENTED,
  ),
  responds(
    'GET /jobmanager/logs/:filename',
    'A log file',
    'exact',
    async (call, { wire }) => wire.text(await logContent(call, call.part('filename'))),
    UNDOCUMENTED,
  ),
  responds('GET /jobmanager/stdout', 'Standard output', 'constant', noOutput, {
    ...UNDOCUMENTED,
    note: 'it goes to no file: 404',
  }),
  answers('GET /jobmanager/metrics', 'Metrics of the process', 'approximated', jobManagerMetrics, {
    note: `${ONE_PROCESS}; heap and collections are V8's`,
    query: GET,
  }),
  answers('GET /jobmanager/thread-dump', 'Threads of the process', 'approximated', threadDump, {
    note: 'threads of the operating system, with the stacks that are known',
  }),
  notYet('GET /jobmanager/profiler', 'Profiles', UNDOCUMENTED),
  notYet('POST /jobmanager/profiler', 'Takes a profile', UNDOCUMENTED),
  notYet('GET /jobmanager/profiler/:filename', 'A profile', UNDOCUMENTED),
]

const MANAGERS: readonly FlinkOperation[] = [
  answers('GET /taskmanagers', 'Task managers', 'approximated', taskManagers, {
    note: 'always one, the node; parts of memory that are not divided so are `null` or 0',
  }),
  answers('GET /taskmanagers/metrics', 'Metrics over task managers', 'approximated', taskManagersMetrics, {
    note: ONE_PROCESS,
    query: [...AGGREGATED, 'taskmanagers'],
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
    query: GET,
  }),
  answers(
    'GET /taskmanagers/:taskmanagerid/thread-dump',
    'Threads of the process',
    'approximated',
    (call) => {
      knownManager(call)
      return threadDump(call)
    },
    { note: 'threads of the operating system, with the stacks that are known' },
  ),
  notYet('GET /taskmanagers/:taskmanagerid/profiler', 'Profiles', UNDOCUMENTED),
  notYet('POST /taskmanagers/:taskmanagerid/profiler', 'Takes a profile', UNDOCUMENTED),
  notYet('GET /taskmanagers/:taskmanagerid/profiler/:filename', 'A profile', UNDOCUMENTED),
]

const JAR_QUERY = ['programArg', 'entry-class', 'parallelism'] as const

const PACKAGES: readonly FlinkOperation[] = [
  notYet('GET /jars', 'Uploaded job packages', { note: JARS }),
  notYet('POST /jars/upload', 'Uploads a job package', { note: JARS, access: 'submit' }),
  notYet('DELETE /jars/:jarid', 'Deletes a job package', { note: JARS, access: 'submit' }),
  notYet('GET /jars/:jarid/plan', 'The graph of a job package', { note: JARS, query: JAR_QUERY, ...UNDOCUMENTED }),
  notYet('POST /jars/:jarid/plan', 'The graph of a job package', { note: JARS, query: JAR_QUERY, access: 'submit' }),
  notYet('POST /jars/:jarid/run', 'Runs a job package', {
    note: JARS,
    query: [...JAR_QUERY, 'allowNonRestoredState', 'savepointPath'],
    access: 'submit',
  }),
  notYet('POST /jobs', 'Runs a serialized Java graph', {
    note: 'cannot work without a JVM',
    access: 'submit',
    ...UNDOCUMENTED,
  }),
]

const JOBS: readonly FlinkOperation[] = [
  answers('GET /jobs', 'Jobs with their states', 'exact', jobIds),
  answers('GET /jobs/metrics', 'Metrics over jobs', 'approximated', metricsOfJobs, {
    note: 'a metric that no job has is left out alone',
    query: [...AGGREGATED, 'jobs'],
  }),
  responds('GET /jobs/overview', 'Jobs with their tasks', 'approximated', (call, { polled }) => polled.overview(call), {
    note: TASKS_TOGETHER,
  }),
  responds('GET /jobs/:jobid', 'A job', 'approximated', (call, { polled }) => polled.job(call), {
    note: `${TASKS_TOGETHER}; ${COUNTERS}`,
  }),
  answers('PATCH /jobs/:jobid', 'Cancels a job', 'exact', cancelJob, { status: 202, query: ['mode'] }),
  answers('GET /jobs/:jobid/yarn-cancel', 'Cancels a job', 'exact', cancelByGet, {
    status: 202,
    access: 'operate',
    note: 'not for pages of another origin',
    ...UNDOCUMENTED,
  }),
  answers('GET /jobs/:jobid/yarn-stop', 'Stops a job', 'exact', stopByGet, {
    ...UNDOCUMENTED,
    note: 'removed in Flink: 308',
  }),
  answers('GET /jobs/:jobid/accumulators', 'Counters of a job', 'approximated', jobAccumulators, {
    note: "the engine's counters under SeaTunnel's names; none is serialized",
    query: ['includeSerializedValue'],
  }),
  answers('GET /jobs/:jobid/config', 'How a job runs', 'approximated', jobConfig, {
    note: '`user-config` is the `env` block of the job',
  }),
  answers('GET /jobs/:jobid/exceptions', 'Failures of a job', 'approximated', jobExceptions, {
    note: 'one entry for each failed attempt; which task failed is not told',
    query: ['maxExceptions', 'failureLabelFilter'],
  }),
  answers('GET /jobs/:jobid/execution-result', 'How a job ended', 'approximated', executionResult, {
    note: 'there are no accumulators',
  }),
  answers('GET /jobs/:jobid/jobmanager/config', 'Settings of the node and the job', 'approximated', jobConfiguration, {
    note: 'as `/jobmanager/config`, with the `env` block',
  }),
  answers('GET /jobs/:jobid/jobmanager/environment', 'What the process runs on', 'approximated', jobEnvironment, {
    note: 'as `/jobmanager/environment`',
  }),
  responds(
    'GET /jobs/:jobid/jobmanager/log-url',
    'Where the log is',
    'approximated',
    (call, { wire }) => wire.plainJson(logUrl(call, '/jobmanager/log')),
    { note: 'the log itself, not a page of the dashboard' },
  ),
  responds(
    'GET /jobs/:jobid/taskmanagers/:taskmanagerid/log-url',
    'Where the log is',
    'approximated',
    (call, { wire }) =>
      wire.plainJson(logUrl(call, `/taskmanagers/${encodeURIComponent(call.part('taskmanagerid'))}/log`)),
    { note: 'the log itself, not a page of the dashboard' },
  ),
  answers('GET /jobs/:jobid/metrics', 'Metrics of a job', 'approximated', metricsOfJob, {
    note: 'those that the node measures',
    query: GET,
  }),
  answers('GET /jobs/:jobid/plan', 'The graph of a job', 'exact', (call) => ({ plan: jobPlan(call.job()) })),
  answers('GET /jobs/:jobid/status', 'The state of a job', 'exact', jobStatus, { note: 'an unknown job is 404' }),
  answers('PATCH /jobs/:jobid/clientHeartbeat', 'A client is still there', 'constant', heartbeat, {
    status: 202,
    note: 'no job ends with its client',
  }),
  notYet('PATCH /jobs/:jobid/rescaling', 'Changes the parallelism', { query: ['parallelism'] }),
  notYet('GET /jobs/:jobid/rescaling/:triggerid', 'Polls a change of the parallelism'),
  notYet('GET /jobs/:jobid/resource-requirements', 'Bounds of the parallelism'),
  notYet('PUT /jobs/:jobid/resource-requirements', 'Changes the bounds of the parallelism'),
  notYet('POST /jobs/:jobid/coordinators/:operatoruid', 'Asks an operator', {
    note: 'serialized Java',
    ...UNDOCUMENTED,
  }),
]

const CHECKPOINTS: readonly FlinkOperation[] = [
  answers('GET /jobs/:jobid/checkpoints', 'Checkpoints of a job', 'approximated', jobCheckpoints, {
    note: 'quantiles are over those that are kept, 100 at most',
  }),
  answers('POST /jobs/:jobid/checkpoints', 'Takes a checkpoint', 'approximated', triggerCheckpoint, {
    status: 202,
    note: `a savepoint is taken; ${KEPT}`,
  }),
  responds(
    'GET /jobs/:jobid/checkpoints/config',
    'How checkpoints are taken',
    'approximated',
    (call, { wire }) => checkpointConfig(call, wire),
    { note: '`mode` is `at_least_once`, which holds for all connectors' },
  ),
  answers('GET /jobs/:jobid/checkpoints/details/:checkpointid', 'A checkpoint', 'approximated', checkpointDetails, {
    note: '`tasks` is empty: what each put in is not kept',
  }),
  answers(
    'GET /jobs/:jobid/checkpoints/details/:checkpointid/subtasks/:vertexid',
    "A vertex's part of a checkpoint",
    'constant',
    checkpointOfVertex,
    { note: 'not kept: 404' },
  ),
  answers('GET /jobs/:jobid/checkpoints/:triggerid', 'Polls a checkpoint', 'exact', pollJobOperation('checkpoint'), {
    note: KEPT,
  }),
  answers('POST /jobs/:jobid/savepoints', 'Takes a savepoint', 'approximated', triggerSavepoint, {
    status: 202,
    note: `${OWN_STORE}; with \`cancel-job\` the job ends as FINISHED`,
  }),
  answers('GET /jobs/:jobid/savepoints/:triggerid', 'Polls a savepoint', 'exact', pollJobOperation('savepoint'), {
    note: KEPT,
  }),
  answers('POST /jobs/:jobid/stop', 'Stops a job with a savepoint', 'approximated', triggerStop, {
    status: 202,
    note: `${OWN_STORE}; \`drain\` changes nothing`,
  }),
  notYet('POST /savepoint-disposal', 'Deletes a savepoint'),
  notYet('GET /savepoint-disposal/:triggerid', 'Polls a deletion'),
]

const VERTEX = '/jobs/:jobid/vertices/:vertexid'

const VERTICES: readonly FlinkOperation[] = [
  answers(`GET ${VERTEX}`, 'A vertex', 'approximated', vertexDetails, { note: `${TASKS_TOGETHER}; ${COUNTERS}` }),
  answers(`GET ${VERTEX}/accumulators`, 'Counters of a vertex', 'approximated', vertexAccumulators, {
    note: "under SeaTunnel's names",
  }),
  answers(`GET ${VERTEX}/backpressure`, 'How long a vertex waits', 'constant', backPressure, {
    note: 'not measured: `deprecated`',
  }),
  answers(`GET ${VERTEX}/flamegraph`, 'What a vertex does', 'constant', flameGraph, {
    note: 'no samples are taken: switched off (`-2`), ended (`-1`)',
    query: ['type', 'subtaskindex'],
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

/** Every operation of Flink's REST API of the lines 2.0 to 2.2, and those that its clients call beside them. */
export const FLINK_OPERATIONS: readonly FlinkOperation[] = [
  ...CLUSTER,
  ...MANAGERS,
  ...PACKAGES,
  ...JOBS,
  ...CHECKPOINTS,
  ...VERTICES,
]

function noOutput(): never {
  throw notFound('This file does not exist in JobManager log dir.')
}
