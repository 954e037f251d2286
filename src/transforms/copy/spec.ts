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
  examples: [
    {
      title: 'one field under two names',
      block: 'Copy { fields { name1 = name, id1 = id } }',
      input: {
        fields: 'id = int, name = string',
        rows: [
          [1, 'Ann'],
          [2, null],
        ],
      },
      output: {
        fields: 'id = int, name = string, name1 = string, id1 = int',
        rows: [
          [1, 'Ann', 'Ann', 1],
          [2, null, null, 2],
        ],
      },
    },
    {
      title: 'tables treated differently',
      block: `Copy {
  table_match_regex = "shop.user_.*"
  fields { name1 = name }
  table_transform = [{ table_path = "fake", fields { id1 = id } }]
}`,
      input: {
        fields: 'id = int, name = string',
        rows: [
          [1, 'Ann'],
          [2, null],
        ],
      },
      output: {
        fields: 'id = int, name = string, id1 = int',
        rows: [
          [1, 'Ann', 1],
          [2, null, 2],
        ],
      },
    },
  ],
})
