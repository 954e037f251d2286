import { codecSuffix, rangesRead } from '../../files/ranges-format.js'
import type { FileFormat } from '../../spi/format.js'

const FILE_HEADER = Buffer.from('ORC')

const CODECS = ['none', 'zlib', 'snappy', 'lzo', 'lz4', 'zstd']

/** Columns in stripes. */
export const format: FileFormat = {
  name: 'orc',
  summary: 'Apache ORC; every stripe is read and written by itself.',
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
