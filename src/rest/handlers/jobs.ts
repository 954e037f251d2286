import type { JobStatus } from '../../node/api.js'
import { javaLongText, notANumberText } from '../java-text.js'
import type { RestResponse } from '../response.js'
import { RestFault } from './fault.js'
import { pageJson, pageOf } from './paging.js'
import type { Wire, WireHandler } from './wire.js'

/** The last part of a path: by v1's rule or by that of v2. `null` where there is none. */
export type LastSegment = (request: Parameters<WireHandler>[0], wire: Wire) => string | null

/** Every job that has not ended. */
export const runningJobs: WireHandler = (request, { node }, wire) => {
  const page = wire.hasPages ? pageOf(request) : null
  if (page === null) return wire.json(wire.answers.running(node.runningJobs()))
  return wire.json(pageJson(node.runningJobs(), page, (views) => wire.answers.running(views)))
}

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
    const status = state === '' ? null : (state as JobStatus)
    if (status !== null && !ENDED.has(status)) return wire.json('[]')
    const page = wire.hasPages ? pageOf(request) : null
    if (page === null) return wire.json(wire.answers.ended(node.endedJobs(status), status))
    return wire.json(pageJson(node.endedJobs(status), page, (views) => wire.answers.endedPage(views)))
  }
}
