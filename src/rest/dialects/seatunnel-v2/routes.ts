import type { DescribedAnswer, DescribedBody, DescribedRoute } from '../../described-route.js'
import { pathParameter, queryParameter } from '../../described-route.js'
import { checkpointHistory, jobCheckpoints } from '../../handlers/checkpoints.js'
import { encryptConfig } from '../../handlers/encrypt.js'
import { endedJobs, type LastSegment, oneJob, runningJobs } from '../../handlers/jobs.js'
import { clusterLogs, logNames, nodeLog } from '../../handlers/logs.js'
import { metricsPage, runningThreads, systemMonitoring, threadDump } from '../../handlers/monitoring.js'
import { overview, updateTags } from '../../handlers/overview.js'
import { pendingJobs } from '../../handlers/queue.js'
import { stopJob, stopJobs } from '../../handlers/stop.js'
import { submitFile, submitJob, submitJobs } from '../../handlers/submit.js'
import { type UploadLimits, uploadedJob } from '../../handlers/upload.js'
import type { Wire, WireHandler } from '../../handlers/wire.js'
import { type Access, type BodyRule, CONFIG_BODY, type RouteParameter } from '../../route.js'
import * as schemas from '../schemas.js'
import {
  isThere,
  JOB_BODY,
  JOBS_BODY,
  jsonAnswers,
  plainAnswer,
  SINCE,
  STOP_BODY,
  STOPS_BODY,
  TAGS_BODY,
} from '../seatunnel-routes.js'

/** A route that is found by the first segment of a request's path. */
export interface ServletRoute extends DescribedRoute {
  /** Path without what all paths start with, for example `/job-info`. */
  readonly servletPath: string
  /** Name of the original's class, which its error pages show. */
  readonly servlet: string
}

interface ServletRow {
  readonly id: string
  readonly path: string
  readonly servlet: string
  readonly methods: readonly string[]
  /** What may stand behind the path, for the description. */
  readonly behind?: string
  readonly since?: number
  readonly access?: Access
  readonly tag: string
  readonly summary: string
  readonly parameters?: readonly RouteParameter[]
  readonly responses: readonly DescribedAnswer[]
  readonly requestBody?: DescribedBody
  readonly body?: BodyRule
  readonly handler: WireHandler
}

const GET = ['GET', 'HEAD'] as const
const POST = ['POST'] as const

/** What stands behind the path of a servlet, decoded; the dialect's matching has put it into the parameters. */
export const INFO = 'info'
const info: LastSegment = (request) => request.parameters.get(INFO) ?? null

const SUBMIT_QUERY = [
  queryParameter('jobId', 'Id of the job, a 64-bit number; a new one when absent'),
  queryParameter('jobName', 'Name of the job instead of job.name'),
  queryParameter('isStartWithSavePoint', 'Whether the job goes on from its last savepoint: true or false'),
  queryParameter('format', 'Language of the body: json, hocon or sql'),
]

/** What endpoints need to know of the node's settings. */
export interface ServletSettings {
  readonly upload: UploadLimits
  /** `WAIT` or `REJECT`. */
  readonly scheduleStrategy: string
}

/** All endpoints of v2 that a profile has. */
export function servletRoutes(wire: Wire, { upload, scheduleStrategy }: ServletSettings): ServletRoute[] {
  return [
    ...jobRows(wire),
    ...nodeRows(),
    ...logRows(),
    ...metricRows(),
    ...laterRows(scheduleStrategy),
    ...writeRows(wire),
    uploadRow(wire, upload),
  ]
    .filter(({ since = 0 }) => isThere(wire.profile, since))
    .map((row) => {
      const isRead = row.methods.includes('GET')
      return {
        id: row.id,
        methods: row.methods,
        servletPath: row.path,
        servlet: row.servlet,
        pattern: `${wire.base}${row.path}${row.behind ?? ''}`,
        access: row.access ?? (isRead ? 'read' : 'operate'),
        ...(isRead ? {} : { body: row.body ?? CONFIG_BODY }),
        tag: row.tag,
        summary: row.summary,
        parameters: row.parameters ?? [],
        responses: row.responses,
        ...(row.requestBody === undefined ? {} : { requestBody: row.requestBody }),
        handler: wire.bind(row.handler),
      }
    })
}

