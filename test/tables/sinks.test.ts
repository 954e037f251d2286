import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { asMillraceErrors } from '../../src/core/error.js'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { packageRoot } from '../../src/native/load.js'
import { finishJob, prepareJob, runJob } from '../jobs/harness.js'
import { contents } from '../local-file/job.js'
import { type FakeTable, fakeSource } from './tables.js'

const KEYS = `primaryKey { name = pk, columnNames = [id, name] }
  constraintKeys = [{ constraintName = u, constraintType = UNIQUE_KEY, constraintColumns = [{ columnName = name }] }]`

const WITH_KEYS: FakeTable = { path: 'db.sch.users', schema: KEYS, rows: [[1, 'a']] }
const PLAIN: FakeTable = { path: 'plain', rows: [[2, 'b']] }

/** Paths of the written files without the names of the files, and their first lines. */
function written(folder: string): string[] {
  return contents(folder).map(
    ([path, text]) => `${path.split('/').slice(0, -1).join('/')}: ${text.split('\n').join('|')}`,
  )
}

const fileSink = (folder: string, path: string, options = ''): string =>
  `LocalFile { path = "${folder}/out/${path}", tmp_path = "${folder}/tmp", file_format_type = csv ${options} }`

describe('placeholders of a file sink', () => {
  const cases: readonly [title: string, path: string, options: string, expected: readonly string[]][] = [
    [
      'name the parts of a path, with defaults for those that are missing',
      '${database_name:none}/${schema_name:none}/${table_name}',
      '',
      ['db/sch/users: 1,a', 'none/none/plain: 2,b'],
    ],
    ['name whole paths', '${schema_full_name:-}/${table_full_name}', '', ['-/plain: 2,b', 'db.sch/db.sch.users: 1,a']],
    [
      'name keys, which stay as they are written where the table has none',
      '${table_name}/${primary_key}/${unique_key:none}',
      '',
      ['plain/${primary_key}/none: 2,b', 'users/id,name/name: 1,a'],
    ],
    [
      'become lists of columns',
      '${table_name}',
      ', sink_columns = ["${field_names}"], partition_by = ["${unique_key}"], is_partition_field_write_in_file = true',
      ['users/name=a: 1,a'],
    ],
  ]
  for (const [title, path, options, expected] of cases) {
    it(title, async (test) => {
      const folder = temporaryFolder(test)
      const tables = expected.length === 1 ? [WITH_KEYS] : [WITH_KEYS, PLAIN]
      await finishJob(`source { ${fakeSource(tables)} }\nsink { ${fileSink(folder, path, options)} }`)
      assert.deepEqual(written(`${folder}/out`), expected)
    })
  }

  it('see the names that transforms give', async (test) => {
    const folder = temporaryFolder(test)
    const sink = fileSink(folder, '${database_name}/${table_name}/${primary_key}').replace('{', '{ plugin_input = b,')
    await finishJob(`source { ${fakeSource([WITH_KEYS])} }
transform {
  TableRename { plugin_input = fake, plugin_output = a, convert_case = UPPER, suffix = _new }
  FieldRename { plugin_input = a, plugin_output = b, prefix = f_ }
}
sink { ${sink} }`)
    assert.deepEqual(written(`${folder}/out`), ['DB/USERS_new/f_id,f_name: 1,a'])
  })
})

