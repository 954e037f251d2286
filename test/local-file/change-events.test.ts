import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { contents, missingCodec, runJob } from './job.js'

const SCHEMA = 'schema { table = "shop.orders", fields { id = bigint, name = string, price = "decimal(10, 2)" } }'

function job(folder: string, from: string, to: string): string {
  return `
env { job.mode = BATCH }
source { LocalFile { path = "${folder}/in", file_format_type = ${from}, ${SCHEMA} } }
sink { LocalFile { path = "${folder}/out", tmp_path = "${folder}/tmp", ${to} } }`
}

async function converted(folder: string, from: string, to: string, workers: number): Promise<readonly string[]> {
  const outcome = await runJob(job(folder, from, to), workers)
  assert.deepEqual([outcome.status, outcome.errors.map((error) => error.message)], ['FINISHED', []])
  return contents(`${folder}/out`).flatMap(([, text]) => text.split('\n'))
}

describe('files of change events', { skip: missingCodec('canal_json') }, () => {
  it('become rows with kinds, and events of another dialect', async (test) => {
    const folder = temporaryFolder(test)
    const messages = [
      { data: [{ id: '1', name: 'a', price: '1.50' }], type: 'INSERT' },
      { data: [{ id: '1', name: 'b', price: '1.50' }], old: [{ name: 'a' }], type: 'UPDATE' },
      { data: null, type: 'ALTER' },
      { data: [{ id: '1', name: 'b', price: '1.50' }], type: 'DELETE' },
    ]
    putFile(`${folder}/in/a.json`, messages.map((message) => JSON.stringify(message)).join('\n'))
    const lines = await converted(
      folder,
      'canal_json',
      'file_format_type = debezium_json, merge_update_event = true',
      2,
    )
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    const source = { database: 'shop', schema: null, table: 'orders' }
    const [a, b] = ['a', 'b'].map((name) => ({ id: 1, name, price: 1.5 }))
    assert.deepEqual(events, [
      { before: null, after: a, op: 'c', source, ts_ms: null },
      { before: a, after: b, op: 'u', source, ts_ms: null },
      { before: b, after: null, op: 'd', source, ts_ms: null },
    ])
  })

  for (const workers of [1, 4]) {
    it(`keep pairs of updates together over morsels, with ${workers} workers`, async (test) => {
      const folder = temporaryFolder(test)
      const count = 160_000
      const message = (id: number): string =>
        `{"type":"update","data":{"id":${id},"name":"after ${id}","price":2.25},"old":{"name":"before ${id}"}}`
      putFile(`${folder}/in/a.json`, Array.from({ length: count }, (_, id) => message(id)).join('\n'))
      const lines = await converted(
        folder,
        'maxwell_json',
        'file_format_type = maxwell_json, merge_update_event = true, batch_size = 100000000',
        workers,
      )
      const expected = (id: number): string =>
        `{"data":{"id":${id},"name":"after ${id}","price":2.25},"old":{"id":${id},"name":"before ${id}","price":2.25},"type":"UPDATE"}`
      assert.equal(lines.length, count)
      assert.ok(lines.every((line, id) => line === expected(id)))
    })
  }

  it('name the file and the row of a message that is none', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.json`, '{"op":"c","after":{"id":1}}\n{"op":"u","after":{"id":1}}')
    const outcome = await runJob(job(folder, 'debezium_json', 'file_format_type = csv'))
    assert.equal(outcome.status, 'FAILED')
    assert.equal(outcome.errors[0]?.code, 'RECORD_MALFORMED')
    assert.match(outcome.errors[0]?.message ?? '', /its 'before' is missing or null.*REPLICA IDENTITY FULL/)
  })
})
