import type { SourcePosition } from '../core/error.js'
import { type ConfigObject, lookup } from './document.js'
import type { AnyOptionSpec, Option, OptionFields, OptionSpec, OptionValues } from './option.js'
import { checkRules, conditionText, type RuleView } from './option-rule.js'
import { closest } from './similar.js'
import { ABSENT, type ReadContext, type TypeDescription } from './value-type.js'

/** One option as plain data. */
export interface DescribedOption {
  /** The name in code, under which the values have it. */
  readonly name: string
  readonly key: string
  readonly type: TypeDescription
  readonly doc: string
  readonly required: boolean
  /** Absent when the option has no default. */
  readonly default?: unknown
  readonly fallback: readonly string[]
  readonly secret: boolean
  readonly example: string | null
}

/** A rule with the keys of job files. */
export interface DescribedRule {
  readonly kind: 'required' | 'exclusive' | 'bundled' | 'conditional' | 'choice'
  readonly keys: readonly string[]
  /** For `conditional`: `'format' == JSON`; for others `null`. */
  readonly when: string | null
  /** For `conditional`: all must hold; for others empty. */
  readonly conditions: readonly DescribedCondition[]
  readonly values: readonly (string | number | boolean)[]
}

/** An option has one of some values, with the key of job files. */
export interface DescribedCondition {
  readonly key: string
  readonly values: readonly (string | number | boolean)[]
}

/** A group of options as plain data. */
export interface DescribedGroup {
  readonly options: readonly DescribedOption[]
  readonly rules: readonly DescribedRule[]
  /** Key of the option beside which neither required options nor rules are checked. */
  readonly carriedBy?: string
}

/** The group as plain data, options in the order of the spec. */
export function describeGroup(spec: AnyOptionSpec): DescribedGroup {
  const options = Object.entries(spec.options).map(([name, declared]) => describeOption(name, declared))
  const keyOf = (name: string): string => spec.options[name]?.key ?? name
  const rules = (spec.rules ?? []).map(
    (rule): DescribedRule => ({
      kind: rule.kind,
      keys: (rule.kind === 'choice' ? [rule.option] : rule.options).map(keyOf),
      when: rule.kind === 'conditional' ? conditionText(rule.when, keyOf) : null,
      conditions:
        rule.kind === 'conditional' ? rule.when.map((each) => ({ key: keyOf(each.option), values: each.oneOf })) : [],
      values: rule.kind === 'choice' ? rule.values : [],
    }),
  )
  return spec.carriedBy === undefined ? { options, rules } : { options, rules, carriedBy: keyOf(spec.carriedBy) }
}

function describeOption(name: string, declared: Option<unknown>): DescribedOption {
  const { settings } = declared
  const base = {
    name,
    key: declared.key,
    type: declared.type.describe(),
    doc: settings.doc,
    required: settings.required === true,
    fallback: settings.fallback ?? [],
    secret: settings.secret === true,
    example: settings.example ?? null,
  }
  return settings.default === undefined ? base : { ...base, default: plainDefault(settings.default) }
}

function plainDefault(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Map ? Object.fromEntries(value) : value
}

/**
 * Reads the options of one object: values with their defaults, `null` for what is absent.
 *
 * Every fault is reported to the context; the answer is `ABSENT` when there was one.
 */
export function readGroup<F extends OptionFields>(
  spec: OptionSpec<F>,
  object: ConfigObject,
  context: ReadContext,
  commonKeys: ReadonlySet<string> = new Set(),
): OptionValues<F> | typeof ABSENT {
  const values: Record<string, unknown> = Object.create(null)
  const present = new Set<string>()
  let complete = true
  for (const [name, declared] of Object.entries(spec.options)) {
    const found = lookup(object, declared.key, declared.settings.fallback)
    if (found === null) {
      values[name] = declared.settings.default ?? null
      continue
    }
    present.add(name)
    if (found.fallback !== null) {
      const message = `option '${found.fallback}' is deprecated, use '${declared.key}'`
      context.child(found.key).warn('OPTION_DEPRECATED', message, found.position, `rename it to '${declared.key}'`)
    }
    const value = declared.type.read(found.node, optionContext(context, declared, found.key))
    if (value === ABSENT) complete = false
    else {
      values[name] = value
      warnNoEffect(declared, found.key, value, found.position, context)
    }
  }
  const view: RuleView = { values, present, keyOf: (name) => spec.options[name]?.key ?? name }
  const isCarried = spec.carriedBy !== undefined && present.has(spec.carriedBy)
  for (const fault of isCarried ? [] : checkRules(spec, view)) {
    complete = false
    context.fault(fault.code, fault.message, object.position, fault.hint)
  }
  warnUnknown(spec, object, context, commonKeys)
  return complete ? (values as OptionValues<F>) : ABSENT
}

function warnNoEffect(
  { settings: { noEffect } }: Option<unknown>,
  key: string,
  value: unknown,
  position: SourcePosition,
  context: ReadContext,
): void {
  if (noEffect === undefined || value === noEffect.except) return
  context.child(key).warn('OPTION_NO_EFFECT', `option '${key}' has no effect here`, position, noEffect.hint)
}

function optionContext(context: ReadContext, declared: Option<unknown>, key: string): ReadContext {
  const child = context.child(key)
  return declared.settings.secret === true ? child.hidden() : child
}

function warnUnknown(
  spec: AnyOptionSpec,
  object: ConfigObject,
  context: ReadContext,
  commonKeys: ReadonlySet<string>,
): void {
  const known = new Set(commonKeys)
  for (const declared of Object.values(spec.options)) {
    known.add(declared.key)
    for (const fallback of declared.settings.fallback ?? []) known.add(fallback)
  }
  walkUnknown(object, '', known, spec, context)
}

function walkUnknown(
  object: ConfigObject,
  prefix: string,
  known: ReadonlySet<string>,
  spec: AnyOptionSpec,
  context: ReadContext,
): void {
  for (const [name, value] of object.entries) {
    const key = prefix + name
    if (known.has(key) || spec.acceptsKey?.(key) === true) continue
    if (value.kind === 'object' && [...known].some((other) => other.startsWith(`${key}.`))) {
      walkUnknown(value, `${key}.`, known, spec, context)
      continue
    }
    const near = closest(key, known)
    const position = object.keyPositions.get(name) ?? value.position
    const hint = near === null ? `remove it, or see which options there are with --help` : `did you mean '${near}'?`
    context.child(key).warn('OPTION_UNKNOWN', `option '${key}' is not known and has no effect`, position, hint)
  }
}
