import type { Schema } from './json-schema.js'

/**
 * Where a value is not what a JSON Schema says, each with its place. Knows the members that schemas of answers have.
 *
 * @param components what `#/components/schemas/NAME` stands for.
 * @throws Error for a member of a schema that is not known, so that none goes unchecked.
 */
export function schemaFaults(
  schema: Schema,
  value: unknown,
  components: ReadonlyMap<string, Schema>,
  place = 'body',
): readonly string[] {
  const { $ref, anyOf, description: _, ...rules } = schema
  const inner = (part: unknown, each: unknown, where: string) => schemaFaults(part as Schema, each, components, where)
  if (typeof $ref === 'string') {
    const found = components.get($ref.replace('#/components/schemas/', ''))
    if (found === undefined) throw new Error(`there is no '${$ref}'`)
    return inner(found, value, place)
  }
  if (Array.isArray(anyOf)) {
    const tried = anyOf.map((each) => inner(each, value, place))
    // The nearest of them says most.
    return tried.some((faults) => faults.length === 0) ? [] : (tried.toSorted((a, b) => a.length - b.length)[0] ?? [])
  }
  return Object.entries(rules).flatMap(([name, rule]) => {
    const check = CHECKS[name]
    if (check === undefined) throw new Error(`the member '${name}' is not known`)
    return check(rule, value, place, schema, inner)
  })
}

type Inner = (schema: unknown, value: unknown, place: string) => readonly string[]
type Check = (rule: unknown, value: unknown, place: string, schema: Schema, inner: Inner) => readonly string[]

const shown = (value: unknown) => (JSON.stringify(value) ?? 'nothing').slice(0, 60)
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const unless = (isRight: boolean, fault: string): readonly string[] => (isRight ? [] : [fault])

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

const CHECKS: Readonly<Record<string, Check>> = {
  type: (rule, value, place) =>
    unless(
      kindOf(value) === rule || (rule === 'integer' && Number.isInteger(value)),
      `${place}: ${shown(value)} is no ${rule}`,
    ),
  enum: (rule, value, place) =>
    unless((rule as readonly unknown[]).includes(value), `${place}: ${shown(value)} is none of its words`),
  pattern: (rule, value, place) =>
    unless(new RegExp(String(rule)).test(String(value)), `${place}: ${shown(value)} is not like ${rule}`),
  minimum: (rule, value, place) => unless(Number(value) >= Number(rule), `${place}: ${shown(value)} is below ${rule}`),
  items: (rule, value, place, _, inner) =>
    Array.isArray(value) ? value.flatMap((each, index) => inner(rule, each, `${place}[${index}]`)) : [],
  properties: (rule, value, place, _, inner) =>
    isObject(value)
      ? Object.entries(rule as Record<string, Schema>).flatMap(([name, each]) =>
          Object.hasOwn(value, name) ? inner(each, value[name], `${place}.${name}`) : [],
        )
      : [],
  required: (rule, value, place) =>
    isObject(value)
      ? (rule as readonly string[]).flatMap((name) => unless(Object.hasOwn(value, name), `${place}.${name} is missing`))
      : [],
  additionalProperties: (rule, value, place, { properties = {} }, inner) =>
    isObject(value)
      ? Object.entries(value).flatMap(([name, each]) => {
          if (Object.hasOwn(properties as object, name)) return []
          return rule === false ? [`${place}.${name} is not described`] : inner(rule, each, `${place}.${name}`)
        })
      : [],
}
