import type { ConfigNode } from './document.js'
import type { OptionRule } from './option-rule.js'
import { type ABSENT, type ReadContext, types, type ValueType } from './value-type.js'

export { ABSENT, type ReadContext, type TypeDescription, types, type ValueType } from './value-type.js'

/**
 * One declared option of a plug-in, of `env` or of a nested group.
 *
 * `Value` is what a reader of the validated options gets: the plain type where the option is required or has a default,
 * else the type or `null`.
 */
export interface Option<Value> {
  readonly key: string
  readonly type: ValueType<unknown>
  readonly settings: OptionSettings<unknown>
  /** Carries `Value` for inference; never set. */
  readonly phantom?: Value
}

/** What can be said of an option beside its key and type. */
export interface OptionSettings<T> {
  /** One or two sentences: effect first, then unit and range. */
  readonly doc: string
  /** The value when the key is absent. An option with a default never trips `required`. */
  readonly default?: T
  /** Must be present. Reported together with all other missing options of the block. */
  readonly required?: true
  /** Older keys, tried in order when `key` is absent; using one gives a deprecation warning. */
  readonly fallback?: readonly string[]
  /** Never printed: redacted in logs, errors and rendered documents. */
  readonly secret?: boolean
  /** An example value for the documentation. */
  readonly example?: string
  /** For an option that is accepted and does nothing: using it gives an `OPTION_NO_EFFECT` warning. */
  readonly noEffect?: NoEffect<T>
}

/** What is said of an option that does nothing. */
export interface NoEffect<T> {
  /** What the user should know instead. */
  readonly hint: string
  /** A value that asks for what happens anyway, so that it needs no warning. */
  readonly except?: T
}

/** What is said of the number of writers of a sink's table. */
export const REPLICA_NO_EFFECT: NoEffect<number> = { hint: 'writers are spread over all cores anyway', except: 1 }

type Valued<T, S> = S extends { readonly default: unknown } ? T : S extends { readonly required: true } ? T : T | null

/** A group of options by the name its code uses. */
export type OptionFields = { readonly [name: string]: Option<unknown> }

/** The typed values of a group. */
export type OptionValues<F extends OptionFields> = {
  readonly [Name in keyof F]: F[Name] extends Option<infer Value> ? Value : never
}

/** A declared surface: options and the rules between them. */
export interface OptionSpec<F extends OptionFields> {
  readonly options: F
  readonly rules?: readonly OptionRule<Extract<keyof F, string>>[]
  /** Keys that are accepted without being declared, for example `flink.*`. Others give an `OPTION_UNKNOWN` warning. */
  readonly acceptsKey?: (key: string) => boolean
  /**
   * An option that may carry what the others say. Where it is given, neither required options nor rules are checked here: whoever
   * reads it asks for them where they are needed.
   */
  readonly carriedBy?: string
}

/** Any spec, for code that does not look at the values' types. */
export interface AnyOptionSpec {
  readonly options: OptionFields
  readonly rules?: readonly OptionRule[]
  readonly acceptsKey?: (key: string) => boolean
  readonly carriedBy?: string
}

/** The typed values of a spec. */
export type SpecValues<S extends AnyOptionSpec> = OptionValues<S['options']>

/** Declares a spec; only there so that the names in rules are checked against the options. */
export function optionSpec<const F extends OptionFields>(spec: OptionSpec<F>): OptionSpec<F> {
  return spec
}

function make<T, S extends OptionSettings<T>>(key: string, type: ValueType<T>, settings: S): Option<Valued<T, S>> {
  return { key, type, settings }
}

/** Bounds of a numeric option, both inclusive. */
export interface NumberBounds {
  readonly min?: number
  readonly max?: number
}

