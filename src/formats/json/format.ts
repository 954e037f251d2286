import { inspectFile } from '../../files/inspect.js'
import { textCodec } from '../../files/text-codec.js'
import type { FileFormat } from '../../spi/format.js'

/** One object per line, or one document that is a list of objects. */
export const format: FileFormat = {
  name: 'json',
  summary: 'One JSON object per line, or one JSON document that is a list of objects.',
  readOptions: ['row_delimiter', 'encoding', 'compress_codec'],
  writeOptions: ['row_delimiter', 'encoding', 'compress_codec'],
  notes: [
    'Objects on lines are read by all workers, a document that is a list by one. Objects on lines are what is written.',
    'Columns come from `schema`; members that it does not name are left out, missing ones are null.',
  ],
  extension: 'json',
  needsSchema: true,
  isText: true,

  async planRead(_declared, _options, first, context) {
    const answer = first === null ? {} : await inspectFile(first, 'json', {}, context)
    const isDocument = answer.layout === 'array'
    return {
      columns: null,
      layout: isDocument ? 'sequential' : 'lines',
      isWhole: isDocument,
      codec: 'json',
      options: { arrayDocument: isDocument },
    }
  },

  planWrite(_table, options) {
    const { rowDelimiter } = options
    const { streamCodec, codecSuffix } = textCodec('json', options.compressCodec)
    return {
      codec: 'json',
      options: { rowDelimiter },
      suffix: `${codecSuffix}.json`,
      header: Buffer.alloc(0),
      leadingBytes: Buffer.byteLength(rowDelimiter),
      isAssembled: false,
      streamCodec,
    }
  },
}
