import { MillraceError } from '../../../core/error.js'
import type { RestRequest } from '../../request.js'
import { type FlinkCall, hasEnded, textMember, userOf } from './call.js'
import { FlinkFault, notFound, unreadable } from './fault.js'
import { newHexId } from './ids.js'
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

/** Whether a text is a whole number of 64 bits. @param isRounded the text is that of a number, which has lost its last digits. */
function isLong(text: string, isRounded: boolean): boolean {
  if (!/^-?\d{1,19}$/.test(text)) return false
  return isRounded ? Math.abs(Number(text)) <= 2 ** 63 : BigInt.asIntN(64, BigInt(text)) === BigInt(text)
}
