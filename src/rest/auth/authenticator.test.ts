import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Refusal, refusal } from '../refusal.js'
import { LOCAL_PEER, RestRequest } from '../request.js'
import { type Authenticator, authenticator } from './authenticator.js'
import { hashPassword } from './password.js'
import type { User } from './user.js'
import { parseUsers } from './users-file.js'

const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`

function request(authorization: string | null, address = '192.0.2.1'): RestRequest {
  const headers = authorization === null ? [] : ['authorization', authorization]
  return new RestRequest('GET', '/', null, { headers, peer: { ...LOCAL_PEER, remoteAddress: () => address } })
}

/** An authenticator with one user in its settings and two in a file, and its clock. */
async function sample(): Promise<{ guard: Authenticator; clock: { nowMs: number } }> {
  const clock = { nowMs: 0 }
  const lines = [`reader read ${await hashPassword('r€ad')}`, `runner operate ${await hashPassword('run.run')}`]
  const credentials = {
    plain: { name: 'admin', password: 'pässword:x' },
    accounts: parseUsers(lines.join('\n'), 'users'),
  }
  return { guard: authenticator(credentials, () => clock.nowMs), clock }
}

const codeOf = (result: User | Refusal): string => ('code' in result ? result.code : `${result.name} ${result.role}`)

describe('the authenticator', () => {
  for (const { name, header, expected } of [
    { name: 'the user of the settings', header: basic('admin', 'pässword:x'), expected: 'admin submit' },
    { name: 'the user of the settings as a bearer token', header: 'Bearer admin.x', expected: 'UNAUTHENTICATED' },
    { name: 'a user of the file', header: basic('reader', 'r€ad'), expected: 'reader read' },
    { name: 'a bearer token', header: 'Bearer runner.run.run', expected: 'runner operate' },
    {
      name: 'the scheme in small letters',
      header: basic('runner', 'run.run').replace('Basic', 'basic'),
      expected: 'runner operate',
    },
    { name: 'no credentials', header: null, expected: 'UNAUTHENTICATED' },
    { name: 'a wrong password', header: basic('admin', 'password:x'), expected: 'UNAUTHENTICATED' },
    { name: 'a wrong name', header: basic('Admin', 'pässword:x'), expected: 'UNAUTHENTICATED' },
    { name: 'an empty password', header: basic('admin', ''), expected: 'UNAUTHENTICATED' },
    { name: 'the password of another user', header: basic('reader', 'run.run'), expected: 'UNAUTHENTICATED' },
    { name: 'a name that objects have', header: basic('__proto__', 'x'), expected: 'UNAUTHENTICATED' },
    { name: 'another scheme', header: 'Digest username="admin"', expected: 'UNAUTHENTICATED' },
    { name: 'a text that is no Base64', header: 'Basic ???', expected: 'UNAUTHENTICATED' },
    { name: 'no colon', header: `Basic ${Buffer.from('admin').toString('base64')}`, expected: 'UNAUTHENTICATED' },
    { name: 'an empty header', header: '', expected: 'UNAUTHENTICATED' },
    { name: 'a password of 2 KB', header: basic('reader', 'x'.repeat(2048)), expected: 'UNAUTHENTICATED' },
    { name: 'a header of 8 KB', header: `Basic ${'A'.repeat(8192)}`, expected: 'UNAUTHENTICATED' },
  ]) {
    it(`gives ${expected} for ${name}`, async () => {
      const { guard } = await sample()
      assert.equal(codeOf(await guard.authenticate(request(header))), expected)
    })
  }

  it('asks for Basic first, with the realm of the original', async () => {
    const { guard } = await sample()
    const result = (await guard.authenticate(request(null))) as Refusal
    assert.deepEqual(result.headers, [
      ['WWW-Authenticate', 'Basic realm="SeaTunnel Web UI"'],
      ['WWW-Authenticate', 'Bearer'],
    ])
    const plain = authenticator({ plain: { name: 'a', password: 'b' }, accounts: new Map() }, () => 0)
    assert.deepEqual(((await plain.authenticate(request(null))) as Refusal).headers.length, 1)
  })

  it('makes an address wait after five failures, and longer after each further one', async () => {
    const { guard, clock } = await sample()
    const attempt = async (password: string, address?: string) =>
      codeOf(await guard.authenticate(request(basic('reader', password), address)))
    for (let failure = 0; failure < 5; failure += 1) assert.equal(await attempt(`wrong ${failure}`), 'UNAUTHENTICATED')
    assert.equal(await attempt('r€ad'), 'TOO_MANY_REQUESTS')
    assert.equal(await attempt('r€ad', '192.0.2.2'), 'reader read', 'another address does not wait')
    clock.nowMs = 999
    const waiting = (await guard.authenticate(request(basic('reader', 'r€ad')))) as Refusal
    assert.deepEqual([waiting.status, waiting.headers], [429, [['Retry-After', '1']]])
    clock.nowMs = 1000
    assert.equal(await attempt('wrong again'), 'UNAUTHENTICATED')
    clock.nowMs = 2999
    assert.equal(await attempt('r€ad'), 'TOO_MANY_REQUESTS')
    clock.nowMs = 3000
    assert.equal(await attempt('r€ad'), 'reader read')
    assert.equal(await attempt('wrong 6'), 'UNAUTHENTICATED', 'a success takes the failures away')
  })

  it('counts attempts before their outcome is known', async () => {
    const { guard } = await sample()
    const results = await Promise.all(
      Array.from({ length: 9 }, (_, index) => guard.authenticate(request(basic('reader', `wrong ${index}`)))),
    )
    assert.deepEqual(results.map(codeOf).sort(), [
      ...Array.from({ length: 4 }, () => 'TOO_MANY_REQUESTS'),
      ...Array.from({ length: 5 }, () => 'UNAUTHENTICATED'),
    ])
  })

  it('takes one client with many connections for one', async () => {
    const { guard } = await sample()
    const results = await Promise.all(
      Array.from({ length: 100 }, () => guard.authenticate(request(basic('reader', 'r€ad')))),
    )
    assert.deepEqual(new Set(results.map(codeOf)), new Set(['reader read']))
  })

  it('refuses further checks when too many wait', async () => {
    const { guard } = await sample()
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        guard.authenticate(request(basic('reader', `wrong ${index}`), `192.0.2.${index}`)),
      ),
    )
    const busy = results.filter((result) => codeOf(result) === 'NODE_BUSY').length
    assert.ok(busy > 0 && busy < 60, `${busy} were refused`)
  })

  it('knows credentials that were right a moment ago at once, for a minute', async () => {
    const { guard, clock } = await sample()
    await guard.authenticate(request(basic('reader', 'r€ad')))
    assert.deepEqual(guard.authenticate(request(basic('reader', 'r€ad'))), { name: 'reader', role: 'read' })
    clock.nowMs = 60_000
    assert.ok(guard.authenticate(request(basic('reader', 'r€ad'))) instanceof Promise)
  })

  it('never repeats what was sent', async () => {
    const { guard } = await sample()
    const text = JSON.stringify(await guard.authenticate(request(basic('canary', 'canary'))))
    assert.ok(!text.includes('canary'))
    assert.equal(refusal('UNAUTHENTICATED', '').status, 401)
  })
})