function jobRows({ profile }: Wire): ServletRow[] {
  const job = schemas.anyJobSchema(profile, true)
  const one = (id: string, path: string): ServletRow => ({
    id,
    path,
    servlet: 'JobInfoServlet',
    methods: GET,
    behind: '/{jobId}',
    tag: 'jobs',
    summary: 'One job, running or ended',
    parameters: [pathParameter('jobId', 'Id of the job, a 64-bit number')],
    responses: jsonAnswers('The job; of an unknown one only its id', job, 400, 500),
    handler: oneJob(info),
  })
  return [
    {
      id: 'runningJobs',
      path: '/running-jobs',
      servlet: 'RunningJobsServlet',
      methods: GET,
      tag: 'jobs',
      summary: 'Jobs that have not ended',
      responses: jsonAnswers('The jobs', { type: 'array', items: schemas.runningJobSchema(profile, true) }),
      handler: runningJobs,
    },
    {
      id: 'finishedJobs',
      path: '/finished-jobs',
      servlet: 'FinishedJobsServlet',
      methods: GET,
      behind: '/{state}',
      tag: 'jobs',
      summary: 'Ended jobs, all or of one state',
      parameters: [pathParameter('state', 'FINISHED, CANCELED, FAILED, SAVEPOINT_DONE or UNKNOWABLE; may be left out')],
      responses: jsonAnswers('The jobs', { type: 'array', items: schemas.endedJobSchema(profile) }),
      handler: endedJobs(info),
    },
    one('runningJob', '/running-job'),
    one('jobInfo', '/job-info'),
  ]
}

function nodeRows(): ServletRow[] {
  return [
    {
      id: 'overview',
      path: '/overview',
      servlet: 'OverviewServlet',
      methods: GET,
      tag: 'node',
      summary: 'Slots and jobs of the cluster',
      parameters: [queryParameter('tag', 'Any number of name=value pairs that workers must have')],
      responses: jsonAnswers('The summary', schemas.OVERVIEW, 500),
      handler: overview((request) => request.query),
    },
    {
      id: 'systemMonitoringInformation',
      path: '/system-monitoring-information',
      servlet: 'SystemMonitoringServlet',
      methods: GET,
      tag: 'node',
      summary: 'Health of every member',
      responses: jsonAnswers('One object for each member', schemas.MONITORING),
      handler: systemMonitoring,
    },
    {
      id: 'runningThreads',
      path: '/running-threads',
      servlet: 'RunningThreadsServlet',
      methods: GET,
      tag: 'node',
      summary: 'Names of the threads',
      responses: jsonAnswers('The threads', schemas.THREADS),
      handler: runningThreads,
    },
    {
      id: 'threadDump',
      path: '/thread-dump',
      servlet: 'ThreadDumpServlet',
      methods: GET,
      tag: 'node',
      summary: 'Threads with their stacks',
      responses: jsonAnswers('The threads', schemas.THREAD_DUMP),
      handler: threadDump,
    },
  ]
}

function logRows(): ServletRow[] {
  const format = (request: { readonly query: ReadonlyMap<string, string> }) => request.query.get('format')
  const page = plainAnswer('A page with links', 'text/html')
  const file = plainAnswer('The file', 'text/plain')
  const none = plainAnswer('There is no such file', null, 400)
  return [
    {
      id: 'logs',
      path: '/logs',
      servlet: 'AllNodeLogServlet',
      methods: GET,
      behind: '/{name}',
      tag: 'logs',
      summary: 'Log files of all nodes, those of one job, or one file',
      parameters: [
        pathParameter('name', 'A file, or a part of its name; may be left out'),
        queryParameter('format', 'html or json'),
      ],
      responses: [page, file, ...jsonAnswers('The files', schemas.LOG_LIST), none],
      handler: clusterLogs(info, format),
    },
    {
      id: 'log',
      path: '/log',
      servlet: 'CurrentNodeLogServlet',
      methods: GET,
      behind: '/{name}',
      tag: 'logs',
      summary: 'Log files of this node, or one of them',
      parameters: [pathParameter('name', 'A file; may be left out')],
      responses: [page, file, none],
      handler: nodeLog(info),
    },
    {
      id: 'getAllLogName',
      path: '/get-all-log-name',
      servlet: 'AllLogNameServlet',
      methods: GET,
      tag: 'logs',
      summary: 'Names of the log files of this node',
      responses: jsonAnswers('The names', schemas.LOG_NAMES),
      handler: logNames,
    },
  ]
}

function metricRows(): ServletRow[] {
  const row = (format: 'prometheus' | 'openmetrics', path: string, servlet: string): ServletRow => ({
    id: path.slice(1),
    path,
    servlet,
    methods: GET,
    since: SINCE.metricPages,
    tag: 'metrics',
    summary: `Metrics as ${format === 'prometheus' ? 'Prometheus' : 'OpenMetrics'} text`,
    responses: [plainAnswer('The page; empty when telemetry is off', 'text/plain')],
    handler: metricsPage(format),
  })
  return [row('prometheus', '/metrics', 'MetricsServlet'), row('openmetrics', '/openmetrics', 'OpenMetricsServlet')]
}

