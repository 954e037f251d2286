import type { MillraceError } from '../core/error.js'
import type { JobDag } from '../engine/job-dag.js'
import type { JobMetrics, PreparedJob } from '../engine/job-service.js'
import type { JobFlow, TableFlow } from './api.js'

/** How an attempt ended. */
export interface AttemptOutcome {
  readonly outcome: 'FINISHED' | 'CANCELED' | 'FAILED' | 'SAVEPOINT_DONE' | 'ABANDONED'
  readonly errors: readonly MillraceError[]
}

/** One run of a job's work. */
export interface JobAttempt {
  /** Does the work; call it once. Never rejects. */
  run(): Promise<AttemptOutcome>
  cancel(isForced: boolean): void
  /** What it has done so far. `elapsedMs` is 0. */
  flow(): JobFlow
}

/** An attempt of a planned job. */
export function engineAttempt(job: PreparedJob, dag: JobDag): JobAttempt {
  return {
    run: async () => {
      const { status, errors } = await job.run()
      return { outcome: status, errors }
    },
    cancel: () => job.cancel(),
    flow: () => flowOf(job.metrics(), dag),
  }
}

function flowOf(metrics: JobMetrics, dag: JobDag): JobFlow {
  return {
    sources: flows(metrics.sources, 'source', dag),
    sinks: flows(metrics.sinks, 'sink', dag),
    committedSinks: [],
    errorRows: metrics.errorRows,
    elapsedMs: 0,
    blockedMs: metrics.blockedMs,
    writeMs: metrics.writeMs,
  }
}

/** The counters of sources or sinks, by their vertices. A sink of several pipelines is counted at its first vertex. */
function flows(counts: JobMetrics['sources'], kind: 'source' | 'sink', dag: JobDag): readonly TableFlow[] {
  return counts.flatMap(({ tables }, index) => {
    const vertex = dag.vertices.find((each) => each.kind === kind && each.index === index)
    if (vertex === undefined) return []
    return tables.map(({ table, rows, modelBytes }) => ({ vertex: vertex.id, table, rows, bytes: modelBytes }))
  })
}
