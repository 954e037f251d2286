import type { MillraceError } from '../core/error.js'
import type { JobRequest, JobStatus } from './api.js'

/** Requests that are kept of one job. The oldest go first, those that are under way never. */
const REQUEST_LIMIT = 5000

/** What is known of requests, with one more or one that has got on. */
export function withRequest(known: readonly JobRequest[], request: JobRequest): readonly JobRequest[] {
  if (known.some(({ id }) => id === request.id)) return known.map((each) => (each.id === request.id ? request : each))
  if (known.length < REQUEST_LIMIT) return [...known, request]
  const oldest = known.find(({ endedAtMs }) => endedAtMs !== null)
  return [...known.filter((each) => each !== oldest), request]
}

/** A request that nothing has come of yet. */
export function newRequest(
  asked: Pick<JobRequest, 'id' | 'kind' | 'askedAtMs'> & Partial<Pick<JobRequest, 'stop'>>,
): JobRequest {
  return { stop: null, ...asked, endedAtMs: null, checkpointId: null, location: null, failure: null }
}

/** A request that came to nothing. */
export function failedRequest(
  request: JobRequest,
  { code, message }: Pick<MillraceError, 'code' | 'message'>,
  atMs: number,
): JobRequest {
  return { ...request, endedAtMs: atMs, failure: { code, text: message } }
}

/** Stops that are under way. */
export function openStops(requests: readonly JobRequest[]): readonly JobRequest[] {
  return requests.filter(({ kind, endedAtMs }) => kind === 'stop' && endedAtMs === null)
}

/**
 * What becomes of requests when their job ends: a stop has succeeded when the job ended as it was to. Where its savepoint was kept and
 * the job ended otherwise, the failure says where it is: people recover with it.
 */
export function requestsAtEnd(
  requests: readonly JobRequest[],
  status: JobStatus,
  failure: string | null,
  atMs: number,
): readonly JobRequest[] {
  if (requests.every(({ endedAtMs }) => endedAtMs !== null)) return requests
  const cause = failure === null ? '' : `: ${failure}`
  return requests.map((request) => {
    if (request.endedAtMs !== null) return request
    const { stop, location } = request
    const wanted = stop?.isCanceled === true ? 'CANCELED' : 'SAVEPOINT_DONE'
    if (stop !== null && location !== null && status === wanted) return { ...request, endedAtMs: atMs }
    const fate = location === null ? 'its savepoint was not taken' : `its savepoint is at '${location}'`
    return failedRequest(request, { code: 'JOB_STATE', message: `the job is ${status}, ${fate}${cause}` }, atMs)
  })
}

/** What becomes of requests that a node finds under way when it starts: those for a job that goes on died with the process. */
export function requestsFound(requests: readonly JobRequest[], status: JobStatus, atMs: number): readonly JobRequest[] {
  const message = 'the node was started again before it was complete'
  return requests.map((request) => {
    const goesOn = request.kind === 'stop' && status === 'DOING_SAVEPOINT'
    if (request.endedAtMs !== null || goesOn) return request
    return failedRequest(request, { code: 'CHECKPOINT_FAILED', message }, atMs)
  })
}
