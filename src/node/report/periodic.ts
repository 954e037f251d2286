import type { Logger } from '../../core/logger.js'
import type { JobStatus, JobView, NodeService, TableFlow } from '../api.js'
import type { NodeClock } from '../clock.js'

/** Loggers under which the original says the same. */
const COORDINATOR = 'org.apache.seatunnel.engine.server.CoordinatorService'
const METRICS = 'org.apache.seatunnel.engine.server.master.JobMaster'

const RULE = '*'.repeat(47)

/** Jobs whose progress is written at most, every time. */
const MAX_JOBS = 100

/** How often blocks are written, in milliseconds; 0 for never. */
export interface ReportIntervals {
  readonly executionInfoMs: number
  readonly jobMetricsMs: number
}

/**
 * Writes a block with the numbers of jobs into the log of the node, and one with its progress into that of every running job, again
 * and again.
 *
 * @param logger gives the logger of a name, for the node or for a job.
 * @returns ends it.
 */
export function reportPeriodically(
  node: NodeService,
  logger: (name: string, jobId: string | null) => Logger,
  clock: NodeClock,
  intervals: ReportIntervals,
): () => void {
  const ends = [
    every(clock, intervals.executionInfoMs, () => logger(COORDINATOR, null).info(executionInfo(node))),
    every(clock, intervals.jobMetricsMs, () => {
      const running = node.runningJobs().filter(({ startedAtMs }) => startedAtMs !== null)
      for (const job of running.slice(0, MAX_JOBS)) logger(METRICS, job.jobId).info(jobProgress(job))
    }),
  ]
  return () => {
    for (const end of ends) end()
  }
}

/** Calls again and again, each time an interval after the last call has ended. */
function every(clock: NodeClock, intervalMs: number, call: () => void): () => void {
  if (intervalMs <= 0) return () => undefined
  let forget = (): void => undefined
  const arm = (): void => {
    forget = clock.after(intervalMs, () => {
      call()
      arm()
    })
  }
  arm()
  return () => forget()
}

/** States in the order of the block. */
const STATES: readonly JobStatus[] = [
  'CREATED',
  'PENDING',
  'SCHEDULED',
  'RUNNING',
  'FAILING',
  'CANCELING',
  'DOING_SAVEPOINT',
]

/** Numbers of slots and jobs. */
export function executionInfo(node: NodeService): string {
  const { totalSlots, unassignedSlots, finished, failed, canceled, savepointed } = node.overview()
  const jobs = new Map<JobStatus, number>(STATES.map((status) => [status, 0]))
  for (const { status } of node.runningJobs()) jobs.set(status, (jobs.get(status) ?? 0) + 1)
  const ended = [
    ['FINISHED', finished],
    ['FAILED', failed],
    ['CANCELED', canceled],
    ['SAVEPOINT_DONE', savepointed],
  ] as const
  return block('Job info detail', [
    ['totalSlots', totalSlots],
    ['unassignedSlots', unassignedSlots],
    ...[...jobs, ...ended].map(([status, count]) => [`${camelCase(status)}JobCount`, count] as const),
  ])
}

/** What a running job has done. */
export function jobProgress({ jobId, jobName, status, flow, restarts }: JobView): string {
  const seconds = flow.elapsedMs / 1000
  const rate = (rows: number): number => (seconds > 0 ? Math.round(rows / seconds) : 0)
  const [read, written, committed] = [flow.sources, flow.sinks, flow.committedSinks].map(sum)
  return block(`Job Progress Information: ${jobName} (${jobId})`, [
    ['State', status],
    ['Restarts', restarts],
    ['Read Count So Far', read?.rows ?? 0],
    ['Write Count So Far', written?.rows ?? 0],
    ['Committed Count So Far', committed?.rows ?? 0],
    ['Read Bytes So Far', read?.bytes ?? 0],
    ['Write Bytes So Far', written?.bytes ?? 0],
    ['Average Read Count', `${rate(read?.rows ?? 0)}/s`],
    ['Average Write Count', `${rate(written?.rows ?? 0)}/s`],
    ['Error Rows', flow.errorRows],
  ])
}

function sum(flows: readonly TableFlow[]): { readonly rows: number; readonly bytes: number } {
  return flows.reduce((total, { rows, bytes }) => ({ rows: total.rows + rows, bytes: total.bytes + bytes }), {
    rows: 0,
    bytes: 0,
  })
}

function camelCase(status: JobStatus): string {
  return status.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function block(title: string, lines: readonly (readonly [name: string, value: string | number])[]): string {
  const rows = lines.map(([name, value]) => `${name.padEnd(26)}: ${String(value).padStart(19)}`)
  return [title, RULE, ...rows, RULE].join('\n')
}
