import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testColumn, testContext, testTable } from '../files/testing.js'
import type { InspectRequest, KernelBackend } from '../native/backend.js'
import type { FileFormat, FileProbe, FileReadOptions, FileWriteOptions } from '../spi/format.js'
import { format as csv } from './csv/format.js'
import { format as json } from './json/format.js'
import { format as orc } from './orc/format.js'
import { format as parquet } from './parquet/format.js'
import { format as text } from './text/format.js'

const READ: FileReadOptions = {
  fieldDelimiter: null,
  rowDelimiter: '\n',
  skipHeaderRowNumber: 0,
  quoteChar: '"',
  escapeChar: null,
  nullFormat: null,
  quotedNewlines: false,
  csvUseHeaderLine: false,
  path: '/data',
  sheetName: null,
  xmlRowTag: null,
  xmlUseAttrFormat: null,
  binaryChunkSize: 1024,
  binaryCompleteFileMode: false,
}
const WRITE: FileWriteOptions = {
  fieldDelimiter: null,
  rowDelimiter: '\n',
  dateFormat: 'yyyy-MM-dd',
  datetimeFormat: 'yyyy-MM-dd HH:mm:ss',
  timeFormat: 'HH:mm:ss',
  enableHeaderWrite: false,
  compressCodec: 'none',
  csvStringQuoteMode: 'MINIMAL',
  timestampAsInt96: false,
  fixedAsInt96: [],
  encoding: 'UTF-8',
  sheetName: null,
  sheetMaxRows: 1_048_576,
  xmlRootTag: 'RECORDS',
  xmlRowTag: 'RECORD',
  xmlUseAttrFormat: null,
  mergeUpdateEvent: false,
}
const TABLE = testTable({ id: 'INT', name: 'STRING' })

function probe(content: string): FileProbe {
  const bytes = Buffer.from(content)
  return {
    path: '/data/f',
    lengthBytes: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  }
}

/** A context whose kernels answer `inspect` one after the other, and what they were asked. */
function kernels(...answers: readonly object[]) {
  const asked: [request: InspectRequest, piece: string][] = []
  const backend = {
    inspect(request: InspectRequest, piece: Uint8Array) {
      asked.push([request, Buffer.from(piece).toString()])
      return answers[asked.length - 1] ?? answers.at(-1)
    },
  } as unknown as KernelBackend
  return { context: testContext({ options: {}, backend }), asked }
}

async function planned(
  format: FileFormat,
  options: Partial<FileReadOptions>,
  ...rest: [first?: FileProbe | null, context?: ReturnType<typeof testContext>]
) {
  const [first = null, context = testContext({ options: {} })] = rest
  return format.planRead?.(TABLE.columns, { ...READ, ...options }, first, context)
}

describe('the format text', () => {
  it('reads lines with its own delimiter', async () => {
    assert.deepEqual(await planned(text, { skipHeaderRowNumber: 2, nullFormat: 'NULL' }), {
      columns: null,
      layout: 'lines',
      codec: 'text',
      options: { fieldDelimiter: '\u0001', rowDelimiter: '\n', skipHeaderRows: 2, nullFormat: 'NULL' },
    })
  })

  it('writes a header of all columns with the delimiters that are asked for', () => {
    const write = text.planWrite?.(
      TABLE,
      {
        ...WRITE,
        fieldDelimiter: ';',
        rowDelimiter: '\r\n',
        enableHeaderWrite: true,
      },
      TABLE.columns,
    )
    assert.equal(Buffer.from(write?.header ?? []).toString(), 'id;name\r\n')
    assert.equal(write?.leadingBytes, 2)
    assert.equal(write?.suffix, '.txt')
  })
})

