import type { EngineSettings } from '../../../config/node-config.js'
import { MillraceErrors } from '../../../core/error.js'
import type { DescribedRoute, JsonSchema } from '../../described-route.js'
import { openApiDocument } from '../../openapi.js'
import { formParameters, NO_PARAMETERS } from '../../query.js'
import type { RestRequest } from '../../request.js'
import type { RestResponse } from '../../response.js'
import type { Dialect, RouteMatch } from '../../route.js'
import { CONFIG_BODY } from '../../route.js'
import type { RestServices } from '../../services.js'
import type { SchemaContext } from '../../shape.js'
import type { StaticFolder } from '../../static-folder.js'
import { AsyncOperations } from './async-operations.js'
import { FlinkCall, type FlinkContext, isMultipart } from './call.js'
import { dashboardRoute, isManifest, manifestRoute } from './dashboard.js'
import { describeOperation } from './description.js'
import { FlinkFault } from './fault.js'
import { PolledAnswers } from './jobs.js'
import type { AnswerParts, FlinkOperation } from './operation.js'
import { FLINK_OPERATIONS } from './operations.js'
import { PathTree } from './path-tree.js'
import type { FlinkProfile } from './profile.js'
import { FlinkWire } from './wire.js'

/** What the dialect is made for. */
export interface FlinkDialectOptions {
  readonly profile: FlinkProfile
  /** What the node falls back to where a job does not say. */
  readonly engine: EngineSettings
  /** Whether a request may end the node. */
  readonly isShutdownAllowed: boolean
  /** Checkpoints that an answer lists. */
  readonly checkpointHistory: number
  /** Whether flame graphs are made, as far as settings say; not when absent. */
  readonly isFlameGraphOn?: boolean | undefined
  /** Whether job packages may be uploaded and run; without, the operations for it are not there. */
  readonly isSubmitAllowed: boolean
  /** Size that a job package may have. */
  readonly packageBytes: number
  /** What all paths start with: `''` on a port of its own, `/flink` on the others. */
  readonly prefix: string
  /** Origin whose pages may read answers; `null` for none. */
  readonly allowedOrigin: string | null
  /** Operations under way; the same for every place where the dialect is served. */
  readonly operations: AsyncOperations
  /** Of the product. */
  readonly version: string
  /** Files of the dashboard. Absent: it is not served. */
  readonly dashboard?: StaticFolder | null | undefined
}

/** A dialect with what describes it. */
export interface FlinkDialect extends Dialect<RestServices> {
  readonly routes: readonly DescribedRoute[]
  /** Schemas that the routes refer to. */
  readonly components: ReadonlyMap<string, JsonSchema>
}

/** Flink says nothing to a body beyond its limit. */
const TOO_LARGE = 413

/** The REST API of Flink over the jobs of this node. Versions: `/v1/…` and, meaning the same, none. */
export function flinkDialect(options: FlinkDialectOptions): FlinkDialect {
  const { prefix, dashboard = null, isSubmitAllowed, packageBytes } = options
  const wire = new FlinkWire(options.allowedOrigin)
  const parts: AnswerParts = { wire, polled: new PolledAnswers(wire) }
  const context: FlinkContext = { ...options, hasDashboard: dashboard !== null }
  const tree = new PathTree<DescribedRoute>()
  const schemas: SchemaContext = { profile: options.profile.name, components: new Map(), isClosed: false }
  const operations = FLINK_OPERATIONS.filter(({ needsSubmit }) => isSubmitAllowed || !needsSubmit)
  const routes = operations.map((operation) => {
    const described = { ...describeOperation(operation, schemas), ...bodyRule(operation, packageBytes) }
    const route = { ...routeOf(operation, context, parts), ...described }
    tree.add(operation.method, operation.path, route)
    return route
  })
  const { components } = schemas
  const api = { name: 'flink', title: 'REST API of Flink', server: 'http://HOST:8081', routes, components }
  const description = descriptionRoute(prefix, wire, () => openApiDocument([api], options.version))
  tree.add('GET', DESCRIPTION_PATH, description)
  const files = dashboard === null ? null : dashboardRoute(dashboard, prefix, wire)
  const manifest = files === null ? null : manifestRoute(files)
  const match = (request: RestRequest): RouteMatch<RestServices> | RestResponse => {
    const path = request.path.slice(prefix.length)
    const found = tree.find(request.method, path)
    if (found !== null) return { route: found.value, parameters: found.parameters }
    if (request.method === 'POST' && isMultipart(request)) return wire.plainFail(400, 'POST request not allowed', null)
    if (files !== null && manifest !== null && request.method === 'GET')
      return { route: isManifest(path) ? manifest : files, parameters: NO_PARAMETERS }
    return wire.unrouted(request.method, request.target.slice(prefix.length), path)
  }
  return {
    name: 'flink',
    routes: [...routes, description, ...(files === null || manifest === null ? [] : [files, manifest])],
    components,
    readQuery: (raw) => formParameters(raw, 'joined'),
    match,
    refuse: (_request, { status, message, code, headers }) =>
      status === TOO_LARGE ? wire.tooLarge() : wire.fail(status, message, code, headers),
  }
}

