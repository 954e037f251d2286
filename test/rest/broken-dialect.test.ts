import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import type { RequestHandler } from '../../src/rest/router.js'
import { SAMPLE_DIALECT } from './sample-dialect.js'
import { type SampleServer, startSample, TRANSPORTS } from './transports.js'

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: host\r\n\r\n`
const fail = (): never => {
  throw new Error('a mistake of ours')
}
const later = (): Promise<never> =>
  new Promise((_, reject) => setImmediate(() => reject(new Error('a mistake of ours'))))

for (const [kind, transport] of TRANSPORTS) {
  describe(`the transport '${kind}' and mistakes of ours`, () => {
    let server: SampleServer
    afterEach(() => server.stop())

    /** Answers of one connection to a request in front of which everything is well. */
    async function answerTo(bytes: string): Promise<number | null> {
      const connection = await server.open()
      connection.send(bytes)
      const answer = await connection.answer()
      await server.idle()
      return answer?.status ?? null
    }

    it('answers 500 when a dialect finds no route but an error', async () => {
      server = await startSample(transport, { router: { dialect: { ...SAMPLE_DIALECT, match: fail } } })
      assert.equal(await answerTo(get('/hello')), 500)
      assert.deepEqual(server.faults.map(String), ['Error: a mistake of ours'])
    })

    it('answers without words when a dialect has none', async () => {
      server = await startSample(transport, { router: { dialect: { ...SAMPLE_DIALECT, refuse: fail } } })
      assert.equal(await answerTo(get('/throw')), 500)
      assert.equal(await answerTo('GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n'), 421)
      assert.equal(await answerTo(get('/hello')), 200)
    })

    for (const { name, handler, status } of [
      { name: 'admission that throws', handler: { admit: fail }, status: null },
      { name: 'admission that rejects', handler: { admit: later, refuse: fail }, status: null },
      { name: 'admission that cannot be refused', handler: { admit: later }, status: 500 },
      {
        name: 'a route that throws',
        handler: { admit: () => ({ body: { kind: 'none', limitBytes: 0 }, deadlineMs: null, run: fail }) },
        status: null,
      },
      {
        name: 'a route that rejects',
        handler: { admit: () => ({ body: { kind: 'none', limitBytes: 0 }, deadlineMs: null, run: later }) },
        status: 500,
      },
      {
        name: 'an answer that is none',
        handler: { admit: () => ({ body: { kind: 'none', limitBytes: 0 }, deadlineMs: null, run: () => ({}) }) },
        status: null,
      },
    ])
      it(`goes on after ${name}`, async () => {
        let broken = true
        server = await startSample((options) => {
          const sound = options.handler
          const wrapped = {
            admit: (request: never) => (broken ? handler.admit() : sound.admit(request)),
            refuse: (request: never, reason: never) =>
              broken && 'refuse' in handler ? handler.refuse() : sound.refuse(request, reason),
          } as RequestHandler
          return transport({ ...options, handler: wrapped })
        })
        assert.equal(await answerTo(get('/hello')), status)
        assert.ok(server.faults.length > 0)
        broken = false
        assert.equal(await answerTo(get('/hello')), 200)
      })
  })
}
