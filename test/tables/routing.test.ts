import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { prepareJob } from '../jobs/harness.js'
import { fakeSource, jobText, placed, planFaults, plannedTables, runTables } from './tables.js'

/** The five tables of SeaTunnel's own example. */
const FIVE = fakeSource(
  ['abc', 'abcd', 'xyz', 'xyzxyz', 'www'].map((name) => ({
    path: `test.${name}`,
    fields: 'id = int, name = string, age = int',
    rows: [[1, name, 20]],
  })),
)

const COPY = `Copy {
  table_match_regex = "test.a.*", src_field = "name", dest_field = "name1"
  table_transform = [
    { table_path = "test.xyz", src_field = "name", dest_field = "name2" }
    { table_path = "test.xyzxyz", src_field = "name", dest_field = "name3" }
  ]
}`

describe('a transform over several tables', () => {
  it('takes the entry of a table, else its own options where the pattern matches, else lets the table pass', async (test) => {
    const row = (name: string, copies: object): object => ({ id: 1, name, age: 20, ...copies })
    assert.deepEqual(await runTables(test, FIVE, COPY), {
      'test.abc': [row('abc', { name1: 'abc' })],
      'test.abcd': [row('abcd', { name1: 'abcd' })],
      'test.www': [row('www', {})],
      'test.xyz': [row('xyz', { name2: 'xyz' })],
      'test.xyzxyz': [row('xyzxyz', { name3: 'xyzxyz' })],
    })
  })

  const columns = async (transform: string): Promise<string[]> => {
    const tables = await plannedTables(FIVE, transform)
    return tables.map((table) => `${table.path.table}: ${table.columns.map((column) => column.name)}`)
  }

  const cases: readonly [title: string, transform: string, expected: readonly string[]][] = [
    [
      'holds for every table without a pattern',
      'Filter { include_fields = [id] }',
      ['abc: id', 'abcd: id', 'xyz: id', 'xyzxyz: id', 'www: id'],
    ],
    [
      'matches the whole path and not a part of it',
      'Filter { include_fields = [id], table_match_regex = "test.xyz" }',
      ['abc: id,name,age', 'abcd: id,name,age', 'xyz: id', 'xyzxyz: id,name,age', 'www: id,name,age'],
    ],
    [
      'takes Java regular expressions',
      'Filter { include_fields = [id], table_match_regex = "(?i)TEST\\\\.\\\\p{Lower}{3}" }',
      ['abc: id', 'abcd: id,name,age', 'xyz: id', 'xyzxyz: id,name,age', 'www: id'],
    ],
    [
      'prefers an entry to a pattern that matches too',
      'Filter { include_fields = [id], table_transform = [{ table_path = "test.www", exclude_fields = [id] }] }',
      ['abc: id', 'abcd: id', 'xyz: id', 'xyzxyz: id', 'www: name,age'],
    ],
    [
      'needs no options of its own where entries carry them',
      'FieldMapper { table_match_regex = "none", table_transform = [{ table_path = "test.abc", field_mapper { id = key } }] }',
      ['abc: key', 'abcd: id,name,age', 'xyz: id,name,age', 'xyzxyz: id,name,age', 'www: id,name,age'],
    ],
    [
      'applies all entries of a table one after the other',
      `Copy { table_match_regex = "none", rule_match_mode = ALL_MATCH, table_transform = [
        { table_path = "test.xyz", src_field = "name", dest_field = "name2" }
        { table_path = "test.xyz", src_field = "name2", dest_field = "name3" }] }`,
      [
        'abc: id,name,age',
        'abcd: id,name,age',
        'xyz: id,name,age,name2,name3',
        'xyzxyz: id,name,age',
        'www: id,name,age',
      ],
    ],
    [
      'applies the first entry of a table',
      `Copy { table_match_regex = "none", rule_match_mode = first_match, table_transform = [
        { table_path = "test.xyz", src_field = "name", dest_field = "name2" }
        { table_path = "test.xyz", src_field = "age", dest_field = "age2" }] }`,
      ['abc: id,name,age', 'abcd: id,name,age', 'xyz: id,name,age,name2', 'xyzxyz: id,name,age', 'www: id,name,age'],
    ],
  ]
  for (const [title, transform, expected] of cases) {
    it(title, async () => assert.deepEqual(await columns(transform), expected))
  }

  it('holds for the only table too', async () => {
    const one = fakeSource([{ path: 'a.b', rows: [] }])
    const names = async (transform: string) => (await plannedTables(one, transform))[0]?.columns.map(({ name }) => name)
    assert.deepEqual(await names('Filter { include_fields = [id], table_match_regex = "a.c" }'), ['id', 'name'])
    assert.deepEqual(await names('Filter { include_fields = [id], table_match_regex = "a\\\\.b" }'), ['id'])
  })

  it('is only warned of an entry whose table does not come', async () => {
    const transform =
      'Filter { include_fields = [id], table_transform = [{ table_path = "test.ab", exclude_fields = [id] }] }'
    const { warnings } = await prepareJob(jobText(FIVE, [transform], '/nowhere'))
    assert.deepEqual(
      warnings.map(({ message }) => message),
      ["no input table of 'Filter' is called 'test.ab'"],
    )
  })
})

