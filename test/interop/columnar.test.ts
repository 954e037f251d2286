import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { runJob } from '../local-file/job.js'
import { missingPython, runPython } from './python.js'

type Format = 'orc' | 'parquet'

/** One file of another writer. */
interface ForeignFile {
  readonly format: Format
  readonly content: string
  readonly options: readonly string[]
  /** What timestamps are cut to, because a side cannot say more. */
  readonly unit?: 'ms' | 'us'
}

const scratch = mkdtempSync(join(tmpdir(), 'millrace-interop-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

let files = 0
function freshPath(suffix: string): string {
  files += 1
  return join(scratch, `${files}`, suffix)
}

function foreignFile({ format, content, options }: ForeignFile): string {
  const path = join(mkdtempSync(join(scratch, 'file-')), `data.${format}`)
  runPython('columnar.py', ['write', content, path, ...options])
  return path
}

/** A job that copies a file; zones are UTC on both sides. */
async function copy(path: string, format: Format, sink: string): Promise<string> {
  const target = freshPath(sink.includes('json') ? 'json' : sink.includes('orc') ? 'orc' : 'parquet')
  const outcome = await runJob(`env { parallelism = 1, job.mode = BATCH }
    source { LocalFile { path = "${path}", file_format_type = ${format} } }
    sink { LocalFile { path = "${target}", tmp_path = "${join(scratch, 'tmp')}", ${sink} } }`)
  if (outcome.errors[0] !== undefined) throw outcome.errors[0]
  return target
}

const title = ({ format, content, options }: ForeignFile): string =>
  `${content} in ${format}${options.length > 0 ? ` with ${options.join(' ')}` : ''}`

const orc = (content: string, ...options: string[]): ForeignFile => ({ format: 'orc', content, options })
const parquet = (content: string, ...options: string[]): ForeignFile => ({ format: 'parquet', content, options })

const CONTENTS = ['numbers', 'texts', 'temporal', 'nested', 'empty', 'one']
const DELTA =
  '{"medium":"DELTA_BINARY_PACKED","big":"DELTA_BINARY_PACKED","double":"BYTE_STREAM_SPLIT","single":"BYTE_STREAM_SPLIT"}'
const DELTA_TEXT = '{"many":"DELTA_BYTE_ARRAY","few":"DELTA_LENGTH_BYTE_ARRAY"}'

const FOREIGN: readonly ForeignFile[] = [
  ...CONTENTS.map((content) => orc(content)),
  ...CONTENTS.map((content) => orc(content, 'file_version="0.11"', 'compression=uncompressed')),
  ...['uncompressed', 'zlib', 'snappy', 'lz4', 'zstd'].map((codec) => orc('texts', `compression=${codec}`)),
  orc('texts', 'dictionary_key_size_threshold=1.0', 'compression_block_size=65536'),
  orc('wide', 'stripe_size=65536', 'compression=snappy', 'batch_size=1000'),
  ...CONTENTS.map((content) => parquet(content)),
  ...['none', 'snappy', 'gzip', 'brotli', 'lz4', 'zstd'].map((codec) => parquet('texts', `compression=${codec}`)),
  parquet('narrow'),
  parquet('wide', 'row_group_size=7000'),
  parquet('nested', 'data_page_version="2.0"', 'use_compliant_nested_type=false'),
  parquet('numbers', 'data_page_version="2.0"', 'use_dictionary=false', `column_encoding=${DELTA}`),
  parquet('texts', 'use_dictionary=false', `column_encoding=${DELTA_TEXT}`),
  parquet('temporal', 'use_deprecated_int96_timestamps=true'),
  parquet('numbers', 'store_decimal_as_integer=true'),
]

describe('files of pyarrow are read', { skip: missingPython() }, () => {
  for (const file of FOREIGN) {
    it(title(file), async () => {
      const path = foreignFile(file)
      const target = await copy(path, file.format, 'file_format_type = json')
      assert.equal(runPython('columnar.py', ['with-json', path, target]), '')
    })
  }

  it('but not those with a union', async () => {
    const path = foreignFile(orc('union'))
    await assert.rejects(copy(path, 'orc', 'file_format_type = json'), {
      message: /TYPE_UNSUPPORTED: .*column 'either' has the unsupported type 'union'/,
    })
  })
})

const ORC_CODECS = ['none', 'zlib', 'snappy', 'lz4', 'lzo', 'zstd']
const PARQUET_CODECS = ['none', 'snappy', 'lz4', 'gzip', 'brotli', 'zstd']

describe('pyarrow reads files', { skip: missingPython() }, () => {
  const jobs = [
    ...CONTENTS.map((content) => [content, 'orc', 'none'] as const),
    ...[...ORC_CODECS.slice(1), 'none'].map((codec) => ['wide', 'orc', codec] as const),
    ...CONTENTS.map((content) => [content, 'parquet', 'snappy'] as const),
    ...PARQUET_CODECS.map((codec) => ['wide', 'parquet', codec] as const),
  ]
  for (const [content, format, codec] of jobs) {
    it(`of ${content} in ${format} with codec ${codec}`, async () => {
      const path = foreignFile(parquet(content))
      const target = await copy(path, 'parquet', `file_format_type = ${format}, compress_codec = ${codec}`)
      const unit = format === 'parquet' ? 'ms' : 'us'
      assert.equal(runPython('columnar.py', ['with-file', path, target, unit]), '')
    })
  }
})
