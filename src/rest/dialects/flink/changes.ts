import { MillraceError } from '../../../core/error.js'
import { END_STATES, type JobView, type NodeService } from '../../../node/api.js'
import type { RestRequest } from '../../request.js'
import { booleanMember, type FlinkCall, hasEnded, idMember, textMember, wordMember } from './call.js'
import { checkpointLocation } from './checkpoints.js'
import { FlinkFault, notFound, unreadable } from './fault.js'
import { newHexId } from './ids.js'
import { FAILURE_MEMBERS, type JobOperation, rememberedAnswer, requestIdOf, stopLocation } from './job-operations.js'
import { flinkJobState } from './job-state.js'

const MODE_REMOVED =
  'The termination mode "stop" has been removed. For an ungraceful shutdown, please use "cancel" instead. For a graceful shutdown, please use "jobs/:jobId/stop" instead.'

/** Cancels the job of the path: answers when the request is durable. Canceling again changes nothing. @throws FlinkFault 308, 400, 404, 409 */
export async function cancelJob(call: FlinkCall): Promise<Record<string, never>> {
  const mode = call.first('mode')?.toLowerCase() ?? 'cancel'
  if (mode === 'stop') throw new FlinkFault(308, MODE_REMOVED)
  if (mode !== 'cancel') throw unreadable('query', 'mode', mode)
  const job = call.findJob()
  if (job === null) throw new FlinkFault(404, 'Job could not be found.', 'JOB_NOT_FOUND')
  call.request.note = { jobId: job.jobId }
  try {
    if (!hasEnded(job)) await call.node.stop(job.jobId, { withSavepoint: false, user: userOf(call) })
  } catch (error) {
    if (!(error instanceof MillraceError && error.code === 'JOB_STATE')) throw error
  }
  const now = call.node.job(job.jobId) ?? job
  if (hasEnded(now) && now.status !== 'CANCELED') {
    const state = flinkJobState(now)
    const message = `Job cancellation failed because the job has already reached another terminal state (${state}).`
    throw new FlinkFault(409, message, 'JOB_STATE')
  }
  return {}
}

/** As {@link cancelJob}, by the `GET` of the dashboard. A page of another origin must not be able to send it. */
export function cancelByGet(call: FlinkCall): Promise<Record<string, never>> {
  if (!isOwnOrigin(call.request))
    throw new FlinkFault(403, 'a page of another origin may not change anything here', 'FORBIDDEN')
  return cancelJob(call)
}

function isOwnOrigin(request: RestRequest): boolean {
  const site = request.header('sec-fetch-site')
  if (site !== null && site !== 'same-origin' && site !== 'none') return false
  const origin = request.header('origin')
  if (origin === null) return true
  const own = `${request.peer.secure ? 'https' : 'http'}://${request.header('host') ?? ''}`
  return origin.toLowerCase() === own.toLowerCase()
}

/** What old clients stop jobs by. */
export function stopByGet(call: FlinkCall): never {
  call.id('jobid')
  throw new FlinkFault(308, MODE_REMOVED)
}

/** A client says until when it is heard of again. Jobs that were not submitted with a time for it need no client, and unknown ones are no fault. */
export function heartbeat(call: FlinkCall): Record<string, never> {
  call.id('jobid')
  const format = 'JobClientHeartbeatRequestBody'
  const body = call.body(format)
  const text = textMember(body, format, 'expiredTimestamp')
  if (text === null) throw new FlinkFault(400, 'Bad request received. Request did not conform to expected format.')
  if (!isLong(text, typeof body.expiredTimestamp === 'number'))
    throw new FlinkFault(400, `Request did not match expected format ${format}.`)
  const job = call.findJob()
  if (job !== null) call.node.heard(job.jobId, Number(text))
  return {}
}

/** Who asks; `null` without users. */
export const userOf = ({ request }: FlinkCall): string | null => request.user?.name ?? null

const FORMATS = ['CANONICAL', 'NATIVE'] as const

/** `POST /jobs/:jobid/savepoints`, with `cancel-job` behind it. The node keeps savepoints in its own store. */
export function triggerSavepoint(call: FlinkCall) {
  const format = 'SavepointTriggerRequestBody'
  const body = call.body(format)
  textMember(body, format, 'target-directory', 'targetDirectory')
  wordMember(body, format, 'formatType', FORMATS)
  const triggerId = idMember(body, format, 'triggerId')
  const isLast = booleanMember(body, format, 'cancel-job', 'cancelJob')
  return triggered(call, 'savepoint', triggerId, (job) => (isLast ? lastSavepoint(job) : savepoint(job)))
}

/** `POST /jobs/:jobid/stop` */
export function triggerStop(call: FlinkCall) {
  const format = 'StopWithSavepointRequestBody'
  const body = call.body(format)
  textMember(body, format, 'targetDirectory', 'target-directory')
  wordMember(body, format, 'formatType', FORMATS)
  booleanMember(body, format, 'drain')
  return triggered(call, 'savepoint', idMember(body, format, 'triggerId'), lastSavepoint)
}

