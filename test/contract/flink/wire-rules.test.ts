import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { flinkJobId } from '../../../src/rest/dialects/flink/ids.js'
import type { RawAnswer } from '../../rest/raw-client.js'
import { type ContractNode, startContractNode } from '../seatunnel/contract-node.js'
import { ENDLESS, WITHOUT_CHECKPOINTS } from './scenes.js'
import { Stage } from './stage.js'

/** A request of the table, and what is answered. `JOB` stands for the id of a running job, `NOBODY` for one that there is not. */
interface Rule {
  /** Method and target. */
  readonly request: string
  readonly headers?: readonly string[]
  readonly body?: string
  readonly status: number
  /** The first text of an error, or a part of another body. */
  readonly says?: string
  /** Whether pages of another origin may read it. */
  readonly isShared?: boolean
}

const JSON_TYPE = 'Content-Type: application/json; charset=UTF-8'
const FORM = 'Content-Type: multipart/form-data; boundary=x'
const FORM_BODY = '--x\r\nContent-Disposition: form-data; name="f"; filename="a.jar"\r\n\r\nx\r\n--x--\r\n'
const unread = (path: string) => `Unable to load requested file ${path}.`
const path = (name: string, value: string) =>
  `Bad request, could not parse parameters: Cannot resolve path parameter (${name}) from value "${value}".`

