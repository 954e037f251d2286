import type { RestRequest } from '../request.js'
import type { Dialect } from '../route.js'
import type { RestServices } from '../services.js'
import { isFlinkPath } from './flink/dialect.js'
import { isApiPath, type MillraceDialect } from './millrace/dialect.js'

/**
 * One listener's dialects: the native API on its own paths, and SeaTunnel's on all others.
 *
 * @param basePath what paths of the native API may start with beside nothing: the context path of v2.
 */
export function withNativeApi(
  native: MillraceDialect,
  seatunnel: Dialect<RestServices>,
  basePath = '',
): Dialect<RestServices> {
  const ownPath = ({ path }: RestRequest): string | null => {
    if (isApiPath(path)) return path
    if (basePath === '' || !path.startsWith(basePath)) return null
    const below = path.slice(basePath.length)
    return isApiPath(below) ? below : null
  }
  return {
    name: seatunnel.name,
    routes: [...native.routes, ...seatunnel.routes],
    readQuery: seatunnel.readQuery,
    match: (request) => {
      const path = ownPath(request)
      if (path === null) return seatunnel.match(request)
      request.readQuery = native.readQuery
      return native.matchPath(request, path)
    },
    refuse: (request, refusal) => (ownPath(request) === null ? seatunnel : native).refuse(request, refusal),
  }
}

/** One listener's dialects: Flink's below its prefix, and the others. */
export function withFlink(
  flink: Dialect<RestServices>,
  prefix: string,
  others: Dialect<RestServices>,
): Dialect<RestServices> {
  return {
    name: others.name,
    routes: [...others.routes, ...flink.routes],
    readQuery: others.readQuery,
    match: (request) => {
      if (!isFlinkPath(request.path, prefix)) return others.match(request)
      request.readQuery = flink.readQuery
      return flink.match(request)
    },
    refuse: (request, refusal) => (isFlinkPath(request.path, prefix) ? flink : others).refuse(request, refusal),
  }
}
