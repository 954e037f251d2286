import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { seededRandom } from '../../src/checkpoint/testing.js'
import { REFUSED, SERVED } from './request-cases.js'
import { type SampleServer, startSample, TRANSPORTS } from './transports.js'

const SEED = 20_261_126
const CONNECTIONS_AT_A_TIME = 20

const SAMPLES = [...SERVED, ...REFUSED].map(({ send }) => (typeof send === 'string' ? send : send.join('')))
const SPECIAL = [
  '\r\n',
  '\n',
  '\r\n\r\n',
  '\0',
  ':',
  ' ',
  '\t',
  '0\r\n\r\n',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  '\xff',
  '%',
  '?',
]

/** A request with some bytes taken out, doubled, replaced or put in, or two of them run together. */
function mutated(random: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  let text = pick(SAMPLES)
  for (let change = 0; change <= random() * 4; change += 1) {
    const [from, to] = [Math.floor(random() * text.length), Math.floor(random() * 8)]
    const kind = Math.floor(random() * 5)
    if (kind === 0) text = text.slice(0, from) + text.slice(from + to)
    if (kind === 1) text = text.slice(0, from) + pick(SPECIAL) + text.slice(from)
    if (kind === 2) text = text.slice(0, from + to) + text.slice(from)
    if (kind === 3) text = text.slice(0, from) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(from + 1)
    if (kind === 4) text += pick(SAMPLES)
  }
  return text
}

/** Runs some tasks, a few at a time. */
async function inTurns(count: number, task: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      next += 1
      await task(next - 1)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS_AT_A_TIME }, worker))
}

for (const [kind, transport] of TRANSPORTS) {
  describe(`the transport '${kind}' and clients that do anything`, () => {
    let server: SampleServer
    before(async () => {
      server = await startSample(transport, { limits: { requestMs: 200, bodyMs: 200, noProgressMs: 200 } })
    })
    after(() => server.stop())

    async function stillServes(): Promise<void> {
      await server.idle()
      const connection = await server.open()
      connection.send('GET /hello HTTP/1.1\r\nHost: host\r\n\r\n')
      assert.equal((await connection.answer())?.body, 'hello')
      connection.socket.destroy()
    }

    it('goes on after broken requests of every kind', async () => {
      const random = seededRandom(SEED)
      await inTurns(1500, async () => {
        const text = mutated(random)
        const connection = await server.open()
        const cut = Math.floor(random() * text.length)
        connection.send(text.slice(0, cut))
        connection.send(text.slice(cut))
        connection.socket.end()
        await connection.closed()
      })
      await stillServes()
    })

    it('goes on after clients that leave at any moment', async () => {
      const random = seededRandom(SEED + 1)
      const requests = [
        'GET /hello HTTP/1.1\r\nHost: host\r\n\r\n',
        'GET /async HTTP/1.1\r\nHost: host\r\n\r\n',
        'GET /never HTTP/1.1\r\nHost: host\r\n\r\n',
        'GET /large?bytes=3000000 HTTP/1.1\r\nHost: host\r\n\r\n',
        'GET /stream?lines=1000&size=10000 HTTP/1.1\r\nHost: host\r\n\r\n',
        `POST /upload HTTP/1.1\r\nHost: host\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(50_000)}`,
        `POST /echo HTTP/1.1\r\nHost: host\r\nTransfer-Encoding: chunked\r\n\r\n${'5\r\nabcde\r\n'.repeat(100)}`,
      ]
      await inTurns(700, async (index) => {
        const connection = await server.open()
        connection.send(requests[index % requests.length] ?? '')
        const enough = Math.floor(random() * 20_000)
        const waits = random() < 0.7
        if (waits && enough > 0)
          await Promise.race([
            connection.until(() => connection.rest.length >= enough || connection.isClosed),
            new Promise((resolve) => setTimeout(resolve, random() * 20)),
          ])
        connection.socket.destroy()
      })
      await stillServes()
    })
  })
}
