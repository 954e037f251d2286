import type { Logger } from '../../core/logger.js'
import type { JobEvent, JobStatus, NodeService } from '../api.js'

/** Gives the logger of a name for a job. */
export type JobLog = (name: string, jobId: string) => Logger

/** Loggers under which the original says the same. */
const LOGGERS = {
  state: 'org.apache.seatunnel.engine.server.dag.physical.PhysicalPlan',
  checkpoint: 'org.apache.seatunnel.engine.server.checkpoint.CheckpointCoordinator',
  other: 'org.apache.seatunnel.engine.server.CoordinatorService',
} as const

/** Jobs whose last state is remembered at most; the lines of others say only the new one. */
const MAX_JOBS = 10_000

/**
 * Writes what happens to jobs into their logs: every change of state in the original's words, checkpoints, restarts, requests, and
 * why a job failed.
 *
 * @returns ends it.
 */
export function journalJobs(node: NodeService, logger: JobLog): () => void {
  const last = new Map<string, JobStatus>()
  return node.onEvent((jobId, event) => {
    const title = `Job ${node.job(jobId)?.jobName ?? ''} (${jobId})`
    if (event.kind === 'state') {
      const before = last.get(jobId)
      last.delete(jobId)
      if (!isOver(event.status)) last.set(jobId, event.status)
      for (const oldest of last.keys()) {
        if (last.size <= MAX_JOBS) break
        last.delete(oldest)
      }
      const from = before === undefined ? '' : ` from state ${before}`
      logger(LOGGERS.state, jobId).info(`${title} turned${from} to ${event.status}.${factsText(event)}`)
      if (event.status === 'FAILED') writeFailure(node, jobId, title, logger(LOGGERS.other, jobId))
      return
    }
    const target = logger(event.kind === 'checkpoint' ? LOGGERS.checkpoint : LOGGERS.other, jobId)
    const text = `${title}: ${event.text}${factsText(event)}`
    if (event.kind === 'error') target.error(text)
    else if (event.kind === 'warning') target.warn(text)
    else target.info(text)
  })
}

function isOver(status: JobStatus): boolean {
  return status === 'FINISHED' || status === 'FAILED' || status === 'CANCELED' || status === 'SAVEPOINT_DONE'
}

function writeFailure(node: NodeService, jobId: string, title: string, logger: Logger): void {
  const failure = node.job(jobId)?.failure
  if (failure !== null && failure !== undefined) logger.error(`${title} failed: ${failure.text}`)
}

/** Facts of an event as ` (name=value, …)`. */
function factsText({ data }: JobEvent): string {
  const facts = Object.entries(data).filter(([, value]) => value !== null)
  return facts.length === 0 ? '' : ` (${facts.map(([name, value]) => `${name}=${value}`).join(', ')})`
}
