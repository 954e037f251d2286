import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { asMillraceErrors } from '../../src/core/error.js'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { contents, missingCodec, runJob } from './job.js'

const SCHEMA = 'schema { fields { id = bigint, name = string, price = "decimal(10, 2)" } }'

function job(source: string, sink: string, env = ''): string {
  return `env { job.mode = BATCH, ${env} }\nsource { LocalFile { ${source} } }\nsink { LocalFile { ${sink} } }`
}

async function finished(text: string, workers?: number): Promise<void> {
  const outcome = await runJob(text, workers)
  assert.deepEqual([outcome.status, outcome.errors.map((error) => error.message)], ['FINISHED', []])
}

/** The code of the failure of a job that is refused or fails. */
async function failure(text: string): Promise<string | undefined> {
  try {
    const outcome = await runJob(text, 2)
    return outcome.errors[0]?.code
  } catch (thrown) {
    return asMillraceErrors(thrown)[0]?.code
  }
}

function written(folder: string): string {
  return contents(folder)
    .map(([, text]) => text)
    .join('\n')
}

const ROWS = 60_000

/** Lines of csv that every format gives back. */
function lines(count: number): string {
  return Array.from({ length: count }, (_, id) => `${id},"näme, <&> ${id}",${id % 1000}.25`).join('\n')
}

