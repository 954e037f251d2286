import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { RawConnection } from './raw-client.js'
import { type SampleServer, startSample, TRANSPORTS } from './transports.js'

const get = (target: string, method = 'GET'): string => `${method} ${target} HTTP/1.1\r\nHost: host\r\n\r\n`

for (const [kind, transport] of TRANSPORTS) {
  describe(`answers of the transport '${kind}'`, () => {
    let server: SampleServer
    let connection: RawConnection
    before(async () => {
      server = await startSample(transport)
    })
    after(() => server.stop())

    /** Names of the headers of an answer. */
    async function headerNames(target: string, method = 'GET'): Promise<string[]> {
      connection.send(get(target, method))
      return (await connection.answer(method === 'HEAD'))?.headers.map(([name]) => name) ?? []
    }

    it('have the headers that were asked for, and no others but those of the library', async () => {
      connection = await server.open()
      const expected = kind === 'uws' ? ['Content-Type', 'Date', 'Content-Length'] : ['Content-Type', 'Content-Length']
      assert.deepEqual(await headerNames('/hello'), expected)
      const order = ['Date', 'X-first', 'Content-Length', 'x-LAST']
      assert.deepEqual(
        await headerNames('/ordered'),
        kind === 'uws' ? ['X-first', 'x-LAST', 'Date', 'Content-Length'] : order,
      )
      assert.deepEqual(await headerNames('/none'), kind === 'uws' ? ['Date', 'Content-Length'] : ['Content-Length'])
      assert.deepEqual((await headerNames('/hello', 'HEAD')).sort(), expected.toSorted())
    })

    it('have the reason that was asked for', async () => {
      connection = await server.open()
      connection.send(get('/ordered'))
      assert.equal((await connection.answer())?.reason, 'Fine')
    })

    it('know where the request came from and where it came in', async () => {
      connection = await server.open()
      connection.send(get('/who'))
      assert.equal((await connection.answer())?.body, `127.0.0.1 ${server.listener.port} false`)
    })

    it('have the date of now in the form of HTTP', async () => {
      connection = await server.open()
      connection.send(get('/ordered'))
      const answer = await connection.answer()
      const date = answer?.headers.find(([name]) => name === 'Date')?.[1] ?? ''
      assert.ok(Math.abs(Date.parse(date) - Date.now()) < 60_000, date)
      assert.equal(new Date(date).toUTCString(), date)
    })

    it('have the length but not the body for HEAD', async () => {
      connection = await server.open()
      for (const target of ['/hello', '/large?bytes=200000', '/async']) {
        connection.send(get(target, 'HEAD'))
        const answer = await connection.answer(true)
        const length = answer?.headers.find(([name]) => name === 'Content-Length')?.[1]
        assert.equal(length, { '/hello': '5', '/async': '5' }[target] ?? '200000')
      }
      connection.send(get('/stream?lines=3&size=3', 'HEAD'))
      assert.equal((await connection.answer(true))?.status, 200)
      connection.send(get('/hello'))
      assert.equal((await connection.answer())?.body, 'hello')
    })

    for (const bytes of [0, 1, 16_384, 65_535, 65_536, 65_537, 5_000_000]) {
      it(`are complete with ${bytes} bytes`, async () => {
        connection = await server.open()
        for (let turn = 0; turn < 2; turn += 1) {
          connection.send(get(`/large?bytes=${bytes}`))
          assert.equal((await connection.answer())?.body, 'y'.repeat(bytes))
        }
      })
    }

    for (const [lines, size] of [
      [0, 10],
      [1, 1],
      [1000, 100],
      [3, 1_000_000],
    ] as const) {
      it(`are complete as a stream of ${lines} pieces of ${size} bytes`, async () => {
        connection = await server.open()
        for (let turn = 0; turn < 2; turn += 1) {
          connection.send(get(`/stream?lines=${lines}&size=${size}`))
          assert.equal((await connection.answer())?.body, `${'x'.repeat(size - 1)}\n`.repeat(lines))
        }
      })
    }

    it('end with the connection when their stream breaks', async () => {
      server.faults.length = 0
      connection = await server.open()
      connection.send(get('/broken'))
      await connection.until(() => connection.rest.includes('part'))
      server.services.openGate()
      await connection.closed()
      assert.ok(!connection.rest.includes('0\r\n\r\n'))
      assert.deepEqual(server.faults.map(String), ['Error: the stream broke'])
    })

    it('tell nothing of a fault, which is reported instead', async () => {
      server.faults.length = 0
      connection = await server.open()
      connection.send(get('/throw'))
      assert.ok(!JSON.stringify(await connection.answer()).includes('secret'))
      assert.deepEqual(server.faults.map(String), ['Error: secret text of a fault'])
    })

    it('stop where the client left', async () => {
      server.services.returned.length = 0
      connection = await server.open()
      connection.send(get('/stream?lines=1000000000&size=1000'))
      await connection.until(() => connection.rest.length > 10_000)
      connection.socket.destroy()
      await server.idle()
      assert.deepEqual(server.services.returned, ['lines'])
    })

    for (const method of ['GET', 'HEAD'])
      it(`are let go when nobody reads them: ${method}`, async () => {
        const own = await startSample(transport)
        const asked = await own.open()
        asked.send(get('/held', method))
        await own.until(() => own.services.calls.includes('held'))
        if (method === 'GET') asked.socket.destroy()
        if (method === 'GET') await own.idle()
        own.services.openGate()
        await own.until(() => own.services.returned.includes('held'))
        await own.stop()
        assert.deepEqual(own.faults, [])
      })

    it('are given up when the client left', async () => {
      server.services.aborted.length = 0
      connection = await server.open()
      connection.send(get('/never'))
      await server.until(() => server.services.calls.includes('never'))
      connection.socket.destroy()
      await server.idle()
      assert.deepEqual(server.services.aborted, ['never'])
    })
  })
}
