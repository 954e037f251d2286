import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { listenUws } from '../../src/rest/transport/uws/listener.js'
import type { RawConnection } from './raw-client.js'
import { type SampleServer, startSample } from './transports.js'

/** What takes the library's own ten seconds runs in `npm run test:long` only. */
const IS_LONG = process.env.MILLRACE_TEST === 'long'
const HEAD = 'Host: host\r\n'
const TRICKLE_MS = 500

/** Statements of `docs/access.md` about what the pinned build of uWebSockets.js does by itself: a new build has to be looked at again. */
describe('uWebSockets.js by itself', { concurrency: true }, () => {
  let server: SampleServer
  before(async () => {
    server = await startSample(listenUws)
  })
  after(() => server.stop())

  /** Sends one piece after the other until the server closes the connection; returns how many. */
  async function trickle(connection: RawConnection, piece: string): Promise<number> {
    let sent = 0
    while (!connection.isClosed) {
      connection.send(piece)
      sent += 1
      await Promise.race([connection.closed(), new Promise((resolve) => setTimeout(resolve, TRICKLE_MS))])
    }
    return sent
  }

  it('hides the headers behind one without a name', async () => {
    const connection = await server.open()
    connection.send(`GET /hello HTTP/1.1\r\n${HEAD}: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n`)
    assert.equal((await connection.answer())?.status, 200)
  })

  it('reads 48 headers, and answers nothing to more', async () => {
    const request = (count: number): string =>
      `GET /hello HTTP/1.1\r\n${HEAD}${Array.from({ length: count - 1 }, (_, index) => `X-${index}: a\r\n`).join('')}\r\n`
    const connection = await server.open()
    connection.send(request(48))
    assert.equal((await connection.answer())?.status, 200)
    connection.send(request(49))
    connection.socket.end()
    await connection.closed()
    assert.equal(connection.rest, '')
  })

  it('refuses a head of more than 4 KB that comes in two packets', async () => {
    const connection = await server.open()
    connection.send(`GET /hello HTTP/1.1\r\n${HEAD}X: ${'a'.repeat(3000)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
    connection.send(`${'a'.repeat(3000)}\r\n\r\n`)
    await connection.closed()
    assert.equal(connection.rest, '')
  })

  it('closes a connection whose second request comes before an answer that takes time', async () => {
    const connection = await server.open()
    connection.send(`GET /async HTTP/1.1\r\n${HEAD}\r\nGET /hello HTTP/1.1\r\n${HEAD}\r\n`)
    await connection.closed()
    assert.equal(connection.rest, '')
  })

  it('reads trailer fields as the next request', async () => {
    const connection = await server.open()
    connection.send(`POST /echo HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-A: b\r\n\r\n`)
    assert.equal((await connection.answer())?.body, 'abc')
    connection.send(`GET /hello HTTP/1.1\r\n${HEAD}\r\n`)
    connection.socket.end()
    await connection.closed()
    assert.equal(connection.rest, '')
  })

  for (const { name, first, piece } of [
    { name: 'headers that trickle', first: `GET /hello HTTP/1.1\r\n${HEAD}X: `, piece: 'a' },
    {
      name: 'a body that trickles',
      first: `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: 100000\r\n\r\n`,
      piece: 'abcd',
    },
  ])
    it(`ends ${name}`, { skip: !IS_LONG }, async () => {
      const connection = await server.open()
      connection.send(first)
      const sent = await trickle(connection, piece)
      assert.ok(sent > 5 && sent < 40, `after ${sent} pieces`)
    })

  it('closes a connection without a request', { skip: !IS_LONG }, async () => {
    const connection = await server.open()
    connection.send(`GET /hello HTTP/1.1\r\n${HEAD}\r\n`)
    assert.equal((await connection.answer())?.status, 200)
    await connection.closed()
  })

  it('lets a request wait that is not answered', { skip: !IS_LONG }, async () => {
    const connection = await server.open()
    connection.send(`GET /gate HTTP/1.1\r\n${HEAD}\r\n`)
    await new Promise((resolve) => setTimeout(resolve, 15_000))
    server.services.openGate()
    assert.equal((await connection.answer())?.body, 'through')
  })
})