describe('save modes of a sink of several tables', () => {
  const job = (folder: string, modes: string): string =>
    `source { ${fakeSource([WITH_KEYS, PLAIN])} }\nsink { ${fileSink(folder, '${table_name}', `, ${modes}`)} }`

  it('hold for the folder of every table', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/out/users/old.csv`, '9,z')
    putFile(`${folder}/out/plain/old.csv`, '9,z')
    putFile(`${folder}/out/other/old.csv`, '9,z')
    await finishJob(job(folder, 'data_save_mode = DROP_DATA'))
    assert.deepEqual(written(`${folder}/out`), ['other: 9,z', 'plain: 2,b', 'users: 1,a'])
  })

  for (const [mode, code] of [
    ['data_save_mode = ERROR_WHEN_DATA_EXISTS', 'SINK_DATA_EXISTS'],
    ['schema_save_mode = ERROR_WHEN_SCHEMA_NOT_EXIST', 'SINK_TABLE_NOT_EXIST'],
  ] as const) {
    it(`end the job before its first row: ${mode}`, async (test) => {
      const folder = temporaryFolder(test)
      putFile(`${folder}/out/plain/old.csv`, '9,z')
      const outcome = await runJob(job(folder, mode))
      assert.deepEqual([outcome.status, outcome.errors.map((error) => error.code)], ['FAILED', [code]])
      assert.deepEqual(written(`${folder}/out`), ['plain: 9,z'])
    })
  }
})

describe('tables of one folder', () => {
  it('keep their files apart', async (test) => {
    const folder = temporaryFolder(test)
    await finishJob(`source { ${fakeSource([WITH_KEYS, PLAIN])} }\nsink { ${fileSink(folder, 'all')} }`)
    assert.deepEqual(written(`${folder}/out`).sort(), ['all: 1,a', 'all: 2,b'])
  })
})

describe('what does not go together in front of a sink', () => {
  const faults = async (text: string): Promise<string[]> => {
    try {
      await prepareJob(text)
      return []
    } catch (thrown) {
      return asMillraceErrors(thrown).map(({ code, message, details }) => `${code} ${details.path}: ${message}`)
    }
  }
  const one = (output: string, fields = 'id = int, name = string'): string =>
    fakeSource([{ path: `t.${output}`, fields, rows: [] }], output)
  const two = fakeSource([WITH_KEYS, PLAIN], 'two')
  const simultaneous =
    "JOB_DEFINITION sink[0]: Sink don't support simultaneous writing of data from multi-table source and other sources."
  const structures = "Transform/Sink don't support processing data with two different structures."

  const cases: readonly [title: string, text: string, expected: readonly string[]][] = [
    [
      'several tables and another source',
      `source { ${two}\n${one('a')} }\nsink { Console { plugin_input = [two, a] } }`,
      [simultaneous],
    ],
    [
      'sources of different columns',
      `source { ${one('a')}\n${one('b', 'id = int, name = int')} }\nsink { Console { plugin_input = [a, b] } }`,
      [`JOB_DEFINITION sink[0]: ${structures}`],
    ],
    [
      'inputs of different columns in front of a transform',
      `source { ${one('a')}\n${one('b', 'id = int')} }
transform { FilterRowKind { plugin_input = [a, b], plugin_output = c, include_kinds = [INSERT] } }
sink { Console { plugin_input = [c] } }`,
      [`JOB_DEFINITION transform[0]: ${structures}`],
    ],
    [
      'nothing, when the tables were merged before',
      `source { ${two}\n${one('a')} }
transform { TableMerge { plugin_input = two, plugin_output = m, table = m } }
sink { Console { plugin_input = [m, a] } }`,
      [],
    ],
    [
      'nothing, when all but one were dropped before',
      `source { ${two}\n${one('a')} }
transform { TableFilter { plugin_input = two, plugin_output = m, table_pattern = plain } }
sink { Console { plugin_input = [m, a] } }`,
      [],
    ],
  ]
  for (const [title, text, expected] of cases) {
    it(title, async () => assert.deepEqual(await faults(text), expected))
  }
})

describe('Console', () => {
  const main = join(packageRoot(), 'dist', 'bundle', 'main.js')
  const skip = existsSync(main) ? false : 'the bundle is not built'

  it('prints rows with the table that they belong to', { skip }, (test) => {
    const folder = temporaryFolder(test)
    const users = (part: number): FakeTable => ({ path: `shop.user_${part}`, rows: [[part, `n${part}`]] })
    const other: FakeTable = { path: 'shop.orders', fields: 'no = int', rows: [[7]] }
    writeFileSync(
      `${folder}/job.conf`,
      `source { ${fakeSource([users(1), other, users(2)])} }
transform {
  TableMerge { plugin_input = fake, plugin_output = m, table_match_regex = "shop.user_.*", database = all, table = users }
  TableRename { plugin_input = m, plugin_output = r, table_match_regex = "shop.*", convert_case = UPPER }
}
sink { Console { plugin_input = r } }`,
    )
    const { stdout, stderr } = spawnSync(join(packageRoot(), 'bin', 'millrace'), ['run', `${folder}/job.conf`], {
      encoding: 'utf8',
    })
    const lines = stdout.split('\n').flatMap((line) => /(output rowType.*|rowIndex=.*)/.exec(line)?.[1] ?? [])
    assert.deepEqual(
      lines.sort(),
      [
        'output rowType: id<INT>, name<STRING>',
        'output rowType: no<INT>',
        'rowIndex=1:  SeaTunnelRow#tableId=SHOP.ORDERS SeaTunnelRow#kind=INSERT : 7',
        'rowIndex=1:  SeaTunnelRow#tableId=all.users SeaTunnelRow#kind=INSERT : 1, n1',
        'rowIndex=2:  SeaTunnelRow#tableId=all.users SeaTunnelRow#kind=INSERT : 2, n2',
      ],
      stderr,
    )
  })
})
