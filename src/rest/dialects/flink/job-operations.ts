import type { JobEvent, NodeService } from '../../../node/api.js'
import { type AsyncAnswer, IN_PROGRESS } from './async-operations.js'
import { checkpointLocation } from './checkpoints.js'
import { failureClass } from './jobs.js'
import { throwable } from './serialized-throwable.js'

/** What can be asked of a job that takes longer than a request. A stop is a savepoint with an end behind it. */
export type JobOperation = 'savepoint' | 'checkpoint' | 'rescaling'

/** Where a failure stands in the result; Flink spells it in two ways. */
export const FAILURE_MEMBERS = {
  savepoint: 'failure-cause',
  checkpoint: 'failureCause',
  rescaling: 'failure-cause',
} as const

/** By what an operation is found in what happened to a job. */
export function requestIdOf(kind: JobOperation, triggerId: string): string {
  return `flink/${kind}/${triggerId}`
}

/** What the job itself knows of an operation, also after the node was started again; `null` when it was never asked for. */
export function rememberedAnswer(
  node: NodeService,
  jobId: string,
  kind: JobOperation,
  triggerId: string,
): AsyncAnswer | null {
  const requestId = requestIdOf(kind, triggerId)
  const events = node.timeline(jobId).filter(({ data }) => data.requestId === requestId)
  const [asked] = events
  if (asked === undefined) return null
  if (asked.data.isStop === true) return stopAnswer(node, jobId, kind)
  const result = resultOf(jobId, kind, events)
  // The job goes on with it also when the node was started again in the middle.
  if (result === null && node.job(jobId)?.rescaleStage != null && kind === 'rescaling') return IN_PROGRESS
  return completed(result ?? lost(kind, 'the node was started again before the savepoint was complete'))
}

function resultOf(jobId: string, kind: JobOperation, events: readonly JobEvent[]): object | null {
  for (const { data, text } of events) {
    if (data.stage === 'done') return {}
    if (typeof data.checkpoint === 'number')
      return kind === 'checkpoint'
        ? { checkpointId: data.checkpoint }
        : { location: checkpointLocation(jobId, { id: data.checkpoint }) }
    if (typeof data.code === 'string') return { [FAILURE_MEMBERS[kind]]: throwable(failureClass(data.code), text) }
  }
  return null
}

/** Where the savepoint is that a job has ended with; `null` when it has not. */
export function stopLocation(node: NodeService, jobId: string): string | null {
  const history = node.checkpoints(jobId)?.history ?? []
  const last = history.findLast(({ kind, status }) => kind === 'savepoint' && status === 'COMPLETED')
  return node.job(jobId)?.status === 'SAVEPOINT_DONE' && last !== undefined ? checkpointLocation(jobId, last) : null
}

function stopAnswer(node: NodeService, jobId: string, kind: JobOperation): AsyncAnswer {
  const status = node.job(jobId)?.status
  if (status === 'DOING_SAVEPOINT') return IN_PROGRESS
  const location = stopLocation(node, jobId)
  return completed(location === null ? lost(kind, `the job is ${status}, its savepoint was not taken`) : { location })
}

const completed = (operation: object): AsyncAnswer => ({ status: { id: 'COMPLETED' }, operation })

function lost(kind: JobOperation, message: string): object {
  return { [FAILURE_MEMBERS[kind]]: throwable(failureClass('CHECKPOINT_FAILED'), message) }
}
