import { MillraceError } from '../../../core/error.js'
import type { JobRequest, NodeService } from '../../../node/api.js'
import type { AsyncAnswer } from './async-operations.js'
import { booleanMember, type FlinkCall, idMember, textMember, userOf, wordMember } from './call.js'
import { FlinkFault, notFound } from './fault.js'
import { newHexId } from './ids.js'
import { failureClass } from './jobs.js'
import { throwable } from './serialized-throwable.js'

/** What can be asked of a job that takes longer than a request. A stop is a savepoint with an end behind it. */
type JobOperation = 'savepoint' | 'checkpoint'

/** Where a failure stands in the result; Flink spells it in two ways. */
const FAILURE_MEMBERS = { savepoint: 'failure-cause', checkpoint: 'failureCause' } as const
const FORMATS = ['CANONICAL', 'NATIVE'] as const
const DISPOSAL = 'savepoint-disposal'

/** `POST /jobs/:jobid/savepoints`; with `cancel-job` the job is canceled behind it. @throws FlinkFault 400, 404 */
export function triggerSavepoint(call: FlinkCall) {
  const format = 'SavepointTriggerRequestBody'
  const body = call.body(format)
  const directory = textMember(body, format, 'target-directory', 'targetDirectory')
  wordMember(body, format, 'formatType', FORMATS)
  const triggerId = idMember(body, format, 'triggerId')
  const isCanceled = booleanMember(body, format, 'cancel-job', 'cancelJob')
  return triggered(call, 'savepoint', triggerId, async ({ node, jobId, user, requestId }) => {
    if (!isCanceled) await node.beginSavepoint(jobId, { user, requestId, directory })
    else await node.stop(jobId, { withSavepoint: true, user, requestId, stop: { directory, isCanceled } })
  })
}

/** `POST /jobs/:jobid/stop` @throws FlinkFault 400, 404 */
export function triggerStop(call: FlinkCall) {
  const format = 'StopWithSavepointRequestBody'
  const body = call.body(format)
  const directory = textMember(body, format, 'targetDirectory', 'target-directory')
  wordMember(body, format, 'formatType', FORMATS)
  const isDrained = booleanMember(body, format, 'drain')
  const triggerId = idMember(body, format, 'triggerId')
  return triggered(call, 'savepoint', triggerId, ({ node, jobId, user, requestId }) =>
    node.stop(jobId, { withSavepoint: true, user, requestId, stop: { directory, isDrained } }),
  )
}

/** `POST /jobs/:jobid/checkpoints`: whatever is asked for, it is a whole snapshot. @throws FlinkFault 400, 404 */
export function triggerCheckpoint(call: FlinkCall) {
  const format = 'CheckpointTriggerRequestBody'
  const body = call.body(format)
  const kind = wordMember(body, format, 'checkpointType', ['CONFIGURED', 'FULL', 'INCREMENTAL'] as const)
  if (kind === 'INCREMENTAL')
    throw new FlinkFault(400, 'Flink does not support triggering incremental checkpoint explicitly. See FLINK-33723.')
  const triggerId = idMember(body, format, 'triggerId')
  return triggered(call, 'checkpoint', triggerId, async ({ node, jobId, user, requestId }) => {
    await node.beginSavepoint(jobId, { user, requestId, isCheckpoint: true })
  })
}

/** A job that something is asked of. */
interface AskedJob {
  readonly node: NodeService
  readonly jobId: string
  readonly user: string | null
  /** By which the job finds the request again. */
  readonly requestId: string
}

const requestIdOf = (kind: JobOperation, triggerId: string): string => `flink/${kind}/${triggerId}`

/** Starts an operation of the job of the path, once for each id; answers when it is durable. What a job refuses is told by the poll. */
async function triggered(
  call: FlinkCall,
  kind: JobOperation,
  given: string | null,
  begin: (job: AskedJob) => Promise<void>,
): Promise<{ readonly 'request-id': string }> {
  const { jobId } = call.job()
  const { node, context } = call
  const triggerId = given ?? newHexId()
  const requestId = requestIdOf(kind, triggerId)
  const key = `${jobId}/${requestId}`
  const answer = { 'request-id': triggerId }
  if (node.request(jobId, requestId) !== null || context.operations.poll(key) !== null) return answer
  try {
    await begin({ node, jobId, user: userOf(call), requestId })
  } catch (thrown) {
    if (!(thrown instanceof MillraceError)) throw thrown
    if (thrown.code === 'SAVEPOINT_LOCATION') throw new FlinkFault(400, withHint(thrown), thrown.code)
    if (thrown.code !== 'JOB_STATE') throw thrown
    context.operations.start(key, FAILURE_MEMBERS[kind], () => Promise.reject(thrown))
  }
  return answer
}

function withHint({ message, details: { hint } }: MillraceError): string {
  return hint === undefined ? message : `${message}: ${hint}`
}

/** Polls an operation of a job. @throws FlinkFault 404 */
export function pollJobOperation(kind: JobOperation) {
  return (call: FlinkCall): AsyncAnswer => {
    const triggerId = call.id('triggerid')
    const job = call.findJob()
    if (job !== null) {
      const requestId = requestIdOf(kind, triggerId)
      const request = call.node.request(job.jobId, requestId)
      if (request !== null) return answerOf(request, kind)
      const refused = call.context.operations.poll(`${job.jobId}/${requestId}`)
      if (refused !== null) return refused
    }
    throw notFound(`There is no ${kind} operation with triggerId=${triggerId} for job ${call.id('jobid')}.`)
  }
}

function answerOf({ endedAtMs, failure, checkpointId, location }: JobRequest, kind: JobOperation): AsyncAnswer {
  if (endedAtMs === null) return { status: { id: 'IN_PROGRESS' }, operation: null }
  const status = { id: 'COMPLETED' } as const
  if (failure === null) return { status, operation: kind === 'checkpoint' ? { checkpointId } : { location } }
  return { status, operation: { [FAILURE_MEMBERS[kind]]: throwable(failureClass(failure.code), failure.text) } }
}

/** `POST /savepoint-disposal` @throws FlinkFault 400 */
export function triggerDisposal(call: FlinkCall) {
  const format = 'SavepointDisposalRequest'
  const path = textMember(call.body(format), format, 'savepoint-path')
  if (path === null || path === '') throw new FlinkFault(400, 'Field savepoint-path must not be omitted or be null.')
  const triggerId = newHexId()
  const { node, context } = call
  context.operations.start(`${DISPOSAL}/${triggerId}`, FAILURE_MEMBERS.savepoint, async () => {
    await node.disposeSavepoint(path)
    return {}
  })
  return { 'request-id': triggerId }
}

/** `GET /savepoint-disposal/:triggerid` @throws FlinkFault 404 */
export function pollDisposal(call: FlinkCall): AsyncAnswer {
  const triggerId = call.id('triggerid')
  const answer = call.context.operations.poll(`${DISPOSAL}/${triggerId}`)
  if (answer === null) throw notFound(`Operation not found under key: ${triggerId}`)
  return answer
}
