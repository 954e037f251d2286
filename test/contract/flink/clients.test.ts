import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { TransportKind } from '../../../src/rest/transport/listener.js'
import type { RawAnswer } from '../../rest/raw-client.js'
import { type ContractNode, OPEN_GROUPS, startContractNode } from '../seatunnel/contract-node.js'

const ON = { millrace: 'flink:\n  enabled: true\n  port: 0' }
const UNKNOWN = '0'.repeat(31).concat('1')

async function nodeWith(test: TestContext, transport: TransportKind, settings: object): Promise<ContractNode> {
  const node = await startContractNode('default', transport, { network: OPEN_GROUPS, ...settings })
  test.after(() => node.stop())
  return node
}

async function asked(node: ContractNode, api: 'v1' | 'v2' | 'flink', text: string): Promise<RawAnswer> {
  const connection = await node.open(api)
  connection.send(text)
  const answer = await connection.answer()
  if (/^connection: close/im.test(text)) await connection.closed()
  else connection.socket.destroy()
  assert.ok(answer !== null)
  return answer
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`
const originOf = ({ headers }: RawAnswer) =>
  headers.find(([name]) => name.toLowerCase() === 'access-control-allow-origin')?.[1] ?? null

for (const transport of ['node', 'uws'] as const) {
  describe(`clients of Flink's API over ${transport}`, () => {
    it('in Java send a body with every request and close', async (test) => {
      const node = await nodeWith(test, transport, ON)
      const java = (method: string, path: string, body: string) =>
        `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n` +
        `Content-Type: application/json; charset=UTF-8\r\nContent-Length: ${body.length}\r\n\r\n${body}`
      const cases = [
        ['GET', '/v1/jobs/overview', '{}', 200],
        ['GET', '/v1/jobs/overview', '{x', 400],
        ['PATCH', `/v1/jobs/${UNKNOWN}?mode=cancel`, '{}', 404],
        ['POST', `/v1/jobs/${UNKNOWN}/stop`, '{"targetDirectory":null,"drain":false,"triggerId":null}', 404],
      ] as const
      for (const [method, path, body, status] of cases) {
        const answer = await asked(node, 'flink', java(method, path, body))
        assert.equal(answer.status, status, `${method} ${path} ${body}`)
        assert.deepEqual(Object.keys(JSON.parse(answer.body)), [status === 200 ? 'jobs' : 'errors'])
      }
    })

    it('may send a body in chunks, and never a file where none is taken', async (test) => {
      const node = await nodeWith(test, transport, ON)
      const head = (type: string) =>
        `POST /jobs/${UNKNOWN}/savepoints HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`
      const chunks = '1\r\n{\r\n1\r\n}\r\n0\r\n\r\n'
      assert.equal((await asked(node, 'flink', `${head('application/json')}${chunks}`)).status, 404)
      const upload = await asked(node, 'flink', `${head('multipart/form-data; boundary=x')}${chunks}`)
      assert.deepEqual([upload.status, JSON.parse(upload.body).errors[0]], [400, 'File upload not allowed'])
    })

    it('find it below /flink of the other ports, where no page of another origin may read it', async (test) => {
      const node = await nodeWith(test, transport, ON)
      for (const api of ['v1', 'v2'] as const) {
        for (const path of ['/flink/overview', '/flink/v1/overview/']) {
          const answer = await asked(node, api, get(path))
          assert.deepEqual(
            [answer.status, JSON.parse(answer.body).taskmanagers, originOf(answer)],
            [200, 1, null],
            path,
          )
        }
        const nowhere = await asked(node, api, get('/flink/nope?a=1'))
        assert.deepEqual([nowhere.status, nowhere.body], [404, '{"errors":["Unable to load requested file /nope."]}'])
        const url = await asked(node, api, get(`/flink/jobs/${UNKNOWN}/jobmanager/log-url`))
        assert.equal(JSON.parse(url.body).url, 'http://127.0.0.1/flink/jobmanager/log')
      }
      assert.equal(originOf(await asked(node, 'flink', get('/overview'))), null)
    })

    it('read it in pages of the origin that a setting allows', async (test) => {
      const node = await nodeWith(test, transport, { millrace: `${ON.millrace}\n  access-control-allow-origin: '*'` })
      assert.equal(originOf(await asked(node, 'flink', get('/overview'))), '*')
    })

    it('find it below /flink alone where its port is taken, unless the port is asked for', async (test) => {
      const first = await nodeWith(test, transport, ON)
      const port = first.rest.port('flink')
      const warnings: string[] = []
      const second = await nodeWith(test, transport, {
        millrace: `flink:\n  port: ${port}`,
        warn: (message: string) => warnings.push(message),
      })
      assert.equal(second.rest.port('flink'), null)
      assert.equal((await asked(second, 'v1', get('/flink/overview'))).status, 200)
      assert.equal(warnings.length, 1)
      assert.match(warnings[0] ?? '', /^cannot listen on port \d+ .*: there is no port of its own for flink$/)
      await assert.rejects(nodeWith(test, transport, { millrace: `flink:\n  enabled: true\n  port: ${port}` }), {
        code: 'LISTEN_FAILED',
      })
    })

    it('find nothing where it is off', async (test) => {
      const node = await nodeWith(test, transport, { millrace: 'flink:\n  enabled: false' })
      assert.equal(node.rest.port('flink'), null)
      const answer = await asked(node, 'v2', get('/flink/overview'))
      assert.equal(answer.status, 404)
      assert.ok(!answer.body.includes('taskmanagers'))
    })
  })
}
