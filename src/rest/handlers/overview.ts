import { javaText } from '../../config/java-text.js'
import type { RestRequest } from '../request.js'
import type { RestServices } from '../services.js'
import { jsonBody, requireObject } from './body.js'
import { RestFault } from './fault.js'
import type { WireHandler } from './wire.js'

/** A tag that workers must have. */
export type TagFilter = ReadonlyMap<string, string>

/** Summary of the node: slots and workers that match the tags of the query, jobs by state. Every value is a text. */
export function overview(tagFilter: (request: RestRequest) => TagFilter): WireHandler {
  return (request, { node }, wire) => {
    const numbers = node.overview()
    const isMatching = [...tagFilter(request)].every(([key, value]) => node.tags.get(key) === value)
    const slots = (count: number) => (isMatching ? count : 0)
    const members: [string, string | number][] = [
      ['projectVersion', node.identity.version],
      ['gitCommitAbbrev', node.identity.commit],
      ['totalSlot', slots(numbers.totalSlots)],
      ['unassignedSlot', slots(numbers.unassignedSlots)],
      ['runningJobs', numbers.running + numbers.pending],
      ['finishedJobs', numbers.finished],
      ['failedJobs', numbers.failed],
      ['cancelledJobs', numbers.canceled],
      ['workers', isMatching ? 1 : 0],
    ]
    if (wire.profile.release > 9) members.push(['pendingJobs', numbers.pending])
    return wire.json(`{${members.map(([key, value]) => `"${key}":${JSON.stringify(String(value))}`).join(',')}}`)
  }
}

/**
 * Tags of a query by the rule of v1: nothing is decoded, a pair without `=` is left out.
 *
 * @throws RestFault 500 for a key that is given twice.
 */
export function rawTagFilter({ rawQuery }: RestRequest): TagFilter {
  const tags = new Map<string, string>()
  for (const pair of (rawQuery ?? '').split('&')) {
    const [key, value] = pair.split('=')
    if (key === undefined || value === undefined) continue
    const earlier = tags.get(key)
    if (earlier !== undefined)
      throw new RestFault(500, `Duplicate key ${key} (attempted merging values ${earlier} and ${value})`)
    tags.set(key, value)
  }
  return tags
}

/** Replaces the tags of the node with the members of the body. @source SeaTunnel `UpdateTagsServlet` */
export const updateTags: WireHandler = (request, { node }: RestServices, wire) => {
  const { entries } = requireObject(jsonBody(request))
  node.setTags(new Map([...entries].map(([key, value]) => [key, value.kind === 'null' ? '' : javaText(value)])))
  const isShort = wire.api === 'v2' && wire.profile.release <= 9
  return wire.json(isShort ? '{"status":"success"}' : '{"status":"success","message":"update node tags done."}')
}
