import type { JobView } from './api.js'
import { dagWith, isSame, parallelismOf } from './job-parallelism.js'
import type { JobProgress, JobRecord } from './job-record.js'
import { slotsNeeded } from './slots-needed.js'

/** A job as clients see it. What did not change since the view before is the same object. */
export function jobView(record: JobRecord, progress: JobProgress, before: JobView | null = null): JobView {
  const { jobId, jobName, mode, isStartWithSavepoint, createdAtMs, checkpointing } = record
  const { state, startedAtMs, finishedAtMs, flow, failure, pendingReason, epoch } = progress
  const { parallelism, rescale, rescales = 0 } = state
  const isSameDag = before !== null && isSame(parallelismOf(before.dag), parallelism ?? parallelismOf(record.dag))
  const dag = isSameDag ? before.dag : dagWith(record.dag, parallelism ?? null)
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
    isBetweenAttempts: state.phase === 'waiting' || rescale?.stage === 'restarting',
    // Only what the node found in its store is scheduled for a later attempt.
    isRecovering: state.status === 'SCHEDULED' && epoch !== record.firstEpoch,
    epoch,
    checkpointing,
    slots: slotsNeeded(dag),
    rescales,
    rescaleStage: rescale?.stage ?? null,
    rescalePending: progress.rescalePending ?? null,
  }
}