/** What versions behind 2.3.9 have. */
function laterRows(scheduleStrategy: string): ServletRow[] {
  const jobId = pathParameter('jobId', 'Id of the job, a 64-bit number')
  const row = (more: Omit<ServletRow, 'methods' | 'tag'>): ServletRow => ({ methods: GET, tag: 'jobs', ...more })
  return [
    row({
      id: 'pendingJobs',
      path: '/pending-jobs',
      servlet: 'PendingJobsServlet',
      since: SINCE.queue,
      summary: 'Jobs that wait for slots, and for what',
      parameters: [queryParameter('jobId', 'Only this job'), queryParameter('limit', 'At most so many')],
      responses: jsonAnswers('The queue', { type: 'object' }, 400),
      handler: pendingJobs(scheduleStrategy),
    }),
    row({
      id: 'checkpoints',
      path: '/jobs/checkpoints',
      behind: '/{jobId}',
      servlet: 'JobCheckpointsServlet',
      since: SINCE.checkpoints,
      summary: 'Checkpoints of a job',
      parameters: [jobId],
      responses: jsonAnswers('Their numbers and the latest of each kind', { type: 'object' }, 400),
      handler: jobCheckpoints(info),
    }),
    row({
      id: 'checkpointHistory',
      path: '/jobs/checkpoints/history',
      behind: '/{jobId}',
      servlet: 'JobCheckpointHistoryServlet',
      since: SINCE.checkpoints,
      summary: 'Checkpoints of a job, the newest first',
      parameters: [
        jobId,
        queryParameter('pipelineId', 'Number of a pipeline'),
        queryParameter('limit', 'At most so many, 20 when absent'),
        queryParameter('status', 'COMPLETED, FAILED or IN_PROGRESS'),
      ],
      responses: jsonAnswers('The checkpoints', { type: 'array', items: { type: 'object' } }, 400),
      handler: checkpointHistory(info),
    }),
  ]
}

function writeRows({ profile }: Wire): ServletRow[] {
  const row = (more: Omit<ServletRow, 'methods' | 'tag'> & { methods?: readonly string[] }): ServletRow => ({
    methods: POST,
    tag: 'jobs',
    ...more,
  })
  return [
    row({
      id: 'submitJob',
      path: '/submit-job',
      servlet: 'SubmitJobServlet',
      access: 'submit',
      summary: 'Submits a job',
      parameters: SUBMIT_QUERY,
      requestBody: JOB_BODY,
      responses: jsonAnswers('Its id and name', schemas.submittedSchema(profile), 400, 500),
      handler: submitJob((request) => request.query),
    }),
    row({
      id: 'submitJobs',
      path: '/submit-jobs',
      servlet: 'SubmitJobsServlet',
      access: 'submit',
      summary: 'Submits several jobs',
      requestBody: JOBS_BODY,
      responses: jsonAnswers('Id and name of each', schemas.SUBMITTED_LIST, 400, 500),
      handler: submitJobs,
    }),
    row({
      id: 'stopJob',
      path: '/stop-job',
      servlet: 'StopJobServlet',
      summary: 'Asks a job to stop, with a savepoint or without',
      requestBody: STOP_BODY,
      responses: jsonAnswers('Its id', schemas.STOPPED, 400, 500),
      handler: stopJob,
    }),
    row({
      id: 'stopJobs',
      path: '/stop-jobs',
      servlet: 'StopJobsServlet',
      summary: 'Asks several jobs to stop',
      requestBody: STOPS_BODY,
      responses: jsonAnswers('Id of each', schemas.STOPPED_LIST, 400, 500),
      handler: stopJobs,
    }),
    row({
      id: 'encryptConfig',
      path: '/encrypt-config',
      servlet: 'EncryptConfigServlet',
      summary: 'Encrypts the secrets of a job document',
      requestBody: JOB_BODY,
      responses: jsonAnswers('The document', schemas.JOB_DOCUMENT, 400, 500),
      handler: encryptConfig,
    }),
    row({
      id: 'updateTags',
      path: '/update-tags',
      servlet: 'UpdateTagsServlet',
      // The original's v2 has POST only; whoever comes from v1 may use PUT.
      methods: profile.release > SINCE.logs ? ['POST', 'PUT'] : POST,
      summary: 'Replaces the tags of this node',
      requestBody: TAGS_BODY,
      responses: jsonAnswers('What was done', schemas.DONE, 400, 500),
      handler: updateTags,
    }),
  ]
}

function uploadRow({ profile }: Wire, upload: UploadLimits): ServletRow {
  return {
    id: 'submitFile',
    path: '/submit-job/upload',
    servlet: 'SubmitJobByUploadFileServlet',
    methods: POST,
    since: SINCE.upload,
    access: 'submit',
    tag: 'jobs',
    summary: 'Submits the job in a file; its suffix says the language: .json, .sql, anything else is HOCON',
    parameters: SUBMIT_QUERY.slice(0, 3),
    requestBody: { contentType: 'multipart/form-data', description: 'The file in the field config_file' },
    body: { kind: 'stream', limitBytes: upload.requestBytes },
    responses: jsonAnswers('Its id and name', schemas.submittedSchema(profile), 400, 500),
    handler: submitFile(
      (request) => request.query,
      (request) => uploadedJob(request, upload),
    ),
  }
}
