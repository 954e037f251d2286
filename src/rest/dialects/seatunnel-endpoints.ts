import { pathParameter, queryParameter } from '../described-route.js'
import { encryptConfig } from '../handlers/encrypt.js'
import { endedJobs, type LastSegment, oneJob, runningJobs } from '../handlers/jobs.js'
import { clusterLogs, logNames, nodeLog } from '../handlers/logs.js'
import { metricsPage, runningThreads, systemMonitoring, threadDump } from '../handlers/monitoring.js'
import { overview, type TagFilter, updateTags } from '../handlers/overview.js'
import { stopJob, stopJobs } from '../handlers/stop.js'
import { submitJob, submitJobs } from '../handlers/submit.js'
import type { Wire } from '../handlers/wire.js'
import type { QueryParameters } from '../query.js'
import type { RestRequest } from '../request.js'
import * as schemas from './schemas.js'
import {
  type Endpoint,
  JOB_BODY,
  JOBS_BODY,
  jsonAnswers,
  plainAnswer,
  SINCE,
  STOP_BODY,
  STOPS_BODY,
  SUBMIT_QUERY,
  TAGS_BODY,
} from './seatunnel-routes.js'

/** How a dialect reads a request's line: v1 looks at texts, v2 at what a servlet gets. */
export interface RequestReaders {
  /** What stands behind an endpoint's name. */
  segment(name: string): LastSegment
  /** The same for ids, which v1 looks for in its own way. */
  id(name: string): LastSegment
  /** Parameters of submit-job. */
  readonly submitParameters: (request: RestRequest) => QueryParameters
  /** Pairs of the query that workers have to have as tags. */
  readonly tagFilter: (request: RestRequest) => TagFilter
  /** One parameter of a GET. */
  parameter(name: string): (request: RestRequest) => string | undefined
}

/** The reading endpoints that both APIs have, in the order in which v1 tries them. */
export function readingEndpoints(wire: Wire, read: RequestReaders): Endpoint[] {
  return [...jobEndpoints(wire, read), ...nodeEndpoints(read), ...logEndpoints(wire, read)]
}

function jobEndpoints(wire: Wire, read: RequestReaders): Endpoint[] {
  const { profile } = wire
  const running = schemas.runningJobSchema(profile, wire.showsEnvOptions)
  const one = (id: string, name: string, servlet: string, since: number): Endpoint => ({
    id,
    name,
    servlet,
    since,
    behind: '/{jobId}',
    tag: 'jobs',
    summary: 'One job, running or ended',
    parameters: [pathParameter('jobId', 'Id of the job, a 64-bit number')],
    responses: jsonAnswers(
      'The job; of an unknown one only its id',
      schemas.anyJobSchema(profile, wire.showsEnvOptions),
      400,
      500,
    ),
    handler: oneJob(read.id(name)),
  })
  return [
    {
      id: 'runningJobs',
      name: 'running-jobs',
      servlet: 'RunningJobsServlet',
      tag: 'jobs',
      summary: 'Jobs that have not ended',
      responses: jsonAnswers('The jobs', { type: 'array', items: running }),
      handler: runningJobs,
    },
    {
      id: 'finishedJobs',
      name: 'finished-jobs',
      servlet: 'FinishedJobsServlet',
      behind: '/{state}',
      tag: 'jobs',
      summary: 'Ended jobs, all or of one state',
      parameters: [pathParameter('state', 'FINISHED, CANCELED, FAILED, SAVEPOINT_DONE or UNKNOWABLE; may be left out')],
      responses: jsonAnswers('The jobs', { type: 'array', items: schemas.endedJobSchema(profile) }),
      handler: endedJobs(read.segment('finished-jobs')),
    },
    one('runningJob', 'running-job', 'RunningJobServlet', 0),
    one('jobInfo', 'job-info', 'JobInfoServlet', SINCE.jobInfo),
  ]
}

function nodeEndpoints(read: RequestReaders): Endpoint[] {
  return [
    {
      id: 'systemMonitoringInformation',
      name: 'system-monitoring-information',
      servlet: 'SystemMonitoringServlet',
      tag: 'node',
      summary: 'Health of every member',
      responses: jsonAnswers('One object for each member', schemas.MONITORING),
      handler: systemMonitoring,
    },
    {
      id: 'runningThreads',
      name: 'running-threads',
      servlet: 'RunningThreadsServlet',
      tag: 'node',
      summary: 'Names of the threads',
      responses: jsonAnswers('The threads', schemas.THREADS),
      handler: runningThreads,
    },
    {
      id: 'overview',
      name: 'overview',
      servlet: 'OverviewServlet',
      since: SINCE.overview,
      tag: 'node',
      summary: 'Slots and jobs of the cluster',
      parameters: [queryParameter('tag', 'Any number of name=value pairs that workers must have')],
      responses: jsonAnswers('The summary', schemas.OVERVIEW, 500),
      handler: overview(read.tagFilter),
    },
    {
      id: 'threadDump',
      name: 'thread-dump',
      servlet: 'ThreadDumpServlet',
      since: SINCE.threadDump,
      tag: 'node',
      summary: 'Threads with their stacks',
      responses: jsonAnswers('The threads', schemas.THREAD_DUMP),
      handler: threadDump,
    },
  ]
}

