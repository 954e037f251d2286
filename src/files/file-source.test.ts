import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { FileFormat, FileReadOptions, PlannedRead } from '../spi/format.js'
import { optionSpec } from '../spi/option.js'
import type { Source, Split } from '../spi/source.js'
import { blockPlace } from './fault.js'
import { planFileSource } from './file-source.js'
import { subtaskOf } from './java.js'
import { LocalFileSystem } from './local-file-system.js'
import { MORSEL_BYTES } from './morsel-size.js'
import { FILE_SOURCE_OPTIONS } from './options.js'
import { literalOfPattern } from './pattern-literal.js'
import { putFile, tarArchive, temporaryFolder, testColumn, testContext, validOptions, zipArchive } from './testing.js'

const SPEC = optionSpec({ options: FILE_SOURCE_OPTIONS })
const SCHEMA = { fields: { id: 'bigint', name: 'string' } }

/** What the format was asked last. */
interface Asked {
  options?: FileReadOptions
  head?: string
}

function testFormat(name: 'text' | 'parquet', changes: Partial<PlannedRead> = {}, asked: Asked = {}): FileFormat {
  return {
    name,
    summary: 'for tests',
    extension: name === 'text' ? 'txt' : 'parquet',
    needsSchema: name === 'text',
    isText: name === 'text',
    async planRead(_declared, options, first) {
      asked.options = options
      if (first !== null) asked.head = Buffer.from(await first.read(0, 5)).toString()
      return { columns: null, layout: 'lines', codec: name, options: { own: 1 }, ...changes }
    },
    async pieces(file) {
      return [0, 1].map((rowGroup) => ({ arguments: { rowGroup, fileLength: file.lengthBytes }, rows: 1, bytes: 1 }))
    },
  }
}

async function plan(
  options: object,
  settings: {
    readonly format?: FileFormat
    readonly parallelism?: number
    readonly morselRowsLimit?: number
    readonly output?: string
  } = {},
) {
  const { format = testFormat('text'), ...rest } = settings
  const context = testContext({ options: { file_format_type: 'text', ...options }, formats: [format], ...rest })
  const fileSystem = new LocalFileSystem()
  const table = { options: validOptions(SPEC, context), place: blockPlace(context.block), fileSystem }
  const source = await planFileSource([table], context)
  return { source, context, splits: (await source.enumerator.enumerate()).flat() }
}

function columnsOf(source: Source): readonly string[] {
  return source.tables[0]?.table.columns.map((column) => column.name) ?? []
}

function shape({ morsels, payload }: Split) {
  const { name, bytes, partitions } = payload as {
    name: string
    bytes: { kind: string; offset: number; length: number }
    partitions: object
  }
  return { name: name.slice(name.lastIndexOf('/') + 1), morsels, kind: bytes.kind, partitions }
}

