import { MillraceError } from '../../core/error.js'
import type { Column } from '../../core/schema.js'
import { withColumns } from '../../spi/catalog.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Length that the new field declares. */
const FIELD_LENGTH = 13

/** Turns a change log into plain rows that say what they were. */
export const transform = transformFactory({
  spec,
  async lower({ fieldName, form }, table) {
    if (table.columns.some((column) => column.name === fieldName)) {
      throw new MillraceError('FIELD_EXISTS', `field name ${fieldName} already exists`, {
        hint: 'choose another custom_field_name',
      })
    }
    const added: Column = {
      name: fieldName,
      type: { kind: 'STRING' },
      nullable: false,
      length: FIELD_LENGTH,
      scale: null,
      defaultValue: null,
      comment: null,
    }
    const operators = [{ name: 'row_kind_extract', options: { name: fieldName, form } }]
    return { table: withColumns(table, [...table.columns, added]), operators }
  },
})
