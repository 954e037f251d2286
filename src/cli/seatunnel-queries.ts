import { asMillraceErrors, MillraceError } from '../core/error.js'
import { END_STATES } from '../node/api.js'
import { EXIT } from './environment.js'
import { followJob } from './follow-job.js'
import { seatunnelJobTable } from './job-table.js'
import { failureOf, type NodeApi, type RemoteNode } from './node-api.js'
import { javaJson, jobStateJson, rawMetrics } from './raw-metrics.js'
import type { ClientCall } from './seatunnel-call.js'
import { LOGGER } from './seatunnel-log.js'
import { numberOf } from './seatunnel-remote.js'

/** One question to a node. */
type Question = (call: ClientCall, api: NodeApi, node: RemoteNode) => Promise<void>

/** What asks a running node, in the original's order of precedence. */
const QUESTIONS: readonly (readonly [option: string, ask: Question])[] = [
  ['--list', listJobs],
  ['--get_running_job_metrics', runningMetrics],
  ['--job-id', jobState],
  ['--cancel-job', cancelJobs],
  ['--metrics', jobMetrics],
  ['--savepoint', stopWithSavepoint],
]

/** Answers the question that the call asks a node. @returns `null` when it asks none. */
export function questionOf({ given }: ClientCall): Question | null {
  return QUESTIONS.find(([option]) => given.has(option))?.[1] ?? null
}

/** Asks and says that the client is closed; what fails is thrown. */
export async function ask(question: Question, call: ClientCall, api: NodeApi, node: RemoteNode): Promise<number> {
  try {
    await question(call, api, node)
    return EXIT.ok
  } finally {
    call.log.info(LOGGER.client, 'Closed SeaTunnel client......')
  }
}

async function listJobs({ environment }: ClientCall, api: NodeApi): Promise<void> {
  environment.out(seatunnelJobTable(await api.jobs()))
}

async function runningMetrics({ environment }: ClientCall, api: NodeApi, node: RemoteNode): Promise<void> {
  const running = (await api.jobs()).filter(({ status }) => !END_STATES.has(status))
  const metrics = running.map((job) => [job.jobId, { metrics: rawMetrics(job, node, environment.now()) }] as const)
  environment.out(`${javaJson(new Map(metrics))}\n`)
}

async function jobState(call: ClientCall, api: NodeApi): Promise<void> {
  const jobId = numberOf(call.given.value('--job-id') ?? '')
  const job = await api.job(jobId)
  call.environment.out(`${job === null ? JSON.stringify({ err: `jobId : ${jobId} not found` }) : jobStateJson(job)}\n`)
}

/** Jobs that are not there or have ended are passed over, as the original does. */
async function cancelJobs({ given }: ClientCall, api: NodeApi): Promise<void> {
  for (const jobId of given.values('--cancel-job').map(numberOf)) {
    try {
      await api.stop(jobId)
    } catch (thrown) {
      const [error] = asMillraceErrors(thrown)
      if (error?.code !== 'JOB_NOT_FOUND' && error?.code !== 'JOB_STATE') throw thrown
    }
  }
}

async function jobMetrics({ given, environment }: ClientCall, api: NodeApi, node: RemoteNode): Promise<void> {
  const jobId = numberOf(given.value('--metrics') ?? '')
  const job = await api.job(jobId)
  if (job === null) throw new MillraceError('JOB_NOT_FOUND', `there is no job '${jobId}'`)
  environment.out(`${javaJson(rawMetrics(job, node, environment.now()))}\n`)
}

/** Ends when the savepoint is there. */
async function stopWithSavepoint({ given }: ClientCall, api: NodeApi): Promise<void> {
  const jobId = numberOf(given.value('--savepoint') ?? '')
  try {
    await api.stop(jobId, { withSavepoint: true })
  } catch (thrown) {
    const code = asMillraceErrors(thrown)[0]?.code
    if (code !== 'JOB_NOT_FOUND' && code !== 'JOB_STATE') throw thrown
    throw new MillraceError(code, `The job with id '${jobId}' not running, save point failed`, { cause: thrown })
  }
  const job = await followJob(api, jobId)
  if (job === null) throw new MillraceError('JOB_NOT_FOUND', `the node does not know job '${jobId}' any more`)
  if (job.status === 'FAILED' || job.status === 'UNKNOWABLE') throw failureOf(job)
  if (job.status === 'SAVEPOINT_DONE') return
  throw new MillraceError('JOB_STATE', `job '${jobId}' ended as ${job.status} without a savepoint`)
}
