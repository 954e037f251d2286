import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { putFile, tarArchive, temporaryFolder, zipArchive } from '../../src/files/testing.js'
import { contents, missingCodec, runJob } from './job.js'

const SCHEMA = 'schema { fields { id = bigint, name = string, price = "decimal(10, 2)" } }'

/** A job that reads with some options and writes csv files to `<folder>/out`. */
function copyJob(folder: string, source: string, sink = 'file_format_type = csv', env = ''): string {
  return `
env { job.mode = BATCH, ${env} }
source { LocalFile { ${source} } }
sink { LocalFile { path = "${folder}/out", tmp_path = "${folder}/tmp", ${sink} } }`
}

function rows(count: number, first = 0): string {
  return Array.from({ length: count }, (_, index) => `${first + index},name ${first + index},${index % 1000}.25`).join(
    '\n',
  )
}

async function finished(text: string, workers?: number): Promise<void> {
  const outcome = await runJob(text, workers)
  assert.deepEqual([outcome.status, outcome.errors.map((error) => error.message)], ['FINISHED', []])
}

/** The lines of all files that a job wrote, file by file. */
function written(folder: string): string {
  return contents(`${folder}/out`)
    .map(([, text]) => text)
    .join('\n')
}

describe('csv jobs of LocalFile', { skip: missingCodec('csv') }, () => {
  for (const workers of [1, 4]) {
    it(`keep every row in order over morsels, with ${workers} workers`, async (test) => {
      const folder = temporaryFolder(test)
      const text = rows(900_000)
      putFile(`${folder}/in/a.csv`, text)
      await finished(copyJob(folder, `path = "${folder}/in", file_format_type = csv, ${SCHEMA}`), workers)
      assert.equal(readdirSync(`${folder}/out`).length, 1)
      assert.ok(written(folder) === text, 'the copy differs')
      assert.deepEqual(readdirSync(`${folder}/tmp/seatunnel`), [])
    })
  }

  it('cut morsels anywhere: at a row, in it, in a character', async (test) => {
    const folder = temporaryFolder(test)
    // Rows of 9, 14 and 18 bytes meet the boundaries of 8 MiB in every way.
    const text = Array.from(
      { length: 900_000 },
      (_, index) => ['1,a,2.50', '22,éé,33.25', '333,éééé,4.00'][index % 3],
    ).join('\n')
    for (const shift of [0, 1, 2, 3]) putFile(`${folder}/in/${shift}.csv`, `${'9'.repeat(shift + 1)},x,1.00\n${text}`)
    await finished(
      copyJob(
        folder,
        `path = "${folder}/in", file_format_type = csv, ${SCHEMA}`,
        'file_format_type = csv, batch_size = 100000000',
      ),
      4,
    )
    const expected = [0, 1, 2, 3].map((shift) => `${'9'.repeat(shift + 1)},x,1.00\n${text}`).join('\n')
    assert.ok(written(folder) === expected, 'the copy differs')
  })

  it('begin a new file after batch_size rows', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, rows(250))
    const sink = 'file_format_type = csv, batch_size = 100, enable_header_write = true'
    await finished(copyJob(folder, `path = "${folder}/in", file_format_type = csv, ${SCHEMA}`, sink))
    const files = contents(`${folder}/out`)
    assert.deepEqual(
      files.map(([name]) => name.replace(/^T_\d+_\w{10}_/, 'T_')),
      ['T_0_1_0.csv', 'T_0_1_1.csv', 'T_0_1_2.csv'],
    )
    assert.deepEqual(
      files.map(([, text]) => text.split('\n').length),
      [101, 101, 51],
    )
    assert.ok(files.every(([, text]) => text.startsWith('id,name,price\n')))
  })

  it('read partitions from paths and write them again', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/day=1/a.csv`, rows(2))
    putFile(`${folder}/in/day=2/b.csv`, rows(1, 7))
    const sink = 'file_format_type = csv, partition_by = [day]'
    await finished(copyJob(folder, `path = "${folder}/in", file_format_type = csv, ${SCHEMA}`, sink))
    assert.deepEqual(
      contents(`${folder}/out`).map(([name, text]) => [name.split('/')[0], text]),
      [
        ['day=1', rows(2)],
        ['day=2', rows(1, 7)],
      ],
    )
  })

  const packings: readonly [title: string, name: string, content: Uint8Array, options: string][] = [
    ['gzip', 'a.gz', gzipSync(rows(5000)), 'archive_compress_codec = GZ'],
    ['zip', 'a.zip', zipArchive([{ name: 'x/a.csv', content: rows(5000) }]), 'archive_compress_codec = zip'],
    [
      'tar',
      'a.tar',
      tarArchive([
        { name: 'a.csv', content: rows(2500) },
        { name: 'b.csv', content: rows(2500, 2500).replaceAll(/,(\d+)\.25/g, ',$1.25') },
      ]),
      'archive_compress_codec = tar',
    ],
    [
      'tar_gz',
      'a.tgz',
      gzipSync(tarArchive([{ name: 'a.csv', content: rows(5000) }])),
      'archive_compress_codec = TAR_GZ',
    ],
    ['UTF-16', 'a.csv', Buffer.from(`\ufeff${rows(5000)}`, 'utf16le'), 'encoding = "UTF-16"'],
    ['a byte-order mark', 'a.csv', Buffer.from(`\ufeff${rows(5000)}`), ''],
  ]
  for (const [title, name, content, options] of packings) {
    it(`read ${title}`, async (test) => {
      const folder = temporaryFolder(test)
      putFile(`${folder}/in/${name}`, content)
      await finished(copyJob(folder, `path = "${folder}/in", file_format_type = csv, ${SCHEMA}\n${options}`))
      const lines = written(folder).split('\n')
      assert.equal(lines.length, 5000)
      assert.deepEqual(
        lines.map((line) => Number(line.split(',')[0])),
        Array.from({ length: 5000 }, (_, index) => index),
      )
    })
  }

  it('read a large packed file in morsels', async (test) => {
    const folder = temporaryFolder(test)
    const text = rows(900_000)
    putFile(`${folder}/in/a.gz`, gzipSync(text, { level: 1 }))
    await finished(
      copyJob(folder, `path = "${folder}/in", file_format_type = csv, archive_compress_codec = gz, ${SCHEMA}`),
    )
    assert.ok(written(folder) === text, 'the copy differs')
  })

  it('lose and repeat nothing over checkpoints', async (test) => {
    const folder = temporaryFolder(test)
    const text = rows(900_000)
    // A checkpoint comes between two morsels: many files give it many chances.
    for (let file = 0; file < 60; file += 1) putFile(`${folder}/in/${100 + file}.csv`, rows(15_000, file * 15_000))
    const source = `path = "${folder}/in", file_format_type = csv, ${SCHEMA}`
    await finished(copyJob(folder, source, 'file_format_type = csv', 'checkpoint.interval = 10'), 3)
    const parts = contents(`${folder}/out`).map(([name, part]) => {
      return { checkpoint: Number(/_0_(\d+)_0\.csv$/.exec(name)?.[1]), part }
    })
    parts.sort((left, right) => left.checkpoint - right.checkpoint)
    assert.ok(parts.length > 1, 'there was no checkpoint before the last')
    assert.ok(parts.map(({ part }) => part).join('\n') === text, 'the copy differs')
  })

  it('take columns from the header line', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, `# a comment\n"price",id,"na""me"\n1.50,7,x\n`)
    const source = `path = "${folder}/in", file_format_type = csv, skip_header_row_number = 1, csv_use_header_line = true, schema { fields { id = int, price = double } }`
    await finished(copyJob(folder, source, 'file_format_type = csv, enable_header_write = true'))
    assert.equal(written(folder), 'id,price\n7,1.5')
  })

  it('give every table of a source its own files', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, rows(2))
    putFile(`${folder}/in/b.csv`, rows(3, 100))
    const table = (name: string) =>
      `{ path = "${folder}/in/${name}.csv", file_format_type = csv, schema { table = "shop.${name}", fields { id = bigint, name = string, price = "decimal(10, 2)" } } }`
    await finished(`
source { LocalFile { tables_configs = [${table('a')}, ${table('b')}] } }
sink { LocalFile { path = "${folder}/out/\${database_name}/\${table_name}", tmp_path = "${folder}/tmp", file_format_type = csv } }`)
    assert.deepEqual(
      contents(`${folder}/out`).map(([name, text]) => [name.split('/').slice(0, 2).join('/'), text]),
      [
        ['shop/a', rows(2)],
        ['shop/b', rows(3, 100)],
      ],
    )
  })

  it('leave the target as it was when a row is bad', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, `${rows(100_000)}\nnot a number,x,1\n`)
    putFile(`${folder}/out/old.csv`, 'old')
    const outcome = await runJob(copyJob(folder, `path = "${folder}/in", file_format_type = csv, ${SCHEMA}`))
    assert.deepEqual([outcome.status, outcome.errors[0]?.code], ['FAILED', 'VALUE_MALFORMED'])
    assert.deepEqual(
      contents(folder).map(([name]) => name),
      ['in/a.csv', 'out/old.csv'],
    )
  })

  it('finish without a file when there is nothing to read', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/_SUCCESS`, 'x')
    await finished(copyJob(folder, `path = "${folder}/in", file_format_type = csv, ${SCHEMA}`))
    assert.deepEqual(contents(`${folder}/out`), [])
  })
})

describe('text jobs of LocalFile', { skip: missingCodec('text') }, () => {
  it('copy with their own delimiters and encoding', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.txt`, '1|你|1.10##2|好|2.20')
    const source = `path = "${folder}/in", file_format_type = text, field_delimiter = "\\\\|", row_delimiter = "##", ${SCHEMA}`
    await finished(
      copyJob(
        folder,
        source,
        'file_format_type = text, field_delimiter = ";", row_delimiter = "\\r\\n", encoding = GBK',
      ),
    )
    const [name = ''] = readdirSync(`${folder}/out`)
    const bytes = readFileSync(`${folder}/out/${name}`)
    assert.equal(new TextDecoder('gbk').decode(bytes), '1;你;1.10\r\n2;好;2.20')
    assert.ok(name.endsWith('_0.txt'))
  })

  it('find rows at morsel boundaries with a long row delimiter', async (test) => {
    const folder = temporaryFolder(test)
    const records = Array.from({ length: 700_000 }, (_, index) => `${index};n;1.00`)
    putFile(`${folder}/in/a.txt`, records.join('<-->'))
    const source = `path = "${folder}/in", file_format_type = text, field_delimiter = ";", row_delimiter = "<-->", ${SCHEMA}`
    await finished(copyJob(folder, source, 'file_format_type = text, field_delimiter = ";"'), 4)
    assert.ok(written(folder) === records.join('\n'), 'the copy differs')
  })
})

