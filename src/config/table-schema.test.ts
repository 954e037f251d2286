import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MillraceError } from '../core/error.js'
import { dataTypeText } from '../core/schema.js'
import { parseHocon } from './hocon/hocon.js'
import { contentTable, readCatalogTable, type TableNaming, tablePathOf } from './table-schema.js'
import { readContext } from './validate.js'
import { ABSENT } from './value-type.js'

function read(text: string, naming: TableNaming = { output: null }) {
  const faults: MillraceError[] = []
  const table = readCatalogTable(parseHocon(text, 'job.conf'), readContext('schema', 'schema', faults, []), naming)
  assert.ok(table !== ABSENT, faults.map((fault) => fault.message).join('\n'))
  return table
}

describe('columns', () => {
  it('of fields keep their order, are nullable and have no length', () => {
    const { columns } = read('fields { b = int, a.c = "array<string>", d { e = date } }')
    assert.deepEqual(
      columns.map(({ name, type, nullable, length }) => [name, dataTypeText(type), nullable, length]),
      [
        ['b', 'INT', true, null],
        ['a.c', 'ARRAY<STRING>', true, null],
        ['d', 'ROW<e DATE>', true, null],
      ],
    )
  })

  it('of a list have length 0 where none is given', () => {
    const { columns } = read('columns = [{ name = a, type = int }]')
    assert.deepEqual(columns, [
      { name: 'a', type: { kind: 'INT' }, nullable: true, length: 0, scale: null, defaultValue: null, comment: null },
    ])
  })

  it('of a list keep their attributes', () => {
    const text =
      'columns = [{ name = a, type = float_vector, nullable = false, columnLength = "9", columnScale = 4, defaultValue = [1], comment = c }]'
    assert.deepEqual(read(text).columns, [
      {
        name: 'a',
        type: { kind: 'FLOAT_VECTOR' },
        nullable: false,
        length: 9,
        scale: 4,
        defaultValue: [1],
        comment: 'c',
      },
    ])
  })

  it('may be missing', () => assert.deepEqual(read('table = a').columns, []))
})

describe('keys', () => {
  it('are read with their names', () => {
    const text = `
      fields { a = int, b = string }
      primaryKey { name = pk, columnNames = [a] }
      constraintKeys = [{ constraintName = u, constraintType = unique_key, constraintColumns = [{ columnName = b, sortType = desc }, { columnName = a }] }]`
    const { primaryKey, constraintKeys } = read(text)
    assert.deepEqual(primaryKey, { name: 'pk', columnNames: ['a'] })
    assert.deepEqual(JSON.parse(JSON.stringify(constraintKeys)), [
      {
        name: 'u',
        type: 'UNIQUE_KEY',
        columns: [
          { columnName: 'b', sortType: 'DESC' },
          { columnName: 'a', sortType: 'ASC' },
        ],
      },
    ])
  })

  it('take the documented name of the columns too', () => {
    assert.deepEqual(read('fields { a = int }, primaryKey { name = pk, columns = [a] }').primaryKey?.columnNames, ['a'])
  })
})

describe('the table path', () => {
  for (const [sentence, text, output, path] of [
    ['has one part', 'table = t', null, [null, null, 't']],
    ['has a database', 'table = d.t', null, ['d', null, 't']],
    ['has a schema when that comes first', 'table = s.t, schema_first = true', null, [null, 's', 't']],
    ['has all parts', 'table = d.s.t', null, ['d', 's', 't']],
    ['is the output without a table', '', 'out', [null, null, 'out']],
    ['is the output cut at its dots', '', 'd.out', ['d', null, 'out']],
    ['is the output as a whole when it is no path', '', 'a.b.c.d', [null, null, 'a.b.c.d']],
    ['is the default without an output', '', null, ['default', 'default', 'default']],
  ] as const) {
    it(sentence, () => {
      const { database, schema, table } = read(text, { output }).path
      assert.deepEqual([database, schema, table], path)
    })
  }

  it('does not have four parts or none', () => {
    assert.equal(tablePathOf('a.b.c.d'), null)
    assert.equal(tablePathOf(''), null)
  })
})

describe('comments', () => {
  it('come from the schema, else from the plug-in', () => {
    assert.equal(read('comment = in', { output: null, comment: 'out' }).comment, 'in')
    assert.equal(read('', { output: null, comment: 'out' }).comment, 'out')
  })
})

describe('a source without a schema', () => {
  it('has one text column', () => {
    const { columns, path } = contentTable({ output: 'fake' })
    assert.deepEqual(
      [columns.map(({ name, type }) => [name, type.kind]), path.table],
      [[['content', 'STRING']], 'fake'],
    )
  })
})
