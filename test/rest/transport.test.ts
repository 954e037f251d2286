import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { RawConnection } from './raw-client.js'
import { REFUSED, type RequestCase, SERVED } from './request-cases.js'
import { type SampleServer, startSample, TRANSPORTS } from './transports.js'

const FOLLOWING = 'GET /open HTTP/1.1\r\nHost: host\r\n\r\n'
const REFUSALS = [400, 413, 431, 501, 505]

/** Sends the pieces of a case, each as a packet of its own. */
async function sendAll(connection: RawConnection, { send }: RequestCase): Promise<void> {
  connection.socket.setNoDelay(true)
  for (const piece of typeof send === 'string' ? [send] : send) {
    connection.send(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function served(connection: RawConnection, each: RequestCase, statuses: readonly number[]): Promise<void> {
  let body = ''
  const got: (number | undefined)[] = []
  for (const _ of statuses) {
    const answer = await connection.answer()
    got.push(answer?.status)
    body = answer?.body ?? ''
  }
  assert.deepEqual(got, statuses)
  if (each.body !== undefined) assert.equal(body, each.body)
  if (each.closes === true) {
    await connection.closed()
    return assert.equal(connection.rest, '')
  }
  connection.send(FOLLOWING)
  assert.equal((await connection.answer())?.body, 'open')
}

/** At most one answer that refuses, and the end of the connection. */
async function refused(connection: RawConnection, server: SampleServer): Promise<void> {
  await connection.closed()
  const answer = await connection.answer()
  assert.ok(answer === null || REFUSALS.includes(answer.status), `it was answered with ${answer?.status}`)
  assert.equal(connection.rest, '')
  assert.deepEqual(server.services.calls, [])
}

for (const [kind, transport] of TRANSPORTS) {
  describe(`the transport '${kind}'`, () => {
    let server: SampleServer
    before(async () => {
      server = await startSample(transport)
    })
    after(() => server.stop())

    for (const each of [...SERVED, ...REFUSED]) {
      const expected = kind === 'uws' ? (each.uws ?? each.expect) : each.expect
      it(`answers ${each.name} ${expected === 'refused' || expected === 'silent' ? 'not at all' : `with ${expected}`}`, async () => {
        server.services.calls.length = 0
        const connection = await server.open()
        await sendAll(connection, each)
        if (expected === 'silent') {
          // Its parser waits for more and gives up after some ten seconds; the end of our side ends it at once.
          connection.socket.end()
          await connection.closed()
          assert.equal(connection.rest, '')
          assert.deepEqual(server.services.calls, [])
        } else if (expected === 'refused') await refused(connection, server)
        else await served(connection, each, expected)
        connection.socket.destroy()
      })
    }
  })
}
