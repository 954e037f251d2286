import type { DescribedGroup, DescribedOption, DescribedRule } from '../config/group.js'
import type { TypeDescription } from '../config/value-type.js'
import type { PluginDescription } from './catalog-view.js'

/** A JSON Schema or a part of one. */
type Schema = { readonly [member: string]: unknown }

/** What a text that stands for another value may look like beside that value: it holds a variable. */
const VARIABLE = '\\$\\{.+\\}'

/** What the keys mean that every plug-in may have. */
export const COMMON_DOCS: Readonly<Record<string, string>> = {
  plugin_name: 'Name of the plug-in; letters of either case.',
  plugin_input: 'Names of the outputs that feed this plug-in.',
  plugin_output: 'Name under which what leaves this plug-in is known.',
  source_table_name: 'Older name of plugin_input.',
  result_table_name: 'Older name of plugin_output.',
  parallelism: 'Subtasks of this plug-in; env.parallelism when absent.',
}
const DEPRECATED_COMMON: ReadonlySet<string> = new Set(['source_table_name', 'result_table_name'])

/**
 * JSON Schema (draft 2020-12) of job files, for editors and checks before a node is asked.
 *
 * It accepts what validation accepts: keys that are not declared are allowed, numbers and booleans may be texts, values of a fixed
 * list are matched without regard to case, older keys count for the newer ones.
 *
 * @param plugins sorted, so that the same build gives the same text.
 * @param commonKeys keys that every plug-in may have.
 */
export function jobSchema(
  plugins: readonly PluginDescription[],
  env: DescribedGroup,
  commonKeys: ReadonlySet<string>,
): object {
  const definitions: Record<string, Schema> = { ...SHARED, env: groupSchema(env) }
  const sections: Record<string, Schema> = {}
  for (const kind of ['source', 'transform', 'sink'] as const) {
    const members = plugins.filter((plugin) => plugin.kind === kind)
    for (const plugin of members) definitions[`${kind}.${plugin.name}`] = pluginSchema(plugin)
    sections[kind] = sectionSchema(kind, members, commonKeys)
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Millrace job file',
    type: 'object',
    properties: { env: { $ref: '#/$defs/env' }, ...sections },
    required: ['source', 'sink'],
    $defs: definitions,
  }
}

function sectionSchema(kind: string, plugins: readonly PluginDescription[], commonKeys: ReadonlySet<string>): Schema {
  const names = plugins.map((plugin) => plugin.name)
  const common = [...commonKeys].filter((key) => key !== 'plugin_name').map((key) => [key, commonSchema(key)])
  const plugin = { description: COMMON_DOCS.plugin_name, anyOf: [{ enum: names }, { type: 'string' }] }
  return {
    type: 'array',
    ...(kind === 'transform' ? {} : { minItems: 1 }),
    items: {
      type: 'object',
      properties: { plugin_name: plugin, ...Object.fromEntries(common) },
      required: ['plugin_name'],
      allOf: plugins.map(({ name }) => ({
        if: {
          properties: { plugin_name: { type: 'string', pattern: `^${anyCase(name)}$` } },
          required: ['plugin_name'],
        },
        // biome-ignore lint/suspicious/noThenProperty: the member of JSON Schema is called so.
        then: { $ref: `#/$defs/${kind}.${name}` },
      })),
    },
  }
}

function commonSchema(key: string): Schema {
  const names = { type: ['string', 'array'], items: { type: 'string' } }
  const type = key === 'parallelism' ? typeSchema({ name: 'int', min: 1 }) : names
  const isName = key === 'plugin_output' || key === 'result_table_name'
  return {
    description: COMMON_DOCS[key] ?? '',
    ...(isName ? { type: 'string' } : type),
    ...(DEPRECATED_COMMON.has(key) ? { deprecated: true } : {}),
  }
}

function pluginSchema({ name, kind, summary, example, options }: PluginDescription): Schema {
  return { title: `${name} ${kind}`, description: `${summary}\n\n${example}`, ...groupSchema(options) }
}

function groupSchema({ options, rules, carriedBy }: DescribedGroup): Schema {
  const properties: Record<string, Schema> = {}
  for (const declared of options) {
    properties[declared.key] = optionSchema(declared)
    for (const older of declared.fallback) {
      properties[older] = {
        ...typeSchema(declared.type),
        description: `Older name of ${declared.key}.`,
        deprecated: true,
      }
    }
  }
  const byKey = new Map(options.map((declared) => [declared.key, declared]))
  const required = options.filter((declared) => declared.required && !('default' in declared)).map((each) => each.key)
  const all = [...required.map((key) => present(key, byKey)), ...rules.flatMap((rule) => ruleSchemas(rule, byKey))]
  if (all.length === 0) return { type: 'object', properties }
  if (carriedBy === undefined) return { type: 'object', properties, allOf: all }
  return { type: 'object', properties, anyOf: [{ required: [carriedBy] }, { allOf: all }] }
}

function optionSchema({ type, doc, secret, example, ...declared }: DescribedOption): Schema {
  return {
    description: doc,
    ...typeSchema(type),
    ...('default' in declared ? { default: plain(declared.default) } : {}),
    ...(example === null ? {} : { examples: [example] }),
    ...(secret ? { writeOnly: true } : {}),
  }
}

