import type { JobMetrics } from '../engine/job-service.js'
import { END_STATES, type TableFlow } from '../node/api.js'
import type { NodeApi, RemoteJob } from './node-api.js'

/** How long one look at a job waits for its end, in milliseconds: as often as figures are new. */
const LOOK_MS = 500

/** What {@link followJob} may do. */
export interface FollowOptions {
  /** Sees every look at the job. */
  readonly onLook?: (job: RemoteJob) => void
  /** Whether the job is canceled when this client is gone without a word. */
  readonly isOwner?: boolean
  /** Ends the wait; the last look is given. */
  readonly signal?: AbortSignal
}

/**
 * Waits for the end of a job and looks at it twice a second.
 *
 * @returns the job as it ended, or as it was last seen when the wait was aborted; `null` when the node does not know it.
 */
export async function followJob(api: NodeApi, jobId: string, options: FollowOptions = {}): Promise<RemoteJob | null> {
  const { isOwner = false } = options
  for (let job = await api.job(jobId); job !== null; job = await api.waitForJob(jobId, LOOK_MS, isOwner)) {
    options.onLook?.(job)
    if (END_STATES.has(job.status) || options.signal?.aborted === true) return job
  }
  return null
}

/** The figures of a job in the form of one that runs in this process. */
export function metricsOf({ flow }: RemoteJob): JobMetrics {
  const { sources, sinks, blockedMs, writeMs, errorRows } = flow
  const counts = (flows: readonly TableFlow[]): JobMetrics['sources'] =>
    flows.map(({ rows, bytes }) => ({ rows, bytes, tables: [] }))
  return { sources: counts(sources), sinks: counts(sinks), blockedMs, writeMs, errorRows, vertices: [] }
}
