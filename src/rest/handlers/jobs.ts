import type { JobStatus } from '../../node/api.js'
import { javaLongText, notANumberText } from '../java-text.js'
import type { RestResponse } from '../response.js'
import { RestFault } from './fault.js'
import type { Wire, WireHandler } from './wire.js'

/** The last part of a path: by v1's rule or by that of v2. `null` where there is none. */
export type LastSegment = (request: Parameters<WireHandler>[0], wire: Wire) => string | null

/** Every job that has not ended. */
export const runningJobs: WireHandler = (_request, { node }, wire) =>
  wire.json(wire.answers.running(node.runningJobs()))

/** One job. */
export function oneJob(segment: LastSegment): WireHandler {
  return (request, { node }, wire) => {
    const { profile } = wire
    const text = segment(request, wire)
    if (text === null || text === '') throw new RestFault(profile.badIdStatus, 'The jobId must not be empty.')
    const id = javaLongText(text)
    if (id === null) throw new RestFault(profile.badIdStatus, notANumberText(text))
    const view = node.job(id)
    if (view === null) return unknownJob(id, wire)
    if (!profile.showsEndedAsRunning && view.finishedAtMs !== null) return wire.json('{}')
    return wire.json(wire.answers.one(view))
  }
}

function unknownJob(id: string, wire: Wire): RestResponse {
  return wire.json(wire.profile.unknownJob === 'id' ? `{"jobId":"${id}"}` : '{}')
}

const ENDED: ReadonlySet<string> = new Set<JobStatus>([
  'FAILED',
  'SAVEPOINT_DONE',
  'CANCELED',
  'FINISHED',
  'UNKNOWABLE',
])

/** Ended jobs, all or of one state. A word that is no state gives an empty list. */
export function endedJobs(segment: LastSegment): WireHandler {
  return (request, { node }, wire) => {
    const state = (segment(request, wire) ?? '').toUpperCase()
    if (state === '') return wire.json(wire.answers.ended(node.endedJobs(null)))
    return wire.json(ENDED.has(state) ? wire.answers.ended(node.endedJobs(state as JobStatus)) : '[]')
  }
}
