import type { DescribedGroup, DescribedOption, DescribedRule } from '../config/group.js'
import type { TypeDescription } from '../config/value-type.js'

/** A type in words: `whole number from 0 to 127`, `list of text`, `one of A, B`. */
export function typeText(type: TypeDescription): string {
  switch (type.name) {
    case 'string':
      return 'text'
    case 'int':
    case 'long':
    case 'bigint':
      return `whole number${boundsText(type)}`
    case 'float':
    case 'double':
      return `number${boundsText(type)}`
    case 'boolean':
      return 'true or false'
    case 'duration':
      return 'milliseconds, or a number with ms, s, m, h or d'
    case 'enum':
      return `one of ${(type.values ?? []).join(', ')}`
    case 'list':
      return `list of ${typeText(type.element ?? { name: 'any' })}`
    case 'map':
      return 'object of texts'
    case 'object':
      return 'object'
    case 'any':
      return 'any value'
  }
}

function boundsText({ min, max }: TypeDescription): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`
  if (min !== undefined) return ` of at least ${min}`
  return max === undefined ? '' : ` of at most ${max}`
}

/** A default as a job file would write it. */
export function defaultText(value: unknown): string {
  return JSON.stringify(value, jsonMember) ?? 'null'
}

/** A rule in words. */
export function ruleText({ kind, keys, when, values }: DescribedRule): string {
  const names = keys.map((key) => `'${key}'`).join(', ')
  switch (kind) {
    case 'required':
      return `${names}: required`
    case 'exclusive':
      return `exactly one of ${names}`
    case 'bundled':
      return `${names}: all of them or none`
    case 'conditional':
      return `${names}: required when ${when ?? 'asked for'}`
    case 'choice':
      return `${names}: one of ${values.join(', ')}`
  }
}

/** The options of a group as lines, nested groups below their option. */
export function optionLines(group: DescribedGroup, indent = '  '): string[] {
  const lines = group.options.flatMap((declared) => [
    ...headLines(declared, indent),
    ...nestedLines(declared, group, indent),
  ])
  const rules = ruleTexts(group)
  return rules.length === 0 ? lines : [...lines, `${indent}rules:`, ...rules.map((rule) => `${indent}  ${rule}`)]
}

/** Everything that holds between the options of a group, in words. */
export function ruleTexts({ options, rules, carriedBy }: DescribedGroup): string[] {
  const texts = rules.map(ruleText)
  const isChecked = texts.length > 0 || options.some((declared) => declared.required && !('default' in declared))
  if (carriedBy === undefined || !isChecked) return texts
  return [...texts, `what is required may be given in '${carriedBy}' instead`]
}

/** The options inside an option, and whether those of the group around it come on top. */
export interface NestedGroup {
  readonly group: DescribedGroup
  readonly hasOuterOptions: boolean
}

/** What is inside an option that is an object or a list of objects. Where it repeats the group around it, only what is new. */
export function nestedGroup({ type }: DescribedOption, outer: DescribedGroup): NestedGroup | null {
  const group = type.group ?? type.element?.group
  if (group === undefined) return null
  const known = new Map(outer.options.map((declared) => [declared.key, JSON.stringify(declared, jsonMember)]))
  const options = group.options.filter((declared) => known.get(declared.key) !== JSON.stringify(declared, jsonMember))
  // A name or two in common are no repetition.
  if (group.options.length - options.length < 2 && options.length > 1) return { group, hasOuterOptions: false }
  if (group.options.length === options.length) return { group, hasOuterOptions: false }
  return { group: { options, rules: [] }, hasOuterOptions: true }
}

function jsonMember(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

function headLines(declared: DescribedOption, indent: string): string[] {
  const { key, type, doc, required, fallback, secret, example } = declared
  const marks = [
    typeText(type),
    ...(required ? ['required'] : []),
    ...('default' in declared ? [`default ${defaultText(declared.default)}`] : []),
    ...(secret ? ['secret'] : []),
  ]
  return [
    `${indent}${key}  (${marks.join('; ')})`,
    `${indent}    ${doc}`,
    ...(fallback.length === 0 ? [] : [`${indent}    older names: ${fallback.join(', ')}`]),
    ...(example === null ? [] : [`${indent}    example: ${example}`]),
  ]
}

function nestedLines(declared: DescribedOption, outer: DescribedGroup, indent: string): string[] {
  const nested = nestedGroup(declared, outer)
  if (nested === null) return []
  const lines = optionLines(nested.group, `${indent}    `)
  return nested.hasOuterOptions ? [...lines, `${indent}    and the other options of this block`] : lines
}
