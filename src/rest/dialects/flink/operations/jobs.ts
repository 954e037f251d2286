import { cancelByGet, cancelJob, heartbeat, stopByGet } from '../changes.js'
import { jobConfiguration, jobEnvironment, logUrl } from '../cluster.js'
import { jobExceptions } from '../exceptions.js'
import { jobPlan } from '../job-plan.js'
import { executionResult, jobConfig, jobIds, jobStatus } from '../jobs.js'
import { metricsOfJob, metricsOfJobs } from '../metrics.js'
import { answers, type FlinkOperation, responds } from '../operation.js'
import { jobAccumulators } from '../vertices.js'
import { COUNTERS, UNDOCUMENTED } from './notes.js'

const LOG_NOTE = 'the log itself where the dashboard is not served'

/** Over all jobs of a node that takes long enough to be done once for all who ask at a time. */
const overJobs: NonNullable<FlinkOperation['answer']> = (call, { polled }) =>
  polled.byQuery(call, () => metricsOfJobs(call))

/** Jobs as a whole. */
export const JOB_OPERATIONS: readonly FlinkOperation[] = [
  answers('GET /jobs', 'Jobs with their states', 'exact', jobIds),
  responds('GET /jobs/metrics', 'Metrics over jobs', 'approximated', overJobs, {
    note: 'a metric that no job has is left out alone',
  }),
  responds('GET /jobs/overview', 'Jobs with their tasks', 'exact', (call, { polled }) => polled.overview(call), {
    note: '',
  }),
  responds('GET /jobs/:jobid', 'A job', 'exact', (call, { polled }) => polled.job(call), {
    note: COUNTERS,
  }),
  answers('PATCH /jobs/:jobid', 'Cancels a job', 'exact', cancelJob, { status: 202 }),
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
  }),
  answers('GET /jobs/:jobid/config', 'How a job runs', 'approximated', jobConfig, {
    note: '`user-config` is the `env` block of the job',
  }),
  answers('GET /jobs/:jobid/exceptions', 'Failures of a job', 'approximated', jobExceptions, {
    note: 'one entry for each failed attempt; what failed outside of a task, such as a commit, has none',
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
    'exact',
    (call, { wire }) => wire.plainJson(logUrl(call, '/jobmanager/log', '/job-manager/logs')),
    { note: LOG_NOTE },
  ),
  responds(
    'GET /jobs/:jobid/taskmanagers/:taskmanagerid/log-url',
    'Where the log is',
    'exact',
    (call, { wire }) => {
      const id = encodeURIComponent(call.part('taskmanagerid'))
      return wire.plainJson(logUrl(call, `/taskmanagers/${id}/log`, `/task-manager/${id}/logs`))
    },
    { note: LOG_NOTE },
  ),
  answers('GET /jobs/:jobid/metrics', 'Metrics of a job', 'approximated', metricsOfJob, {
    note: 'those that the node measures',
  }),
  answers('GET /jobs/:jobid/plan', 'The graph of a job', 'exact', (call) => ({ plan: jobPlan(call.job()) })),
  answers('GET /jobs/:jobid/status', 'The state of a job', 'exact', jobStatus, { note: 'an unknown job is 404' }),
  answers('PATCH /jobs/:jobid/clientHeartbeat', 'A client is still there', 'exact', heartbeat, {
    status: 202,
    note: 'jobs end with their clients only where they were submitted so',
  }),
]
