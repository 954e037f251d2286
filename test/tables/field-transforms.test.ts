import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CatalogTable } from '../../src/core/schema.js'
import { prepareJob } from '../jobs/harness.js'
import { fakeSource, jobText, placed, planFaults, plannedTables, runTables } from './tables.js'

/** A table with every attribute that a schema can give. */
const RICH = fakeSource([
  {
    path: 'shop.orders',
    schema: `comment = "all orders"
      columns = [
        { name = id, type = bigint, nullable = false, columnLength = 20, comment = key }
        { name = name, type = string, columnLength = 30, defaultValue = none, comment = who }
        { name = price, type = "decimal(10,2)", columnScale = 2 }
      ]
      primaryKey { name = pk, columnNames = [id] }
      constraintKeys = [{ constraintName = uq, constraintType = UNIQUE_KEY, constraintColumns = [{ columnName = id }, { columnName = name, sortType = DESC }] }]`,
    rows: [[1, 'a', '1.50']],
  },
])

async function table(...transforms: string[]): Promise<CatalogTable> {
  const [only] = await plannedTables(RICH, ...transforms)
  assert.ok(only)
  return only
}

const keys = ({ primaryKey, constraintKeys }: CatalogTable): unknown => [
  primaryKey?.columnNames ?? null,
  ...constraintKeys.map((key) => key.columns.map(({ columnName, sortType }) => `${columnName} ${sortType}`)),
]

const names = ({ columns }: CatalogTable): string[] => columns.map((column) => column.name)

describe('FieldRename', () => {
  const cases: readonly [title: string, options: string, expected: readonly string[]][] = [
    ['changes the case of letters', 'convert_case = upper', ['ID', 'NAME', 'PRICE']],
    ['puts texts around every name', 'prefix = "f_ ", suffix = " _s"', ['f_id_s', 'f_name_s', 'f_price_s']],
    [
      'finds in the name as it was and keeps the case of what it puts in',
      'convert_case = UPPER, prefix = F_, replacements_with_regex = [{ replace_from = "^p|e$", replace_to = "x" }]',
      ['F_ID', 'F_NAMx', 'F_xRICx'],
    ],
    [
      'names single fields directly',
      'convert_case = UPPER, specific = [{ field_name = id, target_name = order_id }, { field_name = none, target_name = x }]',
      ['order_id', 'NAME', 'PRICE'],
    ],
    ['changes nothing without options', '', ['id', 'name', 'price']],
  ]
  for (const [title, options, expected] of cases) {
    it(title, async () => assert.deepEqual(names(await table(`FieldRename { ${options} }`)), expected))
  }

  it('renames the columns of keys and keeps all attributes', async () => {
    const [before, after] = [await table(), await table('FieldRename { prefix = f_ }')]
    assert.deepEqual(keys(after), [['f_id'], ['f_id ASC', 'f_name DESC']])
    const plain = (columns: CatalogTable['columns']) =>
      columns.map((column) => ({ ...column, name: column.name.replace('f_', '') }))
    assert.deepEqual(plain(after.columns), before.columns)
    assert.deepEqual([after.comment, after.path, after.primaryKey?.name], ['all orders', before.path, 'pk'])
  })

  it('renames the fields of rows', async (test) => {
    const rows = await runTables(test, RICH, 'FieldRename { convert_case = UPPER }')
    assert.deepEqual(Object.keys(rows['shop.orders']?.[0] ?? {}), ['ID', 'NAME', 'PRICE'])
  })

  it('refuses two fields of one name', async () => {
    const rule = 'FieldRename { specific = [{ field_name = id, target_name = name }] }'
    assert.deepEqual((await planFaults(RICH, rule)).map(placed), ['FIELD_EXISTS transform[0]'])
  })
})

describe('DefineSinkType', () => {
  const typed =
    'DefineSinkType { columns = [{ column = name, type = "nvarchar2(10)" }, { column = price, type = "number(10)" }] }'
  const types = ({ columns }: CatalogTable): unknown[] => columns.map(({ name, sinkType }) => [name, sinkType])

  it('sets the types and nothing else', async () => {
    assert.deepEqual(types(await table(typed)), [
      ['id', undefined],
      ['name', 'nvarchar2(10)'],
      ['price', 'number(10)'],
    ])
    assert.deepEqual(keys(await table(typed)), keys(await table()))
  })

  it('is kept by what comes behind it', async () => {
    const behind = [
      'Copy { fields { name2 = name } }',
      'FieldRename { prefix = f_ }',
      'Sql { query = "select f_name, upper(f_name) as u from t" }',
    ]
    assert.deepEqual(types(await table(typed, ...behind)), [
      ['f_name', 'nvarchar2(10)'],
      ['u', undefined],
    ])
  })

  it('refuses a field that is not there', async () => {
    const faults = await planFaults(RICH, 'DefineSinkType { columns = [{ column = x, type = t }] }')
    assert.deepEqual(faults.map(placed), ['FIELD_NOT_FOUND transform[0]'])
  })
})