describe('the format csv', () => {
  it('reads lines, or whole files when fields hold line breaks', async () => {
    assert.equal((await planned(csv, {}))?.layout, 'lines')
    assert.equal((await planned(csv, { quotedNewlines: true }))?.layout, 'sequential')
    assert.equal((await planned(csv, { fieldDelimiter: ';' }))?.options.fieldDelimiter, ';')
  })

  it('takes the order of columns from the header and their types from the schema', async () => {
    const { context, asked } = kernels({ headerColumns: ['name', 'more', 'id'] })
    const read = await planned(
      csv,
      { csvUseHeaderLine: true, skipHeaderRowNumber: 1 },
      probe('#\nname,more,id\nx,y,1\n'),
      context,
    )
    assert.equal(read?.columns, null)
    assert.equal(read?.options.skipHeaderRows, 2)
    assert.deepEqual(read?.options.fileSchema, {
      columns: [
        { name: 'name', type: { kind: 'STRING' }, nullable: true },
        { name: 'more', type: { kind: 'STRING' }, nullable: true },
        { name: 'id', type: { kind: 'INT' }, nullable: true },
      ],
    })
    assert.equal(asked[0]?.[1], 'name,more,id\nx,y,1\n')
  })

  it('has text columns of the header when nothing is declared', async () => {
    const { context } = kernels({ headerColumns: ['a', 'b'] })
    const content = [testColumn('content', { kind: 'STRING' })]
    const read = await csv.planRead?.(content, { ...READ, csvUseHeaderLine: true }, probe('a,b\n'), context)
    assert.deepEqual(
      read?.columns?.map(({ name, type }) => [name, type.kind]),
      [
        ['a', 'STRING'],
        ['b', 'STRING'],
      ],
    )
  })

  const broken: readonly [title: string, names: readonly string[], skipped: number, message: RegExp][] = [
    ['without a declared column', ['name'], 0, /does not name 'id'/],
    ['with a column twice', ['id', 'name', 'id'], 0, /'id' twice/],
    ['that is empty', [], 0, /no header line/],
    ['behind the end of the file', ['id', 'name'], 3, /no header line/],
  ]
  for (const [title, names, skipped, message] of broken) {
    it(`refuses a header ${title}`, async () => {
      const { context } = kernels({ headerColumns: names })
      const reading = planned(csv, { csvUseHeaderLine: true, skipHeaderRowNumber: skipped }, probe('x\ny\n'), context)
      await assert.rejects(reading, { code: 'SCHEMA_INVALID', message })
    })
  }

  it('always writes commas', () => {
    const write = csv.planWrite?.(
      TABLE,
      {
        ...WRITE,
        fieldDelimiter: ';',
        enableHeaderWrite: true,
        csvStringQuoteMode: 'ALL',
      },
      TABLE.columns,
    )
    assert.equal(Buffer.from(write?.header ?? []).toString(), 'id,name\n')
    assert.deepEqual([write?.options.fieldDelimiter, write?.options.quoteMode], [',', 'ALL'])
  })
})

describe('the format json', () => {
  const layouts: readonly [answer: object, layout: string, isWhole: boolean][] = [
    [{ layout: 'lines' }, 'lines', false],
    [{ layout: 'array' }, 'sequential', true],
    [{}, 'lines', false],
  ]
  for (const [answer, layout, isWhole] of layouts) {
    it(`is read as ${layout} when the kernel answers ${JSON.stringify(answer)}`, async () => {
      const read = await planned(json, {}, probe('[{}]'), kernels(answer).context)
      assert.deepEqual([read?.layout, read?.isWhole, read?.options.arrayDocument], [layout, isWhole, isWhole])
    })
  }

  it('needs no look where there is no file', async () => {
    assert.equal((await planned(json, {}))?.layout, 'lines')
  })
})

