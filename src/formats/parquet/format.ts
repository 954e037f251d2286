import { MillraceError } from '../../core/error.js'
import type { Column, DataType, KernelSchema } from '../../core/schema.js'
import { inspectFile } from '../../files/inspect.js'
import type { FileFormat, FilePiece } from '../../spi/format.js'
import type { JsonObject } from '../../spi/json.js'

const FILE_HEADER = Buffer.from('PAR1')

/** Suffix of file names by codec. @source SeaTunnel `CompressFormat` */
const CODEC_SUFFIXES: Readonly<Record<string, string>> = {
  none: '',
  lzo: '.lzo',
  snappy: '.snappy',
  lz4: '.lz4',
  gzip: '.gz',
  brotli: '.br',
  zstd: '.zstd',
}

interface InspectedFile {
  readonly schema: KernelSchema
  readonly splits: readonly { readonly rows: number; readonly bytes: number; readonly arguments: string }[]
}

/** Columns in row groups. */
export const format: FileFormat = {
  name: 'parquet',
  summary: 'Apache Parquet; every row group is read and written by itself.',
  readOptions: [],
  writeOptions: ['compress_codec', 'parquet_avro_write_timestamp_as_int96', 'parquet_avro_write_fixed_as_int96'],
  notes: [
    'Columns come from the file; a `schema` in their place must name columns that the file has.',
    'Row groups are read and written by all workers.',
  ],
  extension: 'parquet',
  needsSchema: false,

  async planRead(declared, _options, first, context) {
    if (first === null) return { columns: declared, layout: 'ranges', codec: 'parquet', options: {} }
    const inspected = (await inspectFile(first, 'parquet', {}, context)) as unknown as InspectedFile
    const inFile = inspected.schema.columns.map(({ name, type }) => columnOf(name, type))
    return { columns: declaredOver(declared, inFile, first.path), layout: 'ranges', codec: 'parquet', options: {} }
  },

  async pieces(file, _options, context): Promise<readonly FilePiece[]> {
    const inspected = (await inspectFile(file, 'parquet', {}, context)) as unknown as InspectedFile
    return inspected.splits.map(({ rows, bytes, arguments: text }) => {
      return { rows, bytes, arguments: JSON.parse(text) as JsonObject }
    })
  },

  planWrite(_table, options) {
    const suffix = CODEC_SUFFIXES[options.compressCodec]
    if (suffix === undefined) {
      const message = `compress_codec '${options.compressCodec}' cannot be used for parquet files`
      throw new MillraceError('OPTION_CHOICE', message, { hint: 'use none, snappy, lz4, gzip, brotli or zstd' })
    }
    return {
      codec: 'parquet',
      options: {
        compression: options.compressCodec,
        timestampAsInt96: options.timestampAsInt96,
        fixedAsInt96: options.fixedAsInt96,
      },
      suffix: `${suffix}.parquet`,
      header: FILE_HEADER,
      leadingBytes: 0,
      isAssembled: true,
      streamCodec: 'none',
    }
  },
}

/** The columns that the user declared in place of those of the file; they must be there. */
function declaredOver(declared: readonly Column[] | null, inFile: readonly Column[], path: string): readonly Column[] {
  if (declared === null) return inFile
  const names = new Set(inFile.map((column) => column.name))
  const missing = declared.filter((column) => !names.has(column.name)).map((column) => `'${column.name}'`)
  if (missing.length === 0) return declared
  throw new MillraceError('SCHEMA_INVALID', `'${path}' does not have ${missing.join(', ')}`, {
    hint: `it has ${[...names].join(', ')}`,
  })
}

function columnOf(name: string, type: DataType): Column {
  return { name, type, nullable: true, length: null, scale: null, defaultValue: null, comment: null }
}
