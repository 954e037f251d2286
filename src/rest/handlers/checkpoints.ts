import type { JobCheckpoint, JobCheckpoints } from '../../node/api.js'
import { javaLongText, notANumberText } from '../java-text.js'
import type { RestRequest } from '../request.js'
import { badRequest } from './fault.js'
import type { LastSegment } from './jobs.js'
import type { WireHandler } from './wire.js'

/** Checkpoints cover a whole job here: it is told as one pipeline. */
const PIPELINE = 1
const HISTORY_LIMIT = 20

const KINDS: Readonly<Record<JobCheckpoint['kind'], string>> = {
  periodic: 'CHECKPOINT_TYPE',
  savepoint: 'SAVEPOINT_TYPE',
  final: 'COMPLETED_POINT_TYPE',
}

/** How many checkpoints a job has had, the latest of each kind, and a part of their history. @source SeaTunnel 2.3.12 */
export function jobCheckpoints(segment: LastSegment): WireHandler {
  return (request, { node, now }, wire) => {
    const jobId = idOf(segment(request, wire))
    const checkpoints = node.checkpoints(jobId)
    const pipelines = checkpoints === null ? [] : [pipelineJson(checkpoints)]
    return wire.json(JSON.stringify({ jobId, updatedAt: now(), pipelines }))
  }
}

/** Checkpoints of a job, the newest first; of one state, and at most so many. */
export function checkpointHistory(segment: LastSegment): WireHandler {
  return (request, { node }, wire) => {
    const history = node.checkpoints(idOf(segment(request, wire)))?.history ?? []
    const status = (request.query.get('status') ?? '').toUpperCase()
    const pipeline = numberOf(request, 'pipelineId', PIPELINE)
    const limit = numberOf(request, 'limit', HISTORY_LIMIT)
    const found = history.filter((each) => pipeline === PIPELINE && (status === '' || each.status === status))
    const newest = found.toReversed().slice(0, limit)
    return wire.json(JSON.stringify(newest.map((each) => ({ pipelineId: PIPELINE, checkpoint: checkpointJson(each) }))))
  }
}

/** @throws RestFault 400 */
function idOf(text: string | null): string {
  if (text === null || text === '') throw badRequest('The jobId must not be empty.')
  const id = javaLongText(text)
  if (id === null) throw badRequest(notANumberText(text))
  return id
}

/** @throws RestFault 400 */
function numberOf({ query }: RestRequest, name: string, otherwise: number): number {
  const text = query.get(name) ?? ''
  if (text === '') return otherwise
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw badRequest(notANumberText(text))
}

function pipelineJson({ triggered, completed, failed, restored, history }: JobCheckpoints) {
  const running = history.filter(({ status }) => status === 'IN_PROGRESS')
  const latest = (fits: (checkpoint: JobCheckpoint) => boolean) => {
    const found = history.findLast(fits)
    return found === undefined ? null : checkpointJson(found)
  }
  return {
    pipelineId: PIPELINE,
    counts: { triggered, completed, failed, inProgress: running.length, restored },
    latestCompleted: latest(({ status }) => status === 'COMPLETED'),
    latestFailed: latest(({ status }) => status === 'FAILED'),
    latestSavepoint: latest(({ kind, status }) => kind === 'savepoint' && status === 'COMPLETED'),
    inProgress: running.map(checkpointJson),
    history: history.toReversed().slice(0, HISTORY_LIMIT).map(checkpointJson),
  }
}

function checkpointJson({ id, kind, status, triggeredAtMs, endedAtMs, sizeBytes, failure }: JobCheckpoint) {
  return {
    checkpointId: id,
    checkpointType: KINDS[kind],
    status,
    triggerTimestamp: triggeredAtMs,
    completedTimestamp: endedAtMs,
    durationMillis: endedAtMs === null ? null : endedAtMs - triggeredAtMs,
    stateSize: sizeBytes,
    failureReason: failure,
  }
}
