import { RENAME_OPTIONS } from '../../spi/rename.js'
import { transformSpec } from '../../spi/spec.js'

/** Options of TableRename. @source SeaTunnel `TableRenameConfig` */
export const spec = transformSpec('TableRename', {
  summary: 'Renames tables by rules. Of database and schema only the case of letters changes.',
  options: { ...RENAME_OPTIONS },
  example: 'TableRename { convert_case = UPPER, prefix = "CDC_", suffix = "_TABLE" }',
  examples: [
    {
      title: '`shop.user_1` becomes `SHOP.U_1`',
      block: `TableRename {
  convert_case = UPPER
  replacements_with_regex = [{ replace_from = "user", replace_to = "U" }]
}`,
      input: { fields: 'id = int', rows: [[1]], table: 'shop.user_1' },
      output: { fields: 'id = int', rows: [[1]] },
    },
  ],
})