describe('xml jobs of LocalFile', { skip: missingCodec('xml') }, () => {
  for (const useAttributes of [true, false]) {
    for (const workers of [1, 4]) {
      const title = `${useAttributes ? 'attributes' : 'elements'}, with ${workers} workers`
      it(`write documents and read them again: ${title}`, async (test) => {
        const folder = temporaryFolder(test)
        putFile(`${folder}/in/a.csv`, lines(ROWS))
        const paths = `path = "${folder}/xml", tmp_path = "${folder}/tmp"`
        const csv = `path = "${folder}/in", file_format_type = csv, ${SCHEMA}`
        const xml = `file_format_type = xml, xml_use_attr_format = ${useAttributes}, xml_row_tag = r`
        await finished(job(csv, `${paths}, ${xml}, batch_size = 25000`), workers)
        const files = contents(`${folder}/xml`)
        assert.equal(files.length, 3)
        for (const [, text] of files) {
          assert.ok(text.startsWith('<?xml version="1.0" encoding="UTF-8"?>\n\n<RECORDS>\n\t<r'), text.slice(0, 80))
          assert.ok(text.endsWith('\n</RECORDS>\n'), text.slice(-80))
        }
        const back = `path = "${folder}/xml", ${xml}, ${SCHEMA}`
        await finished(job(back, `path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = csv`), workers)
        assert.ok(written(`${folder}/out`) === lines(ROWS), 'the copy differs')
      })
    }
  }

  it('go through encodings and archives', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, '1,é,2.5')
    const csv = `path = "${folder}/in", file_format_type = csv, ${SCHEMA}`
    const xml = 'file_format_type = xml, xml_use_attr_format = false, encoding = "UTF-16BE"'
    await finished(job(csv, `path = "${folder}/xml", tmp_path = "${folder}/tmp", ${xml}`))
    const [name = ''] = readdirSync(`${folder}/xml`)
    const bytes = readFileSync(`${folder}/xml/${name}`)
    const expected =
      '<?xml version="1.0" encoding="UTF-16BE"?>\n\n<RECORDS>\n\t<RECORD>\n\t\t<id>1</id>\n\t\t<name>é</name>\n\t\t<price>2.50</price>\n\t</RECORD>\n</RECORDS>\n'
    assert.equal(bytes.swap16().toString('utf16le'), expected)
    putFile(`${folder}/packed/a.gz`, gzipSync(readFileSync(`${folder}/xml/${name}`)))
    const back = `path = "${folder}/packed", archive_compress_codec = GZ, ${xml}, xml_row_tag = RECORD, ${SCHEMA}`
    await finished(job(back, `path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = csv`))
    assert.equal(written(`${folder}/out`), '1,é,2.50')
  })

  it('leave a document of no rows when one is wanted', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.xml`, '<RECORDS/>')
    const xml = 'file_format_type = xml, xml_use_attr_format = true'
    const source = `path = "${folder}/in", ${xml}, xml_row_tag = RECORD, ${SCHEMA}`
    const sink = `path = "${folder}/out", tmp_path = "${folder}/tmp", ${xml}, create_empty_file_when_no_data = true`
    await finished(job(source, sink))
    assert.equal(written(`${folder}/out`), '<?xml version="1.0" encoding="UTF-8"?>\n\n<RECORDS>\n</RECORDS>\n')
  })

  it('are refused without their options and for names that XML does not have', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, '1,x,2.5')
    const csv = `path = "${folder}/in", file_format_type = csv, ${SCHEMA}`
    const sink = `path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = xml`
    assert.equal(await failure(job(csv, sink)), 'OPTION_CONDITIONAL')
    assert.equal(await failure(job(csv, `${sink}, xml_use_attr_format = true, xml_row_tag = "a b"`)), 'OPTION_INVALID')
  })
})

/** What a csv sink makes of `$TYPES` of a workbook. */
const TYPED = `schema { fields {
  id = bigint, name = string, price = "decimal(10, 2)", flag = boolean, day = date, at = timestamp, clock = time, list = "array<int>" } }`

describe('excel jobs of LocalFile', { skip: missingCodec('excel') }, () => {
  for (const workers of [1, 4]) {
    it(`write workbooks and read them again, with ${workers} workers`, async (test) => {
      const folder = temporaryFolder(test)
      putFile(`${folder}/in/a.csv`, lines(ROWS))
      const csv = `path = "${folder}/in", file_format_type = csv, ${SCHEMA}`
      const excel = `path = "${folder}/xlsx", tmp_path = "${folder}/tmp", file_format_type = excel`
      await finished(job(csv, `${excel}, batch_size = 25000`), workers)
      const names = readdirSync(`${folder}/xlsx`).sort()
      assert.deepEqual(
        names.map((name) => name.replace(/^T_\d+_\w{10}_/, 'T_')),
        ['T_0_1_0.xlsx', 'T_0_1_1.xlsx', 'T_0_1_2.xlsx'],
      )
      const back = `path = "${folder}/xlsx", file_format_type = excel, skip_header_row_number = 1, ${SCHEMA}`
      await finished(job(back, `path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = csv`), workers)
      assert.ok(written(`${folder}/out`) === lines(ROWS), 'the copy differs')
    })
  }

  it('give the same file whatever the number of workers', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, lines(2 * ROWS))
    const csv = `path = "${folder}/in", file_format_type = csv, ${SCHEMA}`
    const files: Buffer[] = []
    for (const workers of [1, 4]) {
      const excel = `path = "${folder}/${workers}", tmp_path = "${folder}/tmp", file_format_type = excel`
      await finished(job(csv, excel), workers)
      files.push(readFileSync(`${folder}/${workers}/${readdirSync(`${folder}/${workers}`)[0]}`))
    }
    assert.ok(files[0]?.equals(files[1] ?? Buffer.alloc(0)), 'the files differ')
  })

  it('fill several sheets and read one by its name', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, lines(25))
    const csv = `path = "${folder}/in", file_format_type = csv, ${SCHEMA}`
    const sheets = 'sheet_max_rows = 11, sheet_name = Data'
    await finished(job(csv, `path = "${folder}/xlsx", tmp_path = "${folder}/tmp", file_format_type = excel, ${sheets}`))
    const found: string[] = []
    for (const name of ['Data', 'Data_2', 'Data_3']) {
      const source = `path = "${folder}/xlsx", file_format_type = excel, sheet_name = ${name}, skip_header_row_number = 1, ${SCHEMA}`
      const out = `${folder}/out/${name}`
      await finished(job(source, `path = "${out}", tmp_path = "${folder}/tmp", file_format_type = csv`))
      found.push(written(out))
    }
    assert.equal(found.join('\n'), lines(25))
    const source = `path = "${folder}/xlsx", file_format_type = excel, sheet_name = None, ${SCHEMA}`
    const sink = `path = "${folder}/no", tmp_path = "${folder}/tmp", file_format_type = csv`
    assert.equal(await failure(job(source, sink)), 'OPTION_INVALID')
  })

  it('keep every type, nulls and limits', async (test) => {
    const folder = temporaryFolder(test)
    const rows = [
      '{"id":9223372036854775807,"name":"é <&> 😀","price":99999999.99,"flag":true,"day":"9999-12-31","at":"2024-02-29T10:15:30.125","clock":"23:59:59","list":[1,null]}',
      '{"id":null,"name":null,"price":null,"flag":null,"day":null,"at":null,"clock":null,"list":null}',
      '{"id":-9223372036854775808,"name":"","price":-0.01,"flag":false,"day":"1899-01-01","at":"1900-01-01T00:00:00","clock":"00:00:00","list":[]}',
      `{"id":0,"name":"${'x'.repeat(32_767)}","price":0,"flag":true,"day":"1900-03-01","at":"9999-12-31T23:59:59","clock":"12:00:00","list":[7]}`,
    ]
    putFile(`${folder}/in/a.json`, rows.join('\n'))
    const json = `path = "${folder}/in", file_format_type = json, ${TYPED}`
    await finished(job(json, `path = "${folder}/xlsx", tmp_path = "${folder}/tmp", file_format_type = excel`))
    const back = `path = "${folder}/xlsx", file_format_type = excel, skip_header_row_number = 1, ${TYPED}`
    await finished(job(back, `path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = json`))
    await finished(job(json, `path = "${folder}/same", tmp_path = "${folder}/tmp", file_format_type = json`))
    assert.equal(written(`${folder}/out`), written(`${folder}/same`))
  })

  it('leave a workbook of a header when a job has no rows', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, '\n')
    const csv = `path = "${folder}/in", file_format_type = csv, ${SCHEMA}`
    const excel = `path = "${folder}/xlsx", tmp_path = "${folder}/tmp", file_format_type = excel`
    await finished(job(csv, `${excel}, create_empty_file_when_no_data = true`))
    const back = `path = "${folder}/xlsx", file_format_type = excel, schema { fields { a = string, b = string, c = string } }`
    await finished(job(back, `path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = csv`))
    assert.equal(written(`${folder}/out`), 'id,name,price')
  })

  it('are refused for cells that are too long and sheets of one row', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, `1,${'x'.repeat(32_768)},2.5`)
    const csv = `path = "${folder}/in", file_format_type = csv, ${SCHEMA}`
    const sink = `path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = excel`
    assert.equal(await failure(job(csv, sink)), 'ENCODE_FAILED')
    assert.equal(await failure(job(csv, `${sink}, sheet_max_rows = 1`)), 'OPTION_INVALID')
  })
})

describe('markdown jobs of LocalFile', () => {
  it('read the blocks of documents', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.md`, '# One\n\n- a\n- b\n')
    const sink = `path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = json`
    await finished(job(`path = "${folder}/in", file_format_type = markdown`, sink))
    assert.deepEqual(
      written(`${folder}/out`)
        .split('\n')
        .map((line) => Object.values(JSON.parse(line) as object)),
      [
        ['Heading_1', 'Heading', 1, 'One', 1, 1, null, null],
        ['BulletList_1', 'BulletList', null, '- a\n- b\n', 1, 2, null, 'BulletListItem_1,BulletListItem_2'],
        ['BulletListItem_1', 'BulletListItem', null, 'a', 1, 1, 'BulletList_1', null],
        ['BulletListItem_2', 'BulletListItem', null, 'b', 1, 2, 'BulletList_1', null],
      ],
    )
    const columns = `path = "${folder}/in", file_format_type = markdown, read_columns = [text]`
    await finished(job(columns, `path = "${folder}/text", tmp_path = "${folder}/tmp", file_format_type = csv`))
    assert.equal(written(`${folder}/text`), 'One\n"- a\n- b\n"\na\nb')
    assert.equal(await failure(job(columns, `${sink.replace('json', 'markdown')}`)), 'UNIMPLEMENTED')
  })

  it('say that pdf and word files cannot be read', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.pdf`, 'x')
    const sink = `path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = json`
    for (const format of ['pdf', 'word']) {
      assert.equal(await failure(job(`path = "${folder}/in", file_format_type = ${format}`, sink)), 'UNIMPLEMENTED')
    }
  })
})

const PICTURES: readonly (readonly [path: string, bytes: number])[] = [
  ['a.bin', 1],
  ['deep/er/b.png', 1024],
  ['deep/c', 100_001],
  ['z=1/d.txt', 3_000_000],
]

function picture(bytes: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: bytes }, (_, at) => (at * 31 + (at >> 8)) & 0xff))
}

/** The files below a folder and what they hold. */
function pictures(folder: string): readonly (readonly [string, Buffer])[] {
  return contents(folder).map(([name]) => [name, readFileSync(`${folder}/${name}`)] as const)
}

describe('binary jobs of LocalFile', { skip: missingCodec('binary') }, () => {
  for (const [title, options, env, workers] of [
    ['parts of 1024 bytes', '', '', 1],
    ['parts of 1024 bytes by several workers', '', '', 4],
    ['several subtasks', '', 'parallelism = 3', 4],
    ['larger parts', ', binary_chunk_size = 65536', '', 3],
    ['one part to a file', ', binary_complete_file_mode = true', '', 3],
  ] as const) {
    it(`copy files below their paths: ${title}`, async (test) => {
      const folder = temporaryFolder(test)
      for (const [name, bytes] of PICTURES) putFile(`${folder}/in/${name}`, picture(bytes))
      const source = `path = "${folder}/in", file_format_type = binary${options}`
      const sink = `path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = binary`
      await finished(job(source, sink, env), workers)
      assert.deepEqual(pictures(`${folder}/out`), pictures(`${folder}/in`))
    })
  }

  it('copy one file to its name', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/x/a.png`, picture(5000))
    const source = `path = "${folder}/in/x/a.png", file_format_type = binary`
    await finished(job(source, `path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = binary`))
    assert.deepEqual(pictures(`${folder}/out`), [['a.png', picture(5000)]])
  })

  const rows = (texts: readonly string[]) => texts.map((fields) => `{ kind = INSERT, fields = [${fields}] }`).join(',')
  const fake = (texts: readonly string[]) => `source { FakeSource {
    schema { fields { data = bytes, relativePath = string, partIndex = bigint } }
    rows = [${rows(texts)}] } }`

  for (const [title, texts, code] of [
    ['parts in another order', ['"YQ==", "a", 0', '"Yg==", "a", 2'], 'BINARY_PART_ORDER'],
    ['a first part that is missing', ['"YQ==", "a", 1'], 'BINARY_PART_ORDER'],
    ['a part that comes twice', ['"YQ==", "a", 0', '"YQ==", "a", 0'], 'BINARY_PART_ORDER'],
    ['a path that leads out', ['"YQ==", "../a", 0'], 'FILE_WRITE_FAILED'],
    ['a path that leads out further down', ['"YQ==", "x/../../a", 0'], 'FILE_WRITE_FAILED'],
    ['a path from the root', ['"YQ==", "/tmp/a", 0'], 'FILE_WRITE_FAILED'],
    ['an empty path', ['"YQ==", "", 0'], 'FILE_WRITE_FAILED'],
    ['no path', ['"YQ==", null, 0'], 'FILE_WRITE_FAILED'],
  ] as const) {
    it(`refuse ${title} and write nothing`, async (test) => {
      const folder = temporaryFolder(test)
      const sink = `sink { LocalFile { path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = binary } }`
      assert.equal(await failure(`env { job.mode = BATCH }\n${fake(texts)}\n${sink}`), code)
      assert.deepEqual(contents(folder), [])
    })
  }

  it('put parts of several files that come mixed into their files', async (test) => {
    const folder = temporaryFolder(test)
    const texts = ['"YQ==", "x/a", 0', '"Yg==", "b", 0', '"Yw==", "x/a", 1', '"ZA==", "b", -1']
    const sink = `sink { LocalFile { path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = binary } }`
    await finished(`env { job.mode = BATCH }\n${fake(texts)}\n${sink}`)
    assert.deepEqual(contents(`${folder}/out`), [
      ['b', 'b'],
      ['x/a', 'ac'],
    ])
  })

  it('are refused for rows of other columns', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, '1,x,2.5')
    const csv = `path = "${folder}/in", file_format_type = csv, ${SCHEMA}`
    const sink = `path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = binary`
    assert.equal(await failure(job(csv, sink)), 'SCHEMA_INVALID')
  })
})
