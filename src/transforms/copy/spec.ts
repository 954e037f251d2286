import { option } from '../../config/option.js'
import { bundled } from '../../config/option-rule.js'
import { transformSpec } from '../../spi/spec.js'

/** Options of Copy. @source SeaTunnel `CopyTransformConfig` */
export const spec = transformSpec('Copy', {
  summary: 'Copies fields to new fields.',
  options: {
    fields: option.map('fields', {
      doc: 'New field to the field it copies. A field of the new name that exists is replaced where it stands.',
      example: 'fields { name1 = name, age1 = age }',
    }),
    srcField: option.string('src_field', { doc: 'Field to copy; deprecated in favour of `fields`.' }),
    destField: option.string('dest_field', { doc: 'New field; deprecated in favour of `fields`.' }),
  },
  rules: [bundled('srcField', 'destField')],
  example: 'Copy { fields { name1 = name } }',
})
