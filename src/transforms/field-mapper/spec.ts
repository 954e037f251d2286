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
})
