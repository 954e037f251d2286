import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MillraceError } from '../../src/core/error.js'
import { listenUws } from '../../src/rest/transport/uws/listener.js'
import { freePort } from '../remote-files/server.js'
import { startSample, TRANSPORTS } from './transports.js'

for (const [kind, transport] of TRANSPORTS)
  for (const [otherKind, other] of TRANSPORTS)
    describe(`ports of '${otherKind}' beside '${kind}'`, () => {
      it('are taken once only, and the error says by whom', async () => {
        const first = await startSample(transport)
        try {
          const { port } = first.listener
          await assert.rejects(startSample(other, { address: { port, portCount: 1 } }), (error) => {
            assert.ok(error instanceof MillraceError)
            assert.equal(error.code, 'LISTEN_FAILED')
            const who =
              process.platform === 'linux' ? `process ${process.pid} \\('[^']+'\\) has it` : 'another process has it'
            assert.match(error.message, new RegExp(`^cannot listen on port ${port} of '127.0.0.1': ${who}$`))
            return true
          })
        } finally {
          await first.stop()
        }
      })

      it('are counted up where that is allowed', async () => {
        const first = await startSample(transport)
        const second = await startSample(other, { address: { port: first.listener.port, portCount: 20 } })
        try {
          assert.ok(second.listener.port > first.listener.port)
          const connection = await second.open()
          connection.send('GET /hello HTTP/1.1\r\nHost: host\r\n\r\n')
          assert.equal((await connection.answer())?.body, 'hello')
        } finally {
          await Promise.all([first.stop(), second.stop()])
        }
      })
    })

for (const [kind, transport] of TRANSPORTS)
  describe(`addresses of '${kind}'`, () => {
    it('must be of this machine', async () => {
      await assert.rejects(startSample(transport, { address: { host: '203.0.113.7' } }), {
        code: 'LISTEN_FAILED',
        message: "cannot listen on port 0 of '203.0.113.7': this machine does not have the address",
      })
    })
  })

describe('the listener of uWebSockets.js', () => {
  it('does not listen while files run out', async () => {
    const files = { used: 10, limit: 100 }
    const watch = { read: async () => files, intervalMs: 5 }
    // The library can have a port again only when it asked for it by number.
    const address = { port: await freePort() }
    const server = await startSample((options) => listenUws(options, watch), { address })
    const isOpen = async (): Promise<boolean> => {
      const connection = await server.open().catch(() => null)
      connection?.socket.destroy()
      return connection !== null
    }
    const becomes = async (expected: boolean): Promise<void> => {
      const deadline = Date.now() + 20_000
      while ((await isOpen()) !== expected) assert.ok(Date.now() < deadline, `it never became ${expected}`)
    }
    try {
      const kept = await server.open()
      files.used = 90
      await becomes(false)
      kept.send('GET /hello HTTP/1.1\r\nHost: host\r\n\r\n')
      assert.equal((await kept.answer())?.body, 'hello', 'connections that are there are served')
      files.used = 10
      await becomes(true)
    } finally {
      await server.stop()
    }
    assert.equal(await isOpen(), false)
  })
})
