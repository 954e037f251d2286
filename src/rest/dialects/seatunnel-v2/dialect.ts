import { RestFault } from '../../handlers/fault.js'
import type { UploadLimits } from '../../handlers/upload.js'
import { Wire } from '../../handlers/wire.js'
import type { WireProfile } from '../../profile.js'
import { decodePercent, formParameters, NO_PARAMETERS } from '../../query.js'
import type { RestRequest } from '../../request.js'
import { ResponseHeaders, type RestResponse } from '../../response.js'
import type { Dialect, RouteMatch } from '../../route.js'
import type { RestServices } from '../../services.js'
import type { EndedJobs } from '../../views/ended-jobs.js'
import { ErrorPages } from './pages.js'
import { INFO, type ServletRoute, servletRoutes } from './routes.js'

/** What the dialect v2 is made of. */
export interface SeatunnelV2Options {
  readonly profile: WireProfile
  /** What all paths start with, for example `/seatunnel`; `''` for nothing. */
  readonly contextPath: string
  /** Sizes that uploads may have; 10 MiB when absent. */
  readonly upload?: UploadLimits | undefined
  /** What happens to jobs without free slots: `WAIT`, or `REJECT` when absent. */
  readonly scheduleStrategy?: string | undefined
  readonly now: () => number
  /** Texts of ended jobs that another dialect of the same profile uses too. */
  readonly ended?: EndedJobs | undefined
}

const MEBIBYTE = 1024 * 1024
const UPLOAD_LIMITS: UploadLimits = { fileBytes: 10 * MEBIBYTE, requestBytes: 10 * MEBIBYTE }

/** Segments of the longest path of a servlet: `/jobs/checkpoints/history`. */
const MAX_SEGMENTS = 3

const SERVLET_PACKAGE = 'org.apache.seatunnel.engine.server.rest.servlet'
const KNOWN_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])

/**
 * REST v2: servlets, each for one first segment of the path below the context path, with the pages of the original's server for what
 * there is not.
 *
 * @source SeaTunnel `JettyService`
 */
export function seatunnelV2(options: SeatunnelV2Options): Dialect<RestServices> {
  const { profile, now, ended } = options
  const base = normalContextPath(options.contextPath)
  const wire = new Wire('v2', profile, base, now, ended)
  const pages = new ErrorPages(wire)
  const routes = servletRoutes(wire, {
    upload: options.upload ?? UPLOAD_LIMITS,
    scheduleStrategy: options.scheduleStrategy ?? 'REJECT',
  })
  const servlets = new Map<string, ServletRoute[]>()
  for (const route of routes) servlets.set(route.servletPath, [...(servlets.get(route.servletPath) ?? []), route])

  const match = (request: RestRequest): RouteMatch<RestServices> | RestResponse => {
    const { method, path } = request
    if (base !== '' && path === base) return redirect(request, wire) ?? pages.notFound(method, path)
    // A slash that is hidden in an escape is no path that the original's server serves.
    const own = isBelow(path, base) && !/%2f/i.test(path) ? decodePercent(path.slice(base.length)) : ''
    if (own === null) return wire.fail(new RestFault(400, 'the path has an escape that is no UTF-8 text'))
    const { found, end } = findServlet(own)
    const [first] = found ?? []
    if (found === undefined || first === undefined) return pages.notFound(method, path)
    const route = found.find((each) => each.methods.includes(method))
    if (route === undefined) return otherMethod(method, path, first)
    const behind = own.slice(end + 1)
    return { route, parameters: behind === '' ? NO_PARAMETERS : new Map([[INFO, behind]]) }
  }

  /** The servlet of the longest path that fits, of at most three segments, and where that path ends. */
  const findServlet = (own: string) => {
    const ends = [cutAt(own, 1)]
    for (const end of ends) if (end < own.length && ends.length < MAX_SEGMENTS) ends.push(cutAt(own, end + 1))
    const end = ends.findLast((each) => servlets.has(own.slice(0, each))) ?? own.length
    return { found: servlets.get(own.slice(0, end)), end }
  }

  const otherMethod = (method: string, path: string, { methods, servlet }: ServletRoute): RestResponse => {
    if (method === 'OPTIONS') return allowed(methods, wire)
    if (!KNOWN_METHODS.has(method)) return pages.notImplemented()
    return pages.notAllowed(method, path, `${SERVLET_PACKAGE}.${servlet}`)
  }

  return {
    name: 'seatunnel-v2',
    routes,
    readQuery: (raw) => formParameters(raw, 'first'),
    match,
    refuse: (_request, { status, message, code, headers }) =>
      wire.fail(new RestFault(status, message, [{ code, where: null, hint: null }]), headers),
  }
}

/** `/seatunnel` for `seatunnel/`; `''` for the root. */
export function normalContextPath(text: string): string {
  const name = text.trim().replace(/^\/+|\/+$/g, '')
  return name === '' ? '' : `/${name}`
}

/** Where the next slash of a path is, or its end. */
function cutAt(path: string, from: number): number {
  const slash = path.indexOf('/', from)
  return slash < 0 ? path.length : slash
}

function isBelow(path: string, base: string): boolean {
  return path.startsWith(base) && path[base.length] === '/'
}

/** The context path without its slash is not it. @returns `null` when host or query have what an address must not have. */
function redirect(request: RestRequest, wire: Wire): RestResponse | null {
  const scheme = request.peer.secure ? 'https' : 'http'
  const query = request.rawQuery === null ? '' : `?${request.rawQuery}`
  const location = `${scheme}://${request.header('host') ?? ''}${wire.base}/${query}`
  if (!/^[\x21-\x7e]+$/.test(location)) return null
  const headers = new ResponseHeaders(wire.headerPairs(null, [['Location', location]]))
  return { status: 302, headers }
}

/** Which methods there are. `TRACE` is named where the original names it, and refused. */
function allowed(methods: readonly string[], wire: Wire): RestResponse {
  const names = [...methods, ...(wire.profile.jettyHeaders ? ['TRACE'] : []), 'OPTIONS']
  return { status: 200, headers: new ResponseHeaders(wire.headerPairs(null, [['Allow', names.join(', ')]])) }
}
