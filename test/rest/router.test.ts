import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AuditEntry, auditLine } from '../../src/rest/audit.js'
import { type Authenticator, authenticator } from '../../src/rest/auth/authenticator.js'
import type { Role } from '../../src/rest/auth/user.js'
import { safeFileName } from '../../src/rest/guard/log-name.js'
import { RateLimiter } from '../../src/rest/guard/rate-limit.js'
import { LOCAL_PEER, RestRequest } from '../../src/rest/request.js'
import { SAMPLE_DIALECT, SAMPLE_ROUTES, sampleServices } from './sample-dialect.js'
import { sampleRouter } from './transports.js'
import { TRAVERSAL_CORPUS } from './traversal-corpus.js'

const HEADERS = ['host', 'localhost']

function request(
  method: string,
  path: string,
  headers: readonly string[] = [],
  body: string | null = null,
): RestRequest {
  const parts = { headers: [...HEADERS, ...headers], body: body === null ? null : Buffer.from(body) }
  return new RestRequest(method, path, null, parts)
}

/** Lets everybody in with one role. */
const everybody = (role: Role): Authenticator => ({ authenticate: () => ({ name: 'someone', role }) })

describe('the router without sockets', () => {
  const services = sampleServices()
  const faults: unknown[] = []
  const router = sampleRouter(services, faults)

  it('answers a route', async () => {
    const response = await router.handle(request('GET', '/hello'))
    assert.deepEqual([response.status, response.body], [200, 'hello'])
  })

  it('answers at once where the handler does', () => {
    const admission = router.admit(request('GET', '/hello'))
    assert.ok(!(admission instanceof Promise) && 'run' in admission)
    assert.ok(!(admission.run(request('GET', '/hello')) instanceof Promise))
  })

  it('gives a streamed route the body that is there', async () => {
    assert.equal((await router.handle(request('POST', '/upload', [], 'abc'))).body, '3')
    assert.equal((await router.handle(request('POST', '/upload'))).body, '0')
  })

  it('refuses a body beyond the limit of the route', async () => {
    const response = await router.handle(request('POST', '/small', [], 'x'.repeat(17)))
    assert.deepEqual([response.status, response.close], [413, true])
  })

  it('refuses another host name before anything else', async () => {
    services.calls.length = 0
    const evil = new RestRequest('GET', '/hello', null, { headers: ['host', 'evil.example'] })
    assert.equal((await router.handle(evil)).status, 421)
    assert.deepEqual(services.calls, [])
  })

  it('refuses a page of another origin', async () => {
    const headers = ['origin', 'http://evil.example', 'content-type', 'application/json']
    assert.equal((await router.handle(request('POST', '/submit', headers, '{}'))).status, 403)
  })

  it('counts answers by route and status, and what no route answered', async () => {
    const counted: string[] = []
    const router = sampleRouter(sampleServices(), [], {
      meter: (dialect, route) => (status, seconds) => {
        assert.ok(seconds >= 0)
        counted.push(`${dialect} ${route} ${status}`)
      },
    })
    await router.handle(request('GET', '/hello'))
    await router.handle(request('GET', '/no/such/path'))
    await router.handle(new RestRequest('GET', '/hello', null, { headers: ['host', 'evil.example'] }))
    const { name } = SAMPLE_DIALECT
    assert.deepEqual(counted, [`${name} hello 200`, `${name} (refused) 404`, `${name} (refused) 421`])
  })

  it('does not know two routes of one id', () => {
    const [first] = SAMPLE_ROUTES
    assert.ok(first !== undefined)
    assert.throws(
      () => sampleRouter(services, faults, { dialect: { ...SAMPLE_DIALECT, routes: [first, first] } }),
      TypeError,
    )
  })

  it('limits the rate of addresses', async () => {
    const rates = new RateLimiter({ requestsPerSecond: 1, burst: 1, addresses: 10 }, () => 0)
    const limited = sampleRouter(services, faults, { rates })
    const from = (): RestRequest =>
      new RestRequest('GET', '/hello', null, {
        headers: HEADERS,
        peer: { ...LOCAL_PEER, remoteAddress: () => '192.0.2.1' },
      })
    assert.equal((await limited.handle(from())).status, 200)
    assert.equal((await limited.handle(from())).status, 429)
  })
})

