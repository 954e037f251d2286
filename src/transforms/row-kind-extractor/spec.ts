import { option } from '../../config/option.js'
import { transformSpec } from '../../spi/spec.js'

/** Options of RowKindExtractor. @source SeaTunnel `RowKindExtractorTransformConfig` */
export const spec = transformSpec('RowKindExtractor', {
  summary: 'Writes the change kind of a row into a field and makes every row an insert.',
  options: {
    fieldName: option.string('custom_field_name', { default: 'row_kind', doc: 'Name of the new field.' }),
    form: option.enumeration('transform_type', ['SHORT', 'FULL'], {
      default: 'SHORT',
      doc: 'SHORT gives `+I`, FULL gives `INSERT`.',
    }),
  },
  example: 'RowKindExtractor { custom_field_name = "kind", transform_type = FULL }',
  examples: [
    {
      title: 'a change log as plain rows',
      block: 'RowKindExtractor { custom_field_name = "kind", transform_type = FULL }',
      input: {
        fields: 'id = int, score = int',
        rows: [
          [1, 100],
          [1, 100],
          [1, 95],
          [1, 95],
        ],
        kinds: ['INSERT', 'UPDATE_BEFORE', 'UPDATE_AFTER', 'DELETE'],
      },
      output: {
        fields: 'id = int, score = int, kind = string',
        rows: [
          [1, 100, 'INSERT'],
          [1, 100, 'UPDATE_BEFORE'],
          [1, 95, 'UPDATE_AFTER'],
          [1, 95, 'DELETE'],
        ],
      },
    },
  ],
})
