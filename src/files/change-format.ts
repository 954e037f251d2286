import type { FileFormat } from '../spi/format.js'
import { textCodec } from './text-codec.js'

/**
 * A format of JSON messages that say how rows changed, one per line. Row kinds are read and written; the columns are those of
 * the `schema` option.
 *
 * @param name name in `file_format_type` and of the kernel codec.
 */
export function changeFormat({ name, summary }: { readonly name: string; readonly summary: string }): FileFormat {
  return {
    name,
    summary,
    readOptions: ['encoding', 'compress_codec'],
    writeOptions: ['row_delimiter', 'merge_update_event', 'encoding', 'compress_codec'],
    notes: ['Change kinds of rows are read and written.', 'Columns come from `schema`.'],
    extension: 'json',
    needsSchema: true,
    isText: true,

    async planRead() {
      return { columns: null, layout: 'lines', codec: name, options: {} }
    },

    planWrite(_table, { rowDelimiter, compressCodec, mergeUpdateEvent }) {
      const { streamCodec, codecSuffix } = textCodec(name, compressCodec)
      return {
        codec: name,
        options: { rowDelimiter, mergeUpdates: mergeUpdateEvent },
        suffix: `${codecSuffix}.json`,
        header: Buffer.alloc(0),
        leadingBytes: Buffer.byteLength(rowDelimiter),
        isAssembled: false,
        streamCodec,
      }
    },
  }
}
