import { textCodec } from '../../files/text-codec.js'
import type { FileFormat } from '../../spi/format.js'

/** @source SeaTunnel `TextFormatConstant.SEPARATOR[0]` */
const FIELD_DELIMITER = '\u0001'

/** Lines of fields without quotes. */
export const format: FileFormat = {
  name: 'text',
  summary: 'Lines of fields that a delimiter separates, without quotes.',
  readOptions: [
    'field_delimiter',
    'row_delimiter',
    'skip_header_row_number',
    'null_format',
    'encoding',
    'compress_codec',
  ],
  writeOptions: [
    'field_delimiter',
    'row_delimiter',
    'enable_header_write',
    'encoding',
    'compress_codec',
    'date_format',
    'datetime_format',
    'time_format',
  ],
  notes: [
    'Columns come from `schema`; without one every line is the column `content`.',
    'Arrays, maps and rows inside a field are separated by `\\u0002`, `\\u0003` and so on.',
  ],
  extension: 'txt',
  needsSchema: true,
  isText: true,

  async planRead(_declared, options) {
    return {
      columns: null,
      layout: 'lines',
      codec: 'text',
      options: {
        fieldDelimiter: options.fieldDelimiter ?? FIELD_DELIMITER,
        rowDelimiter: options.rowDelimiter,
        skipHeaderRows: options.skipHeaderRowNumber,
        nullFormat: options.nullFormat,
      },
    }
  },

  planWrite(table, options) {
    const fieldDelimiter = options.fieldDelimiter ?? FIELD_DELIMITER
    const { rowDelimiter, dateFormat, datetimeFormat, timeFormat } = options
    const { streamCodec, codecSuffix } = textCodec('text', options.compressCodec)
    const names = table.columns.map((column) => column.name).join(fieldDelimiter)
    return {
      codec: 'text',
      options: { fieldDelimiter, rowDelimiter, dateFormat, datetimeFormat, timeFormat },
      suffix: `${codecSuffix}.txt`,
      header: options.enableHeaderWrite ? Buffer.from(names + rowDelimiter) : Buffer.alloc(0),
      leadingBytes: Buffer.byteLength(rowDelimiter),
      isAssembled: false,
      streamCodec,
    }
  },
}
