import { asMillraceErrors, type MillraceError, MillraceErrors } from '../../../core/error.js'
import type { DescribedRoute } from '../../described-route.js'
import { decodePercent, formParameters, NO_PARAMETERS } from '../../query.js'
import type { RestRequest } from '../../request.js'
import { ResponseHeaders, type RestResponse } from '../../response.js'
import type { Dialect, RouteMatch } from '../../route.js'
import type { RestServices } from '../../services.js'
import { API, json } from './api-route.js'
import { failureJson } from './json.js'
import { apiRoutes } from './routes.js'

const JSON_TYPE = ['Content-Type', 'application/json'] as const

/** A route and the segments of its pattern; a segment `{name}` takes any text. */
interface Template {
  readonly route: DescribedRoute
  readonly segments: readonly string[]
}

/** Paths of the native API that are not below {@link API}. */
const ROOT_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/openapi.json'])

/** Whether a path belongs to the native API. */
export function isApiPath(path: string): boolean {
  return ROOT_PATHS.has(path) || path === API || path.startsWith(`${API}/`)
}

/** The native API as a dialect that can be found below another path too. */
export interface MillraceDialect extends Dialect<RestServices> {
  readonly routes: readonly DescribedRoute[]
  /** As `match`, for a path that is not the request's own. */
  matchPath(request: RestRequest, path: string): RouteMatch<RestServices> | RestResponse
}

/**
 * The native API: JSON of the node's own terms below `/api/v1`, probes, and the description of everything that is served.
 *
 * @param description text of `/openapi.json`; made at the first request for it.
 */
export function millraceDialect(description: () => string): MillraceDialect {
  const routes = [...apiRoutes(), openApiRoute(description)].map(withAllFaults)
  const templates = routes.map((route): Template => ({ route, segments: route.pattern.split('/') }))
  return {
    name: 'millrace',
    routes,
    readQuery: (raw) => formParameters(raw, 'last'),
    match: (request) => matchTemplates(templates, request, request.path),
    matchPath: (request, path) => matchTemplates(templates, request, path),
    refuse: (_request, { status, message, code, headers, cause }) => {
      const errors = cause === undefined ? [] : asMillraceErrors(cause).filter((each) => each.code === code)
      const answer = failureJson(errors, message, code)
      return { status, headers: new ResponseHeaders([JSON_TYPE, ...headers]), body: JSON.stringify(answer) }
    },
  }
}

function openApiRoute(description: () => string): DescribedRoute {
  let text: string | null = null
  return {
    id: 'openapi',
    methods: ['GET', 'HEAD'],
    pattern: '/openapi.json',
    access: 'read',
    tag: 'millrace node',
    summary: 'This description',
    parameters: [],
    responses: [
      { status: 200, contentType: 'application/json', description: 'OpenAPI 3.1', schema: { type: 'object' } },
    ],
    handler: () => {
      text ??= description()
      return { status: 200, headers: new ResponseHeaders([JSON_TYPE]), body: text }
    },
  }
}

function matchTemplates(
  templates: readonly Template[],
  request: RestRequest,
  path: string,
): RouteMatch<RestServices> | RestResponse {
  const segments = path.split('/')
  const methods = new Set<string>()
  for (const { route, segments: pattern } of templates) {
    const parameters = parametersOf(pattern, segments)
    if (parameters === null) continue
    if (route.methods.includes(request.method)) return { route, parameters }
    for (const method of route.methods) methods.add(method)
  }
  if (methods.size === 0) return json(failureJson([], 'there is nothing at this path', 'REQUEST_MALFORMED'), 404)
  const allow = [...methods].join(', ')
  const body = JSON.stringify(failureJson([], `this path has the methods ${allow}`, 'REQUEST_MALFORMED'))
  return { status: 405, headers: new ResponseHeaders([JSON_TYPE, ['Allow', allow]]), body }
}

/** The values of a pattern's names, or `null` when the path is another one. */
function parametersOf(pattern: readonly string[], segments: readonly string[]): ReadonlyMap<string, string> | null {
  if (pattern.length !== segments.length) return null
  let parameters: Map<string, string> | null = null
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? ''
    if (!part.startsWith('{')) {
      if (part !== segment) return null
      continue
    }
    const value = decodePercent(segment)
    if (value === null || value === '') return null
    parameters ??= new Map()
    parameters.set(part.slice(1, -1), value)
  }
  return parameters ?? NO_PARAMETERS
}

/** Answers all faults of a document together; one fault alone is the router's. */
function withAllFaults(route: DescribedRoute): DescribedRoute {
  const failed = (error: unknown): RestResponse => {
    if (!(error instanceof MillraceErrors)) throw error
    const [first] = error.errors as readonly [MillraceError, ...MillraceError[]]
    const status = first.definition.httpStatus
    return json(failureJson(error.errors, first.message, first.code), status)
  }
  return {
    ...route,
    handler(request, services) {
      try {
        const answer = route.handler(request, services)
        return answer instanceof Promise ? answer.catch(failed) : answer
      } catch (error) {
        return failed(error)
      }
    },
  }
}