/** 64-bit numbers that JSON readers would round are texts. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  return Array.isArray(value) ? value.map(plain) : value
}

function typeSchema(type: TypeDescription): Schema {
  const bounds = {
    ...(type.min === undefined ? {} : { minimum: type.min }),
    ...(type.max === undefined ? {} : { maximum: type.max }),
  }
  switch (type.name) {
    case 'string':
      return { $ref: '#/$defs/text' }
    case 'int':
    case 'long':
    case 'bigint':
      return wholeNumber(bounds)
    case 'float':
    case 'double':
      return orText({ type: 'number', ...bounds }, '[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?')
    case 'boolean':
      return { $ref: '#/$defs/boolean' }
    case 'duration':
      return orText({ type: 'integer', ...bounds }, '\\d+\\s*(?:ms|s|m|h|d)?')
    case 'enum': {
      const values = type.values ?? []
      return orText({ enum: values }, `(?:${values.map(anyCase).join('|')})`)
    }
    case 'list':
      // One value is a list of one, and a text is read as JSON or split at commas.
      return { type: [...SCALARS, 'array'], items: typeSchema(type.element ?? { name: 'any' }) }
    case 'map':
      return { type: ['object', 'string'] }
    case 'object':
      return { anyOf: [groupSchema(type.group ?? { options: [], rules: [] }), { type: 'string' }] }
    case 'any':
      return {}
  }
}

const SCALARS = ['string', 'number', 'boolean']

/** Types that many options have. */
const SHARED: Readonly<Record<string, Schema>> = {
  text: { description: 'A text; other values are taken as they are written.', type: [...SCALARS, 'array', 'object'] },
  boolean: orText({ type: 'boolean' }, `(?:${anyCase('true')}|${anyCase('false')})`),
  numberText: { type: 'string', pattern: textPattern('[+-]?\\d+') },
}

function wholeNumber(bounds: Schema): Schema {
  return { anyOf: [{ type: 'integer', ...bounds }, { $ref: '#/$defs/numberText' }] }
}

function orText(schema: Schema, pattern: string): Schema {
  return { anyOf: [schema, { type: 'string', pattern: textPattern(pattern) }] }
}

function textPattern(pattern: string): string {
  return `^\\s*${pattern}\\s*$|${VARIABLE}`
}

/** A pattern that matches a word in letters of either case. */
function anyCase(word: string): string {
  return [...word]
    .map((letter) => {
      const [lower, upper] = [letter.toLowerCase(), letter.toUpperCase()]
      if (lower !== upper) return `[${upper}${lower}]`
      return letter.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
    })
    .join('')
}

/** The option is given: under its key, an older key, or as nested objects that spell a dotted key. */
function present(key: string, byKey: ReadonlyMap<string, DescribedOption>): Schema {
  const keys = [key, ...(byKey.get(key)?.fallback ?? [])]
  const roots = keys.filter((each) => each.includes('.')).map((each) => each.slice(0, each.indexOf('.')))
  const ways = [...new Set([...keys, ...roots])].map((each) => ({ required: [each] }))
  return ways.length === 1 ? { required: [key] } : { anyOf: ways }
}

function ruleSchemas(rule: DescribedRule, byKey: ReadonlyMap<string, DescribedOption>): Schema[] {
  const lacksDefault = (key: string): boolean => !('default' in (byKey.get(key) ?? {}))
  const all = rule.keys.map((key) => present(key, byKey))
  switch (rule.kind) {
    case 'required':
      return rule.keys.filter(lacksDefault).map((key) => present(key, byKey))
    case 'exclusive':
      // Nested objects may spell several dotted keys, so that only flat keys tell how many are given.
      return [rule.keys.some((key) => key.includes('.')) ? { anyOf: all } : { oneOf: all }]
    case 'bundled':
      return [{ anyOf: [{ allOf: all }, { not: { anyOf: all } }] }]
    case 'conditional': {
      const needed = rule.keys.filter(lacksDefault).map((key) => present(key, byKey))
      if (needed.length === 0) return []
      const conditions = rule.conditions.map((condition) => conditionSchema(condition.key, condition.values, byKey))
      // biome-ignore lint/suspicious/noThenProperty: the member of JSON Schema is called so.
      return [{ if: { allOf: conditions }, then: { allOf: needed } }]
    }
    case 'choice':
      return rule.keys.map((key) => ({ properties: { [key]: oneOfValues(rule.values) } }))
  }
}

function conditionSchema(
  key: string,
  values: readonly (string | number | boolean)[],
  byKey: ReadonlyMap<string, DescribedOption>,
): Schema {
  const declared = byKey.get(key)
  const given = { properties: { [key]: oneOfValues(values) }, required: [key] }
  const isDefault = declared !== undefined && 'default' in declared && values.some((each) => each === declared.default)
  return isDefault ? { anyOf: [given, { not: present(key, byKey) }] } : given
}

function oneOfValues(values: readonly (string | number | boolean)[]): Schema {
  const texts = values.map((value) => anyCase(String(value))).join('|')
  return { anyOf: [{ enum: values }, { type: 'string', pattern: `^(?:${texts})$` }] }
}
