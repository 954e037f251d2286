import { FlinkDescription, type Schema } from './openapi.js'

/** Statuses of errors that a node may answer with; the description has none of them. */
const REFUSALS = ['308', '400', '401', '403', '404', '408', '409', '413', '421', '429', '503']
const ERRORS: Schema = {
  type: 'object',
  required: ['errors'],
  additionalProperties: false,
  properties: { errors: { type: 'array', minItems: 1, items: { type: 'string' } } },
}

type Json = { [member: string]: unknown }

/**
 * Flink's own OpenAPI description as it would be if it were right: the shapes of the wire, `null` where Java has no value, answers for
 * errors, and uploads as forms.
 */
export function correctedOpenApi(): Json {
  const description = new FlinkDescription()
  const document = structuredClone(description.document) as Json
  document.openapi = '3.1.0'
  document.components = { schemas: mapped(description.schemas(), (schema) => nullableMembers(ofThisLine(schema))) }
  for (const item of Object.values(document.paths as Record<string, Json>)) {
    for (const operation of Object.values(item) as Json[]) {
      const responses = operation.responses as Json
      const errors = { description: 'refused', content: { 'application/json': { schema: ERRORS } } }
      for (const status of REFUSALS) responses[status] ??= errors
    }
  }
  const upload = (document.paths as Record<string, Record<string, Json>>)['/jars/upload']?.post
  if (upload !== undefined)
    upload.requestBody = {
      content: {
        'multipart/form-data': {
          schema: { type: 'object', properties: { jarfile: { type: 'string', format: 'binary' } } },
        },
      },
    }
  return document
}

function mapped(values: Readonly<Record<string, unknown>>, change: (value: Schema) => Schema): Json {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value as Schema)]))
}

/** Members that later lines have are not required of this one. */
function ofThisLine(schema: Schema): Schema {
  const { required, properties = {} } = schema
  if (!Array.isArray(required)) return schema
  const isLater = (name: string) => /later/.test(String((properties as Record<string, Schema>)[name]?.profile ?? ''))
  return { ...schema, required: required.filter((name: string) => !isLater(name)) }
}

/** A schema whose members may be null. */
function nullableMembers({ oneOf, ...schema }: Schema): Schema {
  const { properties, items, additionalProperties } = schema
  // A failed operation looks the same whatever it was.
  if (Array.isArray(oneOf)) return { ...schema, anyOf: oneOf }
  const isOpen = typeof additionalProperties === 'object'
  return {
    ...schema,
    ...(properties === undefined ? {} : { properties: mapped(properties as Json, nullable) }),
    ...(items === undefined ? {} : { items: nullableMembers(items as Schema) }),
    ...(isOpen ? { additionalProperties: nullable(additionalProperties as Schema) } : {}),
  }
}

function nullable(schema: Schema): Schema {
  return { anyOf: [nullableMembers(schema), { type: 'null' }] }
}
