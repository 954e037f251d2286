import { isErrorCode, MillraceError } from '../core/error.js'
import type { AuditSink } from './audit.js'
import type { Authenticator } from './auth/authenticator.js'
import { mayAccess, type User } from './auth/user.js'
import type { HostPolicy } from './guard/host.js'
import { type OriginPolicy, originFault } from './guard/origin.js'
import type { RateLimiter } from './guard/rate-limit.js'
import { type Refusal, refusal } from './refusal.js'
import type { RestRequest } from './request.js'
import { NO_HEADERS, type RestResponse } from './response.js'
import { type BodyRule, type Dialect, isResponse, NO_BODY, type RouteDefinition } from './route.js'

/** A route that a request was admitted to. */
export interface Admission {
  readonly body: BodyRule
  /** `null`: the transport's limit. 0: none. */
  readonly deadlineMs: number | null
  /** Calls the handler. Never throws and never rejects. */
  run(request: RestRequest): RestResponse | Promise<RestResponse>
}

/** What a transport needs: first the head of a request is admitted, then its body is read, then the route runs. */
export interface RequestHandler {
  /** Looks at the head only. A promise where a password has to be checked. Never throws and never rejects. */
  admit(request: RestRequest): Admission | RestResponse | Promise<Admission | RestResponse>
  /** Puts a refusal of the transport (limits, deadlines, faulty requests) into the dialect's words. */
  refuse(request: RestRequest, refusal: Refusal): RestResponse
}

/** What a router stands on. */
export interface RouterOptions<S> {
  readonly dialect: Dialect<S>
  readonly services: S
  readonly hosts: HostPolicy
  readonly origins: OriginPolicy
  /** `null`: everybody may do everything. */
  readonly authenticator: Authenticator | null
  /** `null`: no limit. */
  readonly rates: RateLimiter | null
  readonly audit: AuditSink
  /** Gives what counts the answers of a route: their status and the seconds that they took. Absent: nothing is counted. */
  readonly meter?: ((dialect: string, route: string) => (status: number, seconds: number) => void) | undefined
  /** Gets what handlers threw and nobody expected. */
  readonly onFault: (error: unknown, request: RestRequest) => void
  readonly now: () => number
}

/**
 * Takes requests through the guards to the routes of one dialect: Host, rate, route, origin, authentication, role, body, handler.
 * Nothing of a body is looked at before the last guard, and a route cannot leave one out.
 */
export class Router<S> implements RequestHandler {
  readonly #options: RouterOptions<S>
  readonly #admissions: ReadonlyMap<RouteDefinition<S>, Admission>
  /** Counts what no route answered. */
  readonly #countRefusal: (status: number, seconds: number) => void

  /** @throws TypeError when two routes have one id. */
  constructor(options: RouterOptions<S>) {
    this.#options = options
    const { routes } = options.dialect
    if (new Set(routes.map((route) => route.id)).size !== routes.length)
      throw new TypeError(`two routes of dialect '${options.dialect.name}' have the same id`)
    this.#countRefusal = options.meter?.(options.dialect.name, '(refused)') ?? (() => undefined)
    this.#admissions = new Map(routes.map((route) => [route, this.#admission(route)]))
  }

  admit(request: RestRequest): Admission | RestResponse | Promise<Admission | RestResponse> {
    try {
      return this.#admit(request)
    } catch (error) {
      return this.refuse(request, this.#failure(request, error))
    }
  }

  #admit(request: RestRequest): Admission | RestResponse | Promise<Admission | RestResponse> {
    const { dialect, hosts, rates, authenticator } = this.#options
    request.readQuery = dialect.readQuery
    const host = hosts.fault(request.header('host'))
    if (host !== null) return this.refuse(request, host)
    const rate = rates === null ? null : rates.fault(request.remoteAddress)
    if (rate !== null) return this.refuse(request, rate)
    const match = dialect.match(request)
    const route = isResponse(match) ? null : match.route
    if (!isResponse(match)) request.parameters = match.parameters
    const origin = originFault(request, this.#options.origins, route?.takesForms === true)
    if (origin !== null) return this.refuse(request, origin)
    if (authenticator !== null && route?.access !== 'public') {
      const checked = authenticator.authenticate(request)
      if (checked instanceof Promise)
        return checked.then(
          (result) => this.#authenticated(request, route, match, result),
          (error) => this.refuse(request, this.#failure(request, error)),
        )
      return this.#authenticated(request, route, match, checked)
    }
    return route === null ? this.#unmatched(match as RestResponse) : this.#admissionOf(route)
  }

  refuse(request: RestRequest, reason: Refusal): RestResponse {
    this.#countRefusal(reason.status, 0)
    return this.#refusalResponse(request, reason)
  }

  #refusalResponse(request: RestRequest, reason: Refusal): RestResponse {
    if (reason.status === 401 || reason.status === 403) this.#audit(request, null, reason.status)
    const response = this.#worded(request, reason)
    return reason.close && response.close !== true ? { ...response, close: true } : response
  }

  /** The dialect's words; a dialect that has none for it must not take the node with it. */
  #worded(request: RestRequest, reason: Refusal): RestResponse {
    try {
      return this.#options.dialect.refuse(request, reason)
    } catch (error) {
      this.#options.onFault(error, request)
      return { status: reason.status, headers: NO_HEADERS.with(...reason.headers), close: true }
    }
  }

