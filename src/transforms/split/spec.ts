import { option } from '../../config/option.js'
import { transformSpec } from '../../spi/spec.js'

/** Options of Split. @source SeaTunnel `SplitTransformConfig` */
export const spec = transformSpec('Split', {
  summary: 'Splits the text of one field into several fields.',
  options: {
    separator: option.string('separator', {
      required: true,
      doc: 'Regular expression between the parts; a literal `|` or `.` must be escaped.',
    }),
    splitField: option.string('split_field', { required: true, doc: 'Field to split.' }),
    outputFields: option.stringList('output_fields', {
      required: true,
      doc: 'Fields for the parts; the last one takes the rest.',
    }),
  },
  example: 'Split { separator = " ", split_field = "name", output_fields = [first_name, last_name] }',
  examples: [
    {
      title: 'two names; the last field takes the rest',
      block: 'Split { separator = " ", split_field = name, output_fields = [first, rest] }',
      input: { fields: 'name = string', rows: [['Ann Bea Cox'], ['Dan'], [null]] },
      output: {
        fields: 'name = string, first = string, rest = string',
        rows: [
          ['Ann Bea Cox', 'Ann', 'Bea Cox'],
          ['Dan', 'Dan', null],
          [null, null, null],
        ],
      },
    },
  ],
})
