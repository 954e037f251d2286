import { loadNodeConfig } from '../../src/config/node-config.js'
import { NO_AUDIT } from '../../src/rest/audit.js'
import { AsyncOperations, flinkDialect } from '../../src/rest/dialects/flink/dialect.js'
import { FLINK_PROFILES } from '../../src/rest/dialects/flink/profile.js'
import { hostPolicy } from '../../src/rest/guard/host.js'
import { OWN_ORIGIN } from '../../src/rest/guard/origin.js'
import { RestRequest } from '../../src/rest/request.js'
import type { RestResponse } from '../../src/rest/response.js'
import { Router } from '../../src/rest/router.js'
import { type FakeNode, fakeServices } from './fake-node.js'

/** What answers requests for the API of Flink over the jobs that a test writes. */
export function flinkRouter(
  node: FakeNode,
  allowedOrigin: string | null = null,
  name: '2.1' | '1.20' = '2.1',
  shutdown?: () => void,
) {
  const dialect = flinkDialect({
    version: '0.0.0',
    profile: FLINK_PROFILES[name],
    engine: loadNodeConfig({}).engine,
    prefix: '',
    isShutdownAllowed: shutdown !== undefined,
    checkpointHistory: 10,
    isSubmitAllowed: true,
    packageBytes: 1024 * 1024,
    allowedOrigin,
    operations: new AsyncOperations(),
  })
  const options = {
    hosts: hostPolicy(['host']),
    origins: OWN_ORIGIN,
    authenticator: null,
    rates: null,
    audit: NO_AUDIT,
  }
  const served = new Router({
    ...options,
    dialect,
    services: fakeServices(node, { shutdown }),
    onFault: (error) => {
      throw error
    },
    now: Date.now,
  })
  return async (method: string, target: string, body = '', headers: readonly string[] = []): Promise<RestResponse> => {
    const [path = '', query = null] = target.split('?')
    const own = ['host', 'host', ...headers]
    return served.handle(
      new RestRequest(method, path, query, { headers: own, body: body === '' ? null : Buffer.from(body) }),
    )
  }
}

/** The members of an answer. */
export const bodyOf = ({ body }: RestResponse) => JSON.parse(String(body)) as Record<string, unknown>
