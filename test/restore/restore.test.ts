import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { csvRows, csvSource, finishJob, linesBelow } from '../jobs/harness.js'
import { Attempts, CRASH_POINTS, type Crash, texts, wideRows } from './attempts.js'

const ROWS = 4000
/** Small morsels, so that there are some checkpoints. */
const ENV = 'checkpoint.interval = 10, read_limit.rows_per_second = 16000'

interface Shape {
  readonly title: string
  readonly source: (folder: string) => string
  readonly sink: string
  /** Rows of the files below a folder as text, in any order. */
  readonly rows?: (folder: string) => Promise<string[]>
  readonly env?: string
}

function plainFiles(folder: string): string {
  for (let file = 0; file < 4; file += 1) putFile(`${folder}/in/${file}.csv`, csvRows(ROWS / 4, (file * ROWS) / 4))
  return csvSource(`${folder}/in`)
}

/** A file of several morsels. */
function largeFile(folder: string): string {
  putFile(`${folder}/in/a.csv`, wideRows(ROWS))
  return csvSource(`${folder}/in`)
}

function gzipFile(folder: string): string {
  putFile(`${folder}/in/a.gz`, gzipSync(wideRows(ROWS)))
  return csvSource(`${folder}/in`, ', archive_compress_codec = gz')
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`)
}

/** Reads files of a format with a job of its own. */
function readBack(format: string, options = ''): (folder: string) => Promise<string[]> {
  return async (folder) => {
    const copy = `${folder}.read`
    await finishJob(`source { LocalFile { path = "${folder}", file_format_type = ${format} ${options} } }
sink { LocalFile { path = "${copy}", tmp_path = "${folder}.tmp", file_format_type = csv } }`)
    return linesBelow(copy)
  }
}

const SHAPES: readonly Shape[] = [
  { title: 'csv files', source: plainFiles, sink: 'file_format_type = csv' },
  { title: 'csv files with headers', source: plainFiles, sink: 'file_format_type = csv, enable_header_write = true' },
  {
    title: 'compressed text',
    source: plainFiles,
    sink: 'file_format_type = text, compress_codec = lzo',
    rows: readBack('text', ', compress_codec = lzo, schema { fields { id = bigint, name = string, part = bigint } }'),
  },
  { title: 'json files', source: plainFiles, sink: 'file_format_type = json' },
  { title: 'Parquet files', source: plainFiles, sink: 'file_format_type = parquet', rows: readBack('parquet') },
  {
    title: 'files by partition',
    source: plainFiles,
    sink: 'file_format_type = csv, have_partition = true, partition_by = [part]',
  },
  { title: 'files of 300 rows', source: plainFiles, sink: 'file_format_type = csv, batch_size = 300' },
  { title: 'single files', source: plainFiles, sink: 'file_format_type = csv, single_file_mode = true' },
  {
    title: 'files without transactions',
    source: plainFiles,
    sink: 'file_format_type = csv, is_enable_transaction = false, file_name_expression = "out"',
  },
  { title: 'a gzip file that is read in order', source: gzipFile, sink: 'file_format_type = csv' },
  { title: 'a large file', source: largeFile, sink: 'file_format_type = csv' },
  { title: 'several subtasks', source: plainFiles, sink: 'file_format_type = csv', env: 'parallelism = 3' },
  {
    title: 'generated rows',
    source: () => `FakeSource { row.num = ${ROWS}, split.num = 3, schema { fields { id = bigint, name = string } } }`,
    sink: 'file_format_type = csv',
  },
]

/** Adds the column that files are parted by. */
const TRANSFORM = `transform { Sql { query = "select id, name, MOD(ABS(id), 3) as part from dual" } }`

function jobOf(shape: Shape, folder: string, out: string): string {
  return `env { ${ENV} ${shape.env === undefined ? '' : `, ${shape.env}`} }
source { ${shape.source(folder)} }
${TRANSFORM}
sink { LocalFile { path = "${folder}/${out}", tmp_path = "${folder}/tmp", ${shape.sink} } }`
}

/** Attempts that crash everywhere once, each a bit further on. */
const EVERYWHERE: readonly Crash[] = CRASH_POINTS.flatMap((point, index) =>
  (process.env.MILLRACE_TEST === 'long' ? [1, 2, 3] : [1 + (index % 2)]).map((checkpoint) => ({ checkpoint, point })),
)

describe('a job that is restored after crashes', () => {
  for (const shape of SHAPES) {
    it(`gives every row once: ${shape.title}`, async (test) => {
      const folder = temporaryFolder(test)
      const rows = shape.rows ?? (async (path: string) => linesBelow(path))
      const attempts = new Attempts(jobOf(shape, folder, 'out'))
      test.after(() => attempts.close())
      const outcome = await attempts.finish(EVERYWHERE)
      assert.deepEqual([outcome.status, texts(outcome.errors)], ['FINISHED', []])
      const got = (await rows(`${folder}/out`)).filter((line) => line !== 'id,name,part').sort()
      if (shape.title === 'generated rows') {
        assert.equal(new Set(got).size, ROWS)
      } else {
        await finishJob(jobOf(shape, folder, 'whole').replace(/read_limit[^,}]*/, 'job.name = whole'))
        const expected = (await rows(`${folder}/whole`)).filter((line) => line !== 'id,name,part').sort()
        assert.equal(got.length, ROWS)
        assert.deepEqual(got, expected)
      }
      assert.equal(outcome.metrics.sources[0]?.rows, ROWS)
      assert.equal(outcome.metrics.sinks[0]?.rows, ROWS)
      assert.deepEqual(leftBehind(folder), [], 'nothing is left of the staging')
      assert.ok(attempts.epoch > 3, `the job ended in attempt ${attempts.epoch} already`)
    })
  }
})

/** Files that belong neither to the input nor to the output. */
function leftBehind(folder: string): readonly string[] {
  const below = filesOf(folder).map((path) => path.slice(folder.length))
  return below.filter((path) => path.startsWith('/tmp/') || path.includes('/.staging'))
}
