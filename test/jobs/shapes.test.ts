import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { JobOutcome } from '../../src/engine/job-service.js'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { contents } from '../local-file/job.js'
import { csvRows, csvSink, csvSource, finishJob, SCHEMA } from './harness.js'

/** The lines of all files below a folder, file by file. */
function lines(folder: string): string[] {
  return contents(folder).flatMap(([, text]) => (text === '' ? [] : text.split('\n')))
}

/** Contents without the parts of file names that differ from run to run. */
function outcome(folder: string): (readonly [path: string, text: string])[] {
  return contents(folder).map(([path, text]) => [path.replace(/T_\d+_\w{10}_/, 'T_'), text] as const)
}

/** A job that copies csv files from `<folder>/in` to `<folder>/out`. */
function copyJob(folder: string): string {
  return `source { ${csvSource(`${folder}/in`)} }\nsink { ${csvSink(folder)} }`
}

describe('a job', () => {
  it('reads several sources into several sinks', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/a.csv`, csvRows(3))
    putFile(`${folder}/b.csv`, csvRows(2, 10))
    await finishJob(`
source { ${csvSource(`${folder}/a.csv`, ', plugin_output = a')}\n ${csvSource(`${folder}/b.csv`, ', plugin_output = b')} }
sink { ${csvSink(folder, 'x', ', plugin_input = [a]')}\n ${csvSink(folder, 'y', ', plugin_input = [b]')} }`)
    assert.deepEqual([lines(`${folder}/x`), lines(`${folder}/y`)].map(String), [
      csvRows(3).replaceAll('\n', ','),
      csvRows(2, 10).replaceAll('\n', ','),
    ])
  })

  it('writes a union of sources into one sink, one source behind the other', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/a.csv`, csvRows(70_000))
    putFile(`${folder}/b.csv`, csvRows(5, 900_000))
    await finishJob(
      `
source { ${csvSource(`${folder}/a.csv`, ', plugin_output = a')}\n ${csvSource(`${folder}/b.csv`, ', plugin_output = b')} }
sink { ${csvSink(folder, 'out', ', plugin_input = [a, b]')} }`,
      3,
    )
    assert.ok(lines(`${folder}/out`).join('\n') === `${csvRows(70_000)}\n${csvRows(5, 900_000)}`, 'the union differs')
    assert.equal(readdirSync(`${folder}/out`).length, 1)
  })

  it('writes one source into two sinks through different transforms', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/a.csv`, csvRows(6))
    await finishJob(`
source { ${csvSource(`${folder}/a.csv`, ', plugin_output = a')} }
transform {
  Sql { plugin_input = [a], plugin_output = even, query = "select id from a where mod(id, 2) = 0" }
  Sql { plugin_input = [a], plugin_output = upper, query = "select upper(name) as name, id * 10 as ten from a where id > 3" }
}
sink {
  ${csvSink(folder, 'even', ', plugin_input = [even]')}
  ${csvSink(folder, 'upper', ', plugin_input = [upper]')}
  ${csvSink(folder, 'all', ', plugin_input = [a]')}
}`)
    assert.deepEqual(
      ['even', 'upper', 'all'].map((name) => lines(`${folder}/${name}`)),
      [['0', '2', '4'], ['NAME 4,40', 'NAME 5,50'], csvRows(6).split('\n')],
    )
  })

  it('gives the same whatever the order of its transforms in the file', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/a.csv`, csvRows(4))
    const first = 'Sql { plugin_input = [a], plugin_output = b, query = "select id + 1 as id, name from a" }'
    const second = 'Sql { plugin_input = [b], plugin_output = c, query = "select id * 2 as id from b" }'
    for (const [name, transforms] of [
      ['forward', `${first}\n${second}`],
      ['backward', `${second}\n${first}`],
    ] as const) {
      await finishJob(`
source { ${csvSource(`${folder}/a.csv`, ', plugin_output = a')} }
transform { ${transforms} }
sink { ${csvSink(folder, name, ', plugin_input = [c]')} }`)
      assert.deepEqual(lines(`${folder}/${name}`), ['2', '4', '6', '8'])
    }
  })

  it('gives every table of a FakeSource its own rows', async (test) => {
    const folder = temporaryFolder(test)
    const table = (name: string, rows: string) =>
      `{ schema { table = "shop.${name}", fields { id = int, text = string } }, rows = [${rows}] }`
    const row = (id: number, text: string) => `{ kind = INSERT, fields = [${id}, "${text}"] }`
    await finishJob(`
source { FakeSource { tables_configs = [${table('a', `${row(1, 'x')}, ${row(2, 'y')}`)}, ${table('b', row(3, 'z'))}] } }
sink { ${csvSink(folder, 'out/${table_name}')} }`)
    assert.deepEqual(
      contents(`${folder}/out`).map(([path, text]) => [path.split('/')[0], text]),
      [
        ['a', '1,x\n2,y'],
        ['b', '3,z'],
      ],
    )
  })

  it('counts the rows of every table, and its bytes by the size model where they are asked for', async () => {
    const table = (name: string, rows: number) =>
      `{ schema { table = "shop.${name}", fields { id = int, at = timestamp } }, row.num = ${rows} }`
    const text = `
source { FakeSource { plugin_output = f, tables_configs = [${table('a', 3)}, ${table('b', 4)}] } }
transform { Sql { plugin_input = f, plugin_output = g, table_match_regex = "shop.b", query = "select id from b" } }
sink { Console { plugin_input = [g] } }`
    const counts = (outcome: JobOutcome) =>
      [...outcome.metrics.sources, ...outcome.metrics.sinks].map(({ tables }) =>
        tables.map(({ table, rows, modelBytes }) => [table, rows, modelBytes]),
      )
    const counted = counts(await finishJob(text, undefined, { countsBytes: true }))
    assert.deepEqual(counted, [
      [
        ['shop.a', 3, 3 * 52],
        ['shop.b', 4, 4 * 52],
      ],
      [
        ['shop.a', 3, 3 * 52],
        ['shop.b', 4, 4 * 4],
      ],
    ])
    assert.deepEqual(
      counts(await finishJob(text))
        .flat()
        .map(([, , modelBytes]) => modelBytes),
      [0, 0, 0, 0],
    )
  })

  it('counts what reaches each sink behind asynchronous transforms too', async () => {
    const { metrics } = await finishJob(
      `
source { FakeSource { plugin_output = t, row.num = 3, schema { fields { id = bigint, name = string } } } }
transform { StageProbe { plugin_input = t, plugin_output = u, suffix = xy } }
sink { Console { plugin_input = t, log.print.data = false }
  Console { plugin_input = u, log.print.data = false } }`,
      undefined,
      { countsBytes: true },
    )
    const sizes = [...metrics.sources, ...metrics.sinks].map(({ rows, tables }) => [rows, tables[0]?.modelBytes])
    assert.deepEqual(sizes, [
      [3, 39],
      [3, 39],
      [3, 45],
    ])
  })

  it('sends multi-table rows to files and assertions at once', async (test) => {
    const folder = temporaryFolder(test)
    const table = (name: string, rows: number) =>
      `{ schema { table = "shop.${name}", fields { id = int } }, row.num = ${rows} }`
    const outcome_ = await finishJob(`
env { parallelism = 2 }
source { FakeSource { plugin_output = f, tables_configs = [${table('a', 3)}, ${table('b', 4)}] } }
sink {
  ${csvSink(folder, 'out/${table_name}', ', plugin_input = [f]')}
  Assert { plugin_input = [f], rules { table-names = ["shop.a", "shop.b"], tables_configs = [
    { table_path = "shop.a", row_rules = [{ rule_type = MIN_ROW, rule_value = 6 }, { rule_type = MAX_ROW, rule_value = 6 }] },
    { table_path = "shop.b", row_rules = [{ rule_type = MIN_ROW, rule_value = 8 }, { rule_type = MAX_ROW, rule_value = 8 }] }
  ] } }
}`)
    assert.deepEqual(
      outcome_.metrics.sources.map((count) => count.rows),
      [14],
    )
    assert.deepEqual(
      outcome_.metrics.sinks.map((count) => count.rows),
      [14, 14],
    )
    assert.equal(lines(`${folder}/out`).length, 14)
  })

  for (const parallelism of [1, 4]) {
    it(`finishes without rows, with parallelism ${parallelism}`, async (test) => {
      const folder = temporaryFolder(test)
      const finished = await finishJob(`
env { parallelism = ${parallelism} }
source { FakeSource { row.num = 0, schema { fields { id = int } } } }
sink { ${csvSink(folder)} }`)
      const table = { table: 'default.default.default', rows: 0, bytes: 0, modelBytes: 0 }
      assert.deepEqual(finished.metrics.sources, [{ rows: 0, bytes: 0, tables: [table] }])
      assert.deepEqual(lines(`${folder}/out`), [])
    })
  }

  it('writes one row', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, '1,one')
    await finishJob(copyJob(folder), 4)
    assert.deepEqual(lines(`${folder}/out`), ['1,one'])
  })

  it('passes over empty files between others', async (test) => {
    const folder = temporaryFolder(test)
    for (let index = 0; index < 10; index += 1)
      putFile(`${folder}/in/${index}.csv`, index % 3 === 1 ? csvRows(1, index) : '')
    putFile(`${folder}/in/only-a-newline.csv`, '\n')
    await finishJob(copyJob(folder))
    assert.deepEqual(
      lines(`${folder}/out`)
        .filter((line) => line !== '')
        .map((line) => line.split(',')[0]),
      ['1', '4', '7'],
    )
  })

  it('reads ten thousand tiny files', async (test) => {
    const folder = temporaryFolder(test)
    for (let index = 0; index < 10_000; index += 1) {
      putFile(`${folder}/in/${index % 100}/${String(index).padStart(5, '0')}.csv`, csvRows(1, index))
    }
    await finishJob(copyJob(folder))
    const ids = lines(`${folder}/out`).map((line) => Number(line.split(',')[0]))
    assert.equal(ids.length, 10_000)
    assert.equal(new Set(ids).size, 10_000)
    assert.equal(readdirSync(`${folder}/out`).length, 1)
  })
})

