import { option } from '../../config/option.js'
import { transformSpec } from '../../spi/spec.js'

/** Options of FieldMapper. @source SeaTunnel `FieldMapperTransformConfig` */
export const spec = transformSpec('FieldMapper', {
  summary: 'Keeps the mapped fields only, renamed and in the order of the map.',
  options: {
    fieldMapper: option.map('field_mapper', {
      required: true,
      doc: 'Input field to output field. Fields that are not named here are dropped.',
      example: 'field_mapper { id = id, name = user_name }',
    }),
  },
  example: 'FieldMapper { field_mapper { id = id, name = user_name } }',
  examples: [
    {
      title: 'fields in another order',
      block: 'FieldMapper { field_mapper { name = user_name, id = id } }',
      input: {
        fields: 'id = int, name = string',
        rows: [
          [1, 'Ann'],
          [2, null],
        ],
      },
      output: {
        fields: 'user_name = string, id = int',
        rows: [
          ['Ann', 1],
          [null, 2],
        ],
      },
    },
  ],
})
