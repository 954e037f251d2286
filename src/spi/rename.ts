import { type OptionValues, option, optionSpec } from '../config/option.js'
import type { KernelBackend, PatternMatches } from '../native/backend.js'

const REPLACEMENT = optionSpec({
  options: {
    from: option.string('replace_from', {
      required: true,
      doc: 'Java regular expression to look for in the name, or the whole name with `is_regex = false`.',
    }),
    to: option.string('replace_to', { required: true, doc: 'Text in its place; `$` means nothing special.' }),
    isRegex: option.boolean('is_regex', { default: true, doc: 'Whether `replace_from` is a regular expression.' }),
  },
})

/** Options of the transforms that rename. @source SeaTunnel `FieldRenameConfig`, `TableRenameConfig` */
export const RENAME_OPTIONS = {
  convertCase: option.enumeration('convert_case', ['UPPER', 'LOWER'], { doc: 'Letters of the name become this case.' }),
  prefix: option.string('prefix', { doc: 'Text in front of the name; blanks around it do not count.' }),
  suffix: option.string('suffix', { doc: 'Text behind the name; blanks around it do not count.' }),
  replacements: option.objectList('replacements_with_regex', REPLACEMENT, {
    doc:
      'What is replaced. Every rule looks at the name as it came in, and the last rule that finds something counts. What it puts ' +
      'in keeps its case.',
    example: 'replacements_with_regex = [{ replace_from = "_id$", replace_to = "_key" }]',
  }),
} as const

type RenameRules = OptionValues<typeof RENAME_OPTIONS>

/**
 * A name after the rules: what is found is replaced, the rest changes its case, prefix and suffix are put around.
 *
 * @throws MillraceError `OPTION_INVALID` for a pattern that does not parse.
 * @source SeaTunnel `FieldRenameTransform.convertName`
 */
export function renamed(name: string, rules: RenameRules, backend: KernelBackend): string {
  const { convertCase, prefix, suffix } = rules
  const cased = (text: string): string => {
    if (convertCase === null) return text
    return convertCase === 'UPPER' ? text.toUpperCase() : text.toLowerCase()
  }
  const { ranges, to } = found(name, rules, backend)
  let [result, at] = ['', 0]
  for (const [start, end] of ranges) {
    result += cased(name.slice(at, start)) + to
    at = end
  }
  return `${prefix?.trim() ?? ''}${result}${cased(name.slice(at))}${suffix?.trim() ?? ''}`
}

function found(name: string, { replacements }: RenameRules, backend: KernelBackend) {
  let last: { readonly ranges: PatternMatches['ranges']; readonly to: string } = { ranges: [], to: '' }
  for (const { from, to, isRegex } of replacements ?? []) {
    if (from === '') continue
    const whole: PatternMatches['ranges'] = name === from ? [[0, name.length]] : []
    const ranges = isRegex ? backend.findPattern(from, name).ranges : whole
    if (ranges.length > 0) last = { ranges, to: to.trim() }
  }
  return last
}
