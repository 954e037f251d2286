import { RENAME_OPTIONS } from '../../spi/rename.js'
import { transformSpec } from '../../spi/spec.js'

/** Options of TableRename. @source SeaTunnel `TableRenameConfig` */
export const spec = transformSpec('TableRename', {
  summary: 'Renames tables by rules. Of database and schema only the case of letters changes.',
  options: { ...RENAME_OPTIONS },
  example: 'TableRename { convert_case = UPPER, prefix = "CDC_", suffix = "_TABLE" }',
})
