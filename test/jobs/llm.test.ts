import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { asMillraceErrors } from '../../src/core/error.js'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { contents } from '../local-file/job.js'
import { chatAnswer, type ModelCall, type ModelReply, ModelServer, rowsOf } from '../support/model-server.js'
import { csvRows, csvSink, csvSource, finishJob, prepareJob, runJob } from './harness.js'

const KEY = 'sk-canary-5f1d'

interface Setup {
  readonly folder: string
  readonly server: ModelServer
  job(options?: string): string
}

/** A job that asks a server of the test about rows of a csv file. */
async function setup(
  test: TestContext,
  reply: (call: ModelCall, index: number) => ModelReply | Promise<ModelReply>,
  rows = 10,
): Promise<Setup> {
  const folder = temporaryFolder(test)
  putFile(`${folder}/in/a.csv`, `${csvRows(rows)}\n`)
  const server = await ModelServer.start(test, reply)
  const job = (options = ''): string => `
source { ${csvSource(`${folder}/in`)} }
transform { LLM { model_provider = OPENAI, model = m1, api_key = ${KEY}, prompt = "which?", model_retry_backoff_ms = 0,
  api_path = "${server.origin}/v1/chat/completions", ${options} } }
sink { ${csvSink(folder)} }`
  return { folder, server, job }
}

function lines(folder: string): readonly string[] {
  return contents(`${folder}/out`).flatMap(([, text]) => text.split('\n'))
}

const echo = (call: ModelCall): ModelReply => chatAnswer(rowsOf(call).map((row) => `got ${row.id}`))