describe('the format parquet', () => {
  const SCHEMA = {
    table: '',
    columns: [
      { name: 'id', type: { kind: 'INT' }, nullable: false },
      { name: 'name', type: { kind: 'STRING' }, nullable: true },
    ],
  }
  const ANSWER = { schema: SCHEMA, splits: [{ rows: 3, bytes: 10, arguments: '{"rowGroup":0,"fileLength":12}' }] }

  it('gives the kernel the ranges that it asks for', async () => {
    const { context, asked } = kernels({ wanted: [[4, 8]] }, ANSWER)
    const read = await parquet.planRead?.(null, READ, probe('0123456789ab'), context)
    assert.deepEqual(
      read?.columns?.map((column) => column.name),
      ['id', 'name'],
    )
    assert.deepEqual(
      asked.map(([request, piece]) => [request.offset, piece]),
      [
        [0, '0123456789ab'],
        [4, '456789ab'],
      ],
    )
  })

  it('has a piece for every row group', async () => {
    const pieces = await parquet.pieces?.(probe('0123456789ab'), {}, kernels(ANSWER).context)
    assert.deepEqual(pieces, [{ rows: 3, bytes: 10, arguments: { rowGroup: 0, fileLength: 12 } }])
  })

  it('reads the columns that are declared, if the file has them', async () => {
    const { context } = kernels(ANSWER)
    const declared = [testColumn('name', { kind: 'STRING' })]
    assert.deepEqual((await parquet.planRead?.(declared, READ, probe('x'), context))?.columns, declared)
    const wrong = parquet.planRead?.([testColumn('nope', { kind: 'INT' })], READ, probe('x'), context)
    await assert.rejects(wrong ?? Promise.resolve(), { code: 'SCHEMA_INVALID', message: /does not have 'nope'/ })
  })

  it('gives up on a kernel that never stops asking', async () => {
    const { context } = kernels({ wanted: [[0, 4]] })
    await assert.rejects(planned(parquet, {}, probe('0123'), context), { code: 'FILE_CORRUPT' })
  })

  it('refuses a footer that is too long to be looked at', async () => {
    const { context } = kernels({ wanted: [[0, 2 ** 40]] })
    await assert.rejects(planned(parquet, {}, probe('0123'), context), { code: 'VALUE_TOO_LARGE' })
  })
})

describe('the format orc', () => {
  it('has a piece for every stripe and the columns of the file', async () => {
    const schema = { table: '', columns: [{ name: 'id', type: { kind: 'INT' }, nullable: true }] }
    const splits = [{ rows: 3, bytes: 10, arguments: '{"stripe":0,"fileLength":12}' }]
    const { context, asked } = kernels({ schema, splits })
    const read = await orc.planRead?.(null, READ, probe('0123456789ab'), context)
    assert.deepEqual([read?.codec, read?.layout, read?.columns?.[0]?.name], ['orc', 'ranges', 'id'])
    const pieces = await orc.pieces?.(probe('0123456789ab'), {}, context)
    assert.deepEqual(pieces, [{ rows: 3, bytes: 10, arguments: { stripe: 0, fileLength: 12 } }])
    assert.equal(asked[0]?.[0].codec, 'orc')
  })

  it('writes a header that stripes are placed behind', () => {
    const write = orc.planWrite?.(TABLE, WRITE, TABLE.columns)
    assert.deepEqual([Buffer.from(write?.header ?? []).toString(), write?.isAssembled], ['ORC', true])
  })
})

describe('codecs', () => {
  const suffixes: readonly [format: FileFormat, codec: string, suffix: string][] = [
    [text, 'none', '.txt'],
    [text, 'lzo', '.lzo.txt'],
    [csv, 'lzo', '.lzo.csv'],
    [json, 'none', '.json'],
    [parquet, 'none', '.parquet'],
    [parquet, 'snappy', '.snappy.parquet'],
    [parquet, 'gzip', '.gz.parquet'],
    [orc, 'none', '.orc'],
    [orc, 'zlib', '.zlib.orc'],
    [orc, 'zstd', '.zstd.orc'],
  ]
  for (const [format, compressCodec, suffix] of suffixes) {
    it(`give ${format.name} files with ${compressCodec} the suffix ${suffix}`, () =>
      assert.equal(format.planWrite?.(TABLE, { ...WRITE, compressCodec }, TABLE.columns).suffix, suffix))
  }

  const refused: readonly [FileFormat, string][] = [
    [text, 'gzip'],
    [csv, 'snappy'],
    [json, 'gzip'],
    [parquet, 'zlib'],
    [orc, 'gzip'],
    [orc, 'brotli'],
  ]
  for (const [format, compressCodec] of refused) {
    it(`refuse ${compressCodec} for ${format.name}`, () =>
      assert.throws(() => format.planWrite?.(TABLE, { ...WRITE, compressCodec }, TABLE.columns), {
        code: 'OPTION_CHOICE',
      }))
  }
})
