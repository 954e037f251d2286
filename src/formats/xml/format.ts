import { MillraceError } from '../../core/error.js'
import type { FileFormat } from '../../spi/format.js'

/** One element per row. */
export const format: FileFormat = {
  name: 'xml',
  summary: 'XML documents in which every element of one name is a row; fields are its attributes or its children.',
  extension: 'xml',
  needsSchema: true,
  exampleOptions: {
    source: 'xml_row_tag = RECORD, xml_use_attr_format = false',
    sink: 'xml_use_attr_format = false',
  },
  readOptions: ['xml_row_tag', 'xml_use_attr_format', 'encoding'],
  writeOptions: ['xml_root_tag', 'xml_row_tag', 'xml_use_attr_format', 'encoding'],
  isText: true,

  async planRead(_declared, options) {
    const { xmlRowTag, xmlUseAttrFormat, fieldDelimiter } = options
    if (xmlRowTag === null || xmlRowTag === '' || xmlUseAttrFormat === null) {
      const message = "xml files need the options 'xml_row_tag' and 'xml_use_attr_format'"
      throw new MillraceError('OPTION_REQUIRED', message, { hint: 'name the element that is a row' })
    }
    return {
      columns: null,
      layout: 'sequential',
      codec: 'xml',
      options: { rowTag: xmlRowTag, useAttributes: xmlUseAttrFormat, fieldDelimiter },
    }
  },

  // The kernel knows the end of a document, which comes behind the last row of a file.
  planWrite(_table, options) {
    const { xmlRootTag, xmlRowTag, xmlUseAttrFormat, fieldDelimiter, encoding } = options
    return {
      codec: 'xml',
      options: { rootTag: xmlRootTag, rowTag: xmlRowTag, useAttributes: xmlUseAttrFormat === true, fieldDelimiter },
      suffix: '.xml',
      header: Buffer.from(`<?xml version="1.0" encoding="${encoding}"?>\n\n<${xmlRootTag}>`),
      leadingBytes: 0,
      isAssembled: true,
      streamCodec: 'none',
    }
  },
}
