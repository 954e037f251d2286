import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { LOCAL_PEER, RestRequest } from '../request.js'
import { hostName, hostPolicy } from './host.js'
import { openServedFile, safeFileName } from './log-name.js'
import { OWN_ORIGIN, originFault } from './origin.js'
import { isLoopback, RateLimiter } from './rate-limit.js'

describe('hostPolicy', () => {
  for (const { host, local, beyond } of [
    { host: 'localhost', local: true, beyond: true },
    { host: 'LocalHost:5801', local: true, beyond: true },
    { host: 'localhost.:5801', local: true, beyond: true },
    { host: '127.0.0.1', local: true, beyond: true },
    { host: '127.0.0.1:8080', local: true, beyond: true },
    { host: '[::1]:8080', local: true, beyond: true },
    { host: 'node.internal:8080', local: true, beyond: true },
    { host: '10.0.0.5:8080', local: false, beyond: true },
    { host: '[fd00::1]', local: false, beyond: true },
    { host: 'evil.example', local: false, beyond: false },
    { host: 'evil.example:8080', local: false, beyond: false },
    { host: '127.0.0.1.evil.example', local: false, beyond: false },
    { host: 'localhost.evil.example', local: false, beyond: false },
    { host: 'localhost@evil.example', local: false, beyond: false },
    { host: 'localhost:8080@evil.example', local: false, beyond: false },
    { host: 'localhost/', local: false, beyond: false },
    { host: 'localhost:port', local: false, beyond: false },
    { host: 'localhost:999999', local: false, beyond: false },
    { host: '[::1', local: false, beyond: false },
    { host: '2130706433', local: false, beyond: false },
    { host: '0x7f.1', local: false, beyond: false },
    { host: '', local: false, beyond: false },
    { host: '__proto__', local: false, beyond: false },
  ])
    it(`${local ? 'accepts' : 'refuses'} '${host}' on this machine, ${beyond ? 'accepts' : 'refuses'} it beyond`, () => {
      // Asked twice: what was accepted is remembered.
      for (const [policy, expected] of [
        [hostPolicy(['Node.Internal']), local],
        [hostPolicy(['Node.Internal'], true), beyond],
      ] as const)
        for (const _ of [1, 2]) assert.equal(policy.fault(host)?.status ?? 200, expected ? 200 : 421)
    })

  it('accepts a request without Host, which is HTTP/1.0', () => assert.equal(hostPolicy().fault(null), null))

  it('accepts every name when that is set', () => {
    assert.equal(hostPolicy(['*']).fault('any.example'), null)
    assert.equal(hostPolicy(['*']).fault('a b')?.status, 421)
  })

  it('remembers no more names than it may', () => {
    const policy = hostPolicy([], true)
    for (let index = 0; index < 1000; index += 1) assert.equal(policy.fault(`10.0.0.1:${index}`), null)
  })

  it('shows no control characters of what was sent', () => {
    assert.ok(!/[\r\n]/.test(hostPolicy().fault('evil\r\nX: y')?.message ?? ''))
    assert.equal(hostName('a\r\nb'), null)
  })
})

describe('originFault', () => {
  const request = (method: string, headers: Readonly<Record<string, string>>, secure = false): RestRequest =>
    new RestRequest(method, '/submit-job', null, {
      headers: Object.entries({ host: 'localhost:5801', ...headers }).flat(),
      peer: { ...LOCAL_PEER, secure },
    })
  const json = { 'content-type': 'application/json' }
  const own = { origin: 'http://localhost:5801' }
  for (const { name, method = 'POST', headers, secure = false, status } of [
    { name: 'no Origin', headers: {}, status: 200 },
    { name: 'no Origin, with a form', headers: { 'content-type': 'application/x-www-form-urlencoded' }, status: 200 },
    { name: 'its own Origin', headers: { ...own, ...json }, status: 200 },
    {
      name: 'its own Origin over TLS',
      headers: { origin: 'https://localhost:5801', ...json },
      secure: true,
      status: 200,
    },
    { name: 'its own Origin with another scheme', headers: { ...own, ...json }, secure: true, status: 403 },
    {
      name: 'its own Origin behind a proxy with TLS',
      headers: { origin: 'https://localhost:5801', ...json },
      status: 200,
    },
    { name: 'an Origin with another port', headers: { origin: 'http://localhost:80', ...json }, status: 403 },
    { name: 'an allowed Origin', headers: { origin: 'https://console.example', ...json }, status: 200 },
    { name: 'another Origin', headers: { origin: 'https://evil.example', ...json }, status: 403 },
    {
      name: 'another Origin with PUT',
      method: 'PUT',
      headers: { origin: 'https://evil.example', ...json },
      status: 403,
    },
    { name: 'another Origin with DELETE', method: 'DELETE', headers: { origin: 'https://evil.example' }, status: 403 },
    { name: 'another Origin that only reads', method: 'GET', headers: { origin: 'https://evil.example' }, status: 200 },
    { name: 'an Origin of null', headers: { origin: 'null', ...json }, status: 403 },
    { name: 'an empty Origin', headers: { origin: '', ...json }, status: 403 },
    { name: 'a request across sites without Origin', headers: { 'sec-fetch-site': 'cross-site' }, status: 403 },
    {
      name: 'its own Origin with a form',
      headers: { ...own, 'content-type': 'application/x-www-form-urlencoded' },
      status: 415,
    },
    {
      name: 'its own Origin with a text',
      headers: { ...own, 'content-type': 'Text/Plain; charset=utf-8' },
      status: 415,
    },
    {
      name: 'its own Origin with an upload',
      headers: { ...own, 'content-type': 'multipart/form-data; boundary=x' },
      status: 415,
    },
    { name: 'its own Origin without a type', headers: own, status: 415 },
    { name: 'its own Origin without a type, with DELETE', method: 'DELETE', headers: own, status: 200 },
    {
      name: 'its own Origin with an upload and a header',
      headers: { ...own, 'content-type': 'multipart/form-data', 'x-requested-with': 'x' },
      status: 200,
    },
  ])
    it(`gives ${status} for ${name}`, () => {
      const policy = { allowed: new Set(['https://console.example']) }
      assert.equal(originFault(request(method, headers, secure), policy)?.status ?? 200, status)
    })

  it('allows nobody else unless it is told', () => {
    const each = request('POST', { origin: 'https://console.example', ...json })
    assert.equal(originFault(each, OWN_ORIGIN)?.code, 'FORBIDDEN')
    assert.equal(originFault(each, { allowed: new Set(['*']) }), null)
  })

  it('takes a form from its own pages where a route does, and from no others', () => {
    const type = { 'content-type': 'multipart/form-data; boundary=x' }
    for (const [headers, takesForms, status] of [
      [own, true, 200],
      [own, false, 415],
      [{ origin: 'https://evil.example' }, true, 403],
      [{ origin: 'null' }, true, 403],
      [{ 'sec-fetch-site': 'cross-site' }, true, 403],
    ] as const)
      assert.equal(originFault(request('POST', { ...headers, ...type }), OWN_ORIGIN, takesForms)?.status ?? 200, status)
    const allowed = { allowed: new Set(['https://console.example']) }
    const foreign = request('POST', { origin: 'https://console.example', ...type })
    assert.equal(originFault(foreign, allowed, true)?.status, 415)
  })
})

