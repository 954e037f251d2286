import { projectOperator, requireDistinctNames } from '../../spi/catalog.js'
import { renamed } from '../../spi/rename.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Renames fields; keys and partition keys follow. Two fields of one new name are `FIELD_EXISTS`. */
export const transform = transformFactory({
  spec,
  async lower({ specific, ...rules }, table, { backend }) {
    const nameOf = (name: string): string =>
      specific?.find((rule) => rule.fieldName === name)?.targetName ?? renamed(name, rules, backend)
    const names = new Map(table.columns.map(({ name }) => [name, nameOf(name)]))
    const newName = (name: string): string => names.get(name) ?? name
    const picks = [...names].map(([from, name]) => ({ from, name }))
    requireDistinctNames(picks, spec.name)
    const { primaryKey } = table
    const renamedTable = {
      ...table,
      columns: table.columns.map((column) => ({ ...column, name: newName(column.name) })),
      primaryKey: primaryKey && { ...primaryKey, columnNames: primaryKey.columnNames.map(newName) },
      constraintKeys: table.constraintKeys.map((key) => ({
        ...key,
        columns: key.columns.map((column) => ({ ...column, columnName: newName(column.columnName) })),
      })),
      partitionKeys: table.partitionKeys.map(newName),
    }
    const isSame = picks.every(({ from, name }) => from === name)
    return { table: renamedTable, operators: isSame ? [] : [projectOperator(picks)] }
  },
})