function logEndpoints({ api, profile }: Wire, read: RequestReaders): Endpoint[] {
  const page = plainAnswer('A page with links', 'text/html')
  const file = plainAnswer('The file', 'text/plain')
  const none = plainAnswer('There is no such file', null, 400)
  const isText = api === 'v1' && profile.release <= SINCE.logs
  return [
    {
      id: 'getAllLogName',
      name: 'get-all-log-name',
      servlet: 'AllLogNameServlet',
      since: SINCE.logs,
      tag: 'logs',
      summary: 'Names of the log files of this node',
      responses: isText
        ? [plainAnswer('The names as JSON', 'text/plain')]
        : jsonAnswers('The names', schemas.LOG_NAMES),
      handler: logNames,
    },
    {
      id: 'logs',
      name: 'logs',
      servlet: 'AllNodeLogServlet',
      since: SINCE.logs,
      behind: '/{name}',
      tag: 'logs',
      summary: 'Log files of all nodes, those of one job, or one file',
      parameters: [
        pathParameter('name', 'A file, or a part of its name; may be left out'),
        queryParameter('format', 'html or json'),
      ],
      responses: [page, file, ...jsonAnswers('The files', schemas.LOG_LIST), none],
      handler: clusterLogs(read.segment('logs'), read.parameter('format')),
    },
    {
      id: 'log',
      name: 'log',
      servlet: 'CurrentNodeLogServlet',
      since: SINCE.logs,
      behind: '/{name}',
      tag: 'logs',
      summary: 'Log files of this node, or one of them',
      parameters: [pathParameter('name', 'A file; may be left out')],
      responses: [page, file, none],
      handler: nodeLog(read.segment('log')),
    },
  ]
}

/** A page of metrics; the two APIs have it at different places. */
export function metricsEndpoint(format: 'prometheus' | 'openmetrics', name: string, since: number): Endpoint {
  return {
    id: format,
    name,
    servlet: format === 'prometheus' ? 'MetricsServlet' : 'OpenMetricsServlet',
    since,
    tag: 'metrics',
    summary: `Metrics as ${format === 'prometheus' ? 'Prometheus' : 'OpenMetrics'} text`,
    responses: [
      plainAnswer('The page; empty when telemetry is off', 'text/plain'),
      plainAnswer('The page', 'application/openmetrics-text'),
    ],
    handler: metricsPage(format),
  }
}

/** The writing endpoints that both APIs have, in the order in which v1 tries them. */
export function writingEndpoints({ profile }: Wire, read: RequestReaders): Endpoint[] {
  return [
    {
      id: 'submitJobs',
      name: 'submit-jobs',
      servlet: 'SubmitJobsServlet',
      since: SINCE.many,
      access: 'submit',
      tag: 'jobs',
      summary: 'Submits several jobs',
      requestBody: JOBS_BODY,
      responses: jsonAnswers('Id and name of each', schemas.SUBMITTED_LIST, 400, 500),
      handler: submitJobs,
    },
    {
      id: 'submitJob',
      name: 'submit-job',
      servlet: 'SubmitJobServlet',
      access: 'submit',
      tag: 'jobs',
      summary: 'Submits a job',
      parameters: [...SUBMIT_QUERY, queryParameter('format', 'Language of the body: json, hocon or sql')],
      requestBody: JOB_BODY,
      responses: jsonAnswers('Its id and name', schemas.submittedSchema(profile), 400, 500),
      handler: submitJob(read.submitParameters),
    },
    {
      id: 'stopJobs',
      name: 'stop-jobs',
      servlet: 'StopJobsServlet',
      since: SINCE.many,
      tag: 'jobs',
      summary: 'Asks several jobs to stop',
      requestBody: STOPS_BODY,
      responses: jsonAnswers('Id of each', schemas.STOPPED_LIST, 400, 500),
      handler: stopJobs,
    },
    {
      id: 'stopJob',
      name: 'stop-job',
      servlet: 'StopJobServlet',
      tag: 'jobs',
      summary: 'Asks a job to stop, with a savepoint or without',
      requestBody: STOP_BODY,
      responses: jsonAnswers('Its id', schemas.STOPPED, 400, 500),
      handler: stopJob,
    },
    {
      id: 'encryptConfig',
      name: 'encrypt-config',
      servlet: 'EncryptConfigServlet',
      tag: 'config',
      summary: 'Encrypts the secrets of a job document',
      requestBody: JOB_BODY,
      responses: jsonAnswers('The document', schemas.JOB_DOCUMENT, 400, 500),
      handler: encryptConfig,
    },
    {
      id: 'updateTags',
      name: 'update-tags',
      servlet: 'UpdateTagsServlet',
      since: SINCE.tags,
      // The original's v2 has POST only; whoever comes from v1 may use PUT.
      alsoPut: profile.release > SINCE.logs,
      tag: 'node',
      summary: 'Replaces the tags of this node',
      requestBody: TAGS_BODY,
      responses: jsonAnswers('What was done', schemas.DONE, 400, 500),
      handler: updateTags,
    },
  ]
}
