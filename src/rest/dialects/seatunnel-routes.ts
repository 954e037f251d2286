import type { DescribedAnswer, DescribedBody, JsonSchema } from '../described-route.js'
import type { WireProfile } from '../profile.js'
import * as schemas from './schemas.js'

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

/** Whether a profile has what came with a release. */
export function isThere({ release }: WireProfile, since: number): boolean {
  return release >= since
}
