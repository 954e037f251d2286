import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadNodeConfig } from '../../src/config/node-config.js'
import { NO_AUDIT } from '../../src/rest/audit.js'
import type { Authenticator } from '../../src/rest/auth/authenticator.js'
import type { Role } from '../../src/rest/auth/user.js'
import { hostPolicy } from '../../src/rest/guard/host.js'
import { OWN_ORIGIN } from '../../src/rest/guard/origin.js'
import { nodeDialects } from '../../src/rest/open-rest.js'
import { PROFILE_NAMES } from '../../src/rest/profile.js'
import { refusal } from '../../src/rest/refusal.js'
import { RestRequest } from '../../src/rest/request.js'
import { isResponse } from '../../src/rest/route.js'
import { Router } from '../../src/rest/router.js'
import { FakeNode, fakeServices } from './fake-node.js'

const OPEN = `hazelcast:
  network:
    rest-api:
      enabled: true
      endpoint-groups:
        DATA:
          enabled: true
        CLUSTER_WRITE:
          enabled: true
`
const FLINK = 'seatunnel: {}\nmillrace:\n  flink:\n    enabled: true\n'
const nobody: Authenticator = { authenticate: () => refusal('UNAUTHENTICATED', 'who is it?') }
const as = (role: Role): Authenticator => ({ authenticate: () => ({ name: 'somebody', role }) })

/** Every route of every dialect that a node can have, each with a request that it takes. */
function everyRoute() {
  return PROFILE_NAMES.flatMap((profile) => {
    const config = loadNodeConfig({
      seatunnel: { file: 'seatunnel.yaml', text: FLINK },
      hazelcast: { file: 'hazelcast.yaml', text: OPEN },
    })
    const dialects = nodeDialects({ config, profile, version: '0', now: () => 0 })
    assert.ok(dialects.flink !== null)
    return [dialects.v1, dialects.v2, dialects.flink].flatMap((dialect) =>
      dialect.routes.flatMap((route) =>
        route.methods.map((method) => ({ dialect, route, method, path: route.pattern.replaceAll(/\{\w+\}/g, '1') })),
      ),
    )
  })
}

/** The status that a request is refused with, or `null` when it is let in. */
async function refused({ dialect, method, path }: ReturnType<typeof everyRoute>[number], authenticator: Authenticator) {
  const router = new Router({
    dialect,
    services: fakeServices(new FakeNode()),
    hosts: hostPolicy(),
    origins: OWN_ORIGIN,
    authenticator,
    rates: null,
    audit: NO_AUDIT,
    onFault: (error) => {
      throw error
    },
    now: () => 0,
  })
  const admitted = await router.admit(new RestRequest(method, path, null, { headers: ['host', '127.0.0.1'] }))
  return isResponse(admitted) ? admitted.status : null
}

describe('every route', () => {
  const routes = everyRoute()

  it('asks who comes, but for the probes', async () => {
    const open = new Set<string>()
    for (const each of routes) {
      const status = await refused(each, nobody)
      if (status === null) open.add(each.path)
      else assert.equal(status, 401, `${each.method} ${each.path}`)
    }
    assert.deepEqual([...open].toSorted(), ['/healthz', '/readyz'])
  })

  it('that changes something is closed to who may only read', async () => {
    for (const each of routes) {
      // The dashboard of Flink cancels jobs by a GET.
      const isChange = !['GET', 'HEAD'].includes(each.method) || each.path.endsWith('/yarn-cancel')
      assert.equal(await refused(each, as('read')), isChange ? 403 : null, `${each.method} ${each.path}`)
    }
  })

  it('that submits is closed to who may only operate', async () => {
    for (const each of routes) {
      const isSubmit = each.route.access === 'submit'
      assert.equal(await refused(each, as('operate')), isSubmit ? 403 : null, `${each.method} ${each.path}`)
      if (/submit|POST.*\/jobs$/i.test(each.route.id)) assert.ok(isSubmit, each.route.id)
      assert.equal(await refused(each, as('submit')), null)
    }
  })
})
