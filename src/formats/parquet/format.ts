import { codecSuffix, rangesRead } from '../../files/ranges-format.js'
import type { FileFormat } from '../../spi/format.js'

const FILE_HEADER = Buffer.from('PAR1')

const CODECS = ['none', 'lzo', 'snappy', 'lz4', 'gzip', 'brotli', 'zstd']

/** Columns in row groups. */
export const format: FileFormat = {
  name: 'parquet',
  summary: 'Apache Parquet; every row group is read and written by itself.',
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