describe('LLM', () => {
  it('asks about several rows at once and keeps their order, with several workers', async (test) => {
    const { folder, server, job } = await setup(
      test,
      async (call, index) => {
        // Later requests are answered earlier.
        for (let turn = 0; turn < (index % 3) * 4; turn += 1) await new Promise((resolve) => setImmediate(resolve))
        return echo(call)
      },
      1000,
    )
    await finishJob(job('process_batch_size = 30, output_column_name = answer'), 2)
    assert.deepEqual(
      lines(folder),
      Array.from({ length: 1000 }, (_, id) => `${id},name ${id},got ${id}`),
    )
    assert.ok(server.calls.length >= 1000 / 30 && server.calls.length < 60, `${server.calls.length} requests`)
    const { headers, body, url } = server.calls[0] as ModelCall
    assert.deepEqual([headers.authorization, body.model, url], [`Bearer ${KEY}`, 'm1', '/v1/chat/completions'])
    assert.match(body.messages[0].content, /^which\?\n[\s\S]*JSON array/)
    assert.deepEqual(Object.keys(rowsOf(server.calls[0] as ModelCall)[0] ?? {}), ['id', 'name'])
  })

  it('shows the model only the columns it is to see', async (test) => {
    const { server, job } = await setup(test, (call) => chatAnswer(rowsOf(call).map(() => 'x')))
    await finishJob(job('inference_columns = [name]'))
    assert.deepEqual(rowsOf(server.calls[0] as ModelCall)[0], { name: 'name 0' })
  })

  for (const [type, given, written] of [
    ['STRING', ['a', 1, true, null], ['a', '1', 'true', '']],
    ['INT', ['1', -2, '+3', null], ['1', '-2', '3', '']],
    ['BIGINT', ['9223372036854775807', 1, '0', null], ['9223372036854775807', '1', '0', '']],
    ['DOUBLE', ['1.5', 2, '1e3', null], ['1.5', '2.0', '1000.0', '']],
    ['BOOLEAN', ['true', 'TRUE', false, 'yes'], ['true', 'true', 'false', 'false']],
  ] as const) {
    it(`reads answers as ${type}`, async (test) => {
      const { folder, job } = await setup(test, () => chatAnswer(given), 4)
      await finishJob(job(`output_data_type = ${type.toLowerCase()}`))
      assert.deepEqual(
        lines(folder).map((line) => line.split(',')[2] ?? ''),
        written,
      )
    })
  }

  it('takes an answer in a fence, and of one row the first value', async (test) => {
    const content = '```json\n["first", "second"]\n```'
    const { folder, job } = await setup(test, () => ({ body: { choices: [{ message: { content } }] } }), 2)
    await finishJob(job('process_batch_size = 1'))
    assert.deepEqual(lines(folder), ['0,name 0,first', '1,name 1,first'])
  })

  it('asks about fewer rows when the model loses count', async (test) => {
    const { folder, server, job } = await setup(test, (call) => {
      const rows = rowsOf(call)
      return rows.length > 3 ? chatAnswer(['too', 'few']) : echo(call)
    })
    await finishJob(job())
    assert.equal(lines(folder).at(-1), '9,name 9,got 9')
    assert.equal(server.calls.length, 7)
  })

  it('tries again after 429, 500 and a broken connection', async (test) => {
    const replies: ModelReply[] = [
      { status: 429, headers: { 'retry-after': '0' } },
      { status: 500, body: 'oops' },
      { status: 408 },
    ]
    const { folder, server, job } = await setup(test, (call, index) => replies[index] ?? echo(call))
    await finishJob(job())
    assert.equal(lines(folder).length, 10)
    assert.equal(server.calls.length, 4)
  })

  const failures: readonly (readonly [
    name: string,
    reply: ModelReply,
    options: string,
    code: string,
    message: RegExp,
  ])[] = [
    [
      'statuses that stay',
      { status: 503, body: 'down' },
      'model_retry_max_attempts = 3',
      'MODEL_REQUEST_FAILED',
      /'3' attempts.*'503'.*down/,
    ],
    [
      'a wrong key at once',
      { status: 401, body: `the key ${KEY} is wrong` },
      '',
      'MODEL_REQUEST_FAILED',
      /failed, it answered with the status '401'.*\*\*\* is wrong/,
    ],
    [
      'no answer in time',
      null,
      'model_request_timeout_ms = 30, model_retry_max_attempts = 2',
      'MODEL_REQUEST_FAILED',
      /no answer within '30' ms/,
    ],
    ['an answer that is no JSON', { body: '<html>' }, '', 'MODEL_ANSWER_INVALID', /no JSON/],
    [
      'an answer without an array',
      { body: { choices: [{ message: { content: 'Chinese' } }] } },
      '',
      'MODEL_ANSWER_INVALID',
      /not a JSON array/,
    ],
    [
      'a value of another type',
      chatAnswer(['1', '2.5', '3']),
      'output_data_type = INT',
      'MODEL_ANSWER_INVALID',
      /"2.5".*INT/,
    ],
    [
      'a redirect, which could take the key elsewhere',
      { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
      'model_retry_max_attempts = 1',
      'MODEL_REQUEST_FAILED',
      /redirect/,
    ],
  ]
  for (const [name, reply, options, code, message] of failures) {
    it(`fails on ${name}`, async (test) => {
      const { folder, job } = await setup(test, () => reply, 3)
      const outcome = await runJob(job(options))
      const [error] = outcome.errors
      assert.deepEqual([outcome.status, error?.code], ['FAILED', code])
      assert.match(error?.message ?? '', message)
      const everything = outcome.errors.map((each) => `${each.message} ${each.stack} ${JSON.stringify(each.details)}`)
      assert.ok(!everything.join().includes(KEY), 'the key is in an error')
      assert.deepEqual(contents(`${folder}/out`), [])
    })
  }

  it('fails on an answer without an end', async (test) => {
    const { job } = await setup(test, () => ({ body: 'x'.repeat(65 * 1024 * 1024) }), 1)
    const outcome = await runJob(job('model_request_timeout_ms = 60000'))
    assert.deepEqual([outcome.status, outcome.errors[0]?.code], ['FAILED', 'MODEL_ANSWER_INVALID'])
    assert.match(outcome.errors[0]?.message ?? '', /longer than/)
  })

  it('can be canceled while it waits for an answer', async (test) => {
    let asked = (): void => undefined
    const wasAsked = new Promise<void>((resolve) => {
      asked = resolve
    })
    const { job } = await setup(test, () => {
      asked()
      return null
    })
    const prepared = await prepareJob(job())
    const ended = prepared.run()
    await wasAsked
    prepared.cancel()
    const outcome = await ended
    assert.deepEqual([outcome.status, outcome.errors], ['CANCELED', []])
  })

  it('fills the placeholders of a custom interface and reads its answer by a path', async (test) => {
    const { folder, server, job } = await setup(test, (call) => ({
      body: { out: JSON.parse(call.body.input).map((row: { id: number }) => ({ text: `v${row.id}` })) },
    }))
    await finishJob(
      job(`model_provider = CUSTOM, custom_config = {
        custom_response_parse = "$.out[*].text"
        custom_request_headers = { Authorization = "Bearer ${KEY}", X-Model = "\${model}" }
        custom_request_body = { model = "\${model}", deep = [{ system = "\${prompt}" }], input = "\${input}", n = 0.70 } }`),
    )
    assert.deepEqual(lines(folder).slice(0, 2), ['0,name 0,v0', '1,name 1,v1'])
    const { headers, body } = server.calls[0] as ModelCall
    assert.deepEqual([headers['x-model'], body.model, body.n], ['m1', 'm1', 0.7])
    assert.match(body.deep[0].system, /^which\?/)
  })

  it('names the model in the address of MICROSOFT and sends no model in the body', async (test) => {
    const { server, job } = await setup(test, echo)
    await finishJob(job(`model_provider = MICROSOFT, api_path = "${server.origin}/deployments/\${model}/chat"`))
    const { url, body, headers } = server.calls[0] as ModelCall
    assert.deepEqual([url, body.model, headers['api-key']], ['/deployments/m1/chat', undefined, KEY])
  })

  it('keeps to a number of requests per minute without sending more at once', async (test) => {
    const { job } = await setup(test, echo)
    await finishJob(job('model_requests_per_minute = 60000, model_concurrency = 1, process_batch_size = 2'))
  })

  for (const [name, options, code] of [
    ['QIANFAN', 'model_provider = QIANFAN, secret_key = s, oauth_path = "http://localhost/"', 'UNIMPLEMENTED'],
    ['LOCAL', 'model_provider = LOCAL', 'UNIMPLEMENTED'],
    ['MICROSOFT without an address', 'model_provider = MICROSOFT, api_path = ""', 'OPTION_REQUIRED'],
    ['an address that is none', 'api_path = "file:///etc/passwd"', 'OPTION_INVALID'],
    ['a column that is there', 'output_column_name = name', 'FIELD_EXISTS'],
    ['a column that is not there', 'inference_columns = [age]', 'FIELD_NOT_FOUND'],
    [
      'CUSTOM without its parts',
      'model_provider = CUSTOM, custom_config = { custom_response_parse = "$" }',
      'OPTION_INVALID',
    ],
    [
      'a path that is none',
      'model_provider = CUSTOM, custom_config = { custom_response_parse = "$[?(@)]", custom_request_body = {} }',
      'OPTION_INVALID',
    ],
  ] as const) {
    it(`refuses ${name} while the job is planned`, async (test) => {
      const { job } = await setup(test, echo)
      const thrown = await prepareJob(job(options)).catch((error: unknown) => error)
      assert.deepEqual(
        asMillraceErrors(thrown).map((error) => error.code),
        [code],
      )
      assert.ok(!JSON.stringify(asMillraceErrors(thrown)).includes(KEY))
    })
  }
})
