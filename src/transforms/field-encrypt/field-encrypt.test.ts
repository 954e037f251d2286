import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { prepareJob, runJob } from '../../../test/jobs/harness.js'
import { fakeSource, jobText, planFaults, plannedTables, runTables } from '../../../test/tables/tables.js'

const KEY = 'base64:AAECAwQFBgcICQoLDA0ODw=='
const NAMES = fakeSource([
  {
    path: 'people',
    fields: 'name = string, id = int',
    rows: [
      ['Ann', 1],
      ['Ann', 2],
      [null, 3],
      [' ', 4],
      ['Bob é', 5],
    ],
  },
])

const encrypt = (more = ''): string => `FieldEncrypt { fields = [name], key = "${KEY}", ${more} }`

describe('FieldEncrypt', () => {
  for (const algorithm of ['AES_CBC', 'AES_GCM']) {
    it(`gives back with ${algorithm} what it has encrypted, and never the same text twice`, async (test) => {
      const same = `algorithm = ${algorithm}`
      const plain = await runTables(test, NAMES)
      const encrypted = await runTables(test, NAMES, encrypt(same))
      const [rows = []] = Object.values(encrypted) as { name: string | null }[][]
      const names = rows.map(({ name }) => name)
      assert.deepEqual([names[2] ?? null, names[3]], [null, ' '])
      assert.equal(new Set(names).size, 5)
      assert.ok(names[0] !== 'Ann' && /^[A-Za-z0-9+/]+=*$/.test(names[0] ?? ''))
      assert.deepEqual(await runTables(test, NAMES, encrypt(same), encrypt(`${same}, mode = decrypt`)), plain)
    })
  }

  it('keeps the columns as they are declared', async () => {
    const [before] = await plannedTables(NAMES)
    const [after] = await plannedTables(NAMES, encrypt())
    assert.deepEqual(after, before)
  })

  it('fails at a row that another key has encrypted, and shows neither key nor value', async () => {
    const source = fakeSource([{ path: 't', fields: 'name = string', rows: [['plain text']] }])
    const outcome = await runJob(jobText(source, [encrypt('mode = DECRYPT')], '/nowhere'))
    const [error] = outcome.errors
    assert.deepEqual([error?.code, error?.details.row, error?.details.field], ['VALUE_MALFORMED', 0, 'name'])
    assert.doesNotMatch(`${error?.message} ${error?.details.hint}`, /AAECAw|plain text/)
  })

  it('does not describe the key', async () => {
    const prepared = await prepareJob(jobText(NAMES, [encrypt()], '/nowhere'))
    assert.doesNotMatch(JSON.stringify([prepared.graph(), prepared.pipelines]), /AAECAw/)
  })

  const faults: readonly [title: string, block: string, code: string, message: RegExp][] = [
    ['a field that is not there', `FieldEncrypt { fields = [z], key = "${KEY}" }`, 'FIELD_NOT_FOUND', /'z'/],
    ['a field that is no string', `FieldEncrypt { fields = [id], key = "${KEY}" }`, 'TYPE_UNSUPPORTED', /'id'/],
    ['an empty key', 'FieldEncrypt { fields = [name], key = " " }', 'OPTION_INVALID', /cannot be null or empty/],
    [
      'a key that is no base64',
      'FieldEncrypt { fields = [name], key = "se!same" }',
      'OPTION_INVALID',
      /^Invalid Base64/,
    ],
    [
      'a short key',
      'FieldEncrypt { fields = [name], key = "c2VzYW1l" }',
      'OPTION_INVALID',
      /key length: 6\. Expected 16/,
    ],
    ['an unknown algorithm', encrypt('algorithm = DES'), 'OPTION_TYPE', /AES_CBC/],
    ['an unknown mode', encrypt('mode = sign'), 'OPTION_TYPE', /ENCRYPT/],
    ['no key', 'FieldEncrypt { fields = [name] }', 'OPTION_REQUIRED', /key/],
  ]
  for (const [title, block, code, message] of faults) {
    it(`refuses ${title}`, async () => {
      const [fault] = await planFaults(NAMES, block)
      assert.equal(fault?.code, code)
      assert.match(fault.message, message)
      assert.doesNotMatch(`${fault.message} ${fault.details.hint}`, /c2VzYW1l|se!same/)
    })
  }
})
