import { MillraceError } from '../../core/error.js'
import { tablePathText } from '../../core/schema.js'
import { movedTable } from '../../spi/catalog.js'
import { renamed } from '../../spi/rename.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Gives a table another name; a name without a character is `OPTION_INVALID`. */
export const transform = transformFactory({
  spec,
  async lower(rules, table, { backend }) {
    const { database, schema, table: name } = table.path
    const onlyCase = { ...rules, prefix: null, suffix: null, replacements: null }
    const cased = (part: string | null): string | null => part && renamed(part, onlyCase, backend)
    const path = { database: cased(database), schema: cased(schema), table: renamed(name, rules, backend) }
    if (path.table === '') {
      throw new MillraceError(
        'OPTION_INVALID',
        `the rules leave nothing of the name of table '${tablePathText(table.path)}'`,
      )
    }
    return movedTable(table, path)
  },
})
