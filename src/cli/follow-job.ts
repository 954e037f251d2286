import { setTimeout as sleep } from 'node:timers/promises'
import type { JobMetrics } from '../engine/job-service.js'
import { END_STATES, type TableFlow } from '../node/api.js'
import type { NodeApi, RemoteJob } from './node-api.js'

/** First and longest pause between two looks at a job, in milliseconds. */
const LOOK_FIRST_MS = 15
const LOOK_LONGEST_MS = 500
/** How much longer each pause is. */
const LOOK_GROWTH = 1.5

/** What {@link followJob} may do. */
export interface FollowOptions {
  /** Sees every look at the job. */
  readonly onLook?: (job: RemoteJob) => void
  /** Ends the wait; the last look is given. */
  readonly signal?: AbortSignal
}

/**
 * Looks at a job until it has ended: often at first, every half second later.
 *
 * @returns the job as it ended, or as it was last seen when the wait was aborted; `null` when the node does not know it.
 */
export async function followJob(api: NodeApi, jobId: string, options: FollowOptions = {}): Promise<RemoteJob | null> {
  let pauseMs = LOOK_FIRST_MS
  for (;;) {
    const job = await api.job(jobId)
    if (job === null) return null
    options.onLook?.(job)
    if (END_STATES.has(job.status) || options.signal?.aborted === true) return job
    try {
      await sleep(pauseMs, undefined, options.signal === undefined ? {} : { signal: options.signal })
    } catch {
      // Aborted: one more look tells how it stands.
    }
    pauseMs = Math.min(pauseMs * LOOK_GROWTH, LOOK_LONGEST_MS)
  }
}

/** The figures of a job in the form of one that runs in this process. */
export function metricsOf({ flow }: RemoteJob): JobMetrics {
  const { sources, sinks, blockedMs, writeMs, errorRows } = flow
  const counts = (flows: readonly TableFlow[]): JobMetrics['sources'] =>
    flows.map(({ rows, bytes }) => ({ rows, bytes, tables: [] }))
  return { sources: counts(sources), sinks: counts(sinks), blockedMs, writeMs, errorRows }
}
