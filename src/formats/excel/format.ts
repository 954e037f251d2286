import { deflateRawSync, constants as zlib } from 'node:zlib'
import { MillraceError } from '../../core/error.js'
import type { Column } from '../../core/schema.js'
import type { FileFormat } from '../../spi/format.js'

/** Rows of a sheet, its header's included. */
const SHEET_ROWS = 1_048_576

const MAIN_NAMESPACE = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'

/** Name of the first sheet's part; the kernels know it too. */
const FIRST_SHEET = 'xl/worksheets/sheet1.xml'

/** Workbooks. */
export const format: FileFormat = {
  name: 'excel',
  summary: 'Workbooks: .xlsx is read and written, .xls (Excel 97 to 2003) is read.',
  extension: 'xlsx',
  otherExtensions: ['xls'],
  needsSchema: true,

  async planRead(_declared, options) {
    const { sheetName, skipHeaderRowNumber, fieldDelimiter } = options
    return {
      columns: null,
      layout: 'sequential',
      isWhole: true,
      codec: 'excel',
      options: { sheetName, skipHeaderRows: skipHeaderRowNumber, fieldDelimiter },
    }
  },

  // Every file begins with the header of its first sheet, so that rows can follow from whichever worker has them.
  planWrite(_table, options, columns) {
    const { sheetName, sheetMaxRows, dateFormat, datetimeFormat, timeFormat, fieldDelimiter } = options
    if (sheetMaxRows < 2 || sheetMaxRows > SHEET_ROWS) {
      const message = `sheet_max_rows '${sheetMaxRows}' is not between 2 and ${SHEET_ROWS}`
      throw new MillraceError('OPTION_INVALID', message, { hint: 'one row of every sheet is its header' })
    }
    const sheetHead = headOfSheet(columns)
    const header = Buffer.concat([
      localHeader(FIRST_SHEET),
      deflateRawSync(sheetHead, { finishFlush: zlib.Z_SYNC_FLUSH }),
    ])
    return {
      codec: 'excel',
      options: {
        sheetHead,
        headerBytes: header.length,
        sheetName,
        rowsPerSheet: sheetMaxRows - 1,
        dateFormat,
        datetimeFormat,
        timeFormat,
        fieldDelimiter,
      },
      suffix: '.xlsx',
      header,
      leadingBytes: 0,
      isAssembled: true,
      hasPatches: true,
      streamCodec: 'none',
    }
  },
}

/** A sheet up to its first row of data: the names of the columns are its first row. */
function headOfSheet(columns: readonly Column[]): string {
  const cells = columns.map(({ name }) => {
    return `<c t="inlineStr"><is><t xml:space="preserve">${escaped(name)}</t></is></c>`
  })
  const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
  return `${declaration}<worksheet xmlns="${MAIN_NAMESPACE}"><sheetData><row>${cells.join('')}</row>`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

function escaped(text: string): string {
  const plain = text.replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_').replace(/[&<>]/g, (found) => ENTITIES[found] ?? found)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: characters that XML does not allow.
  return plain.replace(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, (found) => {
    return `_x${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`
  })
}

/** The header of an archive entry whose sizes come behind its data. */
function localHeader(name: string): Buffer {
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(20, 4)
  // UTF-8 names, and sizes behind the data.
  header.writeUInt16LE(0x0808, 6)
  header.writeUInt16LE(8, 8)
  // 1980-01-01, the first date that an archive can say.
  header.writeUInt16LE(0x21, 12)
  header.writeUInt16LE(name.length, 26)
  return Buffer.concat([header, Buffer.from(name)])
}
