import { FLAG, INTEGER, listOf, NUMBER, named, object, optional, TEXT } from '../../../shape.js'
import type { OperationShape } from './operation-shape.js'
import { DONE, EMPTY, ID, METRICS, polled, TIME, TRIGGER } from './values.js'

/** Settings with their values. */
export const SETTINGS = named('FlinkSettings', listOf(object({ key: TEXT, value: TEXT })))
/** What a process runs on. */
export const ENVIRONMENT = named(
  'FlinkEnvironment',
  object({
    jvm: object({ version: TEXT, arch: TEXT, options: listOf(TEXT) }),
    classpath: listOf(TEXT),
  }),
)
/** Log files. */
export const LOGS = named('FlinkLogs', object({ logs: listOf(object({ name: TEXT, size: INTEGER, mtime: TIME })) }))

const OVERVIEW = named(
  'FlinkOverview',
  object({
    taskmanagers: INTEGER,
    'taskmanagers-blocked': optional(INTEGER),
    'slots-total': INTEGER,
    'slots-available': INTEGER,
    'slots-free-and-blocked': optional(INTEGER),
    'jobs-running': INTEGER,
    'jobs-finished': INTEGER,
    'jobs-cancelled': INTEGER,
    'jobs-failed': INTEGER,
    'flink-version': TEXT,
    'flink-commit': TEXT,
  }),
)
const DASHBOARD = named(
  'FlinkDashboardSettings',
  object({
    'refresh-interval': INTEGER,
    'timezone-name': TEXT,
    'timezone-offset': NUMBER,
    'flink-version': TEXT,
    'flink-revision': TEXT,
    features: object({ 'web-submit': FLAG, 'web-cancel': FLAG, 'web-rescale': FLAG, 'web-history': FLAG }),
  }),
)
const DATASETS = named('FlinkDatasets', object({ dataSets: listOf(object({ id: ID, isComplete: FLAG })) }))

/** Names of metrics to give with their values; absent: the names alone. */
export const GET = { get: optional(listOf(TEXT)) } as const

/** The cluster, its settings and its logs. */
export const CLUSTER_SHAPES = {
  'DELETE /cluster': { answer: EMPTY },
  'GET /config': { answer: DASHBOARD },
  'GET /overview': { answer: OVERVIEW },
  'GET /datasets': { answer: DATASETS },
  'GET /datasets/delete/:triggerid': { answer: polled('FlinkDatasetDeletion', DONE) },
  'DELETE /datasets/:datasetid': { answer: TRIGGER },
  'GET /jobmanager/config': { answer: SETTINGS },
  'GET /jobmanager/environment': { answer: ENVIRONMENT },
  'GET /jobmanager/logs': { answer: LOGS },
  'GET /jobmanager/log': {},
  'GET /jobmanager/logs/:filename': {},
  'GET /jobmanager/stdout': {},
  'GET /jobmanager/metrics': { query: GET, answer: METRICS },
} as const satisfies Record<string, OperationShape>
