import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import type { User } from '../../src/rest/auth/user.js'
import { type Refusal, refusal } from '../../src/rest/refusal.js'
import { type SampleServer, startSample, TRANSPORTS } from './transports.js'

const post = (target: string, length: number): string =>
  `POST ${target} HTTP/1.1\r\nHost: host\r\nContent-Length: ${length}\r\n\r\n`

/** Passwords are checked aside: the body of a request may be there before it is known who sent it. */
for (const [kind, transport] of TRANSPORTS) {
  describe(`the transport '${kind}' while a password is checked`, () => {
    let server: SampleServer
    let decide: (result: User | Refusal) => void = () => {}
    const start = async (limits = {}) => {
      const authenticate = () =>
        new Promise<User | Refusal>((resolve) => {
          decide = resolve
          server.services.calls.push('asked')
        })
      server = await startSample(transport, { limits, router: { authenticator: { authenticate } } })
      return server.open()
    }
    const asked = (): Promise<void> => server.until(() => server.services.calls.includes('asked'))
    const user: User = { name: 'someone', role: 'submit' }
    afterEach(() => server.stop())

    for (const bytes of [0, 1, 1000, 500_000])
      it(`keeps a body of ${bytes} bytes for later`, async () => {
        const connection = await start()
        const body = 'b'.repeat(bytes)
        connection.send(post('/echo', bytes) + body.slice(0, bytes / 2))
        await asked()
        connection.send(body.slice(bytes / 2))
        assert.equal(server.services.calls.includes('echo'), false)
        decide(user)
        assert.equal((await connection.answer())?.body, body)
      })

    it('streams a body from its first byte', async () => {
      const connection = await start()
      connection.send(`${post('/upload', 10)}01234`)
      await asked()
      decide(user)
      connection.send('56789')
      assert.equal((await connection.answer())?.body, '10')
    })

    it('takes no more than it can hold', async () => {
      const connection = await start()
      connection.send(post('/upload', 50_000_000))
      await asked()
      let taken = 0
      const sent = new Promise<void>((resolve) => {
        connection.socket.write(Buffer.alloc(50_000_000), () => resolve())
        connection.socket.on('drain', () => {
          taken = 50_000_000
        })
      })
      for (let turns = 0; turns < 50; turns += 1) await new Promise((resolve) => setImmediate(resolve))
      assert.equal(taken, 0, 'the connection is paused')
      decide(user)
      await sent
      assert.equal((await connection.answer())?.body, '50000000')
    })

    it('refuses with the body unread', async () => {
      const connection = await start()
      connection.send(`${post('/echo', 5)}abcde`)
      await asked()
      decide(refusal('UNAUTHENTICATED', 'no'))
      assert.equal((await connection.answer())?.status, 401)
      connection.send('GET /open HTTP/1.1\r\nHost: host\r\n\r\n')
      assert.equal((await connection.answer())?.body, 'open')
      assert.equal(server.services.calls.includes('echo'), false)
    })

    it('forgets a client that left', async () => {
      const connection = await start()
      connection.send(`${post('/echo', 5)}ab`)
      await asked()
      connection.socket.destroy()
      // A connection that is paused is not heard of before it goes on.
      decide(user)
      await server.idle()
      assert.equal(server.services.calls.includes('echo'), false)
      assert.deepEqual(server.faults, [])
    })

    it('does not wait for ever', async () => {
      const connection = await start({ requestMs: 30 })
      connection.send('GET /hello HTTP/1.1\r\nHost: host\r\n\r\n')
      assert.equal((await connection.answer())?.status, 503)
      decide(user)
      await new Promise((resolve) => setImmediate(resolve))
      assert.equal(server.services.calls.includes('hello'), false)
    })
  })
}