describe('parquet jobs of LocalFile', { skip: missingCodec('parquet') || missingCodec('csv') }, () => {
  for (const codec of ['none', 'snappy', 'gzip', 'lz4', 'brotli']) {
    it(`write ${codec} files that are read again in the same order`, async (test) => {
      const folder = temporaryFolder(test)
      const text = rows(300_000)
      putFile(`${folder}/in/a.csv`, text)
      const middle = `${folder}/middle`
      await finished(
        `
source { LocalFile { path = "${folder}/in", file_format_type = csv, ${SCHEMA} } }
sink { LocalFile { path = "${middle}", tmp_path = "${folder}/tmp", file_format_type = parquet, compress_codec = ${codec}, batch_size = 200000 } }`,
        4,
      )
      const names = readdirSync(middle)
      assert.equal(names.length, 2)
      const suffix = { none: '', snappy: '.snappy', gzip: '.gz', lz4: '.lz4', brotli: '.br' }[codec]
      assert.ok(names.every((name) => name.endsWith(`${suffix}.parquet`)))
      await finished(copyJob(folder, `path = "${middle}", file_format_type = parquet`), 4)
      assert.ok(written(folder) === text, 'the copy differs')
    })
  }

  it('read a projection and partitions', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, rows(3))
    await finished(`
source { LocalFile { path = "${folder}/in", file_format_type = csv, ${SCHEMA} } }
sink { LocalFile { path = "${folder}/middle", tmp_path = "${folder}/tmp", file_format_type = parquet, partition_by = [name], is_partition_field_write_in_file = false } }`)
    await finished(copyJob(folder, `path = "${folder}/middle", file_format_type = parquet, read_columns = [price]`))
    assert.equal(written(folder), '0.25,name 0\n1.25,name 1\n2.25,name 2')
  })

  it('write a file without rows when they are asked to', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, 'id,name,price\n')
    await finished(`
source { LocalFile { path = "${folder}/in", file_format_type = csv, skip_header_row_number = 1, ${SCHEMA} } }
sink { LocalFile { path = "${folder}/middle", tmp_path = "${folder}/tmp", file_format_type = parquet, create_empty_file_when_no_data = true } }`)
    await finished(copyJob(folder, `path = "${folder}/middle", file_format_type = parquet`))
    assert.deepEqual(contents(`${folder}/out`), [])
  })

  it('say which file is not parquet', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.parquet`, 'this is text, and long enough to be looked at')
    await assert.rejects(
      runJob(copyJob(folder, `path = "${folder}/in", file_format_type = parquet`)),
      (thrown: { errors: readonly { code: string; message: string }[] }) => {
        assert.equal(thrown.errors[0]?.code, 'FILE_TYPE_INVALID')
        assert.match(thrown.errors[0]?.message ?? '', /a\.parquet/)
        return true
      },
    )
  })
})

describe('json jobs of LocalFile', { skip: missingCodec('json') }, () => {
  const LINES = Array.from({ length: 400_000 }, (_, index) => `{"id":${index},"name":"é ${index}"}`).join('\n')
  const source = (folder: string) =>
    `path = "${folder}/in", file_format_type = json, schema { fields { id = bigint, name = string } }`

  it('copy lines over morsels', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.json`, LINES)
    await finished(copyJob(folder, source(folder), 'file_format_type = json'), 4)
    assert.ok(written(folder) === LINES, 'the copy differs')
  })

  it('read one document', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.json`, `[\n${LINES.replaceAll('\n', ',\n')}\n]\n`)
    await finished(copyJob(folder, source(folder), 'file_format_type = json'))
    assert.ok(written(folder) === LINES, 'the copy differs')
  })

  it('write another encoding', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.json`, '{"id":1,"name":"你"}')
    await finished(copyJob(folder, source(folder), 'file_format_type = json, encoding = gbk'))
    const [name = ''] = readdirSync(`${folder}/out`)
    assert.equal(new TextDecoder('gbk').decode(readFileSync(`${folder}/out/${name}`)), '{"id":1,"name":"你"}')
  })
})
