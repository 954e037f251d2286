import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tablePathText } from '../../src/core/schema.js'
import { temporaryFolder } from '../../src/files/testing.js'
import { finishJob, runJob } from '../jobs/harness.js'
import { contents } from '../local-file/job.js'
import { type FakeTable, fakeSource, jobText, placed, planFaults, plannedTables, runTables } from './tables.js'

const USERS: FakeTable = { path: 'shop.user_1', rows: [[1, 'a']] }
const MORE_USERS: FakeTable = {
  path: 'shop.user_2',
  rows: [
    [2, 'b'],
    [3, null],
  ],
}
const ORDERS: FakeTable = { path: 'shop.orders', fields: 'id = int, amount = double', rows: [[7, 1.5]] }
const SHOP = fakeSource([USERS, MORE_USERS, ORDERS])

const MERGE = 'TableMerge { table_match_regex = "shop.user_.*", database = all, table = users }'

const paths = async (source: string, ...transforms: string[]): Promise<string[]> =>
  (await plannedTables(source, ...transforms)).map((table) => tablePathText(table.path))

describe('TableRename', () => {
  const cases: readonly [title: string, options: string, expected: readonly string[]][] = [
    ['changes the case of every part', 'convert_case = UPPER', ['SHOP.USER_1', 'SHOP.USER_2', 'SHOP.ORDERS']],
    [
      'puts texts around the name',
      'prefix = " p_ ", suffix = _s',
      ['shop.p_user_1_s', 'shop.p_user_2_s', 'shop.p_orders_s'],
    ],
    [
      'replaces what a pattern finds, and keeps the case of what it puts in',
      'convert_case = UPPER, replacements_with_regex = [{ replace_from = "user", replace_to = u }]',
      ['SHOP.u_1', 'SHOP.u_2', 'SHOP.ORDERS'],
    ],
    [
      'replaces a whole name',
      'replacements_with_regex = [{ replace_from = orders, replace_to = bills, is_regex = false }, { replace_from = user, replace_to = x, is_regex = false }]',
      ['shop.user_1', 'shop.user_2', 'shop.bills'],
    ],
    [
      'takes the last rule that finds something',
      'replacements_with_regex = [{ replace_from = "_\\\\d", replace_to = "" }, { replace_from = "r", replace_to = "R$1" }, { replace_from = "", replace_to = z }, { replace_from = none, replace_to = z }]',
      ['shop.useR$1_1', 'shop.useR$1_2', 'shop.oR$1deR$1s'],
    ],
    ['changes nothing without options', '', ['shop.user_1', 'shop.user_2', 'shop.orders']],
    [
      'leaves tables that are not meant',
      'table_match_regex = "shop.o.*", suffix = _x',
      ['shop.user_1', 'shop.user_2', 'shop.orders_x'],
    ],
  ]
  for (const [title, options, expected] of cases) {
    it(title, async () => assert.deepEqual(await paths(SHOP, `TableRename { ${options} }`), expected))
  }

  it('gives the rows their new table', async (test) => {
    assert.deepEqual(await runTables(test, SHOP, 'TableRename { table_match_regex = "shop.o.*", prefix = x_ }'), {
      'shop.user_1': [{ id: 1, name: 'a' }],
      'shop.user_2': [
        { id: 2, name: 'b' },
        { id: 3, name: null },
      ],
      'shop.x_orders': [{ id: 7, amount: 1.5 }],
    })
  })

  it('refuses to leave a table without a name', async () => {
    const rule = 'TableRename { replacements_with_regex = [{ replace_from = ".*", replace_to = "" }] }'
    assert.deepEqual((await planFaults(SHOP, rule)).map(placed), ['OPTION_INVALID transform[0]'])
  })
})

