import type { DescribedAnswer, DescribedBody, DescribedRoute } from '../../described-route.js'
import { pathParameter, queryParameter } from '../../described-route.js'
import { encryptConfig } from '../../handlers/encrypt.js'
import { endedJobs, oneJob, runningJobs } from '../../handlers/jobs.js'
import { clusterLogs, logNames, nodeLog } from '../../handlers/logs.js'
import { metricsPage, runningThreads, systemMonitoring, threadDump } from '../../handlers/monitoring.js'
import { overview, rawTagFilter, updateTags } from '../../handlers/overview.js'
import { stopJob, stopJobs } from '../../handlers/stop.js'
import { submitJob, submitJobs } from '../../handlers/submit.js'
import type { Wire, WireHandler } from '../../handlers/wire.js'
import { type Access, CONFIG_BODY, type RouteParameter } from '../../route.js'
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
import { idBehind, MAPS, rawParameter, segmentBehind, submitParameters } from './paths.js'

/** A route that is found by what a request's path starts with, or by the whole of it. */
export interface PrefixRoute extends DescribedRoute {
  readonly prefix: string
  /** Whether the prefix has to be the whole path. */
  readonly isWhole: boolean
}

/** What a route of the tables below says. */
export interface RouteRow {
  readonly id: string
  readonly prefix: string
  readonly isWhole?: boolean
  /** For the description; the prefix when absent. */
  readonly pattern?: string
  readonly since?: number
  readonly access?: Access
  readonly tag: string
  readonly summary: string
  readonly parameters?: readonly RouteParameter[]
  readonly responses: readonly DescribedAnswer[]
  readonly requestBody?: DescribedBody
  readonly handler: WireHandler
}

/** Makes routes of rows, without those that a profile does not have. */
export function routesOf(rows: readonly RouteRow[], methods: readonly string[], wire: Wire): PrefixRoute[] {
  const isRead = methods.includes('GET') || methods.includes('HEAD')
  return rows
    .filter(({ since = 0 }) => isThere(wire.profile, since))
    .map((row) => ({
      id: row.id,
      methods,
      pattern: row.pattern ?? row.prefix,
      prefix: row.prefix,
      isWhole: row.isWhole ?? false,
      access: row.access ?? (isRead ? 'read' : 'operate'),
      ...(isRead ? {} : { body: CONFIG_BODY }),
      tag: row.tag,
      summary: row.summary,
      parameters: row.parameters ?? [],
      responses: row.responses,
      ...(row.requestBody === undefined ? {} : { requestBody: row.requestBody }),
      handler: wire.bind(row.handler),
    }))
}

const JOB_ID = pathParameter('jobId', 'Id of the job, a 64-bit number')
const SUBMIT_QUERY = [
  queryParameter('jobId', 'Id of the job, a 64-bit number; a new one when absent'),
  queryParameter('jobName', 'Name of the job instead of job.name'),
  queryParameter('isStartWithSavePoint', 'Whether the job goes on from its last savepoint: true or false'),
  queryParameter('format', 'Language of the body: json, hocon or sql'),
]

/** Reading endpoints, in the order in which their prefixes are tried. */
export function getRoutes(wire: Wire): PrefixRoute[] {
  const { profile } = wire
  const job = schemas.anyJobSchema(profile, profile.envOptionsOnV1)
  const at = (name: string) => `${MAPS}/${name}`
  const jobRow = (id: string, name: string, since: number): RouteRow => ({
    id,
    prefix: at(name),
    pattern: `${at(name)}/{jobId}`,
    since,
    tag: 'jobs',
    summary: 'One job, running or ended',
    parameters: [JOB_ID],
    responses: jsonAnswers('The job; of an unknown one only its id', job, 400, 500),
    handler: oneJob(idBehind(at(name))),
  })
  const rows: RouteRow[] = [
    {
      id: 'runningJobs',
      prefix: at('running-jobs'),
      tag: 'jobs',
      summary: 'Jobs that have not ended',
      responses: jsonAnswers('The jobs', {
        type: 'array',
        items: schemas.runningJobSchema(profile, profile.envOptionsOnV1),
      }),
      handler: runningJobs,
    },
    {
      id: 'finishedJobs',
      prefix: at('finished-jobs'),
      pattern: `${at('finished-jobs')}/{state}`,
      tag: 'jobs',
      summary: 'Ended jobs, all or of one state',
      parameters: [pathParameter('state', 'FINISHED, CANCELED, FAILED, SAVEPOINT_DONE or UNKNOWABLE; may be left out')],
      responses: jsonAnswers('The jobs', { type: 'array', items: schemas.endedJobSchema(profile) }),
      handler: endedJobs(segmentBehind(at('finished-jobs'))),
    },
    jobRow('runningJob', 'running-job', 0),
    jobRow('jobInfo', 'job-info', SINCE.jobInfo),
    {
      id: 'systemMonitoringInformation',
      prefix: at('system-monitoring-information'),
      tag: 'node',
      summary: 'Health of every member',
      responses: jsonAnswers('One object for each member', schemas.MONITORING),
      handler: systemMonitoring,
    },
    {
      id: 'runningThreads',
      prefix: at('running-threads'),
      tag: 'node',
      summary: 'Names of the threads',
      responses: jsonAnswers('The threads', schemas.THREADS),
      handler: runningThreads,
    },
    {
      id: 'overview',
      prefix: at('overview'),
      since: SINCE.overview,
      tag: 'node',
      summary: 'Slots and jobs of the cluster',
      parameters: [queryParameter('tag', 'Any number of name=value pairs that workers must have')],
      responses: jsonAnswers('The summary', schemas.OVERVIEW, 500),
      handler: overview(rawTagFilter),
    },
    ...metricRows(),
    {
      id: 'threadDump',
      prefix: at('thread-dump'),
      since: SINCE.threadDump,
      tag: 'node',
      summary: 'Threads with their stacks',
      responses: jsonAnswers('The threads', schemas.THREAD_DUMP),
      handler: threadDump,
    },
    ...logRows(at, wire),
  ]
  return routesOf(rows, ['GET'], wire)
}

