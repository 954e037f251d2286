import { codecSuffix, rangesRead } from '../../files/ranges-format.js'
import type { FileFormat } from '../../spi/format.js'

const FILE_HEADER = Buffer.from('PAR1')

const CODECS = ['none', 'lzo', 'snappy', 'lz4', 'gzip', 'brotli', 'zstd']

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
  ...rangesRead('parquet'),

  planWrite(_table, options) {
    return {
      codec: 'parquet',
      options: {
        compression: options.compressCodec,
        timestampAsInt96: options.timestampAsInt96,
        fixedAsInt96: options.fixedAsInt96,
      },
      suffix: codecSuffix('parquet', options.compressCodec, CODECS),
      header: FILE_HEADER,
      leadingBytes: 0,
      isAssembled: true,
      streamCodec: 'none',
    }
  },
}
