import { option } from '../../config/option.js'
import { transformSpec } from '../../spi/spec.js'

/** Options of RegexExtract. @source SeaTunnel `RegexExtractTransformConfig` */
export const spec = transformSpec('RegexExtract', {
  summary: 'Takes the groups of a regular expression out of one field into several fields.',
  options: {
    sourceField: option.string('source_field', { required: true, doc: 'Field whose text is searched.' }),
    regexPattern: option.string('regex_pattern', {
      required: true,
      doc: 'Java regular expression, found anywhere in the text; it has as many groups as there are output fields.',
    }),
    outputFields: option.stringList('output_fields', {
      required: true,
      doc: 'Fields for the groups, in order. A field of that name is replaced in its place.',
    }),
    defaultValues: option.stringList('default_values', {
      doc: 'Values of the output fields where the pattern is not found or the field is null; null without them.',
    }),
  },
  example:
    'RegexExtract { source_field = "email", regex_pattern = "([^@]+)@(.+)", output_fields = [user, domain], default_values = ["-", "-"] }',
  examples: [
    {
      title: 'the parts of an address',
      block:
        'RegexExtract { source_field = email, regex_pattern = "([^@]+)@([^.]+)\\\\.(.+)", output_fields = [user, domain, tld], default_values = ["?", "?", "?"] }',
      input: { fields: 'email = string', rows: [['me@example.com'], ['nobody'], [null]] },
      output: {
        fields: 'email = string, user = string, domain = string, tld = string',
        rows: [
          ['me@example.com', 'me', 'example', 'com'],
          ['nobody', '?', '?', '?'],
          [null, '?', '?', '?'],
        ],
      },
    },
  ],
})