function metricRows(): RouteRow[] {
  const row = (format: 'prometheus' | 'openmetrics', name: string): RouteRow => ({
    id: name,
    prefix: `/hazelcast/rest/instance/${name}`,
    isWhole: true,
    since: SINCE.metrics,
    tag: 'metrics',
    summary: `Metrics as ${format === 'prometheus' ? 'Prometheus' : 'OpenMetrics'} text`,
    responses: [plainAnswer('The page; empty when telemetry is off', 'text/plain')],
    handler: metricsPage(format),
  })
  return [row('prometheus', 'metrics'), row('openmetrics', 'openmetrics')]
}

function logRows(at: (name: string) => string, wire: Wire): RouteRow[] {
  const format = queryParameter('format', 'html or json')
  const page = plainAnswer('A page with links', 'text/html')
  const file = plainAnswer('The file', 'text/plain')
  const isText = wire.profile.release <= SINCE.logs
  return [
    {
      id: 'getAllLogName',
      prefix: at('get-all-log-name'),
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
      prefix: at('logs'),
      pattern: `${at('logs')}/{name}`,
      since: SINCE.logs,
      tag: 'logs',
      summary: 'Log files of all nodes, those of one job, or one file',
      parameters: [pathParameter('name', 'A file, or a part of its name; may be left out'), format],
      responses: [
        page,
        file,
        ...jsonAnswers('The files', schemas.LOG_LIST),
        plainAnswer('There is no such file', null, 400),
      ],
      handler: clusterLogs(segmentBehind(at('logs')), rawParameter('format')),
    },
    {
      id: 'log',
      prefix: at('log'),
      pattern: `${at('log')}/{name}`,
      since: SINCE.logs,
      tag: 'logs',
      summary: 'Log files of this node, or one of them',
      parameters: [pathParameter('name', 'A file; may be left out')],
      responses: [page, file, plainAnswer('There is no such file', null, 400)],
      handler: nodeLog(segmentBehind(at('log'))),
    },
  ]
}

/** Writing endpoints, in the order in which their prefixes are tried. */
export function postRoutes(wire: Wire): PrefixRoute[] {
  const { profile } = wire
  const at = (name: string) => `${MAPS}/${name}`
  const rows: RouteRow[] = [
    {
      id: 'submitJobs',
      prefix: at('submit-jobs'),
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
      prefix: at('submit-job'),
      access: 'submit',
      tag: 'jobs',
      summary: 'Submits a job',
      parameters: SUBMIT_QUERY,
      requestBody: JOB_BODY,
      responses: jsonAnswers('Its id and name', schemas.submittedSchema(profile), 400, 500),
      handler: submitJob(submitParameters),
    },
    {
      id: 'stopJobs',
      prefix: at('stop-jobs'),
      since: SINCE.many,
      tag: 'jobs',
      summary: 'Asks several jobs to stop',
      requestBody: STOPS_BODY,
      responses: jsonAnswers('Id of each', schemas.STOPPED_LIST, 400, 500),
      handler: stopJobs,
    },
    {
      id: 'stopJob',
      prefix: at('stop-job'),
      tag: 'jobs',
      summary: 'Asks a job to stop, with a savepoint or without',
      requestBody: STOP_BODY,
      responses: jsonAnswers('Its id', schemas.STOPPED, 400, 500),
      handler: stopJob,
    },
    {
      id: 'encryptConfig',
      prefix: at('encrypt-config'),
      tag: 'config',
      summary: 'Encrypts the secrets of a job document',
      requestBody: JOB_BODY,
      responses: jsonAnswers('The document', schemas.JOB_DOCUMENT, 400, 500),
      handler: encryptConfig,
    },
    {
      id: 'updateTags',
      prefix: at('update-tags'),
      since: SINCE.tags,
      tag: 'node',
      summary: 'Replaces the tags of this node',
      requestBody: TAGS_BODY,
      responses: jsonAnswers('What was done', schemas.DONE, 400, 500),
      handler: updateTags,
    },
  ]
  return routesOf(rows, ['POST', 'PUT'], wire)
}
