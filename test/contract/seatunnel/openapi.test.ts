import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ENDPOINT_GROUPS, loadNodeConfig } from '../../../src/config/node-config.js'
import type { DescribedRoute } from '../../../src/rest/described-route.js'
import { seatunnelV1 } from '../../../src/rest/dialects/seatunnel-v1/dialect.js'
import { seatunnelV2 } from '../../../src/rest/dialects/seatunnel-v2/dialect.js'
import { nodeDialects } from '../../../src/rest/open-rest.js'
import { WIRE_PROFILES } from '../../../src/rest/profile.js'
import { RestRequest } from '../../../src/rest/request.js'
import { isResponse } from '../../../src/rest/route.js'
import { FakeNode, fakeServices } from '../../rest/fake-node.js'
import { asking } from '../../rest/seatunnel-client.js'
import { matches, type Schema } from '../../support/json-schema.js'
import { RECORDED, type RecordedCase, type RecordedProfile, recordedCases, SHARED } from './recordings.js'

const now = () => 0

/** The route of a recorded request, or `null` where no endpoint answers it. */
function routesOf(profile: RecordedProfile): (recorded: RecordedCase) => DescribedRoute | null {
  const hazelcast = { restApiEnabled: true, endpointGroups: { ...ENDPOINT_GROUPS, DATA: true, CLUSTER_WRITE: true } }
  const v1 = seatunnelV1({ profile: WIRE_PROFILES[profile], hazelcast, now })
  const v2 = (contextPath: string) => seatunnelV2({ profile: WIRE_PROFILES[profile], contextPath, now })
  return ({ name, request }) => {
    if (request === undefined) return null
    const [path = '', ...query] = request.path.split('?')
    const dialect = name.startsWith('v1-') ? v1 : v2(name.startsWith('v2-context-') ? '/seatunnel' : '')
    const found = dialect.match(new RestRequest(request.method, path, query.length === 0 ? null : query.join('?')))
    return isResponse(found) ? null : (found.route as DescribedRoute)
  }
}

for (const profile of Object.keys(RECORDED) as RecordedProfile[]) {
  describe(`the description of ${profile}`, { skip: SHARED === null ? 'the recordings are not here' : false }, () => {
    const routeOf = routesOf(profile)
    for (const recorded of recordedCases(profile).values()) {
      const route = routeOf(recorded)
      const { status, headers, body } = recorded.response ?? { status: null, headers: {}, body: null }
      if (route === null || typeof status !== 'number') continue
      it(`allows ${recorded.name}`, () => {
        const answers = route.responses.filter((answer) => answer.status === status)
        assert.notEqual(answers.length, 0, `${route.id} does not describe ${status}`)
        const [type = ''] = (headers['Content-Type'] ?? '').split(';')
        // What HEAD gets has no content to look at.
        if ((body ?? '') === '' || recorded.request?.method === 'HEAD') return
        const fitting = answers.filter(({ contentType }) => contentType === type)
        assert.notEqual(fitting.length, 0, `${route.id} does not describe ${type}`)
        if (type !== 'application/json') return
        const value: unknown = JSON.parse(body ?? '')
        assert.ok(
          fitting.some(({ schema }) => schema === undefined || matches(schema as Schema, value)),
          `${route.id} describes another shape`,
        )
      })
    }
  })
}

describe('the OpenAPI document', () => {
  const dialects = nodeDialects({ config: loadNodeConfig({}), profile: 'default', version: '1.2.3', now })

  it('has every route of every dialect once', async () => {
    const { body } = await asking(dialects.v1, fakeServices(new FakeNode()))('GET', '/openapi.json')
    const document = JSON.parse(body)
    assert.deepEqual([document.openapi, document.info.version], ['3.1.0', '1.2.3'])
    const operations = new Map<string, string>()
    for (const [path, item] of Object.entries(
      document.paths as Record<string, Record<string, { operationId: string }>>,
    )) {
      for (const [method, { operationId }] of Object.entries(item)) {
        assert.ok(!operations.has(operationId), operationId)
        operations.set(operationId, `${method} ${path}`)
      }
    }
    const routes = new Set([...dialects.v1.routes, ...dialects.v2.routes])
    for (const route of routes) {
      const [method = ''] = route.methods
      assert.ok([...operations.values()].includes(`${method.toLowerCase()} ${route.pattern}`), route.pattern)
    }
  })

  it('says of every operation what it is for and who may call it', () => {
    for (const route of [...dialects.v1.routes, ...dialects.v2.routes] as DescribedRoute[]) {
      assert.notEqual(route.summary, '')
      assert.notEqual(route.responses.length, 0)
      const names = [...route.pattern.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const described = route.parameters.filter(({ in: where }) => where === 'path').map(({ name }) => name)
      assert.deepEqual(described, names, route.pattern)
    }
  })
})