/** A small deterministic generator: the cases are the same in every run. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

describe('the files of a job do not depend on the number of workers', () => {
  const next = random(20_240_131)
  const rounds = process.env.MILLRACE_TEST === 'long' ? 60 : 12
  for (let round = 0; round < rounds; round += 1) {
    const files = 1 + next(5)
    const sizes = Array.from({ length: files }, () => [0, 1, 7, 1000, 70_000, 400_000][next(6)] ?? 0)
    const parallelism = 1 + next(4)
    const batchSize = [1, 10, 999, 65_536, 10_000_000][sizes.some((size) => size > 1000) ? 3 + next(2) : next(5)] ?? 1
    const isPacked = next(4) === 0
    const partition = next(3) === 0 && batchSize > 100
    const filter = ['', 'where id > 500', "where name like '%7'", 'where id < 0'][next(4)] ?? ''
    const format = ['csv', 'text', 'parquet'][next(3)] ?? 'csv'
    const title = `${sizes.join('+')} rows${isPacked ? ' in gzip' : ''}, parallelism ${parallelism}, ${batchSize} rows per ${format} file${partition ? ', partitions' : ''} ${filter}`
    it(`${round + 1}: ${title}`, async (test) => {
      const folder = temporaryFolder(test)
      for (const [index, size] of sizes.entries()) {
        const text = csvRows(size, index * 1_000_000)
        if (isPacked) putFile(`${folder}/in/${index}.gz`, gzipSync(text, { level: 1 }))
        else putFile(`${folder}/in/${index}.csv`, text)
      }
      const packed = isPacked ? 'archive_compress_codec = gz' : ''
      const job = (name: string): string => `
env { parallelism = ${parallelism} }
source { LocalFile { plugin_output = a, path = "${folder}/in", file_format_type = csv, ${packed}\n ${SCHEMA} } }
transform { Sql { plugin_input = [a], plugin_output = b, query = "select id, name, mod(id, 3) as part from a ${filter}" } }
sink { LocalFile { plugin_input = [b], path = "${folder}/${name}", tmp_path = "${folder}/tmp", file_format_type = ${format}, batch_size = ${batchSize}
  ${partition ? 'partition_by = [part]' : ''} } }`
      const expected = sizes.reduce((sum, size, index) => sum + keptRows(size, index * 1_000_000, filter), 0)
      for (const workers of [1, 2, 5]) {
        const finished = await finishJob(job(`out${workers}`), workers)
        assert.equal(finished.metrics.sinks[0]?.rows, expected, `${workers} workers`)
        const alone = existsSync(`${folder}/out1`) ? outcome(`${folder}/out1`) : []
        const these = existsSync(`${folder}/out${workers}`) ? outcome(`${folder}/out${workers}`) : []
        assert.deepEqual(
          these.map(([path]) => path),
          alone.map(([path]) => path),
        )
        for (const [index, [path, text]] of these.entries()) {
          assert.ok(text === alone[index]?.[1], `${path} differs with ${workers} workers`)
        }
      }
    })
  }
})

/** Rows of {@link csvRows} that a filter of the cases keeps. */
function keptRows(count: number, first: number, filter: string): number {
  const rows = Array.from({ length: count }, (_, index) => first + index)
  if (filter.includes('500')) return rows.filter((id) => id > 500).length
  if (filter.includes('%7')) return rows.filter((id) => id % 10 === 7).length
  return filter === '' ? count : 0
}
