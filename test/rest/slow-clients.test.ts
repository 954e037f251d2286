import assert from 'node:assert/strict'
import { once } from 'node:events'
import { afterEach, describe, it } from 'node:test'
import type { RawConnection } from './raw-client.js'
import { type SampleOptions, type SampleServer, startSample, TRANSPORTS } from './transports.js'

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: host\r\n\r\n`
const post = (target: string, headers: string): string => `POST ${target} HTTP/1.1\r\nHost: host\r\n${headers}\r\n`
const MEGABYTE = 1024 * 1024

/** Sends chunks until the server closes the connection; returns how many bytes it took. */
async function sendEndlessly(connection: RawConnection): Promise<number> {
  const chunk = `10000\r\n${'z'.repeat(0x10000)}\r\n`
  let bytes = 0
  while (!connection.isClosed && bytes < 1024 * MEGABYTE) {
    bytes += chunk.length
    if (!connection.socket.write(chunk))
      await Promise.race([once(connection.socket, 'drain').catch(() => {}), connection.closed()])
  }
  return bytes
}

for (const [kind, transport] of TRANSPORTS) {
  describe(`the transport '${kind}' and clients that take their time`, () => {
    let server: SampleServer
    const start = async (options: SampleOptions): Promise<RawConnection> => {
      server = await startSample(transport, options)
      return server.open()
    }
    afterEach(() => server.stop())

    it('answers 503 when a route takes too long, and tells the route', async () => {
      const connection = await start({ limits: { requestMs: 30 } })
      connection.send(get('/never'))
      const answer = await connection.answer()
      assert.equal(answer?.status, 503)
      assert.equal(answer.body, 'NODE_BUSY: the request took too long')
      assert.deepEqual(server.services.aborted, ['never'])
      connection.send(get('/hello'))
      assert.equal((await connection.answer())?.status, 200)
    })

    it('sends nothing more when a route answers too late', async () => {
      const connection = await start({ limits: { requestMs: 30 } })
      connection.send(get('/gate'))
      assert.equal((await connection.answer())?.status, 503)
      server.services.openGate()
      await server.services.gate
      connection.send(get('/hello'))
      assert.equal((await connection.answer())?.body, 'hello')
      assert.deepEqual(server.faults, [])
    })

    it('answers 408 when a body does not arrive in time', async () => {
      const connection = await start({ limits: { bodyMs: 30 } })
      connection.send(`${post('/echo', 'Content-Length: 10\r\n')}half`)
      assert.equal((await connection.answer())?.status, 408)
      connection.send(' rest!')
      assert.deepEqual(server.services.calls, [])
    })

    it('cuts the connection when an upload stands still', async () => {
      const connection = await start({ limits: { noProgressMs: 30 } })
      connection.send(`${post('/upload', 'Content-Length: 10\r\n')}half`)
      await connection.closed()
      assert.equal(connection.rest, '')
      await server.idle()
      assert.deepEqual(server.services.calls, ['upload'])
    })

    it('cuts the connection of a client that does not read a large answer', async () => {
      const connection = await start({ limits: { noProgressMs: 100 } })
      connection.socket.pause()
      connection.send(get(`/large?bytes=${64 * MEGABYTE}`))
      await server.until(() => server.services.calls.length === 1)
      await server.idle()
    })

    it('makes no more of a stream than the client reads, and ends it', async () => {
      const connection = await start({ limits: { noProgressMs: 100 } })
      connection.socket.pause()
      connection.send(get('/stream?lines=1000000&size=10000'))
      await server.until(() => server.services.returned.length === 1)
      await server.idle()
      assert.ok(server.services.streamedBytes < 64 * MEGABYTE, `${server.services.streamedBytes} bytes were made`)
    })

    it('holds no more unread answers than it may', async () => {
      const connection = await start({ limits: { pendingBytes: 3 * MEGABYTE } })
      connection.send(get(`/large?bytes=${4 * MEGABYTE}`))
      assert.equal((await connection.answer())?.status, 503)
      const other = await server.open()
      other.send(get(`/large?bytes=${2 * MEGABYTE}`))
      assert.equal((await other.answer())?.status, 200)
    })

    it('holds little for a client that sends requests and reads no answer', async () => {
      const connection = await start({ limits: { noProgressMs: 100 } })
      connection.socket.pause()
      connection.send(get('/large?bytes=60000').repeat(5000))
      await server.until(() => server.services.calls.length > 0)
      await server.idle()
      assert.ok(server.services.calls.length < 1000, `${server.services.calls.length} answers were made`)
    })

    it('holds no more of bodies than it may', async () => {
      const connection = await start({ limits: { pendingBytes: 1000 } })
      connection.send(`${post('/echo', 'Content-Length: 2000\r\n')}${'b'.repeat(2000)}`)
      assert.equal((await connection.answer())?.status, 503)
      await connection.closed()
      const other = await server.open()
      other.send(`${post('/echo', 'Content-Length: 300\r\n')}${'b'.repeat(300)}`)
      assert.equal((await other.answer())?.status, 200)
    })

    it('serves no more requests at a time than it may', async () => {
      const connection = await start({ limits: { requestsInFlight: 1 } })
      connection.send(get('/never'))
      await server.until(() => server.services.calls.length === 1)
      const other = await server.open()
      other.send(get('/hello'))
      const answer = await other.answer()
      assert.equal(answer?.status, 503)
      assert.ok(answer.headers.some(([name, value]) => name === 'Retry-After' && value === '1'))
    })

    it('takes no more of an endless body than its limit', async () => {
      const connection = await start({})
      connection.send(post('/echo', 'Transfer-Encoding: chunked\r\n'))
      assert.ok((await sendEndlessly(connection)) < 64 * MEGABYTE)
      assert.deepEqual(server.services.calls, [])
    })

    it('takes no endless body for a route that reads none', async () => {
      const connection = await start({})
      connection.send(post('/unread', 'Transfer-Encoding: chunked\r\n'))
      assert.ok((await sendEndlessly(connection)) < 64 * MEGABYTE)
    })

    it('takes no more of an endless upload than its limit', async () => {
      const connection = await start({})
      connection.send(post('/upload', 'Transfer-Encoding: chunked\r\n'))
      assert.ok((await sendEndlessly(connection)) < 256 * MEGABYTE)
      await server.idle()
    })

    it('reads uploads of many megabytes whole', async () => {
      const connection = await start({})
      const bytes = 20 * MEGABYTE
      connection.send(post('/upload', `Content-Length: ${bytes}\r\n`))
      connection.socket.write(Buffer.alloc(bytes, 'u'))
      assert.equal((await connection.answer())?.body, String(bytes))
    })

    if (kind === 'node')
      it('closes the connection of a client that dribbles its headers', async () => {
        const connection = await start({ limits: { headMs: 50 } })
        connection.send('GET /hello HTTP/1.1\r\nHost: ho')
        await connection.closed()
        assert.match(connection.rest, /^HTTP\/1\.1 408 /)
      })

    if (kind === 'node')
      it('takes no more connections than it may', async () => {
        await start({ limits: { connections: 1 } })
        const other = await server.open()
        await other.closed()
      })

    it('lets open requests end before it closes', async () => {
      const connection = await start({ limits: { drainMs: 10_000 } })
      connection.send(get('/gate'))
      await server.until(() => server.services.calls.length === 1)
      const closed = server.listener.close()
      server.services.openGate()
      const answer = await connection.answer()
      assert.equal(answer?.body, 'through')
      assert.ok(answer.headers.some(([name, value]) => name === 'Connection' && value === 'close'))
      await Promise.all([closed, connection.closed()])
      await assert.rejects(server.open(), { code: 'ECONNREFUSED' })
    })

    it('ends answers without end before it closes', async () => {
      const connection = await start({ limits: { drainMs: 10_000 } })
      connection.send(get('/endless'))
      await server.until(() => server.services.calls.length === 1)
      const closed = server.listener.close()
      const answer = await connection.answer()
      assert.equal(answer?.body, 'begun\nended\n')
      await Promise.all([closed, connection.closed()])
    })

    it('cuts open requests that do not end', async () => {
      const connection = await start({ limits: { drainMs: 30 } })
      connection.send(get('/never'))
      await server.until(() => server.services.calls.length === 1)
      await server.listener.close()
      await connection.closed()
      await server.until(() => server.services.aborted.length === 1)
    })

    it('closes connections without a request at once', async () => {
      const connection = await start({ limits: { drainMs: 10_000 } })
      connection.send(get('/hello'))
      await connection.answer()
      await server.listener.close()
      await connection.closed()
    })
  })
}
