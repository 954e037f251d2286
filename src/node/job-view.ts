import type { JobView } from './api.js'
import type { JobProgress, JobRecord } from './job-record.js'

/** A job as clients see it. What did not change since the view before is the same object. */
export function jobView(record: JobRecord, progress: JobProgress, before: JobView | null = null): JobView {
  const { jobId, jobName, mode, isStartWithSavepoint, createdAtMs, dag, slots } = record
  const { state, startedAtMs, finishedAtMs, flow, failure, pendingReason, epoch } = progress
  return {
    jobId,
    alias: record.alias ?? null,
    jobName,
    status: state.status,
    mode,
    envOptions: before?.envOptions ?? new Map(record.envOptions),
    clientSettings: before?.clientSettings ?? new Map(record.clientSettings),
    isStartWithSavepoint,
    createdAtMs,
    startedAtMs,
    finishedAtMs,
    dag,
    flow,
    failure,
    pendingReason,
    restarts: state.restarts,
    isBetweenAttempts: state.phase === 'waiting',
    epoch,
    slots,
  }
}