describe('Metadata', () => {
  it('knows table and kind of every row', async (test) => {
    const changes = `FakeSource { plugin_output = fake, schema { table = "db.sch.t", fields { id = int } }, rows = [
      { kind = INSERT, fields = [1] }, { kind = UPDATE_BEFORE, fields = [1] }, { kind = UPDATE_AFTER, fields = [2] }, { kind = DELETE, fields = [2] }] }`
    const metadata = 'Metadata { metadata_fields { Database = d, Table = t, RowKind = k } }'
    const rows = (await runTables(test, changes, metadata, 'RowKindExtractor { }'))['db.sch.t']
    assert.deepEqual(
      rows,
      [
        [1, '+I'],
        [1, '-U'],
        [2, '+U'],
        [2, '-D'],
      ].map(([id, kind]) => ({ id, d: 'db', t: 't', k: kind, row_kind: kind })),
    )
  })

  it('gives a null database where the table has none', async (test) => {
    const source = fakeSource([{ path: 'plain', rows: [[1, 'a']] }])
    const rows = await runTables(test, source, 'Metadata { metadata_fields { Database = d, Table = t } }')
    assert.deepEqual(rows.plain, [{ id: 1, name: 'a', d: null, t: 'plain' }])
  })

  it('gives null and a warning for what only change logs know', async (test) => {
    const metadata = 'Metadata { metadata_fields { EventTime = ts, Delay = late, Partition = part } }'
    const { warnings } = await prepareJob(jobText(RICH, [metadata], '/nowhere'))
    assert.deepEqual(
      warnings.map((warning) => warning.code),
      Array(3).fill('METADATA_NOT_FOUND'),
    )
    const types = (await table(metadata)).columns
      .slice(3)
      .map(({ name, type, nullable }) => [name, type.kind, nullable])
    assert.deepEqual(types, [
      ['ts', 'BIGINT', true],
      ['late', 'BIGINT', true],
      ['part', 'STRING', true],
    ])
    const [row] = (await runTables(test, RICH, metadata))['shop.orders'] ?? []
    assert.deepEqual(Object.values(row as object).slice(3), [null, null, null])
  })

  it('adds nothing without fields', async () => assert.deepEqual(await table('Metadata { }'), await table()))

  const faults: readonly [title: string, fields: string, expected: string, hint: RegExp][] = [
    [
      'a key that nothing has',
      'Moon = m',
      'METADATA_NOT_FOUND transform[0]',
      /'shop.orders' has Database, Table, RowKind/,
    ],
    ['a key in the wrong case', 'rowkind = m', 'METADATA_NOT_FOUND transform[0]', /did you mean 'RowKind'/],
    ['what the source does not know', 'BinlogFile = m', 'METADATA_NOT_FOUND transform[0]', /only MySQL-CDC give/],
    ['what only files have', 'FilePath = m', 'METADATA_NOT_FOUND transform[0]', /only file sources give/],
    ['a field that is there', 'Table = name', 'METADATA_FIELD_EXISTS transform[0]', /'name' is taken/],
    ['a field twice', 'Table = x, Database = x', 'METADATA_FIELD_EXISTS transform[0]', /'x' is taken/],
  ]
  for (const [title, fields, expected, hint] of faults) {
    it(`refuses ${title}`, async () => {
      const found = await planFaults(RICH, `Metadata { metadata_fields { ${fields} } }`)
      assert.deepEqual(found.map(placed), [expected])
      assert.match(found[0]?.details.hint ?? '', hint)
    })
  }
})

