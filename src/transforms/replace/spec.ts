import { option } from '../../config/option.js'
import { requiredWhen } from '../../config/option-rule.js'
import { transformSpec } from '../../spi/spec.js'

/** Options of Replace. @source SeaTunnel `ReplaceTransformConfig` */
export const spec = transformSpec('Replace', {
  summary: 'Replaces text inside one field.',
  options: {
    replaceField: option.string('replace_field', { required: true, doc: 'Field whose text is changed.' }),
    pattern: option.string('pattern', {
      required: true,
      doc: 'Text to look for, or a regular expression with `is_regex`.',
    }),
    replacement: option.string('replacement', {
      required: true,
      doc: 'What comes in its place; `$1` is a group with `is_regex`.',
    }),
    isRegex: option.boolean('is_regex', { default: false, doc: 'Whether the pattern is a regular expression.' }),
    replaceFirst: option.boolean('replace_first', {
      doc: 'Whether only the first match is replaced; needed with `is_regex`.',
    }),
  },
  rules: [requiredWhen('isRegex', true, 'replaceFirst')],
  example: 'Replace { replace_field = "name", pattern = " ", replacement = "_" }',
  examples: [
    {
      title: 'a pattern with groups',
      block:
        'Replace { replace_field = day, pattern = "(\\\\d+)-(\\\\d+)", replacement = "$2.$1", is_regex = true, replace_first = true }',
      input: {
        fields: 'id = int, day = string',
        rows: [
          [1, '2024-01'],
          [2, null],
        ],
      },
      output: {
        fields: 'id = int, day = string',
        rows: [
          [1, '01.2024'],
          [2, null],
        ],
      },
    },
  ],
})
