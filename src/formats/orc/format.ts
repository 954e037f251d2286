import { codecSuffix, rangesRead } from '../../files/ranges-format.js'
import type { FileFormat } from '../../spi/format.js'

const FILE_HEADER = Buffer.from('ORC')

const CODECS = ['none', 'zlib', 'snappy', 'lzo', 'lz4', 'zstd']

/** Columns in stripes. */
export const format: FileFormat = {
  name: 'orc',
  summary: 'Apache ORC; every stripe is read and written by itself.',
  readOptions: [],
  writeOptions: ['compress_codec'],
  notes: [
    'Columns come from the file; a `schema` in their place must name columns that the file has.',
    'Stripes are read and written by all workers.',
    'Names of columns are written in lower case, TIME as a timestamp on the first day of 1970.',
    'Unions and encrypted files cannot be read.',
  ],
  extension: 'orc',
  needsSchema: false,
  ...rangesRead('orc'),

  planWrite(_table, options) {
    return {
      codec: 'orc',
      options: { compression: options.compressCodec },
      suffix: codecSuffix('orc', options.compressCodec, CODECS),
      header: FILE_HEADER,
      leadingBytes: 0,
      isAssembled: true,
      streamCodec: 'none',
    }
  },
}
