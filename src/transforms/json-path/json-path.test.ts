import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { finishJob, runJob } from '../../../test/jobs/harness.js'
import { fakeSource, jobText, placed, planFaults, plannedTables, runTables } from '../../../test/tables/tables.js'

const DOCUMENTS = fakeSource([
  {
    path: 'docs',
    fields: 'doc = string, n = int',
    rows: [
      ['{"a":{"b":"x"},"v":1.9,"list":[1,2]}', 1],
      [null, 2],
      ['{"a":{},"v":"no number"}', 3],
    ],
  },
])

const columns = (...entries: readonly string[]): string => `columns = [${entries.join(', ')}]`
const entry = (path: string, field: string, more = ''): string =>
  `{ src_field = doc, path = "${path}", dest_field = ${field}${more} }`

describe('JsonPath', () => {
  it('skips a column, a row by its column, or a row by its own policy', async (test) => {
    const optional = entry('$.a.b', 'doc', ', column_error_handle_way = SKIP')
    const number = entry('$.v', 'v', ', dest_type = int')
    for (const [options, expected] of [
      [columns(optional), ['x', null, null]],
      [columns(entry('$.a.b', 'doc', ', column_error_handle_way = SKIP_ROW')), ['x', null]],
      [`${columns(entry('$.a.b', 'doc'))}, row_error_handle_way = SKIP`, ['x', null]],
      [`${columns(optional, number)}, row_error_handle_way = skip`, ['x', null]],
    ] as const) {
      const tables = await runTables(test, DOCUMENTS, `JsonPath { ${options} }`)
      const rows = tables[Object.keys(tables)[0] ?? ''] as { doc?: string | null }[]
      assert.deepEqual(
        rows.map(({ doc }) => doc ?? null),
        expected,
        options,
      )
    }
  })

  it('fails at the first row with a path or value fault, without showing a value', async () => {
    for (const [options, code, row] of [
      [columns(entry('$.a.b', 'x')), 'JSONPATH_FAILED', 2],
      [columns(entry('$.v', 'x', ', dest_type = int')), 'JSONPATH_CONVERSION', 2],
      [`${columns(entry('$.a.b', 'x'))}, row_error_handle_way = ROUTE_TO_TABLE`, 'JSONPATH_FAILED', 2],
      [
        `${columns(entry('$.a.b', 'x', ', column_error_handle_way = FAIL'))}, row_error_handle_way = SKIP`,
        'JSONPATH_FAILED',
        2,
      ],
    ] as const) {
      const outcome = await runJob(jobText(DOCUMENTS, [`JsonPath { ${options} }`], '/nowhere'))
      assert.equal(outcome.status, 'FAILED')
      assert.deepEqual(
        outcome.errors.map((error) => [error.code, error.details.row]),
        [[code, row]],
        options,
      )
      assert.doesNotMatch(JSON.stringify(outcome.errors.map((error) => error.message)), /no number/)
    }
  })

  it('gives nullable columns of length 200, in the place of columns of their name', async () => {
    const [table] = await plannedTables(
      DOCUMENTS,
      `JsonPath { ${columns(entry('$.v', 'n'), entry('$.v', 'v', ', dest_type = double'))} }`,
    )
    assert.deepEqual(
      table?.columns.map(({ name, type, nullable, length, defaultValue }) => [
        name,
        type.kind,
        nullable,
        length,
        defaultValue,
      ]),
      [
        ['doc', 'STRING', true, null, null],
        ['n', 'STRING', true, 200, ''],
        ['v', 'DOUBLE', true, 200, null],
      ],
    )
  })

  const faults: readonly [title: string, options: string, code: string][] = [
    ['no columns', 'columns = []', 'JSONPATH_COLUMNS_EMPTY'],
    ['columns left out', '', 'JSONPATH_COLUMNS_EMPTY'],
    ['no source', columns('{ path = "$.a", dest_field = x }'), 'JSONPATH_SRC_FIELD_EMPTY'],
    ['no path', columns('{ src_field = doc, dest_field = x }'), 'JSONPATH_PATH_EMPTY'],
    ['a blank path', columns(entry(' ', 'x')), 'JSONPATH_PATH_EMPTY'],
    ['no field', columns('{ src_field = doc, path = "$.a" }'), 'JSONPATH_DEST_FIELD_EMPTY'],
    ['a broken path', columns(entry('$.a[', 'x')), 'JSONPATH_FAILED'],
    ['an empty type', columns(entry('$.a', 'x', ', dest_type = ""')), 'JSONPATH_DEST_TYPE_EMPTY'],
    ['an unknown type', columns(entry('$.a', 'x', ', dest_type = integer')), 'TYPE_UNSUPPORTED'],
    ['more paths than fields', columns('{ src_field = doc, path = ["$.a", "$.b"], dest_field = x }'), 'OPTION_INVALID'],
    ['a source that is not there', columns('{ src_field = z, path = "$.a", dest_field = x }'), 'FIELD_NOT_FOUND'],
    ['a source of numbers', columns('{ src_field = n, path = "$.a", dest_field = x }'), 'TYPE_UNSUPPORTED'],
    ['an unknown policy', columns(entry('$.a', 'x', ', column_error_handle_way = MAYBE')), 'OPTION_TYPE'],
  ]
  for (const [title, options, code] of faults) {
    it(`refuses ${title}`, async () => {
      const found = await planFaults(DOCUMENTS, `JsonPath { ${options} }`)
      assert.deepEqual(
        found.map((fault) => placed(fault).split(' ')[0]),
        [code],
      )
    })
  }

  it('runs over random arrays and rows as sources', async () => {
    const source = `FakeSource { plugin_output = fake, row.num = 50, schema { fields { list = "array<string>", r = { m = "map<string, int>", s = string } } } }`
    const assertion = `Assert { plugin_input = out, rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 50 }], field_rules = [
      { field_name = a, field_type = string, field_value = [{ rule_type = NOT_NULL }] },
      { field_name = b, field_type = string, field_value = [{ rule_type = NOT_NULL }] } ] } }`
    const transform = `JsonPath { plugin_input = fake, plugin_output = out, columns = [
      { src_field = list, path = "$[0]", dest_field = a }, { src_field = r, path = "$[1]", dest_field = b } ] }`
    await finishJob(`source { ${source} }\ntransform { ${transform} }\nsink { ${assertion} }`)
  })
})
