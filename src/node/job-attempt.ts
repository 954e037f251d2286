import type { MillraceError } from '../core/error.js'
import type { JobDag } from '../engine/job-dag.js'
import type {
  CheckpointEvent,
  FailedAt,
  JobTasks,
  PreparedJob,
  RecordedCounts,
  SavepointOptions,
} from '../engine/job-service.js'
import type { FailedTask, JobCheckpoint, JobFlow, TableFlow, VertexTotal } from './api.js'

/** How an attempt ended. */
export interface AttemptOutcome {
  readonly outcome: 'FINISHED' | 'CANCELED' | 'FAILED' | 'SAVEPOINT_DONE' | 'ABANDONED'
  readonly errors: readonly MillraceError[]
  /** Which task each of the errors is of; `null` for that of none. */
  readonly failedTasks: readonly (FailedTask | null)[]
}

/** How samples of threads are told to belong to the tasks of an attempt. */
export interface SampledRun {
  /** Number that the samples carry. */
  readonly run: number
  /** Numbers of the vertices in the job's graph, by index into the plan's vertices. */
  readonly vertices: readonly number[]
  /** Subtask of every lane. */
  readonly subtasks: readonly number[]
}

/** One run of a job's work. */
export interface JobAttempt {
  /** Does the work; call it once. Never rejects. */
  run(): Promise<AttemptOutcome>
  cancel(isForced: boolean): void
  /** Takes a checkpoint and goes on behind it, or ends there. @throws MillraceError when there can be none. */
  savepoint(options: SavepointOptions): Promise<JobCheckpoint>
  /** Ends the work as a crash would. */
  abandon(): void
  /** Instead of the work: takes away what earlier attempts left behind and did not commit. */
  sweep(): Promise<void>
  /** What the job has done so far, what its checkpoints hold included. `elapsedMs` is 0. */
  flow(): JobFlow
  /** What its subtasks have done in this attempt. */
  tasks(): JobTasks
  /** What its vertices have done, what its checkpoints hold included. */
  totals(): readonly VertexTotal[]
  readonly sampled: SampledRun
}

/** An attempt of a planned job. */
export function engineAttempt(
  job: PreparedJob,
  dag: JobDag,
  onCheckpoint: (event: CheckpointEvent) => void,
): JobAttempt {
  return {
    run: async () => {
      const forget = job.onEvent(onCheckpoint)
      const { status, errors, failedAt } = await job.run()
      forget()
      return { outcome: status, errors, failedTasks: failedAt.map(failedTask) }
    },
    cancel: (isForced) => {
      job.cancel()
      // Threads that do not listen are ended where they stand; what they had staged is swept afterwards.
      if (isForced) job.abandon()
    },
    savepoint: async (options) => {
      const { checkpointId, kind, triggeredMs, completedMs, sizeBytes, location } = await job.savepoint(options)
      return {
        ...(location === null ? {} : { location }),
        id: checkpointId,
        kind,
        status: 'COMPLETED',
        triggeredAtMs: triggeredMs,
        endedAtMs: completedMs,
        sizeBytes,
        failure: null,
      }
    },
    abandon: () => job.abandon(),
    sweep: async () => {
      for (const { committer } of job.planned.sinks) {
        await committer.sweep?.(null)
        await committer.abort()
      }
    },
    flow: () => flowOf(job, dag),
    tasks: () => job.tasks(),
    sampled: {
      run: job.runNumber,
      vertices: job.planned.plan.vertices.map(({ id }) => id),
      subtasks: job.planned.plan.lanes.map(({ subtask }) => subtask),
    },
    totals: () => {
      const { vertices } = job.planned.plan
      return job.metrics().vertices.map((count, index) => ({ vertex: vertices[index]?.id ?? 0, ...count }))
    },
  }
}

function failedTask(at: FailedAt | null): FailedTask | null {
  return at === null ? null : { vertex: at.vertex, subtask: at.subtask }
}

function flowOf(job: PreparedJob, dag: JobDag): JobFlow {
  const { sources, sinks, errorRows, blockedMs, writeMs } = job.metrics()
  return {
    sources: flows(sources, 'source', dag),
    sinks: flows(sinks, 'sink', dag),
    committedSinks: flows(job.committedMetrics().sinks, 'sink', dag),
    errorRows,
    elapsedMs: 0,
    blockedMs,
    writeMs,
  }
}

/** The counters of sources or sinks, by their vertices. A sink of several pipelines is counted at its first vertex. */
function flows(counts: RecordedCounts['sinks'], kind: 'source' | 'sink', dag: JobDag): readonly TableFlow[] {
  return counts.flatMap(({ tables = [] }, index) => {
    const vertex = dag.vertices.find((each) => each.kind === kind && each.index === index)
    if (vertex === undefined) return []
    return tables.map(({ table, rows, modelBytes }) => ({ vertex: vertex.id, table, rows, bytes: modelBytes }))
  })
}