describe('authentication', () => {
  const guard = authenticator({ plain: { name: 'admin', password: 'secret' }, accounts: new Map() }, () => 0)
  const services = sampleServices()
  const router = sampleRouter(services, [], { authenticator: guard })
  const right = ['authorization', `Basic ${Buffer.from('admin:secret').toString('base64')}`]

  for (const { id, methods, pattern, access } of SAMPLE_ROUTES)
    for (const method of methods)
      it(`is ${access === 'public' ? 'not needed' : 'needed'} for ${method} ${id}`, async () => {
        services.calls.length = 0
        const response = await router.handle(request(method, pattern))
        if (access === 'public') return assert.equal(response.status, 200)
        assert.equal(response.status, 401)
        assert.deepEqual(response.headers.pairs.at(-1), ['WWW-Authenticate', 'Basic realm="SeaTunnel Web UI"'])
        assert.deepEqual(services.calls, [])
      })

  for (const [method, path] of [
    ['GET', '/other'],
    ['DELETE', '/hello'],
  ] as const)
    it(`is needed to hear that ${method} ${path} is not there`, async () => {
      assert.equal((await router.handle(request(method, path))).status, 401)
      assert.ok((await router.handle(request(method, path, right))).status >= 404)
    })

  it('gives the user to the route', async () => {
    const asked = request('GET', '/hello', right)
    assert.equal((await router.handle(asked)).status, 200)
    assert.deepEqual(asked.user, { name: 'admin', role: 'submit' })
  })

  for (const { role, access, status } of [
    { role: 'read', access: 'read', status: 200 },
    { role: 'read', access: 'operate', status: 403 },
    { role: 'read', access: 'submit', status: 403 },
    { role: 'operate', access: 'operate', status: 200 },
    { role: 'operate', access: 'submit', status: 403 },
    { role: 'submit', access: 'submit', status: 200 },
  ] as const)
    it(`gives ${status} to role '${role}' for a route of '${access}'`, async () => {
      const limited = sampleRouter(services, [], { authenticator: everybody(role) })
      const path = { read: '/hello', operate: '/echo', submit: '/submit' }[access]
      assert.equal((await limited.handle(request(access === 'read' ? 'GET' : 'POST', path, [], 'a'))).status, status)
    })

  it('fails closed when it cannot be checked', async () => {
    const faults: unknown[] = []
    const broken = sampleRouter(services, faults, {
      authenticator: { authenticate: () => Promise.reject(new Error('no memory')) },
    })
    assert.equal((await broken.handle(request('GET', '/hello'))).status, 500)
    assert.equal(faults.length, 1)
  })
})

describe('the audit log', () => {
  /** Entries for some requests. */
  async function entriesOf(...requests: readonly RestRequest[]): Promise<AuditEntry[]> {
    const entries: AuditEntry[] = []
    const router = sampleRouter(sampleServices(), [], {
      authenticator: everybody('operate'),
      audit: (entry) => entries.push(entry),
      now: () => 1000,
    })
    for (const each of requests) await router.handle(each)
    return entries
  }

  it('has who changed what, from where, and what it was about', async () => {
    const entries: AuditEntry[] = []
    const router = sampleRouter(sampleServices(), [], { audit: (entry) => entries.push(entry), now: () => 1000 })
    await router.handle(request('POST', '/submit', [], '{"password":"canary"}'))
    assert.deepEqual(entries, [
      {
        timeMs: 1000,
        user: null,
        remoteAddress: '127.0.0.1',
        dialect: 'sample',
        method: 'POST',
        route: 'submit',
        jobId: '42',
        configHash: 'abc',
        status: 200,
      },
    ])
    assert.ok(!entries.map(auditLine).join('').includes('canary'))
  })

  it('has no reads, and everything that was refused for who asked', async () => {
    const entries = await entriesOf(
      request('GET', '/hello'),
      request('POST', '/echo', [], 'a'),
      request('POST', '/submit', [], 'a'),
    )
    assert.deepEqual(
      entries.map(({ user, route, status }) => [user, route, status]),
      [
        ['someone', 'echo', 200],
        ['someone', null, 403],
      ],
    )
  })

  it('is one line of JSON whatever is in it', () => {
    const entry = {
      timeMs: 0,
      user: 'a\nb',
      remoteAddress: '',
      dialect: '',
      method: '',
      route: null,
      jobId: '"',
      configHash: null,
      status: 200,
    }
    const line = auditLine(entry)
    assert.ok(!line.includes('\n'))
    assert.equal((JSON.parse(line) as { time: string }).time, '1970-01-01T00:00:00.000Z')
  })
})

describe('the corpus of names that leave a folder', () => {
  it('has at least 200 ways', () => assert.ok(new Set(TRAVERSAL_CORPUS).size >= 200, `${TRAVERSAL_CORPUS.length}`))

  it('gives no name that is more than a name', () => {
    const accepted = TRAVERSAL_CORPUS.map(safeFileName).filter((name) => name !== null)
    assert.deepEqual(accepted, [])
  })
})
