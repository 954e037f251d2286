import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { csvRows, csvSink, csvSource, finishJob, linesBelow, SCHEMA } from '../jobs/harness.js'
import { Attempts, CRASH_POINTS, type Crash, texts, until, wideRows } from './attempts.js'

const ROWS = 6000
/** Small morsels and a slow reader, so that every attempt leaves something. */
const ENV = 'checkpoint.interval = 10, read_limit.rows_per_second = 8000, parallelism = 1'
/** A tenth of a second's rows is a morsel: of large files there must be some. */
const SLOW = 'read_limit.rows_per_second = 3000'
/** The parallelism of each attempt: up, down to fewer than before, and up again. */
const STEPS = [1, 4, 2, 3] as const

function manyFiles(folder: string): string {
  for (let file = 0; file < 20; file += 1) putFile(`${folder}/in/${file}.csv`, csvRows(ROWS / 20, (file * ROWS) / 20))
  return csvSource(`${folder}/in`)
}

function fewFiles(folder: string, pack: (text: string) => string | Buffer, extension: string, options = ''): string {
  for (let file = 0; file < 3; file += 1) {
    const rows = wideRows(ROWS)
      .split('\n')
      .slice((file * ROWS) / 3, ((file + 1) * ROWS) / 3)
    putFile(`${folder}/in/${file}.${extension}`, pack(rows.join('\n')))
  }
  return csvSource(`${folder}/in`, options)
}

interface Shape {
  readonly title: string
  readonly source: (folder: string) => string
  readonly sink: string
  readonly transform?: string
  readonly env?: string | undefined
}

const SHAPES: readonly Shape[] = [
  { title: 'many csv files', source: manyFiles, sink: 'file_format_type = csv' },
  { title: 'many json files', source: manyFiles, sink: 'file_format_type = json' },
  {
    title: 'large files that are half-read',
    source: (folder) => fewFiles(folder, (text) => text, 'csv'),
    sink: 'file_format_type = csv',
    env: SLOW,
  },
  {
    title: 'gzip files that are half-read',
    source: (folder) => fewFiles(folder, gzipSync, 'gz', ', archive_compress_codec = gz'),
    sink: 'file_format_type = csv',
    env: SLOW,
  },
  { title: 'files of 100 rows', source: manyFiles, sink: 'file_format_type = csv, batch_size = 100' },
  {
    title: 'single files behind an asynchronous transform',
    source: (folder) => fewFiles(folder, (text) => text, 'csv'),
    sink: 'file_format_type = csv, single_file_mode = true',
    transform: 'StageProbe { batch_rows = 50 }',
    env: SLOW,
  },
  {
    title: 'files of one name',
    source: manyFiles,
    sink: 'file_format_type = csv, is_enable_transaction = false, file_name_expression = "out"',
  },
  {
    title: 'files by partition',
    source: manyFiles,
    sink: 'file_format_type = csv, have_partition = true, partition_by = [part], batch_size = 70',
  },
]

const SQL = 'Sql { query = "select id, name, MOD(ABS(id), 3) as part from dual" }'

function jobOf({ env, sink, transform = SQL }: Shape, source: string, folder: string, out: string): string {
  return `env { ${ENV} ${env === undefined ? '' : `, ${env}`} }
source { ${source} }
transform { ${transform} }
sink { LocalFile { path = "${folder}/${out}", tmp_path = "${folder}/tmp", ${sink} } }`
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true }).map(String).toSorted()
}