describe('RateLimiter', () => {
  it('lets a burst and then a steady flow pass', () => {
    let nowMs = 0
    const limiter = new RateLimiter({ requestsPerSecond: 10, burst: 3, addresses: 10 }, () => nowMs)
    const statuses = (): number[] => [1, 2, 3, 4, 5].map(() => limiter.fault('192.0.2.1')?.status ?? 200)
    assert.deepEqual(statuses(), [200, 200, 200, 429, 429])
    nowMs += 100
    assert.deepEqual(statuses(), [200, 429, 429, 429, 429])
    nowMs += 3_600_000
    assert.deepEqual(statuses(), [200, 200, 200, 429, 429])
    assert.equal(limiter.fault('192.0.2.2'), null)
    assert.deepEqual(limiter.fault('192.0.2.1')?.headers, [['Retry-After', '1']])
  })

  it('does not limit this machine', () => {
    const limiter = new RateLimiter({ requestsPerSecond: 1, burst: 1, addresses: 10 }, () => 0)
    for (const address of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])
      for (const _ of [1, 2, 3]) assert.equal(limiter.fault(address), null, address)
    for (const address of ['::2', '1.2.3.127', '::ffff:1.2.3.4', '']) assert.equal(isLoopback(address), false, address)
  })

  it('forgets the address that was idle for longest', () => {
    const limiter = new RateLimiter({ requestsPerSecond: 1, burst: 1, addresses: 2 }, () => 0)
    for (const address of ['a', 'b']) assert.equal(limiter.fault(address), null)
    assert.equal(limiter.fault('a')?.status, 429)
    assert.equal(limiter.fault('c'), null, 'b makes room')
    assert.equal(limiter.fault('a')?.status, 429)
    assert.equal(limiter.fault('b'), null, 'b is new again')
  })
})

describe('openServedFile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-logs-'))
  const logs = join(folder, 'logs')
  mkdirSync(join(logs, 'folder.log'), { recursive: true })
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  writeFileSync(join(logs, 'job-1.log'), 'line')
  symlinkSync(join(folder, 'secret.txt'), join(logs, 'link.log'))
  symlinkSync(join(logs, 'job-1.log'), join(logs, 'inner.log'))
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('opens a file of the folder, also when its name is escaped', async () => {
    for (const name of ['job-1.log', 'job%2d1.log', '%6aob-1.log']) {
      const file = await openServedFile(logs, name)
      assert.equal(await file?.readFile('utf8'), 'line', name)
      await file?.close()
    }
  })

  for (const name of [
    'link.log',
    'inner.log',
    'folder.log',
    'none.log',
    '../secret.txt',
    '..%2fsecret.txt',
    '%252e%252e%252fsecret.txt',
  ])
    it(`does not open '${name}'`, async () => {
      const file = await openServedFile(logs, name)
      await file?.close()
      assert.equal(file, null)
    })

  it('says when the folder is not there', async () => {
    await assert.rejects(openServedFile(join(folder, 'none'), 'a.log'), { code: 'FILE_READ_FAILED' })
  })

  for (const [raw, name] of [
    ['job-1.log', 'job-1.log'],
    ['seatunnel-engine-server.log.2026-11-26-1', 'seatunnel-engine-server.log.2026-11-26-1'],
    ['a'.repeat(200), 'a'.repeat(200)],
    ['_a', '_a'],
    ['-a', '-a'],
  ] as const)
    it(`takes '${raw.slice(0, 50)}' for a name`, () => assert.equal(safeFileName(raw), name))
})
