import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fakeSource, planFaults, plannedTables, runTables } from '../../../test/tables/tables.js'

const schema = `
  columns = [{ name = id, type = int }, { name = content, type = string }, { name = code, type = string }],
  primaryKey { name = pk, columnNames = [id] },
  constraintKeys = [
    { constraintName = u, constraintType = UNIQUE_KEY, constraintColumns = [{ columnName = code, sortType = ASC }] },
    { constraintName = i, constraintType = INDEX_KEY, constraintColumns = [{ columnName = code, sortType = ASC }] }
  ]`
const TEXTS = fakeSource([
  {
    path: 'texts',
    schema,
    rows: [
      [1, 'one two', 'a'],
      [2, '', 'b'],
    ],
  },
])

describe('TextChunk', () => {
  it('adds the number of the chunk to the primary key and to unique keys', async () => {
    const [table] = await plannedTables(TEXTS, 'TextChunk { text_field = content, chunk_index_field = n }')
    assert.deepEqual(table?.primaryKey?.columnNames, ['id', 'n'])
    assert.deepEqual(
      table.constraintKeys.map((key) => key.columns.map((column) => column.columnName)),
      [['code', 'n'], ['code']],
    )
    assert.deepEqual(
      table.columns.slice(3).map(({ name, type, nullable }) => [name, type.kind, nullable]),
      [
        ['chunk', 'STRING', true],
        ['n', 'INT', false],
      ],
    )
  })

  it('gives a row per chunk and keeps rows without text only when asked', async (test) => {
    const rows = async (more: string) => {
      const tables = await runTables(
        test,
        TEXTS,
        `TextChunk { text_field = content, output_field = content, chunk_size = 4 ${more} }`,
      )
      return (Object.values(tables)[0] as Record<string, unknown>[]).map((row) => [
        row.id,
        row.content ?? null,
        row.chunk_index,
      ])
    }
    const cut = [
      [1, 'one ', 0],
      [1, 'two', 1],
    ]
    assert.deepEqual(await rows(''), cut)
    assert.deepEqual(await rows(', skip_empty_text = false'), [...cut, [2, null, 0]])
    assert.deepEqual((await rows(', separators = [], overlap_size = 1')).slice(0, 2), [
      [1, 'one ', 0],
      [1, ' two', 1],
    ])
  })

  for (const [title, options, code] of [
    ['a text field that is not there', 'text_field = z', 'FIELD_NOT_FOUND'],
    ['a chunk in a primary key', 'text_field = content, output_field = id', 'OPTION_INVALID'],
    ['a number in a unique key', 'text_field = content, chunk_index_field = code', 'OPTION_INVALID'],
    ['an overlap as large as a chunk', 'text_field = content, chunk_size = 5, overlap_size = 5', 'OPTION_INVALID'],
    ['chunks of nothing', 'text_field = content, chunk_size = 0', 'OPTION_INVALID'],
    ['one field for both', 'text_field = content, output_field = x, chunk_index_field = x', 'OPTION_INVALID'],
  ] as const) {
    it(`refuses ${title}`, async () => {
      const faults = await planFaults(TEXTS, `TextChunk { ${options} }`)
      assert.deepEqual(
        faults.map((fault) => fault.code),
        [code],
      )
    })
  }
})
