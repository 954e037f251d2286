import type { Role } from './auth/user.js'
import type { Refusal } from './refusal.js'
import type { QueryReader, RestRequest } from './request.js'
import type { RestResponse } from './response.js'

/** Who may call a route: everybody, or users with a role. */
export type Access = Role | 'public'

/** How a route takes the body of a request. */
export interface BodyRule {
  /**
   * `none`: whatever comes is thrown away. `whole`: it is collected and then the handler is called. `stream`: the handler is called at
   * once and reads `request.bodyStream`.
   */
  readonly kind: 'none' | 'whole' | 'stream'
  /** A larger body is refused with 413 and the connection closed. */
  readonly limitBytes: number
}

/** Size that a job's text may have. */
export const CONFIG_LIMIT_BYTES = 1024 * 1024
/** The body of a route that reads none; the little that comes is thrown away. */
export const NO_BODY: BodyRule = { kind: 'none', limitBytes: 64 * 1024 }
/** The body of a route that reads a configuration or a small JSON document. */
export const CONFIG_BODY: BodyRule = { kind: 'whole', limitBytes: CONFIG_LIMIT_BYTES }

/** One parameter of a route, for the description of the API. */
export interface RouteParameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required: boolean
  readonly description: string
  /** JSON Schema of its value; absent: a text. Lists are written with commas. */
  readonly schema?: { readonly [member: string]: unknown }
}

/** One possible answer of a route, for the description of the API. */
export interface RouteAnswer {
  readonly status: number
  readonly contentType: string | null
  readonly description: string
}

/** One route. `S` is what handlers work with: the node's services. */
export interface RouteDefinition<S> {
  /** Unique in its dialect; stands in the audit log and is the `operationId` of the API description. */
  readonly id: string
  /** In capitals. */
  readonly methods: readonly string[]
  /** In the dialect's own notation; `{name}` stands for a parameter. */
  readonly pattern: string
  readonly access: Access
  /** Absent: {@link NO_BODY}. */
  readonly body?: BodyRule
  /** Whether pages of the node itself may send it a form, which pages of others could send too. */
  readonly takesForms?: boolean
  /** The answer is 503 after this time; absent: the transport's limit. 0: none, for answers that are waited for on purpose; they are told when the node stops. */
  readonly deadlineMs?: number
  readonly summary: string
  readonly parameters: readonly RouteParameter[]
  readonly responses: readonly RouteAnswer[]
  /**
   * Answers at once where it can: an answer that is no promise is sent without another turn of the event loop. What it throws becomes
   * the dialect's error.
   */
  handler(request: RestRequest, services: S): RestResponse | Promise<RestResponse>
}

/** The route of a request, with the parts of its path. */
export interface RouteMatch<S> {
  readonly route: RouteDefinition<S>
  readonly parameters: ReadonlyMap<string, string>
}

/** One wire dialect: its routes, how it finds them, and how it says no. */
export interface Dialect<S> {
  readonly name: string
  readonly routes: readonly RouteDefinition<S>[]
  /** The dialect's rule for query strings. */
  readonly readQuery: QueryReader
  /** The route of a request, or the answer to one that has none (404, 405, a redirect, a closed connection). Must not throw. */
  match(request: RestRequest): RouteMatch<S> | RestResponse
  /** Puts a refusal into the dialect's words, with the refusal's headers. Must not throw. */
  refuse(request: RestRequest, refusal: Refusal): RestResponse
}

/** Whether something is an answer and not a promise or a match. */
export function isResponse(value: object): value is RestResponse {
  return 'status' in value && 'headers' in value
}
