import {
  type DescribedAnswer,
  type DescribedBody,
  type DescribedRoute,
  type JsonSchema,
  queryParameter,
} from '../described-route.js'
import type { Wire, WireHandler } from '../handlers/wire.js'
import type { WireProfile } from '../profile.js'
import { type Access, type BodyRule, CONFIG_BODY, NO_BODY, type RouteParameter } from '../route.js'
import * as schemas from './schemas.js'

/** An endpoint as the tables of both APIs say it. */
export interface Endpoint {
  readonly id: string
  /** Without what all paths start with. */
  readonly name: string
  /** Name of the original's class, which its error pages show. */
  readonly servlet?: string
  /** What may stand behind the name, for the description. */
  readonly behind?: string
  /** Release in which it came; all have it when absent. */
  readonly since?: number
  /** `read` for reading and `operate` for writing when absent. */
  readonly access?: Access
  readonly alsoPut?: boolean
  readonly tag: string
  readonly summary: string
  readonly parameters?: readonly RouteParameter[]
  readonly responses: readonly DescribedAnswer[]
  readonly requestBody?: DescribedBody
  readonly body?: BodyRule
  readonly handler: WireHandler
}

/** An endpoint as a route of a dialect. @param methods of which the first says whether it reads or writes. */
export function routeOf(endpoint: Endpoint, path: string, methods: readonly string[], wire: Wire): DescribedRoute {
  const { id, behind = '', access, tag, summary, parameters = [], responses, requestBody, handler } = endpoint
  const isWrite = methods.includes('POST')
  return {
    id,
    methods,
    pattern: `${path}${behind}`,
    access: access ?? (isWrite || methods.includes('DELETE') ? 'operate' : 'read'),
    body: endpoint.body ?? (isWrite ? CONFIG_BODY : NO_BODY),
    tag,
    summary,
    parameters,
    responses,
    ...(requestBody === undefined ? {} : { requestBody }),
    handler: wire.bind(handler),
  }
}

/** The endpoints that a profile has. */
export function availableEndpoints(endpoints: readonly Endpoint[], { release }: WireProfile): readonly Endpoint[] {
  return endpoints.filter(({ since = 0 }) => release >= since)
}

/** Parameters of every submission. */
export const SUBMIT_QUERY: readonly RouteParameter[] = [
  queryParameter('jobId', 'Id of the job, a 64-bit number; a new one when absent'),
  queryParameter('jobName', 'Name of the job instead of job.name'),
  queryParameter('isStartWithSavePoint', 'Whether the job goes on from its last savepoint: true or false'),
]

/** JSON of a shape, and the two errors that every route can answer with. */
export function jsonAnswers(description: string, schema: JsonSchema, ...errors: readonly number[]): DescribedAnswer[] {
  return [
    { status: 200, contentType: 'application/json', description, schema },
    ...errors.map((status) => failure(status)),
  ]
}

/** An error with its message. */
export function failure(status: number): DescribedAnswer {
  return {
    status,
    contentType: 'application/json',
    description: status === 400 ? 'An argument is wrong' : 'The request failed',
    schema: schemas.FAILURE,
  }
}

/** An answer that is no JSON. */
export function plainAnswer(description: string, contentType: string | null, status = 200): DescribedAnswer {
  return { status, contentType, description }
}

/** A body that is a job document. */
export const JOB_BODY: DescribedBody = {
  contentType: 'application/json',
  description: 'The job: env, source, transform and sink',
  schema: schemas.JOB_DOCUMENT,
}

/** A body that is a list of job documents with `params` each. */
export const JOBS_BODY: DescribedBody = {
  contentType: 'application/json',
  description: 'Jobs, each with params {jobId, jobName, isStartWithSavePoint}',
  schema: { type: 'array', items: schemas.JOB_DOCUMENT },
}

/** A body that says which job is stopped. */
export const STOP_BODY: DescribedBody = {
  contentType: 'application/json',
  description: 'jobId, isStopWithSavePoint, force',
  schema: { type: 'object' },
}

/** A body that is a list of {@link STOP_BODY}. */
export const STOPS_BODY: DescribedBody = {
  contentType: 'application/json',
  description: 'A list of {jobId, isStopWithSavePoint, force}',
  schema: { type: 'array', items: { type: 'object' } },
}

/** A body that is the node's tags. */
export const TAGS_BODY: DescribedBody = {
  contentType: 'application/json',
  description: 'All tags of the node',
  schema: { type: 'object' },
}

/** Release in which an endpoint came: 4 stands for 2.3.4 and everything before. */
export const SINCE = {
  overview: 6,
  jobInfo: 6,
  many: 8,
  tags: 8,
  metrics: 8,
  threadDump: 8,
  logs: 9,
  upload: 10,
  metricPages: 10,
  queue: 12,
  checkpoints: 12,
} as const