/** `POST /jobs/:jobid/checkpoints`: whatever is asked for, it is a whole snapshot. */
export function triggerCheckpoint(call: FlinkCall) {
  const format = 'CheckpointTriggerRequestBody'
  const body = call.body(format)
  const kind = wordMember(body, format, 'checkpointType', ['CONFIGURED', 'FULL', 'INCREMENTAL'] as const)
  if (kind === 'INCREMENTAL')
    throw new FlinkFault(400, 'Flink does not support triggering incremental checkpoint explicitly. See FLINK-33723.')
  return triggered(
    call,
    'checkpoint',
    idMember(body, format, 'triggerId'),
    async ({ node, jobId, user, requestId }) => {
      return { checkpointId: (await node.savepoint(jobId, user, requestId)).id }
    },
  )
}

/** A job that something is asked of. */
export interface AskedJob {
  readonly node: NodeService
  readonly jobId: string
  readonly user: string | null
  /** By which the request is found in what happened to the job. */
  readonly requestId: string
}

/** Starts an operation of the job of the path, once for each id. */
export function triggered(
  call: FlinkCall,
  kind: JobOperation,
  given: string | null,
  run: (job: AskedJob) => Promise<object>,
): { readonly 'request-id': string } {
  const { jobId } = call.job()
  const { node, context } = call
  const triggerId = given ?? newHexId()
  const requestId = requestIdOf(kind, triggerId)
  if (given === null || rememberedAnswer(node, jobId, kind, triggerId) === null) {
    const asked: AskedJob = { node, jobId, user: userOf(call), requestId }
    context.operations.start(`${jobId}/${requestId}`, FAILURE_MEMBERS[kind], () => run(asked))
  }
  return { 'request-id': triggerId }
}

/** Polls an operation of a job. @throws FlinkFault 404 */
export function pollJobOperation(kind: JobOperation) {
  return (call: FlinkCall) => {
    const triggerId = call.id('triggerid')
    const job = call.findJob()
    const answer =
      job === null
        ? null
        : (call.context.operations.poll(`${job.jobId}/${requestIdOf(kind, triggerId)}`) ??
          rememberedAnswer(call.node, job.jobId, kind, triggerId))
    if (answer !== null) return answer
    if (kind === 'rescaling') throw notFound(`Operation not found under key: ${triggerId}`)
    throw notFound(`There is no ${kind} operation with triggerId=${triggerId} for job ${call.id('jobid')}.`)
  }
}

/** `DELETE /datasets/:datasetid`: what is not there is gone, as in Flink. */
export function deleteDataset(call: FlinkCall) {
  call.id('datasetid')
  const triggerId = newHexId()
  call.context.operations.start(`dataset/${triggerId}`, 'failure-cause', async () => ({}))
  return { 'request-id': triggerId }
}

/** `GET /datasets/delete/:triggerid` */
export function pollDatasetDeletion(call: FlinkCall) {
  const triggerId = call.id('triggerid')
  const answer = call.context.operations.poll(`dataset/${triggerId}`)
  if (answer === null) throw notFound(`Operation not found under key: ${triggerId}`)
  return answer
}

async function savepoint({ node, jobId, user, requestId }: AskedJob) {
  return { location: checkpointLocation(jobId, await node.savepoint(jobId, user, requestId)) }
}

/** Ends a job with a savepoint and says where that is. @throws MillraceError when the job goes on, or ended without one. */
async function lastSavepoint({ node, jobId, user, requestId }: AskedJob) {
  await node.stop(jobId, { withSavepoint: true, user, requestId })
  if (node.job(jobId)?.status === 'DOING_SAVEPOINT') await savepointOver(node, jobId)
  const location = stopLocation(node, jobId)
  if (location === null) throw stopFailure(node.job(jobId), jobId)
  return { location }
}

/** Ends when the job is over, or runs on because its savepoint could not be taken. */
function savepointOver(node: NodeService, jobId: string): Promise<void> {
  return new Promise((resolve) => {
    const forget = node.onEvent((id, { kind, status }) => {
      if (id !== jobId || kind !== 'state' || !(END_STATES.has(status) || status === 'RUNNING')) return
      forget()
      resolve()
    })
  })
}

function stopFailure(job: JobView | null, jobId: string): MillraceError {
  if (job === null) return new MillraceError('JOB_NOT_FOUND', `there is no job '${jobId}'`)
  const cause = job.failure === null ? '' : `: ${job.failure.text}`
  return new MillraceError('JOB_STATE', `the job '${jobId}' is ${job.status}, its savepoint was not taken${cause}`)
}

/** Whether a text is a whole number of 64 bits. @param isRounded the text is that of a number, which has lost its last digits. */
function isLong(text: string, isRounded: boolean): boolean {
  if (!/^-?\d{1,19}$/.test(text)) return false
  return isRounded ? Math.abs(Number(text)) <= 2 ** 63 : BigInt.asIntN(64, BigInt(text)) === BigInt(text)
}
