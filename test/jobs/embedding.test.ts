import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { asMillraceErrors } from '../../src/core/error.js'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { contents } from '../local-file/job.js'
import { type ModelCall, type ModelReply, ModelServer } from '../support/model-server.js'
import { csvRows, csvSource, finishJob, prepareJob, runJob } from './harness.js'

const KEY = 'sk-canary-91ab'

/** Length of a text and its first character, as a vector. */
function vectorOf(text: string): readonly number[] {
  return [text.length, text.charCodeAt(0), 0.5]
}

function embed({ body }: ModelCall): ModelReply {
  const inputs: readonly string[] = Array.isArray(body.input) ? body.input : [body.input]
  const data = inputs.map((text, index) => ({ index, embedding: vectorOf(text) }))
  return { body: { data: data.toReversed() } }
}

async function setup(test: TestContext, reply: (call: ModelCall, index: number) => ModelReply, rows = 5) {
  const folder = temporaryFolder(test)
  putFile(`${folder}/in/a.csv`, `${csvRows(rows)}\n`)
  const server = await ModelServer.start(test, reply)
  const job = (options: string): string => `
source { ${csvSource(`${folder}/in`)} }
transform { Embedding { model = e1, api_key = ${KEY}, model_retry_backoff_ms = 0, api_path = "${server.origin}/embed",
  vectorization_fields { v = name }, ${options} } }
sink { LocalFile { path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = json } }`
  return { folder, server, job }
}

function rowsOf(folder: string): readonly { readonly id: number; readonly v: readonly number[] | null }[] {
  return contents(`${folder}/out`).flatMap(([, text]) => text.split('\n').map((line) => JSON.parse(line)))
}