describe('options that do not go together with the tables', () => {
  const cases: readonly [title: string, transform: string, expected: readonly string[]][] = [
    [
      'name a field that the table does not have',
      'Copy { fields { a = name }, table_transform = [{ table_path = "test.xyz", fields { a = nome } }] }',
      ['FIELD_NOT_FOUND transform[0].table_transform[0]'],
    ],
    [
      'are missing where a table needs them',
      'FieldMapper { table_transform = [{ table_path = "test.xyz", field_mapper { id = key } }] }',
      ['OPTION_REQUIRED transform[0]'],
    ],
    ['are missing beside an empty list', 'FieldMapper { table_transform = [] }', ['OPTION_REQUIRED transform[0]']],
    ['are missing without entries', 'FieldMapper { }', ['OPTION_REQUIRED transform[0]']],
    [
      'are missing in entries, in all of them',
      'Filter { table_transform = [{ include_fields = [id] }, { table_path = "a.b" }, { table_path = "a.c", include_fields = {} }] }',
      [
        'OPTION_REQUIRED transform[0].table_transform[0]',
        'OPTION_EXCLUSIVE transform[0].table_transform[1]',
        'OPTION_TYPE transform[0].table_transform[2].include_fields',
      ],
    ],
    [
      'name a table twice',
      'Filter { include_fields = [id], table_transform = [{ table_path = "a.b", include_fields = [id] }, { table_path = "a.b", include_fields = [id] }] }',
      ['OPTION_INVALID transform[0].table_transform'],
    ],
    [
      'have a pattern that does not parse',
      'Filter { include_fields = [id], table_match_regex = "(" }',
      ['OPTION_INVALID transform[0].table_match_regex'],
    ],
    [
      'have a broken query in an entry',
      'Sql { query = "select id from fake", table_transform = [{ table_path = "test.xyz", query = "select nome from fake" }] }',
      ['SQL_INVALID transform[0].table_transform[0].query'],
    ],
  ]
  for (const [title, transform, expected] of cases) {
    it(title, async () => assert.deepEqual((await planFaults(FIVE, transform)).map(placed), expected))
  }

  it('are told with their place in the file', async () => {
    const transform =
      'Copy { fields { a = name }\n  table_transform = [\n    { table_path = "test.xyz", fields { a = nome } }] }'
    const [fault] = await planFaults(FIVE, transform)
    const line =
      jobText(FIVE, [transform], '/nowhere')
        .split('\n')
        .findIndex((text) => text.includes('nome')) + 1
    assert.deepEqual([fault?.details.position?.line, fault?.details.position?.column], [line, 5])
  })
})