describe('TableMerge', () => {
  it('makes one table of several, and leaves the others', async (test) => {
    assert.deepEqual(await runTables(test, SHOP, MERGE), {
      'all.users': [
        { id: 1, name: 'a' },
        { id: 2, name: 'b' },
        { id: 3, name: null },
      ],
      'shop.orders': [{ id: 7, amount: 1.5 }],
    })
  })

  it('gives one table for everything behind it', async (test) => {
    assert.deepEqual(await paths(SHOP, MERGE), ['all.users', 'shop.orders'])
    const filter = 'FilterRowKind { exclude_kinds = [DELETE] }'
    const entry =
      'Copy { table_match_regex = none, table_transform = [{ table_path = "all.users", fields { n = name } }] }'
    assert.deepEqual((await runTables(test, SHOP, MERGE, filter, entry))['all.users'], [
      { id: 1, name: 'a', n: 'a' },
      { id: 2, name: 'b', n: 'b' },
      { id: 3, name: null, n: null },
    ])
  })

  it('keeps where rows were from when Metadata comes before it', async (test) => {
    const metadata = 'Metadata { metadata_fields { Table = origin } }'
    const rows = (await runTables(test, SHOP, metadata, MERGE))['all.users']
    assert.deepEqual(
      rows?.map((row) => (row as { origin: string }).origin),
      ['user_1', 'user_2', 'user_2'],
    )
  })

  it('refuses tables of different columns', async () => {
    const faults = await planFaults(SHOP, 'TableMerge { table = all }')
    assert.deepEqual(faults.map(placed), ['JOB_DEFINITION transform[0]'])
    assert.match(faults[0]?.message ?? '', /schema of the table shop\.user_1 is different .* table shop\.orders/)
  })

  it('merges the outputs of several sources', async (test) => {
    const folder = temporaryFolder(test)
    const [one, two] = [fakeSource([USERS], 'one'), fakeSource([MORE_USERS], 'two')]
    await finishJob(`source {\n${one}\n${two}\n}
transform { TableMerge { plugin_input = [one, two], plugin_output = all, table = users } }
sink { LocalFile { plugin_input = all, path = "${folder}/out/\${table_name}", tmp_path = "${folder}/tmp", file_format_type = csv } }`)
    const found = contents(`${folder}/out`)
    assert.deepEqual(
      found.map(([path]) => path.split('/')[0]),
      ['users'],
    )
    assert.equal(found[0]?.[1].trim(), '1,a\n2,b\n3,')
  })

  it('counts and checks the merged rows as one table', async () => {
    const sink = `Assert { plugin_input = step0, rules { table-names = ["all.users", "shop.orders"], tables_configs = [
      { table_path = "all.users", row_rules = [{ rule_type = MIN_ROW, rule_value = 3 }, { rule_type = MAX_ROW, rule_value = 3 }] }
      { table_path = "shop.orders", row_rules = [{ rule_type = MAX_ROW, rule_value = 1 }] }] } }`
    const text = jobText(SHOP, [MERGE], '/nowhere').replace(/sink \{[\s\S]*\}/, `sink {\n${sink}\n}`)
    await finishJob(text)
    const outcome = await runJob(text.replace('rule_value = 3 }, {', 'rule_value = 4 }, {'))
    assert.deepEqual(
      outcome.errors.map((error) => error.code),
      ['ASSERTION_FAILED'],
    )
  })
})

describe('TableFilter', () => {
  const cases: readonly [title: string, options: string, expected: readonly string[]][] = [
    ['keeps all tables without a pattern', '', ['shop.user_1', 'shop.user_2', 'shop.orders']],
    ['keeps tables by name', 'table_pattern = "user_\\\\d+"', ['shop.user_1', 'shop.user_2']],
    ['drops tables by name', 'table_pattern = "user_\\\\d+", pattern_mode = exclude', ['shop.orders']],
    ['matches whole names', 'table_pattern = user', []],
    [
      'needs all of its patterns to match',
      'database_pattern = "sho.", schema_pattern = "", table_pattern = orders',
      ['shop.orders'],
    ],
    ['takes a missing schema for an empty one', 'schema_pattern = ".+"', []],
    [
      'looks only at the tables that are meant',
      'table_match_regex = "shop.o.*", table_pattern = none',
      ['shop.user_1', 'shop.user_2'],
    ],
  ]
  for (const [title, options, expected] of cases) {
    it(title, async () => assert.deepEqual(await paths(SHOP, `TableFilter { ${options} }`), expected))
  }

  it('lets nothing of a dropped table through', async (test) => {
    assert.deepEqual(await runTables(test, SHOP, 'TableFilter { table_pattern = "user.*", pattern_mode = EXCLUDE }'), {
      'shop.orders': [{ id: 7, amount: 1.5 }],
    })
  })

  it('may drop every table', async (test) => {
    assert.deepEqual(await runTables(test, SHOP, 'TableFilter { pattern_mode = EXCLUDE }'), {})
  })

  it('refuses a pattern that does not parse', async () => {
    assert.deepEqual(
      (await planFaults(SHOP, 'TableFilter { table_pattern = "[" }')).map(placed),
      ['OPTION_INVALID transform[0]', 'OPTION_INVALID transform[0]', 'OPTION_INVALID transform[0]'].slice(0, 1),
    )
  })
})