describe('Embedding', () => {
  it('asks once for the length of the vectors, then one input at a time', async (test) => {
    const { folder, server, job } = await setup(test, embed)
    const prepared = await prepareJob(job('model_provider = OPENAI'))
    const [table] = [...prepared.planned.tables.values()].at(-1) ?? []
    assert.deepEqual([table?.columns.at(-1)?.type.kind, table?.columns.at(-1)?.scale], ['FLOAT_VECTOR', 3])
    const outcome = await prepared.run()
    assert.equal(outcome.status, 'FINISHED', String(outcome.errors[0]))
    assert.deepEqual(
      rowsOf(folder).map(({ id, v }) => [id, v]),
      [0, 1, 2, 3, 4].map((id) => [id, vectorOf(`name ${id}`)]),
    )
    assert.deepEqual([server.calls.length, server.calls[1]?.body.model], [6, 'e1'])
    assert.equal(typeof server.calls[1]?.body.input, 'string')
  })

  it('sends several inputs of several rows in one request, and puts answers into the order of their index', async (test) => {
    const { folder, server, job } = await setup(test, embed, 100)
    await finishJob(job('model_provider = OPENAI, single_vectorized_input_number = 40, dimension = 3'))
    assert.deepEqual(
      rowsOf(folder).map(({ v }) => v),
      Array.from({ length: 100 }, (_, id) => vectorOf(`name ${id}`)),
    )
    assert.equal(server.calls.length, 3)
  })

  it('makes vectors of several fields, and none of a null', async (test) => {
    const { folder, job } = await setup(test, embed, 0)
    putFile(`${folder}/in/a.csv`, '1,abc\n2,')
    await finishJob(job('model_provider = OPENAI, dimension = 3, vectorization_fields { v = name, name = id }'))
    const rows = rowsOf(folder) as readonly Record<string, unknown>[]
    assert.deepEqual(rows[0], { id: 1, name: vectorOf('1'), v: vectorOf('abc') })
    assert.equal(rows[1]?.v ?? null, null)
  })

  it('asks ZHIPU for a length and without a probe', async (test) => {
    const { server, job } = await setup(test, embed)
    await prepareJob(job('model_provider = ZHIPU'))
    assert.equal(server.calls.length, 0)
    await finishJob(job('model_provider = ZHIPU, dimension = 3'))
    assert.deepEqual(server.calls[0]?.body, { model: 'e1', dimensions: 3, input: [server.calls[0]?.body.input[0]] })
  })

  it('gets a token for QIANFAN, and a new one when it has expired', async (test) => {
    let tokens = 0
    const { folder, server, job } = await setup(
      test,
      (call) => {
        if (call.url.startsWith('/oauth')) {
          tokens += 1
          return { body: { access_token: `token-${tokens}` } }
        }
        return call.url.endsWith('token-1') ? { body: { error_code: 110, error_msg: 'expired' } } : embed(call)
      },
      1,
    )
    await finishJob(
      job(`model_provider = QIANFAN, secret_key = s3cret-key, oauth_path = "${server.origin}/oauth", dimension = 3`),
    )
    assert.deepEqual(rowsOf(folder)[0]?.v, vectorOf('name 0'))
    assert.deepEqual(
      server.calls.map((call) => call.url),
      [
        `/oauth?grant_type=client_credentials&client_id=${KEY}&client_secret=s3cret-key`,
        '/embed/e1?access_token=token-1',
        `/oauth?grant_type=client_credentials&client_id=${KEY}&client_secret=s3cret-key`,
        '/embed/e1?access_token=token-2',
      ],
    )
  })

  it('fills the placeholders of a custom interface, a list with all inputs', async (test) => {
    const { folder, server, job } = await setup(test, ({ body }) => ({ body: { all: body.texts.map(vectorOf) } }), 4)
    await finishJob(
      job(`model_provider = CUSTOM, single_vectorized_input_number = 4, custom_config = {
        custom_response_parse = "$.all", custom_request_headers = { Authorization = "Bearer ${KEY}" }
        custom_request_body = { model = "\${model}", texts = ["\${input}"] } }`),
    )
    assert.deepEqual(rowsOf(folder).at(-1)?.v, vectorOf('name 3'))
    assert.equal(server.calls.at(-1)?.body.texts.length, 4)
  })

  it('sends images to DOUBAO by address', async (test) => {
    const { folder, server, job } = await setup(test, () => ({ body: { data: { embedding: [1, 2] } } }), 0)
    putFile(`${folder}/in/a.csv`, '1,http://x/cat.png?size=1\n2,plain text')
    await finishJob(
      job('model_provider = DOUBAO, dimension = 2, vectorization_fields { v = { field = name, format = url } }'),
    )
    assert.deepEqual(
      rowsOf(folder).map(({ v }) => v),
      [
        [1, 2],
        [1, 2],
      ],
    )
    const inputs = server.calls
      .map((call) => call.body.input[0])
      .toSorted((left, right) => left.type.localeCompare(right.type))
    assert.deepEqual(inputs, [
      { type: 'image_url', image_url: { url: 'http://x/cat.png?size=1' } },
      { type: 'text', text: 'plain text' },
    ])
  })

  for (const [name, body] of [
    ['too few vectors', { data: [] }],
    ['too many vectors', { data: [{ embedding: [1] }, { embedding: [2] }] }],
    ['something that is no vector', { data: [{ embedding: ['a'] }] }],
    ['no data', { message: `no ${KEY}` }],
  ] as const) {
    it(`fails on ${name}`, async (test) => {
      const { job } = await setup(test, () => ({ body }))
      const outcome = await runJob(job('model_provider = OPENAI, dimension = 1'))
      assert.deepEqual([outcome.status, outcome.errors[0]?.code], ['FAILED', 'MODEL_ANSWER_INVALID'])
      assert.ok(!outcome.errors[0]?.message.includes(KEY))
    })
  }

  for (const [name, options, code] of [
    ['AMAZON', 'model_provider = AMAZON', 'UNIMPLEMENTED'],
    ['LOCAL', 'model_provider = LOCAL', 'UNIMPLEMENTED'],
    ['a field that is not there', 'model_provider = OPENAI, vectorization_fields { v = text }', 'FIELD_NOT_FOUND'],
    ['no field', 'model_provider = OPENAI, vectorization_fields = []', 'OPTION_INVALID'],
    [
      'a field without a column',
      'model_provider = OPENAI, vectorization_fields { v = { format = url } }',
      'OPTION_INVALID',
    ],
    [
      'an unknown modality',
      'model_provider = DOUBAO, vectorization_fields { v = { field = name, format = url, modality = smell } }',
      'OPTION_INVALID',
    ],
    [
      'bytes that are none',
      'model_provider = DOUBAO, vectorization_fields { v = { field = name, format = binary, modality = png } }',
      'TYPE_UNSUPPORTED',
    ],
    [
      'images for OPENAI',
      'model_provider = OPENAI, vectorization_fields { v = { field = name, format = url } }',
      'UNIMPLEMENTED',
    ],
    ['more inputs than ZHIPU takes', 'model_provider = ZHIPU, single_vectorized_input_number = 65', 'OPTION_INVALID'],
    [
      'a model that does not answer',
      'model_provider = OPENAI, model_retry_max_attempts = 1, api_path = "http://127.0.0.1:1/"',
      'MODEL_REQUEST_FAILED',
    ],
  ] as const) {
    it(`refuses ${name} while the job is planned`, async (test) => {
      const { job } = await setup(test, embed)
      const thrown = await prepareJob(job(options)).catch((error: unknown) => error)
      assert.deepEqual(
        asMillraceErrors(thrown).map((error) => error.code),
        [code],
      )
    })
  }
})
