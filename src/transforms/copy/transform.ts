import { MillraceError } from '../../core/error.js'
import type { Column } from '../../core/schema.js'
import { projectOperator, requireColumns, withColumns } from '../../spi/catalog.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Adds or replaces fields by copies. All copies read the row as it came in. */
export const transform = transformFactory({
  spec,
  async lower({ fields, srcField, destField }, table) {
    const copies = fields ?? (srcField !== null && destField !== null ? new Map([[destField, srcField]]) : null)
    if (copies === null) {
      throw new MillraceError(
        'OPTION_REQUIRED',
        "There are unconfigured options, the options('fields') are required.",
        {
          hint: 'name the copies: fields { new_name = old_name }',
        },
      )
    }
    requireColumns(table, [...copies.values()], spec.name)
    const byName = new Map(table.columns.map((column) => [column.name, column]))
    const output = new Map<string, { readonly from: string; readonly column: Column }>(
      table.columns.map((column) => [column.name, { from: column.name, column }]),
    )
    for (const [name, from] of copies) {
      const source = byName.get(from)
      if (source !== undefined) output.set(name, { from, column: { ...source, name } })
    }
    const columns = [...output].map(([name, { from }]) => ({ from, name }))
    const copied = [...output.values()].map(({ column }) => column)
    return { table: withColumns(table, copied), operators: [projectOperator(columns)] }
  },
})
