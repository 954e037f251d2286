import { asMillraceErrors, MillraceError, MillraceErrors } from '../../core/error.js'
import type { WireProfile } from '../profile.js'
import type { RestRequest } from '../request.js'
import { type HeaderPair, ResponseHeaders, type RestResponse } from '../response.js'
import type { RouteDefinition } from '../route.js'
import type { RestServices } from '../services.js'
import { EndedJobs } from '../views/ended-jobs.js'
import { JobAnswers } from '../views/job-answers.js'
import { faultDetails, RestFault } from './fault.js'

/** The two REST APIs of SeaTunnel. */
export type SeatunnelApi = 'v1' | 'v2'

/** A handler of the dialects v1 and v2. It may throw {@link RestFault} and coded errors. */
export type WireHandler = (
  request: RestRequest,
  services: RestServices,
  wire: Wire,
) => RestResponse | Promise<RestResponse>

/** Server that v2 of the original says it is. */
export const JETTY = 'Jetty(9.4.56.v20240826)'

/** How a dialect puts results into answers: its headers, its profile, its jobs as texts. */
export class Wire {
  readonly answers: JobAnswers
  /** JSON, errors as JSON, plain text, HTML, and nothing. */
  readonly headers: Readonly<Record<'json' | 'error' | 'text' | 'html' | 'empty', ResponseHeaders>>

  constructor(
    readonly api: SeatunnelApi,
    readonly profile: WireProfile,
    /** What all paths start with. */
    readonly base: string,
    now: () => number,
    ended: EndedJobs = new EndedJobs(profile),
  ) {
    this.answers = new JobAnswers({ profile, withEnvOptions: this.showsEnvOptions, ended, now })
    const charset = api === 'v1' ? '' : ';charset=utf-8'
    this.headers = {
      json: this.#list('application/json'),
      error: this.#list(`application/json${charset}`),
      text: this.#list(api === 'v1' ? 'text/plain' : 'text/plain;charset=utf-8'),
      html: this.#list(api === 'v1' ? 'text/html; charset=UTF-8' : 'text/html;charset=utf-8'),
      empty: this.#list(null),
    }
  }

  /** Whether running jobs have `envOptions` beside their `jobDag`. */
  get showsEnvOptions(): boolean {
    return this.api === 'v2' || this.profile.envOptionsOnV1
  }

  /** Whether lists of jobs can be asked for in pages. */
  get hasPages(): boolean {
    return this.api === 'v2' && this.profile.release > 9
  }

  #list(contentType: string | null): ResponseHeaders {
    return new ResponseHeaders(this.headerPairs(contentType))
  }

  /** The headers of an answer in the dialect's order. */
  headerPairs(contentType: string | null, more: readonly HeaderPair[] = []): HeaderPair[] {
    const type: HeaderPair[] = contentType === null ? [] : [['Content-Type', contentType]]
    if (this.api === 'v1') return [...type, ...more, ['Content-Length', '']]
    const server: HeaderPair[] = this.profile.jettyHeaders ? [['Server', JETTY]] : []
    return [['Date', ''], ...type, ...more, ['Content-Length', ''], ...server]
  }

  /** 200 with JSON. */
  json(body: string | Uint8Array): RestResponse {
    return { status: 200, headers: this.headers.json, body }
  }

  /** An answer without content. */
  empty(status: number): RestResponse {
    return { status, headers: this.headers.empty }
  }

  /** An error in the words of the API. */
  fail(fault: RestFault, more: readonly HeaderPair[] = []): RestResponse {
    const headers = more.length === 0 ? this.headers.error : this.headers.error.with(...more)
    return { status: fault.status, ...this.reason(fault.status), headers, body: this.#failBody(fault) }
  }

  /** The text behind the status where it is not the usual one. @source Jetty `HttpStatus` */
  reason(status: number): { readonly reason?: string } {
    return this.api === 'v2' && status === 500 ? { reason: 'Server Error' } : {}
  }

  #failBody(fault: RestFault): string {
    const { text, details } = fault
    const [first] = details
    if (text === null && this.profile.javaMessages) return '{"status":"fail"}'
    const body = `{"status":"fail","message":${JSON.stringify(text ?? 'the request failed')}`
    if (!this.profile.errorDetails || first === undefined) return `${body}}`
    const members = JSON.stringify(first).slice(1, -1)
    const rest = details.length > 1 ? `,"errors":${JSON.stringify(details)}` : ''
    return `${body},${members}${rest}}`
  }

  /** A handler as a route calls it: whatever it throws becomes an error of the API. */
  bind(handler: WireHandler): RouteDefinition<RestServices>['handler'] {
    const failed = (error: unknown): RestResponse => {
      const fault = faultOf(error)
      if (fault === null) throw error
      return this.fail(fault)
    }
    return (request, services) => {
      try {
        const answer = handler(request, services, this)
        return answer instanceof Promise ? answer.catch(failed) : answer
      } catch (error) {
        return failed(error)
      }
    }
  }
}

/** A fault for what a handler threw on purpose; `null` for everything else. */
function faultOf(error: unknown): RestFault | null {
  if (error instanceof RestFault) return error
  if (!(error instanceof MillraceError || error instanceof MillraceErrors)) return null
  const errors = asMillraceErrors(error)
  const [first] = errors
  if (first === undefined) return null
  return new RestFault(first.definition.httpStatus, first.seatunnelText(), errors.map(faultDetails))
}
