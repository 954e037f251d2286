/** A JSON Schema or a part of one. */
export type Schema = { readonly [member: string]: unknown }

/**
 * Whether a value is what a schema describes. Knows the members that the schema of job files has, and refuses others, so that no
 * member goes unchecked.
 */
export function matches(schema: Schema, value: unknown, root: Schema = schema): boolean {
  return Object.entries(schema).every(([member, rule]) => {
    const check = CHECKS[member]
    if (check === undefined) throw new Error(`the member '${member}' is not known`)
    return check(rule, value, schema, root)
  })
}

type Check = (rule: unknown, value: unknown, schema: Schema, root: Schema) => boolean

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const schemas = (rule: unknown): readonly Schema[] => rule as readonly Schema[]
const always: Check = () => true

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

const CHECKS: Readonly<Record<string, Check>> = {
  $schema: always,
  $defs: always,
  title: always,
  description: always,
  default: always,
  examples: always,
  deprecated: always,
  writeOnly: always,
  $ref: (rule, value, _, root) => {
    const name = String(rule).replace('#/$defs/', '')
    return matches((root.$defs as Record<string, Schema>)[name] as Schema, value, root)
  },
  type: (rule, value) => {
    const types = Array.isArray(rule) ? rule : [rule]
    return types.includes(typeOf(value)) || (types.includes('integer') && Number.isInteger(value))
  },
  enum: (rule, value) => (rule as readonly unknown[]).includes(value),
  pattern: (rule, value) => typeof value !== 'string' || new RegExp(String(rule), 'u').test(value),
  minimum: (rule, value) => typeof value !== 'number' || value >= Number(rule),
  maximum: (rule, value) => typeof value !== 'number' || value <= Number(rule),
  minItems: (rule, value) => !Array.isArray(value) || value.length >= Number(rule),
  items: (rule, value, _, root) => !Array.isArray(value) || value.every((item) => matches(rule as Schema, item, root)),
  properties: (rule, value, _, root) =>
    !isObject(value) ||
    Object.entries(rule as Record<string, Schema>).every(
      ([key, schema]) => !Object.hasOwn(value, key) || matches(schema, value[key], root),
    ),
  required: (rule, value) => !isObject(value) || (rule as readonly string[]).every((key) => Object.hasOwn(value, key)),
  additionalProperties: (rule, value, schema, root) =>
    !isObject(value) ||
    Object.entries(value).every(
      ([key, each]) => Object.hasOwn((schema.properties ?? {}) as object, key) || matches(rule as Schema, each, root),
    ),
  allOf: (rule, value, _, root) => schemas(rule).every((schema) => matches(schema, value, root)),
  anyOf: (rule, value, _, root) => schemas(rule).some((schema) => matches(schema, value, root)),
  oneOf: (rule, value, _, root) => schemas(rule).filter((schema) => matches(schema, value, root)).length === 1,
  not: (rule, value, _, root) => !matches(rule as Schema, value, root),
  if: (rule, value, schema, root) =>
    !matches(rule as Schema, value, root) || matches(schema.then as Schema, value, root),
  // biome-ignore lint/suspicious/noThenProperty: the member of JSON Schema is called so.
  then: always,
}