/** Builders of options. The key is the text in job files; the property name in the spec is the name in code. */
export const option = {
  /** Text. Numbers and booleans are taken as written; lists and objects as their JSON text. */
  string: <const S extends OptionSettings<string>>(key: string, settings: S) => make(key, types.string, settings),

  /** A whole number in the 32-bit range, or its text. */
  int: <const S extends OptionSettings<number> & NumberBounds>(key: string, settings: S) =>
    make(key, types.int(settings), settings),

  /** A whole number within ±(2^53 − 1), or its text. */
  long: <const S extends OptionSettings<number> & NumberBounds>(key: string, settings: S) =>
    make(key, types.long(settings), settings),

  /** A whole number in the 64-bit range with all digits. */
  bigint: <const S extends OptionSettings<bigint>>(key: string, settings: S) => make(key, types.bigint, settings),

  /** A number rounded to 32 bits. */
  float: <const S extends OptionSettings<number> & NumberBounds>(key: string, settings: S) =>
    make(key, types.float(settings), settings),

  /** A number. */
  double: <const S extends OptionSettings<number> & NumberBounds>(key: string, settings: S) =>
    make(key, types.double(settings), settings),

  /** `true` or `false` in any case, quoted or not. */
  boolean: <const S extends OptionSettings<boolean>>(key: string, settings: S) => make(key, types.boolean, settings),

  /** A duration in whole milliseconds; a text with a unit (`500ms`, `30s`, `5m`, `2h`, `1d`) is accepted too. */
  durationMs: <const S extends OptionSettings<number> & NumberBounds>(key: string, settings: S) =>
    make(key, types.durationMs(settings), settings),

  /** One of the listed values, matched without regard to case; reading gives the listed spelling. */
  enumeration: <const V extends readonly string[], const S extends OptionSettings<V[number]>>(
    key: string,
    values: V,
    settings: S,
  ) => make<V[number], S>(key, types.enumeration(values), settings),

  /** A list of the listed values. */
  enumList: <const V extends readonly string[], const S extends OptionSettings<readonly V[number][]>>(
    key: string,
    values: V,
    settings: S,
  ) => make<readonly V[number][], S>(key, types.list(types.enumeration(values)), settings),

  /** A list of values of one type. A text is read as JSON, else split at `,`, which gives a warning. */
  list: <T, const S extends OptionSettings<readonly T[]>>(key: string, element: ValueType<T>, settings: S) =>
    make<readonly T[], S>(key, types.list(element), settings),

  /** A list of texts. */
  stringList: <const S extends OptionSettings<readonly string[]>>(key: string, settings: S) =>
    make<readonly string[], S>(key, types.list(types.string), settings),

  /** An object of texts in the order of the file; dotted keys stay whole, nested objects become `a.b` keys. */
  map: <const S extends OptionSettings<ReadonlyMap<string, string>>>(key: string, settings: S) =>
    make<ReadonlyMap<string, string>, S>(key, types.map, settings),

  /** A nested group with its own options and rules. */
  object: <F extends OptionFields, const S extends OptionSettings<OptionValues<F>>>(
    key: string,
    spec: OptionSpec<F>,
    settings: S,
  ) => make<OptionValues<F>, S>(key, types.object(spec), settings),

  /** A list of nested groups. */
  objectList: <F extends OptionFields, const S extends OptionSettings<readonly OptionValues<F>[]>>(
    key: string,
    spec: OptionSpec<F>,
    settings: S,
  ) => make<readonly OptionValues<F>[], S>(key, types.list(types.object(spec)), settings),

  /** Any value as a tree with positions, for what the plug-in reads itself (`schema`, rows, rules). */
  node: <const S extends OptionSettings<ConfigNode>>(key: string, settings: S) => make(key, types.node, settings),

  /** A value of a type made by the plug-in. */
  of: <T, const S extends OptionSettings<T>>(key: string, type: ValueType<T>, settings: S) => make(key, type, settings),
}

/** Reads one option's value from a node, with faults and warnings going to the context. */
export function readOption<T>(declared: Option<T>, node: ConfigNode, context: ReadContext): T | typeof ABSENT {
  return declared.type.read(node, context) as T | typeof ABSENT
}

/** The keys of the options that a spec declares as secret, older spellings too, those of nested groups not included. */
export function secretKeysOf(spec: AnyOptionSpec): ReadonlySet<string> {
  const secrets = Object.values(spec.options).filter(({ settings }) => settings.secret === true)
  return new Set(secrets.flatMap(({ key, settings }) => [key, ...(settings.fallback ?? [])]))
}
