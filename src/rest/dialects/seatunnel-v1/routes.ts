import type { DescribedRoute } from '../../described-route.js'
import { rawTagFilter } from '../../handlers/overview.js'
import type { Wire } from '../../handlers/wire.js'
import { metricsEndpoint, type RequestReaders, readingEndpoints, writingEndpoints } from '../seatunnel-endpoints.js'
import { availableEndpoints, type Endpoint, routeOf, SINCE } from '../seatunnel-routes.js'
import { idBehind, MAPS, rawParameter, segmentBehind, submitParameters } from './paths.js'

/** A route that is found by what a request's path starts with, or by the whole of it. */
export interface PrefixRoute extends DescribedRoute {
  readonly prefix: string
  /** Whether the prefix has to be the whole path. */
  readonly isWhole: boolean
}

/** An endpoint and where it is. */
export interface PrefixEndpoint extends Endpoint {
  readonly isWhole?: boolean
}

/** Makes routes of endpoints, without those that the profile does not have. @param base in front of every name. */
export function prefixRoutes(
  endpoints: readonly PrefixEndpoint[],
  base: string,
  methods: readonly string[],
  wire: Wire,
): PrefixRoute[] {
  return availableEndpoints(endpoints, wire.profile).map((endpoint: PrefixEndpoint) => {
    const prefix = `${base}${endpoint.name}`
    return { ...routeOf(endpoint, prefix, methods, wire), prefix, isWhole: endpoint.isWhole ?? false }
  })
}

const READERS: RequestReaders = {
  segment: (name) => segmentBehind(`${MAPS}/${name}`),
  id: (name) => idBehind(`${MAPS}/${name}`),
  submitParameters,
  tagFilter: rawTagFilter,
  parameter: rawParameter,
}

/** Reading endpoints, in the order in which their prefixes are tried. */
export function getRoutes(wire: Wire): PrefixRoute[] {
  const pages = [
    { ...metricsEndpoint('prometheus', 'metrics', SINCE.metrics), isWhole: true },
    { ...metricsEndpoint('openmetrics', 'openmetrics', SINCE.metrics), isWhole: true },
  ]
  return [
    ...prefixRoutes(readingEndpoints(wire, READERS), `${MAPS}/`, ['GET'], wire),
    ...prefixRoutes(pages, '/hazelcast/rest/instance/', ['GET'], wire),
  ]
}

/** Writing endpoints, in the order in which their prefixes are tried. */
export function postRoutes(wire: Wire): PrefixRoute[] {
  return prefixRoutes(writingEndpoints(wire, READERS), `${MAPS}/`, ['POST', 'PUT'], wire)
}
