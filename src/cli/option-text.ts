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
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each)) ?? 'null'
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
export function optionLines({ options, rules }: DescribedGroup, indent = '  '): string[] {
  const lines = options.flatMap((declared) => [...headLines(declared, indent), ...nestedLines(declared, indent)])
  if (rules.length === 0) return lines
  return [...lines, `${indent}rules:`, ...rules.map((rule) => `${indent}  ${ruleText(rule)}`)]
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

function nestedLines({ type }: DescribedOption, indent: string): string[] {
  const group = type.group ?? type.element?.group
  return group === undefined ? [] : optionLines(group, `${indent}    `)
}
