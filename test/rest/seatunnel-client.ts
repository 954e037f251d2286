import { ENDPOINT_GROUPS } from '../../src/config/node-config.js'
import { type AuditSink, NO_AUDIT } from '../../src/rest/audit.js'
import { seatunnelV1 } from '../../src/rest/dialects/seatunnel-v1/dialect.js'
import { seatunnelV2 } from '../../src/rest/dialects/seatunnel-v2/dialect.js'
import { hostPolicy } from '../../src/rest/guard/host.js'
import { OWN_ORIGIN } from '../../src/rest/guard/origin.js'
import { type ProfileName, WIRE_PROFILES } from '../../src/rest/profile.js'
import { RestRequest } from '../../src/rest/request.js'
import type { RestResponse } from '../../src/rest/response.js'
import type { Dialect } from '../../src/rest/route.js'
import { Router } from '../../src/rest/router.js'
import type { RestServices } from '../../src/rest/services.js'
import { CREATED_AT_MS } from './fake-node.js'

/** An answer as a test looks at it. */
export interface Answer {
  readonly status: number
  readonly type: string | null
  readonly body: string
  readonly isClosed: boolean
}

/** What a test asks. */
export type Ask = (
  method: string,
  target: string,
  body?: string,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>

const NOW = () => CREATED_AT_MS

/** v1 with every group open. */
export function v1(services: RestServices, profile: ProfileName = 'default'): Ask {
  const endpointGroups = { ...ENDPOINT_GROUPS, DATA: true, CLUSTER_WRITE: true }
  const hazelcast = { restApiEnabled: true, endpointGroups }
  return asking(seatunnelV1({ profile: WIRE_PROFILES[profile], hazelcast, now: NOW }), services)
}

/** v2 without a context path unless one is given. */
export function v2(
  services: RestServices,
  profile: ProfileName = 'default',
  contextPath = '',
  audit: AuditSink = NO_AUDIT,
): Ask {
  return asking(seatunnelV2({ profile: WIRE_PROFILES[profile], contextPath, now: NOW }), services, audit)
}

/** Asks a dialect without a socket. */
export function asking(dialect: Dialect<RestServices>, services: RestServices, audit: AuditSink = NO_AUDIT): Ask {
  const faults: unknown[] = []
  const router = new Router({
    dialect,
    services,
    hosts: hostPolicy(),
    origins: OWN_ORIGIN,
    authenticator: null,
    rates: null,
    audit,
    onFault: (error) => faults.push(error),
    now: NOW,
  })
  return async (method, target, body, headers = {}) => {
    const [path = '', ...rest] = target.split('?')
    const request = new RestRequest(method, path, rest.length === 0 ? null : rest.join('?'), {
      headers: Object.entries({ host: '127.0.0.1:5801', ...headers }).flat(),
      body: body === undefined ? null : Buffer.from(body),
    })
    const response = await router.handle(request)
    if (faults.length > 0) throw faults[0]
    return answerOf(response)
  }
}

function answerOf({ status, headers, body, closeWithoutReply }: RestResponse): Answer {
  const type = headers.pairs.find(([name]) => name === 'Content-Type')?.[1] ?? null
  const text = body === undefined ? '' : typeof body === 'string' ? body : Buffer.from(body as Uint8Array).toString()
  return { status, type, body: text, isClosed: closeWithoutReply === true }
}