describe('Filter, FieldMapper and Copy', () => {
  const cases: readonly [title: string, transform: string, columns: readonly string[], keys: unknown][] = [
    [
      'Filter keeps the order that is asked for, and keys that are whole',
      'Filter { include_fields = [name, id] }',
      ['name', 'id'],
      [['id'], ['id ASC', 'name DESC']],
    ],
    ['Filter drops keys that lose a column', 'Filter { exclude_fields = [name] }', ['id', 'price'], [['id']]],
    ['Filter may exclude a field twice', 'Filter { exclude_fields = [id, id] }', ['name', 'price'], [null]],
    [
      'FieldMapper drops a key whose column it renames',
      'FieldMapper { field_mapper { id = key, name = name } }',
      ['key', 'name'],
      [null],
    ],
    [
      'FieldMapper keeps a key by the names that come out',
      'FieldMapper { field_mapper { price = id, name = name } }',
      ['id', 'name'],
      [['id'], ['id ASC', 'name DESC']],
    ],
    [
      'Copy replaces a field where it stands',
      'Copy { fields { name = id, other = name } }',
      ['id', 'name', 'price', 'other'],
      [['id'], ['id ASC', 'name DESC']],
    ],
  ]
  for (const [title, transform, columns, expected] of cases) {
    it(title, async () => {
      const result = await table(transform)
      assert.deepEqual([names(result), keys(result)], [columns, expected])
    })
  }

  it('copies the attributes of a field', async () => {
    const [name, copy] = (await table('Copy { fields { n = name } }')).columns.filter(({ name: each }) =>
      each.startsWith('n'),
    )
    assert.deepEqual(copy, { ...name, name: 'n' })
  })

  it('copies vectors', async (test) => {
    const source = `FakeSource { plugin_output = fake, row.num = 2, vector.dimension = 2, schema { table = v, fields { id = int, v = float_vector } } }`
    const rows = (await runTables(test, source, 'Copy { fields { w = v } }')).v as { v: unknown; w: unknown }[]
    assert.equal(rows.length, 2)
    for (const row of rows) assert.deepEqual(row.w, row.v)
  })

  it('reads all copies from the row as it came in', async (test) => {
    const source = fakeSource([{ path: 't', rows: [[1, 'a']] }])
    const rows = await runTables(test, source, 'Copy { fields { x = name, name = id, id = name } }')
    assert.deepEqual(rows.t, [{ id: 'a', name: 1, x: 'a' }])
  })

  const faults: readonly [title: string, transform: string, expected: readonly string[]][] = [
    [
      'Filter speaks of missing fields in the plural',
      'Filter { include_fields = [x] }',
      ['FIELDS_NOT_FOUND transform[0]'],
    ],
    ['Filter names several', 'Filter { exclude_fields = [x, y, x] }', ['FIELDS_NOT_FOUND transform[0]']],
    ['Filter refuses a field twice', 'Filter { include_fields = [id, id] }', ['FIELD_EXISTS transform[0]']],
    ['Filter wants one list', 'Filter { }', ['OPTION_EXCLUSIVE transform[0]']],
    ['FieldMapper names one missing field', 'FieldMapper { field_mapper { x = y } }', ['FIELD_NOT_FOUND transform[0]']],
    [
      'FieldMapper refuses a name twice',
      'FieldMapper { field_mapper { id = a, name = a } }',
      ['FIELD_EXISTS transform[0]'],
    ],
    ['Copy names a missing field', 'Copy { src_field = x, dest_field = y }', ['FIELD_NOT_FOUND transform[0]']],
    ['Copy wants both old options', 'Copy { src_field = id }', ['OPTION_BUNDLED transform[0]']],
    ['Copy wants something to copy', 'Copy { }', ['OPTION_REQUIRED transform[0]']],
    [
      'FilterRowKind wants one list',
      'FilterRowKind { include_kinds = [INSERT], exclude_kinds = [DELETE] }',
      ['OPTION_EXCLUSIVE transform[0]'],
    ],
    [
      'FilterRowKind knows four kinds',
      'FilterRowKind { include_kinds = [UPSERT] }',
      ['OPTION_TYPE transform[0].include_kinds[0]'],
    ],
    [
      'RowKindExtractor refuses a name that is taken',
      'RowKindExtractor { custom_field_name = id }',
      ['FIELD_EXISTS transform[0]'],
    ],
    [
      'RowKindExtractor has two forms',
      'RowKindExtractor { transform_type = LONG }',
      ['OPTION_TYPE transform[0].transform_type'],
    ],
    ['Python is not implemented', 'Python { script = "x" }', ['UNIMPLEMENTED transform[0]']],
    ['Calcite is not implemented', 'Calcite { query = "x" }', ['UNIMPLEMENTED transform[0]']],
  ]
  for (const [title, transform, expected] of faults) {
    it(title, async () => assert.deepEqual((await planFaults(RICH, transform)).map(placed), expected))
  }

  it('RowKindExtractor declares its field and keeps keys', async () => {
    const result = await table('RowKindExtractor { transform_type = full }')
    const { name, type, nullable, length } = result.columns.at(-1) ?? assert.fail()
    assert.deepEqual(
      [name, type.kind, nullable, length, keys(result)],
      ['row_kind', 'STRING', false, 13, keys(await table())],
    )
  })
})
