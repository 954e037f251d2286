import { option } from '../../config/option.js'
import { exactlyOneOf } from '../../config/option-rule.js'
import { transformSpec } from '../../spi/spec.js'

/** Options of Filter. @source SeaTunnel `FilterFieldTransformConfig` */
export const spec = transformSpec('Filter', {
  summary: 'Keeps or drops fields by name.',
  options: {
    includeFields: option.stringList('include_fields', {
      fallback: ['fields'],
      doc: 'Fields to keep, in this order. Every other field is dropped.',
    }),
    excludeFields: option.stringList('exclude_fields', { doc: 'Fields to drop. The others keep their order.' }),
  },
  rules: [exactlyOneOf('includeFields', 'excludeFields')],
  example: 'Filter { include_fields = [name, age] }',
  examples: [
    {
      title: 'fields left out',
      block: 'Filter { exclude_fields = [id] }',
      input: {
        fields: 'id = int, name = string',
        rows: [
          [1, 'Ann'],
          [2, null],
        ],
      },
      output: { fields: 'name = string', rows: [['Ann'], [null]] },
    },
  ],
})
