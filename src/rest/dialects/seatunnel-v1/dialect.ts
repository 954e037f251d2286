import type { HazelcastSettings } from '../../../config/node-config.js'
import { RestFault } from '../../handlers/fault.js'
import { Wire } from '../../handlers/wire.js'
import type { WireProfile } from '../../profile.js'
import { formParameters, NO_PARAMETERS } from '../../query.js'
import type { RestRequest } from '../../request.js'
import { CLOSE_WITHOUT_REPLY, type RestResponse } from '../../response.js'
import type { Dialect, RouteMatch } from '../../route.js'
import type { RestServices } from '../../services.js'
import type { EndedJobs } from '../../views/ended-jobs.js'
import { endpointGate } from './groups.js'
import { deleteRoutes, headRoutes, libraryGetRoutes, libraryPostRoutes } from './hazelcast-routes.js'
import { MAPS } from './paths.js'
import { getRoutes, type PrefixRoute, postRoutes } from './routes.js'

/** What the dialect v1 is made of. */
export interface SeatunnelV1Options {
  readonly profile: WireProfile
  /** Which parts of it are served. */
  readonly hazelcast: Pick<HazelcastSettings, 'restApiEnabled' | 'endpointGroups'>
  readonly now: () => number
  /** Texts of ended jobs that another dialect of the same profile uses too. */
  readonly ended?: EndedJobs | undefined
}

/**
 * REST v1: a text protocol that looks at what a request's path starts with, in a fixed order. Paths of groups that are off, unknown ones
 * and other methods get no answer: the connection is closed.
 *
 * @source SeaTunnel `RestHttpGetCommandProcessor`, `RestHttpPostCommandProcessor`
 */
export function seatunnelV1({ profile, hazelcast, now, ended }: SeatunnelV1Options): Dialect<RestServices> {
  const wire = new Wire('v1', profile, MAPS, now, ended)
  const isOpen = endpointGate(hazelcast)
  const post = [...postRoutes(wire), ...libraryPostRoutes(wire)]
  const tables: ReadonlyMap<string, readonly PrefixRoute[]> = new Map([
    ['GET', [...getRoutes(wire), ...libraryGetRoutes(wire)]],
    ['POST', post],
    ['PUT', post],
    ['HEAD', headRoutes(wire)],
    ['DELETE', deleteRoutes(wire)],
  ])
  const routes = [...new Set([...tables.values()].flat())]
  return {
    name: 'seatunnel-v1',
    routes,
    readQuery: (raw) => formParameters(raw, 'last'),
    match(request): RouteMatch<RestServices> | RestResponse {
      const table = tables.get(request.method)
      if (table === undefined || !isOpen(request.method, request.path)) return CLOSE_WITHOUT_REPLY
      const route = findRoute(table, request, profile.rawQueries)
      return route === null ? CLOSE_WITHOUT_REPLY : { route, parameters: NO_PARAMETERS }
    },
    refuse: (_request, { status, message, code, headers }) =>
      wire.fail(new RestFault(status, message, [{ code, where: null, hint: null }]), headers),
  }
}

function findRoute(table: readonly PrefixRoute[], request: RestRequest, rawQueries: boolean): PrefixRoute | null {
  const { path } = request
  const whole = rawQueries ? request.target : path
  for (const route of table) if (route.isWhole ? whole === route.prefix : path.startsWith(route.prefix)) return route
  return null
}
