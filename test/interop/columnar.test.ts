import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { runJob } from '../local-file/job.js'
import { missingPython, runPython } from './python.js'

type Format = 'orc' | 'parquet'
type Build = 'native' | 'wasm'

/** One file of another writer. */
interface ForeignFile {
  readonly format: Format
  readonly content: string
  readonly options: readonly string[]
}

const scratch = mkdtempSync(join(tmpdir(), 'millrace-interop-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

const BUILDS: readonly Build[] = process.env.MILLRACE_TEST === 'fast' ? ['native'] : ['native', 'wasm']

const title = ({ format, content, options }: ForeignFile): string =>
  `${content} in ${format}${options.length > 0 ? ` with ${options.join(' ')}` : ''}`

const written = new Map<string, string>()
/** Writes a file with pyarrow, each once. */
function foreignFile(file: ForeignFile): string {
  const known = written.get(title(file))
  if (known !== undefined) return known
  const path = join(mkdtempSync(join(scratch, 'file-')), `data.${file.format}`)
  runPython('columnar.py', ['write', file.content, path, ...file.options])
  written.set(title(file), path)
  return path
}

/** A job that copies a file into a folder that has the name of the format; zones are UTC on both sides. */
async function copy(path: string, from: Format, to: Format | 'json', build: Build, options = ''): Promise<string> {
  const target = join(mkdtempSync(join(scratch, 'copy-')), to)
  mkdirSync(target)
  const outcome = await runJob(
    `env { parallelism = 1, job.mode = BATCH }
    source { LocalFile { path = "${path}", file_format_type = ${from} } }
    sink { LocalFile { path = "${target}", tmp_path = "${join(scratch, 'tmp')}", file_format_type = ${to}, ${options} } }`,
    3,
    build,
  )
  if (outcome.errors[0] !== undefined) throw outcome.errors[0]
  return target
}

const orc = (content: string, ...options: string[]): ForeignFile => ({ format: 'orc', content, options })
const parquet = (content: string, ...options: string[]): ForeignFile => ({ format: 'parquet', content, options })

const CONTENTS = ['numbers', 'texts', 'temporal', 'nested', 'empty', 'one']
const DELTA =
  '{"medium":"DELTA_BINARY_PACKED","big":"DELTA_BINARY_PACKED","double":"BYTE_STREAM_SPLIT","single":"BYTE_STREAM_SPLIT"}'
const DELTA_TEXT = '{"many":"DELTA_BYTE_ARRAY","few":"DELTA_LENGTH_BYTE_ARRAY"}'
const ORC_READ = ['uncompressed', 'zlib', 'snappy', 'lz4', 'zstd']
const PARQUET_CODECS = ['none', 'snappy', 'gzip', 'brotli', 'lz4', 'zstd']

/** What both builds of the kernels are given. */
const FOREIGN: readonly ForeignFile[] = [
  ...CONTENTS.map((content) => orc(content)),
  ...ORC_READ.map((codec) => orc('texts', `compression=${codec}`)),
  ...CONTENTS.map((content) => parquet(content)),
  ...PARQUET_CODECS.map((codec) => parquet('texts', `compression=${codec}`)),
]

/** What one build is given; their kernels are the same. */
const FOREIGN_NATIVE: readonly ForeignFile[] = [
  ...CONTENTS.map((content) => orc(content, 'file_version="0.11"', 'compression=uncompressed')),
  orc('texts', 'dictionary_key_size_threshold=1.0', 'compression_block_size=65536'),
  orc('wide', 'stripe_size=65536', 'compression=snappy', 'batch_size=1000'),
  parquet('narrow'),
  parquet('wide', 'row_group_size=7000'),
  parquet('nested', 'data_page_version="2.0"', 'use_compliant_nested_type=false'),
  parquet('numbers', 'data_page_version="2.0"', 'use_dictionary=false', `column_encoding=${DELTA}`),
  parquet('texts', 'use_dictionary=false', `column_encoding=${DELTA_TEXT}`),
  parquet('temporal', 'use_deprecated_int96_timestamps=true'),
  parquet('numbers', 'store_decimal_as_integer=true'),
]

/** What only the C library of the native build can do: everything but reading ORC. */
const isMissing = (build: Build, format: Format, codec: string, isRead: boolean): boolean =>
  build === 'wasm' && codec.includes('zstd') && !(isRead && format === 'orc')
const MISSING = { message: /codec 'zstd' is not in this build/ }

for (const build of BUILDS) {
  describe(`files of pyarrow are read by ${build} kernels`, { skip: missingPython() }, () => {
    for (const file of build === 'native' ? [...FOREIGN, ...FOREIGN_NATIVE] : FOREIGN) {
      it(title(file), async () => {
        const path = foreignFile(file)
        const copying = copy(path, file.format, 'json', build)
        if (isMissing(build, file.format, file.options.join(), true)) return assert.rejects(copying, MISSING)
        assert.equal(runPython('columnar.py', ['with-json', path, await copying]), '')
      })
    }

    it('but not those with a union', async () => {
      const path = foreignFile(orc('union'))
      const message = /TYPE_UNSUPPORTED: .*column 'either' has the unsupported type 'union'/
      await assert.rejects(copy(path, 'orc', 'json', build), { message })
    })
  })

  describe(`pyarrow reads files of ${build} kernels`, { skip: missingPython() }, () => {
    const jobs: readonly (readonly [content: string, format: Format, codec: string])[] = [
      ...CONTENTS.map((content) => [content, 'orc', 'none'] as const),
      ...['zlib', 'snappy', 'lz4', 'lzo', 'zstd', 'none'].map((codec) => ['wide', 'orc', codec] as const),
      ...CONTENTS.map((content) => [content, 'parquet', 'snappy'] as const),
      ...PARQUET_CODECS.map((codec) => ['wide', 'parquet', codec] as const),
    ]
    for (const [content, format, codec] of jobs) {
      it(`${content} in ${format} with codec ${codec}`, async () => {
        const path = foreignFile(parquet(content))
        const copying = copy(path, 'parquet', format, build, `compress_codec = ${codec}`)
        if (isMissing(build, format, codec, false)) return assert.rejects(copying, MISSING)
        // What is written to Parquet has milliseconds.
        const unit = format === 'parquet' ? 'ms' : 'us'
        assert.equal(runPython('columnar.py', ['with-file', path, await copying, unit]), '')
      })
    }

    it('temporal in parquet with timestamps as INT96', async () => {
      const path = foreignFile(parquet('temporal'))
      const option = 'parquet_avro_write_timestamp_as_int96 = true'
      const target = await copy(path, 'parquet', 'parquet', build, option)
      assert.equal(runPython('columnar.py', ['with-file', path, target, 'us']), '')
    })
  })
}