const RULES: Readonly<Record<string, readonly Rule[]>> = {
  'there is one version, which need not be named': [
    { request: 'GET /v1/overview', status: 200 },
    { request: 'GET /overview', status: 200 },
    { request: 'GET /v0/jobs', status: 404, says: unread('/v0/jobs'), isShared: false },
    { request: 'GET /v2/jobs', status: 404, says: unread('/v2/jobs'), isShared: false },
    { request: 'POST /v2/jobs', status: 404, says: 'Not found: /v2/jobs' },
    { request: 'GET /v1', status: 404, says: unread('/v1'), isShared: false },
    { request: 'GET /v1/v1/jobs', status: 404, says: unread('/v1/v1/jobs'), isShared: false },
  ],
  'slashes at both ends do not count, those between do': [
    { request: 'GET /jobs/', status: 200 },
    { request: 'GET //jobs', status: 200 },
    { request: 'GET /jobs///', status: 200 },
    { request: 'GET /jobs//overview', status: 404, says: unread('/jobs//overview'), isShared: false },
  ],
  'fixed segments go before names, in their letter case, and escapes are read': [
    { request: 'GET /jobs/overview', status: 200 },
    { request: 'GET /jobs/%6fverview', status: 200 },
    { request: 'GET /Overview', status: 404, says: unread('/Overview'), isShared: false },
    { request: 'GET /jobs/..%2Foverview', status: 404, says: unread('/jobs/../overview'), isShared: false },
    { request: 'GET /jobs/%zz', status: 404, says: unread('/jobs/%zz'), isShared: false },
    { request: 'GET /jobs/%00', status: 400, says: path('jobid', '\u0000') },
    { request: 'GET /jobs/%22', status: 400, says: path('jobid', '"') },
  ],
  'what no operation answers is said with the query, unless it is read': [
    { request: 'GET /nope?a=1', status: 404, says: unread('/nope'), isShared: false },
    { request: 'PUT /nope?a=1', status: 404, says: 'Not found: /nope?a=1' },
    { request: 'DELETE /config', status: 404, says: 'Not found: /config' },
    { request: 'GET /jobs/JOB/stop', status: 404, isShared: false },
    { request: 'HEAD /overview', status: 404 },
    {
      request: 'OPTIONS /jobs/overview',
      headers: ['Origin: http://127.0.0.1'],
      status: 404,
      says: 'Not found: /jobs/overview',
    },
  ],
  'ids are 32 digits in any letter case': [
    { request: 'GET /jobs/job/status', status: 200 },
    { request: 'GET /jobs/xyz', status: 400, says: path('jobid', 'xyz') },
    { request: `GET /jobs/${'0'.repeat(31)}`, status: 400, says: path('jobid', '0'.repeat(31)) },
    { request: `GET /jobs/${'0'.repeat(33)}`, status: 400, says: path('jobid', '0'.repeat(33)) },
    { request: 'GET /jobs/00000000-0000-0000-0000-000000000000', status: 404, says: `Job ${'0'.repeat(32)} not found` },
    { request: 'GET /jobs/NOBODY', status: 404, says: 'Job NOBODY not found' },
    { request: 'GET /jobs/JOB/vertices/zz', status: 400, says: path('vertexid', 'zz') },
    { request: 'GET /jobs/JOB/vertices/NOBODY', status: 404, says: 'JobVertex NOBODY not found' },
    { request: 'GET /jobs/JOB/vertices/VERTEX/subtasks/x', status: 400, says: path('subtaskindex', 'x') },
    { request: 'GET /jobs/JOB/vertices/VERTEX/subtasks/-1', status: 400, says: path('subtaskindex', '-1') },
    {
      request: 'GET /jobs/JOB/vertices/VERTEX/subtasks/99',
      status: 404,
      says: 'Invalid subtask index for vertex VERTEX',
    },
    { request: 'GET /jobs/JOB/vertices/VERTEX/subtasks/0/attempts/-1', status: 404, says: 'Invalid attempt num -1' },
    { request: 'GET /jobs/JOB/checkpoints/details/abc', status: 400, says: path('checkpointid', 'abc') },
    { request: 'GET /jobs/JOB/checkpoints/details/99999999', status: 404 },
  ],
  'parameters may be repeated or listed, in any letter case, and unknown ones do not count': [
    { request: 'GET /overview?foo=bar', status: 200 },
    { request: 'GET /jobs/JOB/exceptions?maxExceptions=1&maxExceptions=2', status: 200 },
    { request: 'GET /jobs/JOB/exceptions?maxExceptions=x', status: 400 },
    { request: 'GET /jobs/JOB/exceptions?failureLabelFilter=a:b:c', status: 400 },
    { request: 'GET /taskmanagers/metrics?get=Status.JVM.CPU.Load&agg=min,MAX', status: 200, says: '"max":' },
    { request: 'GET /taskmanagers/metrics?get=Status.JVM.CPU.Load&agg=median', status: 400 },
    {
      request: 'GET /jobmanager/metrics?get=taskSlotsTotal&get=taskSlotsAvailable',
      status: 200,
      says: 'taskSlotsAvailable',
    },
    { request: 'GET /jobmanager/metrics?get=taskSlots%54otal', status: 200, says: 'taskSlotsTotal' },
    { request: 'GET /jobmanager/metrics?get=%zz', status: 400 },
    { request: 'PATCH /jobs/JOB?mode=STOP', status: 308 },
    { request: 'PATCH /jobs/JOB?mode=other', status: 400 },
    { request: 'PATCH /jobs/NOBODY?mode=cancel', status: 404, says: 'Job could not be found.' },
  ],
  'a body comes with every method, may be empty, and may have members that nobody knows': [
    { request: 'GET /overview', headers: [JSON_TYPE], body: '{}', status: 200 },
    { request: 'GET /overview', headers: [JSON_TYPE], body: '{"a":1}', status: 200 },
    { request: 'GET /overview', headers: [JSON_TYPE], body: '  ', status: 200 },
    {
      request: 'GET /overview',
      headers: [JSON_TYPE],
      body: '{x',
      status: 400,
      says: 'Request did not match expected format EmptyRequestBody.',
    },
    { request: 'GET /overview', headers: [JSON_TYPE], body: '[]', status: 400 },
    { request: 'GET /overview', headers: [JSON_TYPE], body: 'null', status: 400 },
    { request: 'POST /jobs/NOBODY/savepoints', body: '', status: 404 },
    { request: 'POST /jobs/NOBODY/savepoints', body: '{"unknown":[1]}', status: 404 },
    {
      request: 'POST /jobs/JOB/checkpoints',
      body: '{"checkpointType":"full"}',
      status: 400,
      says: 'Request did not match expected format CheckpointTriggerRequestBody.',
    },
    { request: 'POST /jobs/JOB/savepoints', body: '{"cancel-job":"maybe"}', status: 400 },
    { request: 'POST /jobs/JOB/savepoints', body: '{"triggerId":{}}', status: 400 },
  ],
  'numbers are whole numbers of 64 bits, as texts too': [
    {
      request: 'PATCH /jobs/JOB/clientHeartbeat',
      body: '{"expiredTimestamp":9223372036854775807}',
      status: 202,
      says: '{}',
    },
    { request: 'PATCH /jobs/JOB/clientHeartbeat', body: '{"expiredTimestamp":"9223372036854775807"}', status: 202 },
    { request: 'PATCH /jobs/JOB/clientHeartbeat', body: '{"expiredTimestamp":"9223372036854775808"}', status: 400 },
    { request: 'PATCH /jobs/JOB/clientHeartbeat', body: '{"expiredTimestamp":1e30}', status: 400 },
    { request: 'PATCH /jobs/JOB/clientHeartbeat', body: '{"expiredTimestamp":"x"}', status: 400 },
    {
      request: 'PATCH /jobs/JOB/clientHeartbeat',
      status: 400,
      says: 'Bad request received. Request did not conform to expected format.',
    },
    { request: 'PATCH /jobs/NOBODY/clientHeartbeat', body: '{"expiredTimestamp":17}', status: 202 },
    { request: 'GET /jobs/UNCHECKED/checkpoints/config', status: 200, says: '"interval":9223372036854775807' },
  ],
  'what is no number is a text': [
    { request: 'GET /jobs/UNCHECKED/checkpoints', status: 200, says: '"p99":"NaN"' },
    { request: 'GET /jobs/UNCHECKED/checkpoints', status: 200, says: '"min":0' },
  ],
  'files are taken nowhere but where they belong': [
    {
      request: 'POST /jobs/JOB/savepoints',
      headers: [FORM],
      body: FORM_BODY,
      status: 400,
      says: 'File upload not allowed',
      isShared: false,
    },
    {
      request: 'POST /overview',
      headers: [FORM],
      body: FORM_BODY,
      status: 400,
      says: 'POST request not allowed',
      isShared: false,
    },
    {
      request: 'POST /nope',
      headers: [FORM],
      body: FORM_BODY,
      status: 400,
      says: 'POST request not allowed',
      isShared: false,
    },
    { request: 'PUT /overview', headers: [FORM], body: FORM_BODY, status: 404 },
  ],
  'logs are text that no page of another origin reads': [
    { request: 'GET /jobmanager/logs/seatunnel-engine-server.log', status: 200, isShared: false },
    {
      request: 'GET /jobmanager/logs/nope.log',
      status: 404,
      says: 'This file does not exist in JobManager log dir.',
      isShared: false,
    },
    { request: 'GET /jobmanager/logs/..%2F..%2Fetc%2Fpasswd', status: 404, isShared: false },
    { request: 'GET /jobs/NOBODY/jobmanager/log-url', status: 200, says: '"url":"http', isShared: false },
  ],
}