describe('a job whose parallelism changes while it runs', () => {
  for (const shape of SHAPES) {
    it(`gives every row once behind savepoints: ${shape.title}`, async (test) => {
      const folder = temporaryFolder(test)
      const source = shape.source(folder)
      const attempts = new Attempts(jobOf(shape, source, folder, 'out'))
      test.after(() => attempts.close())
      const before = new Set<string>()
      for (const parallelism of STEPS) {
        const job = await attempts.prepare({ parallelism: [parallelism] })
        assert.equal(job.planned.plan.lanes.length, parallelism)
        const ended = job.run()
        const rows = job.committedMetrics().sinks[0]?.rows ?? 0
        await until(() => (job.committedMetrics().sinks[0]?.rows ?? 0) > rows)
        await job.savepoint()
        assert.deepEqual(await ended.then((outcome) => [outcome.status, texts(outcome.errors)]), ['SAVEPOINT_DONE', []])
        // What is committed stays, and nothing comes in its place.
        const now = filesOf(`${folder}/out`)
        for (const name of before) assert.ok(now.includes(name), name)
        for (const name of now) before.add(name)
        const committed = job.committedMetrics().sinks[0]?.rows ?? 0
        assert.equal(linesBelow(`${folder}/out`).length, committed)
        assert.ok(committed < ROWS, 'there is something left')
      }
      await expectAll(attempts, shape, source, folder)
    })
  }

  for (const [index, shape] of SHAPES.entries()) {
    it(`gives every row once behind crashes: ${shape.title}`, async (test) => {
      const folder = temporaryFolder(test)
      const source = shape.source(folder)
      const attempts = new Attempts(jobOf(shape, source, folder, 'out'))
      test.after(() => attempts.close())
      for (const [step, parallelism] of STEPS.entries()) {
        const point = CRASH_POINTS[(step + index) % CRASH_POINTS.length] ?? 'behind the record'
        const crash: Crash = { checkpoint: 2, point }
        const outcome = await attempts.run(crash, [parallelism])
        assert.deepEqual([outcome.status, texts(outcome.errors)], ['ABANDONED', []], JSON.stringify(crash))
      }
      await expectAll(attempts, shape, source, folder)
    })
  }

  async function expectAll(attempts: Attempts, shape: Shape, source: string, folder: string): Promise<void> {
    const fast = (out: string) =>
      jobOf({ ...shape, env: undefined }, source, folder, out).replace(ENV, 'parallelism = 1')
    const outcome = await (await attempts.prepare({ text: fast('out'), parallelism: [2] })).run()
    assert.deepEqual([outcome.status, texts(outcome.errors)], ['FINISHED', []])
    await finishJob(fast('whole'))
    const got = linesBelow(`${folder}/out`).sort()
    assert.equal(got.length, ROWS)
    assert.deepEqual(got, linesBelow(`${folder}/whole`).sort())
    assert.deepEqual([outcome.metrics.sources[0]?.rows, outcome.metrics.sinks[0]?.rows], [ROWS, ROWS])
    assert.deepEqual(linesBelow(`${folder}/tmp`), [])
    assert.ok(!filesOf(`${folder}/out`).some((name) => name.includes('.staging')))
  }

  it('generates the rows that it would have generated', async (test) => {
    const folder = temporaryFolder(test)
    const source = 'FakeSource { row.num = 900, split.num = 9, schema { fields { id = bigint, name = string } } }'
    const attempts = new Attempts(
      `env { ${ENV.replace('8000', '600')} }\nsource { ${source} }\nsink { ${csvSink(folder)} }`,
    )
    test.after(() => attempts.close())
    for (const parallelism of [2, 5, 1]) {
      const outcome = await attempts.run({ checkpoint: 2, point: 'behind the record' }, [parallelism])
      assert.deepEqual([outcome.status, texts(outcome.errors)], ['ABANDONED', []])
    }
    assert.equal((await attempts.run(null, [3])).status, 'FINISHED')
    const got = linesBelow(`${folder}/out`)
    assert.deepEqual([got.length, new Set(got).size], [1800, 1800], 'rows of the two subtasks that it began with')
  })

  it('counts rows of subtasks that are gone, and numbers on where one comes back', async (test) => {
    const folder = temporaryFolder(test)
    manyFiles(folder)
    const attempts = new Attempts(`env { ${ENV} }
source { ${csvSource(`${folder}/in`, ', plugin_output = a')} }
sink {
  ${csvSink(folder, 'out', ', plugin_input = [a]')}
  Assert { plugin_input = [a], rules { row_rules = [
    { rule_type = MIN_ROW, rule_value = ${ROWS} }, { rule_type = MAX_ROW, rule_value = ${ROWS} }] } }
}`)
    test.after(() => attempts.close())
    const totalsOf = async (): Promise<ReadonlyMap<number, number>> => {
      const record = (await attempts.store.latest(attempts.jobId))?.record
      const all = [...(record?.lanes ?? []), ...(record?.gone ?? [])]
      return new Map(
        all.map(({ subtask, rowTotals }) => {
          const totals = rowTotals as { readonly [key: string]: { readonly [key: string]: number } } | null
          return [subtask, totals?.['0/0']?.[''] ?? 0]
        }),
      )
    }
    let before = new Map<number, number>()
    for (const parallelism of [4, 2, 4]) {
      await attempts.run({ checkpoint: 3, point: 'behind the commit' }, [parallelism])
      const now = await totalsOf()
      assert.deepEqual([...now.keys()].toSorted(), [0, 1, 2, 3])
      for (const [subtask, rows] of before) assert.ok((now.get(subtask) ?? 0) >= rows, `subtask ${subtask}`)
      if (parallelism === 2) assert.deepEqual([now.get(2), now.get(3)], [before.get(2), before.get(3)])
      before = new Map(now)
    }
    const outcome = await attempts.run(null, [1])
    assert.deepEqual([outcome.status, texts(outcome.errors)], ['FINISHED', []], 'the sink that asserts has them all')
    assert.equal(
      [...(await totalsOf()).values()].reduce((sum, rows) => sum + rows, 0),
      ROWS,
    )
  })

  it('finds the files that come while it runs once each', async (test) => {
    const folder = temporaryFolder(test)
    const put = (file: number) => putFile(`${folder}/in/${file}.csv`, csvRows(100, file * 100))
    put(0)
    const options = ', discovery_mode = continuous, scan_interval = 100ms'
    const source = `LocalFile { path = "${folder}/in", file_format_type = csv, ${SCHEMA}${options} }`
    const attempts = new Attempts(`env { job.mode = STREAMING, checkpoint.interval = 10, parallelism = 1 }
source { ${source} }
sink { ${csvSink(folder)} }`)
    test.after(() => attempts.close())
    let files = 1
    for (const parallelism of STEPS) {
      const job = await attempts.prepare({ parallelism: [parallelism] })
      const ended = job.run()
      for (let more = 0; more < 3; more += 1, files += 1) put(files)
      await until(() => job.committedMetrics().sinks[0]?.rows === files * 100)
      put(files)
      files += 1
      await job.savepoint()
      assert.equal((await ended).status, 'SAVEPOINT_DONE')
    }
    const job = await attempts.prepare({ parallelism: [1] })
    const ended = job.run()
    await until(() => job.committedMetrics().sinks[0]?.rows === files * 100)
    job.cancel()
    assert.equal((await ended).status, 'CANCELED')
    assert.deepEqual(
      linesBelow(`${folder}/out`).sort(),
      csvRows(files * 100)
        .split('\n')
        .sort(),
    )
  })
})