describe('a file source', () => {
  it('cuts large files into morsels and keeps the order of paths', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/b.txt`, 'x')
    putFile(`${folder}/a.txt`, Buffer.alloc(MORSEL_BYTES * 2 + 1, 'x'))
    const { source, splits } = await plan({ path: folder, schema: SCHEMA })
    assert.deepEqual(splits.map(shape), [
      { name: 'a.txt', morsels: 3, kind: 'range', partitions: {} },
      { name: 'b.txt', morsels: 1, kind: 'range', partitions: {} },
    ])
    assert.deepEqual(source.tables[0]?.decoder, {
      codec: 'text',
      options: {
        fileSchema: {
          columns: [
            { name: 'id', type: { kind: 'BIGINT' }, nullable: true },
            { name: 'name', type: { kind: 'STRING' }, nullable: true },
          ],
        },
        own: 1,
        partitionColumns: [],
      },
    })
    assert.equal(source.isBounded, true)
  })

  it('makes small morsels under a limit of rows', async (test) => {
    const path = `${temporaryFolder(test)}/a.txt`
    putFile(path, Buffer.alloc(100_000, 'x'))
    const { splits } = await plan({ path, schema: SCHEMA }, { morselRowsLimit: 100 })
    assert.equal(splits[0]?.morsels, 10)
    assert.equal((splits[0]?.payload as { morselBytes: number } | undefined)?.morselBytes, 10_000)
  })

  it('gives whole files to subtasks by the hash of their paths', async (test) => {
    const folder = temporaryFolder(test)
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    for (const name of names) putFile(`${folder}/${name}.txt`, 'x')
    const { source } = await plan({ path: folder, schema: SCHEMA }, { parallelism: 3 })
    const subtasks = await source.enumerator.enumerate()
    const expected = [0, 1, 2].map((subtask) =>
      names.map((name) => `${folder}/${name}.txt`).filter((path) => subtaskOf(path, 3) === subtask),
    )
    assert.deepEqual(
      subtasks.map((splits) => splits.map((split) => (split.payload as { path: string }).path)),
      expected,
    )
  })

  it('appends the partitions of the first file as text columns', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/day=1/city=Rome/a.txt`, 'x')
    putFile(`${folder}/day=2/b.txt`, 'x')
    const { source, splits } = await plan({ path: folder, schema: SCHEMA, read_columns: ['name'] })
    assert.deepEqual(columnsOf(source), ['name', 'day', 'city'])
    assert.deepEqual(source.tables[0]?.decoder.options.partitionColumns, ['day', 'city'])
    assert.deepEqual(
      splits.map((split) => shape(split).partitions),
      [{ day: '1', city: 'Rome' }, { day: '2' }],
    )
    const without = await plan({ path: folder, schema: SCHEMA, parse_partition_from_path: false })
    assert.deepEqual(columnsOf(without.source), ['id', 'name'])
  })

  it('keeps a column of the file where a partition has its name', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/id=1/a.txt`, 'x')
    assert.deepEqual(columnsOf((await plan({ path: folder, schema: SCHEMA })).source), ['id', 'name'])
  })

  it('reads columns in the order that is asked for', async (test) => {
    const path = `${temporaryFolder(test)}/a.txt`
    putFile(path, 'x')
    assert.deepEqual(columnsOf((await plan({ path, schema: SCHEMA, read_columns: ['name', 'id'] })).source), [
      'name',
      'id',
    ])
  })

  it('has one text column without a schema', async (test) => {
    const path = `${temporaryFolder(test)}/a.txt`
    putFile(path, 'x')
    const { source } = await plan({ path }, { output: 'lines' })
    assert.deepEqual(columnsOf(source), ['content'])
    assert.deepEqual(source.tables[0]?.table.path, { database: null, schema: null, table: 'lines' })
  })

  const sequential: readonly [
    title: string,
    content: Uint8Array,
    options: object,
    name: string,
    kind: string,
    head: string,
  ][] = [
    ['gzip', gzipSync('packed content'), { archive_compress_codec: 'gz' }, 'f', 'gzip', 'packe'],
    [
      'tar_gz',
      gzipSync(tarArchive([{ name: 'a.txt', content: 'in tar' }])),
      { archive_compress_codec: 'tar_gz' },
      'f',
      'tarGzip',
      'in ta',
    ],
    [
      'zip',
      zipArchive([{ name: 'd/a.txt', content: 'in zip' }]),
      { archive_compress_codec: 'zip' },
      'a.txt',
      'deflated',
      'in zi',
    ],
    ['an encoding', Buffer.from('c4e3', 'hex'), { encoding: 'gbk' }, 'f', 'range', '你'],
  ]
  for (const [title, content, options, name, kind, head] of sequential) {
    it(`reads ${title} in order`, async (test) => {
      const path = `${temporaryFolder(test)}/f`
      putFile(path, content)
      const asked: Asked = {}
      const { splits } = await plan({ path, schema: SCHEMA, ...options }, { format: testFormat('text', {}, asked) })
      assert.deepEqual(splits.map(shape), [{ name, morsels: null, kind, partitions: {} }])
      assert.equal(asked.head, Buffer.from(head).toString('utf8', 0, head === '你' ? 3 : 5))
    })
  }

  it('cuts entries of a tar archive into morsels like files', async (test) => {
    const path = `${temporaryFolder(test)}/f.tar`
    putFile(
      path,
      tarArchive([
        { name: 'a.txt', content: 'x' },
        { name: 'b.txt', content: 'y' },
        { name: 'c.csv', content: 'z' },
      ]),
    )
    const { splits } = await plan({ path, schema: SCHEMA, archive_compress_codec: 'tar' })
    assert.deepEqual(
      splits.map(shape).map(({ name, morsels }) => [name, morsels]),
      [
        ['f.tar!a.txt', 1],
        ['f.tar!b.txt', 1],
      ],
    )
    assert.equal(new Set(splits.map((split) => split.id)).size, 2)
  })

  it('asks a format for its pieces', async (test) => {
    const path = `${temporaryFolder(test)}/f`
    putFile(path, '12345')
    const columns = [testColumn('a', { kind: 'INT' })]
    const format = testFormat('parquet', { layout: 'ranges', columns })
    const { source, splits } = await plan({ path, file_format_type: 'parquet' }, { format })
    assert.deepEqual(columnsOf(source), ['a'])
    assert.equal(splits[0]?.morsels, 2)
    assert.deepEqual((splits[0]?.payload as { pieces: unknown } | undefined)?.pieces, [
      { rowGroup: 0, fileLength: 5 },
      { rowGroup: 1, fileLength: 5 },
    ])
  })

  it('gives nothing and a warning for an empty folder', async (test) => {
    const folder = temporaryFolder(test)
    const { splits, context } = await plan({ path: folder, schema: { fields: {} } })
    assert.deepEqual(splits, [])
    assert.deepEqual(
      context.warnings.map(({ code, details }) => [code, details.path]),
      [['FILE_LIST_EMPTY', 'source[0].path']],
    )
  })

  it('passes on what formats want to know', async (test) => {
    const path = `${temporaryFolder(test)}/a.txt`
    putFile(path, 'x')
    const asked: Asked = {}
    const options = {
      path,
      schema: SCHEMA,
      delimiter: '\\|',
      quote_char: '',
      skip_header_row_number: 2,
      null_format: 'NULL',
    }
    await plan(options, { format: testFormat('text', {}, asked) })
    assert.deepEqual(asked.options, {
      fieldDelimiter: '|',
      rowDelimiter: '\n',
      skipHeaderRowNumber: 2,
      quoteChar: null,
      escapeChar: null,
      nullFormat: 'NULL',
      quotedNewlines: false,
      csvUseHeaderLine: false,
      path,
      sheetName: null,
      xmlRowTag: null,
      xmlUseAttrFormat: null,
      binaryChunkSize: 1024,
      binaryCompleteFileMode: false,
    })
  })

  const faulty: readonly [title: string, options: object, code: string, key: string | null, message: RegExp][] = [
    ['a missing path', { path: null }, 'OPTION_REQUIRED', null, /the options\('path'\) are required/],
    [
      'a missing path and format',
      { path: null, file_format_type: null },
      'OPTION_REQUIRED',
      null,
      /'path', 'file_format_type'/,
    ],
    ['a path that is not there', { path: '/nowhere/at/all' }, 'FILE_LIST_FAILED', 'path', /ENOENT/],
    [
      'a format that is not there',
      { file_format_type: 'excel' },
      'UNIMPLEMENTED',
      'file_format_type',
      /'excel' is not implemented/,
    ],
    ['an unknown encoding', { encoding: 'klingon' }, 'ENCODING_UNSUPPORTED', 'encoding', /'klingon'/],
    [
      'a pattern that does not parse',
      { file_filter_pattern: '(' },
      'OPTION_INVALID',
      'file_filter_pattern',
      /does not parse/,
    ],
    [
      'a time that is none',
      { file_filter_modified_start: 'yesterday' },
      'OPTION_INVALID',
      'file_filter_modified_start',
      /'yesterday'/,
    ],
    ['an unknown column', { read_columns: ['id', 'nope'] }, 'OPTION_INVALID', 'read_columns', /'nope'/],
    [
      'a delimiter that is a pattern',
      { field_delimiter: '\\s+' },
      'UNIMPLEMENTED',
      'field_delimiter',
      /regular expression/,
    ],
    ['a faulty type', { schema: { fields: { a: 'nonsense' } } }, 'TYPE_UNSUPPORTED', 'schema.fields.a', /nonsense/],
    [
      'an archive that is none',
      { archive_compress_codec: 'ZIP' },
      'FILE_CORRUPT',
      'archive_compress_codec',
      /not a whole zip/,
    ],
  ]
  for (const [title, options, code, key, message] of faulty) {
    it(`refuses ${title}, at its option`, async (test) => {
      const path = `${temporaryFolder(test)}/a.txt`
      putFile(path, 'x')
      await assert.rejects(
        plan({ path, schema: SCHEMA, ...options }),
        (thrown: {
          errors: readonly { code: string; message: string; details: { path: string; position: unknown } }[]
        }) => {
          const [error] = thrown.errors
          assert.deepEqual([error?.code, error?.details.path], [code, key === null ? 'source[0]' : `source[0].${key}`])
          assert.ok(error?.details.position)
          assert.match(error?.message ?? '', message)
          return true
        },
      )
    })
  }

  it('has no columns to offer where a file of a self-describing format is missing', async (test) => {
    const folder = temporaryFolder(test)
    const planning = plan({ path: folder, file_format_type: 'parquet' }, { format: testFormat('parquet') })
    await assert.rejects(
      planning,
      (thrown: { errors: readonly { code: string }[] }) => thrown.errors[0]?.code === 'FILE_LIST_EMPTY',
    )
  })
})

describe('literalOfPattern', () => {
  const cases: readonly [pattern: string, literal: string | null][] = [
    ['|', '|'],
    [',', ','],
    ['\\|', '|'],
    ['\\t', '\t'],
    ['\\u0001', '\u0001'],
    ['\\x01', '\u0001'],
    ['[|]', '|'],
    ['\\Q||\\E', '||'],
    ['||', '||'],
    ['\\|\\|', '||'],
    ['\\\\', '\\'],
    ['\\s', null],
    ['\\d+', null],
    ['', ''],
  ]
  for (const [pattern, literal] of cases) {
    it(`takes '${pattern}' for ${JSON.stringify(literal)}`, () => assert.equal(literalOfPattern(pattern), literal))
  }
})