/** Bytes of a form around its file. */
const FORM_BYTES = 1024 * 1024

function bodyRule({ body }: FlinkOperation, packageBytes: number): Pick<DescribedRoute, 'body' | 'takesForms'> {
  if (body === 'form') return { body: { kind: 'stream', limitBytes: packageBytes + FORM_BYTES }, takesForms: true }
  if (body === 'none') return { body: { kind: 'stream', limitBytes: packageBytes + FORM_BYTES } }
  return { body: CONFIG_BODY }
}

/** Where the description of these operations alone is. */
const DESCRIPTION_PATH = '/openapi.json'

function descriptionRoute(prefix: string, wire: FlinkWire, make: () => JsonSchema): DescribedRoute {
  let text: string | null = null
  return {
    id: 'get.openapi.json',
    methods: ['GET'],
    pattern: `${prefix}${DESCRIPTION_PATH}`,
    access: 'read',
    body: CONFIG_BODY,
    tag: 'flink',
    summary: 'OpenAPI description of these operations',
    parameters: [],
    responses: [
      { status: 200, contentType: 'application/json', description: 'OpenAPI 3.1', schema: { type: 'object' } },
    ],
    handler: () => {
      text ??= JSON.stringify(make())
      return wire.jsonText(text)
    },
  }
}

type Answering = Omit<DescribedRoute, 'parameters' | 'responses'>

function routeOf(operation: FlinkOperation, context: FlinkContext, parts: AnswerParts): Answering {
  const { id, method, path, access, summary, fidelity, note, answer } = operation
  const failed = (error: unknown): RestResponse => faultResponse(error, parts.wire)
  return {
    id,
    methods: [method],
    pattern: `${context.prefix}${path.replaceAll(/:(\w+)/g, '{$1}')}`,
    access,
    tag: 'flink',
    summary: `${summary} (${note === '' ? fidelity : `${fidelity}: ${note}`})`,
    handler: (request, services) => {
      if (answer === null) return parts.wire.fail(501, `${method} ${path} is not implemented yet`, 'UNIMPLEMENTED')
      try {
        const made = answer(new FlinkCall(request, services, context), parts)
        return made instanceof Promise ? made.catch(failed) : made
      } catch (error) {
        return failed(error)
      }
    },
  }
}

/** What a handler refused; anything else is the router's to tell. */
function faultResponse(error: unknown, wire: FlinkWire): RestResponse {
  if (error instanceof FlinkFault) {
    const { status, message, code, isPlain } = error
    return isPlain ? wire.plainFail(status, message, code) : wire.fail(status, message, code)
  }
  if (!(error instanceof MillraceErrors)) throw error
  const [first] = error.errors
  if (first === undefined) throw error
  return wire.fail(first.definition.httpStatus, first.message, first.code)
}

/** Whether a path belongs to the dialect where it shares a port. */
export function isFlinkPath(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`)
}

export { AsyncOperations }
