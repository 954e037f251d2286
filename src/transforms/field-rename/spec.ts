import { option, optionSpec } from '../../config/option.js'
import { RENAME_OPTIONS } from '../../spi/rename.js'
import { transformSpec } from '../../spi/spec.js'

const SPECIFIC = optionSpec({
  options: {
    fieldName: option.string('field_name', { required: true, doc: 'Field to rename.' }),
    targetName: option.string('target_name', { required: true, doc: 'Its new name.' }),
  },
})

/** Options of FieldRename. @source SeaTunnel `FieldRenameConfig` */
export const spec = transformSpec('FieldRename', {
  summary: 'Renames all fields by rules, and the columns of keys with them.',
  options: {
    ...RENAME_OPTIONS,
    specific: option.objectList('specific', SPECIFIC, {
      doc: 'New names of single fields; the other rules do not touch these.',
      example: 'specific = [{ field_name = "InvoiceNum", target_name = "invoice_num" }]',
    }),
  },
  example: 'FieldRename { convert_case = UPPER, prefix = "F_" }',
  examples: [
    {
      title: 'upper case, with texts around',
      block: `FieldRename {
  convert_case = UPPER
  prefix = "F_"
  suffix = "_S"
  replacements_with_regex = [{ replace_from = "create_time", replace_to = "SOURCE_CREATE_TIME" }]
}`,
      input: { fields: 'id = int, create_time = string', rows: [[1, 'today']] },
      output: { fields: 'F_ID_S = int, F_SOURCE_CREATE_TIME_S = string', rows: [[1, 'today']] },
    },
    {
      title: 'single fields',
      block: 'FieldRename { specific = [{ field_name = "InvoiceNum", target_name = "invoice_num" }] }',
      input: { fields: 'InvoiceNum = int, other = int', rows: [[1, 2]] },
      output: { fields: 'invoice_num = int, other = int', rows: [[1, 2]] },
    },
  ],
})
