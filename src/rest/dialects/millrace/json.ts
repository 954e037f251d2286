import type { MillraceError } from '../../../core/error.js'
import type { JobEvent, JobView, NodeOverview, NodeService, SubmittedJob } from '../../../node/api.js'
import { placeText } from '../../handlers/fault.js'

/** Faults of one document that an answer has; the first ones say enough. */
const TOLD_FAULTS = 100

/** An error as the API tells it. `where` is for people, `path` and `position` are for programs. */
export interface ErrorJson {
  readonly code: string
  readonly message: string
  readonly where: string | null
  readonly hint: string | null
  readonly path: string | null
  readonly position: { readonly file: string; readonly line: number; readonly column: number } | null
  readonly row: number | null
  readonly field: string | null
}

/** An error without its causes: they may hold what is nobody's business. */
export function errorJson(error: MillraceError): ErrorJson {
  const { hint = null, path = null, position = null, row = null, field = null } = error.details
  return { code: error.code, message: error.message, where: placeText(error), hint, path, position, row, field }
}

/** A job as the API tells it: what the node knows of it, with errors and options as plain JSON. */
export function jobJson({ envOptions, failure, ...view }: JobView) {
  return {
    ...view,
    envOptions: Object.fromEntries(envOptions),
    failure: failure === null ? null : { text: failure.text, errors: failure.errors.map(errorJson) },
  }
}

/** What a submission gave. */
export function submittedJson({ jobId, jobName, isDuplicate, warnings }: SubmittedJob) {
  return { jobId, jobName, isDuplicate, warnings: warnings.map(errorJson) }
}

/** The node and its numbers. */
export function nodeJson({ identity, tags }: NodeService, overview: NodeOverview) {
  return { ...identity, tags: Object.fromEntries(tags), overview }
}

/** An event and the job that it happened to. */
export function eventJson(jobId: string, event: JobEvent) {
  return { jobId, ...event }
}

/** An error in the words of the API: what SeaTunnel's clients read first, then what ours do. */
export function failureJson(errors: readonly MillraceError[], message: string, code: string): object {
  const [first] = errors
  const { message: _message, ...details } =
    first === undefined ? { code, message, where: null, hint: null } : errorJson(first)
  const body = { status: 'fail', message, ...details }
  return errors.length > 1 ? { ...body, errors: errors.slice(0, TOLD_FAULTS).map(errorJson) } : body
}
