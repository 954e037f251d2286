/** A condition on an option's value after coercion and defaults. */
export interface OptionCondition<Name extends string = string> {
  readonly option: Name
  /** The option has one of these values. */
  readonly oneOf: readonly (string | number | boolean)[]
}

/**
 * What must hold between options. Names are those of the spec, not the keys of job files.
 *
 * @source SeaTunnel `RequiredOption`
 */
export type OptionRule<Name extends string = string> =
  | { readonly kind: 'required'; readonly options: readonly Name[] }
  | { readonly kind: 'exclusive'; readonly options: readonly Name[] }
  | { readonly kind: 'bundled'; readonly options: readonly Name[] }
  | { readonly kind: 'conditional'; readonly when: readonly OptionCondition<Name>[]; readonly options: readonly Name[] }
  | { readonly kind: 'choice'; readonly option: Name; readonly values: readonly (string | number | boolean)[] }

/** All of the options are present or have a default. */
export function required<const Name extends string>(...options: Name[]): OptionRule<Name> {
  return { kind: 'required', options }
}

/** Exactly one of the options is present. */
export function exactlyOneOf<const Name extends string>(...options: Name[]): OptionRule<Name> {
  return { kind: 'exclusive', options }
}

/** All of the options are present or none is. */
export function bundled<const Name extends string>(...options: Name[]): OptionRule<Name> {
  return { kind: 'bundled', options }
}

/** When `option` has one of `values`, the options are required. */
export function requiredWhen<const Name extends string>(
  option: Name,
  values: string | number | boolean | readonly (string | number | boolean)[],
  ...options: Name[]
): OptionRule<Name> {
  return {
    kind: 'conditional',
    when: [{ option, oneOf: Array.isArray(values) ? values : [values as string] }],
    options,
  }
}

/** When all of the conditions hold, the options are required. */
export function requiredWhenAll<const Name extends string>(
  when: readonly OptionCondition<Name>[],
  ...options: Name[]
): OptionRule<Name> {
  return { kind: 'conditional', when, options }
}

/** The option's value, when it has one, is one of the values; for values that are not fixed by its type. */
export function singleChoice<const Name extends string>(
  option: Name,
  values: readonly (string | number | boolean)[],
): OptionRule<Name> {
  return { kind: 'choice', option, values }
}

/** What rules look at. */
export interface RuleView {
  /** Values by name, defaults applied, `null` for absent; a name without an entry had a faulty value. */
  readonly values: Readonly<Record<string, unknown>>
  /** Names that the document gives. */
  readonly present: ReadonlySet<string>
  readonly keyOf: (name: string) => string
}

/** A broken rule. */
export interface RuleFault {
  readonly code: 'OPTION_REQUIRED' | 'OPTION_EXCLUSIVE' | 'OPTION_BUNDLED' | 'OPTION_CONDITIONAL' | 'OPTION_CHOICE'
  readonly message: string
  readonly hint: string
}

interface RuledSpec {
  readonly options: { readonly [name: string]: { readonly settings: { readonly required?: true } } }
  readonly rules?: readonly OptionRule[]
}

/**
 * All broken rules of a group, missing required options first and together.
 *
 * A default counts as configured for `required` and `conditional`; `exclusive` and `bundled` look at what the document gives.
 *
 * @source SeaTunnel `ConfigValidator`
 */
export function checkRules(spec: RuledSpec, view: RuleView): RuleFault[] {
  const rules = spec.rules ?? []
  const alwaysRequired = new Set(
    Object.keys(spec.options).filter((name) => spec.options[name]?.settings.required === true),
  )
  for (const rule of rules) if (rule.kind === 'required') for (const name of rule.options) alwaysRequired.add(name)
  const faults = missing([...alwaysRequired], view)
  return [...faults, ...rules.flatMap((rule) => checkRule(rule, view))]
}

