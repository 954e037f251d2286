import type { ErrorCode } from '../../../core/error.js'

/** An answer that is an error: what handlers of this dialect throw. */
export class FlinkFault extends Error {
  readonly status: number
  readonly code: ErrorCode | null
  /** Whether no page of another origin may read the answer, whatever is allowed: as in Flink what is said of files. */
  readonly isPlain: boolean

  /**
   * @param message one line that a person can act on; the dashboard shows nothing else.
   * @param code second entry of the answer; `null` where Flink's own router says no, which has one entry only.
   */
  constructor(status: number, message: string, code: ErrorCode | null = 'REQUEST_MALFORMED', isPlain = false) {
    super(message)
    this.name = 'FlinkFault'
    this.status = status
    this.code = code
    this.isPlain = isPlain
  }
}

/** The texts of an error answer. Java clients take an answer for an error when `errors` is its only member. */
export function errorsJson(message: string, code: string | null): string {
  return JSON.stringify({ errors: code === null ? [message] : [message, code] })
}

/** A part of the path or the query that cannot be read. @source Flink `HandlerRequest` */
export function unreadable(kind: 'path' | 'query', name: string, value: string): FlinkFault {
  const text = value.slice(0, 200)
  return new FlinkFault(
    400,
    `Bad request, could not parse parameters: Cannot resolve ${kind} parameter (${name}) from value "${text}".`,
  )
}

/** A job that is not known or has expired. */
export function jobNotFound(hexId: string): FlinkFault {
  return new FlinkFault(404, `Job ${hexId} not found`, 'JOB_NOT_FOUND')
}

/** Something of a job, or of the node, that is not there. */
export function notFound(message: string): FlinkFault {
  return new FlinkFault(404, message)
}

/** A log that is not there. @source Flink `JobManagerLogFileHandler` */
export function noSuchLog(): FlinkFault {
  return new FlinkFault(404, 'This file does not exist in JobManager log dir.', 'REQUEST_MALFORMED', true)
}
