import { option } from '../../config/option.js'
import { exactlyOneOf } from '../../config/option-rule.js'
import { ROW_KINDS } from '../../core/row-kind.js'
import { transformSpec } from '../../spi/spec.js'

/** Options of FilterRowKind. @source SeaTunnel `FilterRowKinkTransformConfig` */
export const spec = transformSpec('FilterRowKind', {
  summary: 'Keeps or drops rows by their change kind.',
  options: {
    includeKinds: option.enumList('include_kinds', ROW_KINDS, { doc: 'Kinds to keep. Every other kind is dropped.' }),
    excludeKinds: option.enumList('exclude_kinds', ROW_KINDS, { doc: 'Kinds to drop. Every other kind is kept.' }),
  },
  rules: [exactlyOneOf('includeKinds', 'excludeKinds')],
  example: 'FilterRowKind { include_kinds = [INSERT, UPDATE_AFTER] }',
  examples: [
    {
      title: 'deleted rows left out',
      block: 'FilterRowKind { exclude_kinds = [DELETE] }',
      input: {
        fields: 'id = int',
        rows: [[1], [1], [1]],
        kinds: ['INSERT', 'DELETE', 'UPDATE_AFTER'],
      },
      output: { fields: 'id = int', rows: [[1], [1]] },
    },
  ],
})
