import type { JsonSchema } from './described-route.js'

/** What a schema is made for. */
export interface SchemaContext {
  /** Version of the wire, where members come and go with it. */
  readonly profile: string
  /** Shapes with a name, each once; filled while schemas are made. */
  readonly components: Map<string, JsonSchema>
  /** Whether objects may have no members but theirs. Off in what is served: clients have to tolerate new ones. */
  readonly isClosed: boolean
}

/** What a JSON value looks like: a type of TypeScript and a JSON Schema, from one declaration. */
export interface Shape<T> {
  readonly schema: (context: SchemaContext) => JsonSchema
  /** Never set: it carries the type. */
  readonly type?: T
}

/** A member that may be absent. */
export interface OptionalShape<T> extends Shape<T> {
  readonly isOptional: true
  /** The profile that has it, always; absent: every one, sometimes. */
  readonly profile?: string
}

/** Members of an object by name. */
export type Members = Readonly<Record<string, Shape<unknown>>>

/** The type of the values of a shape. */
export type TypeOf<S> = S extends Shape<infer T> ? T : never

type OptionalNames<M> = { [N in keyof M]: M[N] extends { readonly isOptional: true } ? N : never }[keyof M]
type Flat<T> = { [N in keyof T]: T[N] }

/** The type of an object with these members. */
export type TypeOfMembers<M> = Flat<
  { readonly [N in Exclude<keyof M, OptionalNames<M>>]: TypeOf<M[N]> } & {
    readonly [N in OptionalNames<M>]?: TypeOf<M[N]>
  }
>

function plain<T>(schema: JsonSchema): Shape<T> {
  return { schema: () => schema }
}

/** A shape with words about it, for the description. */
export function described<S extends Shape<unknown>>(description: string, shape: S): S {
  return { ...shape, schema: (context: SchemaContext) => ({ ...shape.schema(context), description }) }
}

export const TEXT: Shape<string> = plain({ type: 'string' })
export const FLAG: Shape<boolean> = plain({ type: 'boolean' })
/** A whole number, also one beyond what JavaScript holds exactly. */
export const INTEGER: Shape<number> = plain({ type: 'integer' })
export const NUMBER: Shape<number> = plain({ type: 'number' })
/** Any JSON. */
export const ANYTHING: Shape<unknown> = plain({})

/** A text that matches. */
export function pattern(source: string): Shape<string> {
  return plain({ type: 'string', pattern: source })
}

/** A whole number that is not below the limit. */
export function atLeast(minimum: number): Shape<number> {
  return plain({ type: 'integer', minimum })
}

/** One of some words. */
export function wordOf<const W extends readonly string[]>(...words: W): Shape<W[number]> {
  return plain({ type: 'string', enum: words })
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return { schema: (context) => ({ anyOf: [shape.schema(context), { type: 'null' }] }) }
}

export function either<A, B>(left: Shape<A>, right: Shape<B>): Shape<A | B> {
  return { schema: (context) => ({ anyOf: [left.schema(context), right.schema(context)] }) }
}

export function listOf<T>(items: Shape<T>): Shape<readonly T[]> {
  return { schema: (context) => ({ type: 'array', items: items.schema(context) }) }
}

/** An object whose members have any names. */
export function mapOf<T>(values: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return { schema: (context) => ({ type: 'object', additionalProperties: values.schema(context) }) }
}

/** An object that has each of some members, all of one shape. */
export function recordOf<const W extends readonly string[], T>(
  words: W,
  values: Shape<T>,
): Shape<Readonly<Record<W[number], T>>> {
  return object(Object.fromEntries(words.map((word) => [word, values]))) as Shape<Readonly<Record<W[number], T>>>
}

/** A member that is there sometimes. */
export function optional<T>(shape: Shape<T>): OptionalShape<T> {
  return { schema: shape.schema, isOptional: true }
}

/** A member that one profile has, always, and no other. */
export function onlyIn<T>(profile: string, shape: Shape<T>): OptionalShape<T> {
  return { schema: shape.schema, isOptional: true, profile }
}

/** An object. */
export function object<M extends Members>(members: M): Shape<TypeOfMembers<M>> {
  return {
    schema: (context) => {
      const shown = Object.entries(members).filter(([, member]) => isIn(member, context.profile))
      const required = shown.filter(([, member]) => isRequired(member)).map(([name]) => name)
      return {
        type: 'object',
        properties: Object.fromEntries(shown.map(([name, member]) => [name, member.schema(context)])),
        ...(required.length === 0 ? {} : { required }),
        ...(context.isClosed ? { additionalProperties: false } : {}),
      }
    },
  }
}

function isIn(member: Shape<unknown>, profile: string): boolean {
  const own = (member as Partial<OptionalShape<unknown>>).profile
  return own === undefined || own === profile
}

/** Whether a member is always there, in the profiles that have it. */
export function isRequired(member: Shape<unknown>): boolean {
  const { isOptional, profile } = member as Partial<OptionalShape<unknown>>
  return isOptional !== true || profile !== undefined
}

/** A shape that the description writes once, under a name. */
export function named<T>(name: string, shape: Shape<T>): Shape<T> {
  return {
    schema: (context) => {
      const { components } = context
      if (!components.has(name)) {
        // First, so that a shape may hold itself.
        components.set(name, {})
        components.set(name, shape.schema(context))
      }
      return { $ref: `#/components/schemas/${name}` }
    },
  }
}

/** A shape that holds itself: it is asked for when schemas are made. */
export function later<T>(shape: () => Shape<T>): Shape<T> {
  return { schema: (context) => shape().schema(context) }
}