for (const transport of ['node', 'uws'] as const) {
  describe(`rules of Flink's wire over ${transport}`, () => {
    let node: ContractNode
    let names: readonly (readonly [name: string, value: string])[]
    before(async () => {
      node = await startContractNode('default', transport, {
        millrace: "flink:\n  enabled: true\n  port: 0\n  access-control-allow-origin: '*'",
      })
      const stage = new Stage(node.node)
      const job = flinkJobId(stage.job(await stage.run(ENDLESS, 'RUNNING')))
      const unchecked = flinkJobId(stage.job(await stage.run(WITHOUT_CHECKPOINTS, 'RUNNING')))
      const { vertices } = JSON.parse((await ask(`GET /jobs/${job}`)).body) as { vertices: { id: string }[] }
      names = [
        ['JOB', job],
        ['/job/', `/${job.toUpperCase()}/`],
        ['UNCHECKED', unchecked],
        ['VERTEX', vertices[0]?.id ?? ''],
        ['NOBODY', 'f'.repeat(32)],
      ]
    })
    after(() => node.stop())

    const own = (text: string) => names.reduce((all, [name, value]) => all.replaceAll(name, value), text)

    async function ask(request: string, headers: readonly string[] = [], body?: string): Promise<RawAnswer> {
      const connection = await node.open('flink')
      const lines = [...headers, ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`])]
      const head = [`${request} HTTP/1.1`, 'Host: 127.0.0.1', ...lines].join('\r\n')
      connection.send(Buffer.from(`${head}\r\n\r\n${body ?? ''}`))
      const answer = await connection.answer(request.startsWith('HEAD'))
      connection.socket.destroy()
      assert.ok(answer !== null, request)
      return answer
    }

    const header = ({ headers }: RawAnswer, name: string) => headers.find(([each]) => each.toLowerCase() === name)?.[1]

    for (const [rule, cases] of Object.entries(RULES)) {
      it(rule, async () => {
        for (const { request, headers, body, status, says, isShared = true } of cases) {
          const name = `${request} ${body ?? ''}`
          const answer = await ask(own(request), headers, body)
          assert.equal(answer.status, status, `${name}: ${answer.body}`)
          assert.equal(header(answer, 'access-control-allow-origin'), isShared ? '*' : undefined, name)
          if (request.startsWith('HEAD')) continue
          if (status >= 300) {
            const { errors, ...more } = JSON.parse(answer.body) as { errors: string[] }
            assert.deepEqual(more, {}, name)
            if (says !== undefined) assert.equal(errors[0], own(says), name)
            // The first text is for people: no folder, no stack.
            assert.ok(!/\n|\tat |node_modules|\.js\b/.test(errors[0] ?? ''), name)
          } else if (says !== undefined) assert.ok(answer.body.includes(own(says)), `${name}: ${answer.body}`)
        }
      })
    }

    it('a connection is closed where that is asked for, and kept otherwise', async () => {
      const connection = await node.open('flink')
      for (let turn = 0; turn < 2; turn += 1) {
        connection.send('GET /overview HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n')
        assert.equal((await connection.answer())?.status, 200)
      }
      connection.send(
        'GET /v1/overview HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}',
      )
      assert.equal((await connection.answer())?.status, 200)
      await connection.closed()
    })

    it('a body that waits to be asked for is asked for', async () => {
      const connection = await node.open('flink')
      const head = `POST ${own('/jobs/NOBODY/savepoints')} HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`
      connection.send(head)
      assert.equal((await connection.answer())?.status, 100)
      connection.send('{}')
      assert.equal((await connection.answer())?.status, 404)
      connection.socket.destroy()
    })

    it('a body beyond the limit gets no text, and is not waited for', async () => {
      const connection = await node.open('flink')
      const path = own('/jobs/JOB/savepoints')
      connection.send(`POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 105906184\r\n\r\n`)
      const answer = await connection.answer()
      assert.deepEqual([answer?.status, answer?.body], [413, ''])
      assert.deepEqual(
        [header(answer as RawAnswer, 'content-length'), header(answer as RawAnswer, 'content-type')],
        ['0', undefined],
      )
      await connection.closed()
    })
  })
}
