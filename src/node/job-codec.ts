import { type ErrorCode, type ErrorDetails, isErrorCode, MillraceError } from '../core/error.js'
import type { JobFailure } from './api.js'
import { NO_ATTEMPTS } from './attempt-history.js'
import { type JobProgress, NO_CHECKPOINTS, NO_FLOW } from './job-record.js'

/** An error as it is stored: without its stack and cause, which belong to the process that raised it. */
interface StoredError {
  readonly code: string
  readonly message: string
  readonly details: Omit<ErrorDetails, 'cause'>
}

/** {@link JobProgress} as plain data. */
export interface StoredProgress extends Omit<JobProgress, 'failure'> {
  readonly failure: { readonly text: string; readonly errors: readonly StoredError[] } | null
}

/** Errors that are stored of one failure; all of them are in its text. */
const ERROR_LIMIT = 100

/** Progress in the form in which it is stored. */
export function storedProgress(progress: JobProgress): StoredProgress {
  const { failure } = progress
  return { ...progress, failure: failure === null ? null : storedFailure(failure) }
}

function storedFailure({ text, errors }: JobFailure): StoredProgress['failure'] {
  return {
    text,
    errors: errors.slice(0, ERROR_LIMIT).map(({ code, message, details: { cause: _cause, ...details } }) => {
      return { code, message, details }
    }),
  }
}

/** Progress as it was before it was stored. What an earlier version did not store is as at the beginning. */
export function progressOf(stored: StoredProgress): JobProgress {
  const { failure, flow = NO_FLOW, checkpoints = NO_CHECKPOINTS, attempts = NO_ATTEMPTS } = stored
  const { timeline = [], requests = [] } = stored
  const known = { ...stored, flow, checkpoints, attempts, timeline, requests }
  return { ...known, failure: failure === null ? null : failureOf(failure) }
}

function failureOf({ text, errors }: NonNullable<StoredProgress['failure']>): JobFailure {
  return {
    text,
    errors: errors.map(({ code, message, details }) => {
      const known: ErrorCode = isErrorCode(code) ? code : 'JOB_FAILED'
      return new MillraceError(known, message, details)
    }),
  }
}
