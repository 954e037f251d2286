import assert from 'node:assert/strict'
import { statSync, utimesSync } from 'node:fs'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { putFile, temporaryFolder, zipArchive } from '../../src/files/testing.js'
import { finishJob, prepareJob } from '../jobs/harness.js'
import { contents, runJob } from '../local-file/job.js'
import { runTables } from './tables.js'

const METADATA =
  'Metadata { metadata_fields { FilePath = path, FileSize = bytes, FileType = type, FileUpdateTime = changed, FileCreateTime = made } }'

const source = (options: string): string =>
  `LocalFile { plugin_output = fake, schema { table = t, fields { id = int } }, ${options} }`

interface Row {
  readonly id: number
  readonly path: string
  readonly bytes: number
  readonly type: string
  readonly changed: number
  readonly made: number
}

describe('Metadata of files', () => {
  it('is that of the file that a row is from', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, '1\n2\n')
    putFile(`${folder}/in/b.d/c`, '3\n')
    utimesSync(`${folder}/in/a.csv`, 1_700_000_000, 1_700_000_000.25)
    const rows = (await runTables(test, source(`path = "${folder}/in", file_format_type = csv`), METADATA)).t as Row[]
    const a = { path: `${folder}/in/a.csv`, bytes: 4, type: 'csv', changed: 1_700_000_000_250, made: 1_700_000_000_250 }
    const changed = Math.floor(statSync(`${folder}/in/b.d/c`).mtimeMs)
    assert.deepEqual(
      rows.map(({ made, ...row }) => row),
      [
        { id: 1, ...a },
        { id: 2, ...a },
        { id: 3, path: `${folder}/in/b.d/c`, bytes: 2, type: '', changed },
      ].map(({ made, ...row }: Partial<Row>) => row),
    )
    assert.equal(rows[0]?.made, a.made)
    assert.ok((rows[2]?.made ?? 0) <= changed)
  })

  it('goes through other transforms', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.txt`, '1\n2\n')
    const input = source(`path = "${folder}/in", file_format_type = text`)
    const steps = [
      'Sql { query = "select id + 1 as n from t where id > 1" }',
      METADATA,
      'Filter { include_fields = [n, bytes] }',
    ]
    assert.deepEqual((await runTables(test, input, ...steps)).t, [{ n: 3, bytes: 4 }])
  })

  it('names the entry of an archive, and has the size of the archive', async (test) => {
    const folder = temporaryFolder(test)
    const zip = zipArchive([
      { name: 'x/a.csv', content: '1\n' },
      { name: 'b.csv', content: '2\n', isStored: true },
    ])
    putFile(`${folder}/in/all.zip`, zip)
    const input = source(`path = "${folder}/in", file_format_type = csv, archive_compress_codec = zip`)
    const rows = (await runTables(test, input, METADATA)).t as Row[]
    assert.deepEqual(
      rows.map(({ id, path, bytes, type }) => [id, path, bytes, type]),
      [
        [1, 'x/a.csv', zip.length, 'csv'],
        [2, 'b.csv', zip.length, 'csv'],
      ],
    )
  })

  it('follows the entries of an archive that is read in order', async (test) => {
    const folder = temporaryFolder(test)
    const tar = Buffer.concat([tarEntry('one.csv', '1\n'), tarEntry('two.csv', '2\n3\n'), Buffer.alloc(1024)])
    putFile(`${folder}/in/all.tar.gz`, gzipSync(tar))
    const input = source(`path = "${folder}/in", file_format_type = csv, archive_compress_codec = tar_gz`)
    const rows = (await runTables(test, input, METADATA)).t as Row[]
    assert.deepEqual(
      rows.map(({ id, path }) => [id, path]),
      [
        [1, 'one.csv'],
        [2, 'two.csv'],
        [3, 'two.csv'],
      ],
    )
  })

  it('comes with files that are read by pieces', async (test) => {
    const folder = temporaryFolder(test)
    const write = `source { FakeSource { row.num = 3, schema { fields { id = int } } } }
sink { LocalFile { path = "${folder}/in", tmp_path = "${folder}/tmp", file_format_type = parquet } }`
    assert.equal((await runJob(write)).status, 'FINISHED')
    const [[name] = []] = contents(`${folder}/in`)
    const input = `LocalFile { plugin_output = fake, path = "${folder}/in/${name}", file_format_type = parquet }`
    const rows = Object.values(await runTables(test, input, METADATA))[0] as Row[]
    assert.deepEqual(
      rows.map(({ path, type }) => [path, type]),
      Array(3).fill([`${folder}/in/${name}`, 'parquet']),
    )
  })

  it('is not carried by jobs that do not ask', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, '1\n')
    const job = (transform: string): string =>
      `source { ${source(`path = "${folder}/in", file_format_type = csv`)} }\ntransform { ${transform} }\nsink { Console { } }`
    const payload = async (transform: string) =>
      (await prepareJob(job(transform))).planned.plan.lanes[0]?.splits[0]?.split.payload as { metadata?: object }
    assert.equal((await payload('Filter { include_fields = [id] }')).metadata, undefined)
    assert.deepEqual((await payload('Metadata { metadata_fields { FileSize = n } }')).metadata, { FileSize: 2 })
    await finishJob(job('Metadata { metadata_fields { Table = n } }'))
  })
})

function tarEntry(name: string, text: string): Buffer {
  const block = Buffer.alloc(512 + Math.ceil(text.length / 512) * 512)
  block.write(name, 0)
  block.write(text.length.toString(8).padStart(11, '0'), 124)
  block.write('0', 156)
  block.write('ustar\u000000', 257)
  block.write('        ', 148)
  const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  block.write(text, 512)
  return block
}
