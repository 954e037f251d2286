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
})