function checkRule(rule: OptionRule, view: RuleView): RuleFault[] {
  switch (rule.kind) {
    case 'required':
      return []
    case 'exclusive':
      return checkExclusive(rule.options, view)
    case 'bundled':
      return checkBundled(rule.options, view)
    case 'conditional':
      return checkConditional(rule.when, rule.options, view)
    case 'choice':
      return checkChoice(rule.option, rule.values, view)
  }
}

function quoted(names: readonly string[], view: RuleView): string {
  return names.map((name) => `'${view.keyOf(name)}'`).join(', ')
}

function isConfigured(name: string, view: RuleView): boolean {
  return view.present.has(name) || (view.values[name] !== null && view.values[name] !== undefined)
}

function missing(names: readonly string[], view: RuleView): RuleFault[] {
  const absent = names.filter((name) => !isConfigured(name, view))
  if (absent.length === 0) return []
  const message = `There are unconfigured options, the options(${quoted(absent, view)}) are required.`
  return [{ code: 'OPTION_REQUIRED', message, hint: `add ${quoted(absent, view)}` }]
}

const ONLY_ONE = 'are mutually exclusive, allowing only one set("[] for a set") of options to be configured.'

function checkExclusive(names: readonly string[], view: RuleView): RuleFault[] {
  const given = names.filter((name) => view.present.has(name))
  if (given.length === 1) return []
  if (given.length === 0) {
    const message = `There are unconfigured options, these options(${quoted(names, view)}) ${ONLY_ONE}`
    return [{ code: 'OPTION_EXCLUSIVE', message, hint: `add one of ${quoted(names, view)}` }]
  }
  const message = `These options(${quoted(given, view)}) ${ONLY_ONE}`
  return [{ code: 'OPTION_EXCLUSIVE', message, hint: `keep one of ${quoted(given, view)}` }]
}

function checkBundled(names: readonly string[], view: RuleView): RuleFault[] {
  const given = names.filter((name) => view.present.has(name))
  if (given.length === 0 || given.length === names.length) return []
  const absent = names.filter((name) => !view.present.has(name))
  const message =
    `These options(${quoted(names, view)}) are bundled, must be present or absent together. ` +
    `The options present are: ${quoted(given, view)}. The options absent are ${quoted(absent, view)}.`
  return [{ code: 'OPTION_BUNDLED', message, hint: `add ${quoted(absent, view)}, or remove ${quoted(given, view)}` }]
}

function checkConditional(when: readonly OptionCondition[], names: readonly string[], view: RuleView): RuleFault[] {
  const holds = when.every(({ option, oneOf }) => oneOf.some((value) => value === view.values[option]))
  const absent = holds ? names.filter((name) => !isConfigured(name, view)) : []
  if (absent.length === 0) return []
  const because = conditionText(when, view.keyOf)
  const message = `There are unconfigured options, the options(${quoted(absent, view)}) are required because [${because}] is true.`
  return [{ code: 'OPTION_CONDITIONAL', message, hint: `add ${quoted(absent, view)}` }]
}

function checkChoice(name: string, values: readonly unknown[], view: RuleView): RuleFault[] {
  const value = view.values[name]
  if (value === null || value === undefined || values.includes(value)) return []
  const message = `These options('${view.keyOf(name)}') are SingleChoiceOption, the value(${value}) must be one of the optionValues([${values.join(', ')}]).`
  return [{ code: 'OPTION_CHOICE', message, hint: `use one of ${values.join(', ')}` }]
}

/** A condition as error texts print it: `'format' == TEXT || 'format' == CSV`. */
export function conditionText(when: readonly OptionCondition[], keyOf: (name: string) => string): string {
  const parts = when.map(({ option, oneOf }) => {
    const text = oneOf.map((value) => `'${keyOf(option)}' == ${value}`).join(' || ')
    return when.length > 1 && oneOf.length > 1 ? `(${text})` : text
  })
  return parts.join(' && ')
}