  /**
   * Answers a request that has its whole body: what tests and callers without a socket use.
   */
  async handle(request: RestRequest): Promise<RestResponse> {
    const admission = await this.admit(request)
    if (isResponse(admission)) return admission
    const { kind, limitBytes } = admission.body
    if (request.body !== null && request.body.byteLength > limitBytes)
      return this.refuse(request, bodyTooLarge(limitBytes))
    if (kind === 'stream' && request.bodyStream === null) request.bodyStream = oneChunk(request.body)
    return admission.run(request)
  }

  #authenticated(
    request: RestRequest,
    route: RouteDefinition<S> | null,
    match: object,
    result: User | Refusal,
  ): Admission | RestResponse {
    if ('code' in result) return this.refuse(request, result)
    request.user = result
    if (route === null) return this.#unmatched(match as RestResponse)
    if (route.access !== 'public' && !mayAccess(result.role, route.access))
      return this.refuse(
        request,
        refusal('FORBIDDEN', `user '${result.name}' with role '${result.role}' needs role '${route.access}'`),
      )
    return this.#admissionOf(route)
  }

  /** What the dialect answers where it has no route. */
  #unmatched(response: RestResponse): RestResponse {
    this.#countRefusal(response.status, 0)
    return response
  }

  #admissionOf(route: RouteDefinition<S>): Admission {
    // A dialect may match with a route that it made after the router: it is served like the others.
    return this.#admissions.get(route) ?? this.#admission(route)
  }

  #admission(route: RouteDefinition<S>): Admission {
    const audited = route.access === 'operate' || route.access === 'submit'
    const count = this.#options.meter?.(this.#options.dialect.name, route.id)
    const finish = (request: RestRequest, response: RestResponse, startedMs: number): RestResponse => {
      count?.(response.status, (performance.now() - startedMs) / 1000)
      if (audited) this.#audit(request, route.id, response.status)
      return response
    }
    const failed = (request: RestRequest, error: unknown, startedMs: number): RestResponse =>
      finish(request, this.#refusalResponse(request, this.#failure(request, error)), startedMs)
    return {
      body: route.body ?? NO_BODY,
      deadlineMs: route.deadlineMs ?? null,
      run: (request) => {
        const startedMs = performance.now()
        try {
          const result = route.handler(request, this.#options.services)
          if (!(result instanceof Promise)) return finish(request, result, startedMs)
          return result.then(
            (response) => finish(request, response, startedMs),
            (error) => failed(request, error, startedMs),
          )
        } catch (error) {
          return failed(request, error, startedMs)
        }
      },
    }
  }

  /** What a handler threw: a coded error keeps its message, everything else is told to the log only. */
  #failure(request: RestRequest, error: unknown): Refusal {
    if (error instanceof MillraceError && isErrorCode(error.code))
      return refusal(error.code, error.message, { cause: error })
    this.#options.onFault(error, request)
    return refusal('REQUEST_FAILED', 'the request failed inside the node', { cause: error })
  }

  #audit(request: RestRequest, route: string | null, status: number): void {
    const { audit, now, dialect } = this.#options
    audit({
      timeMs: now(),
      user: request.user?.name ?? null,
      remoteAddress: request.remoteAddress,
      dialect: dialect.name,
      method: request.method,
      route,
      jobId: request.note?.jobId ?? null,
      configHash: request.note?.configHash ?? null,
      status,
    })
  }
}

/** The refusal of a body beyond its limit; the rest of it is not read, so the connection closes. */
export function bodyTooLarge(limitBytes: number): Refusal {
  return refusal('BODY_TOO_LARGE', `the body is larger than ${limitBytes} bytes`, { close: true })
}

async function* oneChunk(body: Uint8Array | null): AsyncGenerator<Uint8Array> {
  if (body !== null && body.byteLength > 0) yield body
}
