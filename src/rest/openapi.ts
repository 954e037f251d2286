import type { DescribedAnswer, DescribedRoute, JsonSchema } from './described-route.js'
import type { Access } from './route.js'

/** What is served on one kind of listener. */
export interface DescribedApi {
  /** In front of the operation's ids, so that those of two APIs differ. */
  readonly name: string
  readonly title: string
  readonly routes: readonly DescribedRoute[]
  /** Where it is served, as templates of a server's address. */
  readonly server: string
  /** Schemas that its routes refer to, by name; read when the document is made. */
  readonly components?: ReadonlyMap<string, JsonSchema>
}

/**
 * The OpenAPI 3.1 document of everything that the node serves, made from the tables of routes: what is not a route is not in it.
 *
 * @param version of the product.
 */
export function openApiDocument(apis: readonly DescribedApi[], version: string): JsonSchema {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const api of apis) {
    for (const route of api.routes) {
      const item = paths[route.pattern] ?? {}
      paths[route.pattern] = item
      for (const method of route.methods) item[method.toLowerCase()] ??= operation(api, route, method)
    }
  }
  const schemas = apis.flatMap(({ components }) => [...(components ?? [])])
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      version,
      description: apis.map(({ title, server }) => `${title}: ${server}`).join('\n\n'),
      license: { name: 'Apache-2.0' },
    },
    paths,
    components: {
      ...(schemas.length === 0 ? {} : { schemas: Object.fromEntries(schemas) }),
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
  }
}

function operation({ name }: DescribedApi, route: DescribedRoute, method: string): JsonSchema {
  const parameters = route.parameters.map(({ name: parameter, in: where, required, description, schema }) => {
    const list = schema?.type === 'array' ? { style: 'form', explode: false } : {}
    return { name: parameter, in: where, required, description, ...list, schema: schema ?? { type: 'string' } }
  })
  return {
    operationId: `${name}.${route.id}.${method.toLowerCase()}`,
    summary: route.summary,
    tags: [route.tag],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.requestBody === undefined || method === 'HEAD' ? {} : { requestBody: bodyOf(route.requestBody) }),
    responses: responsesOf(route.responses),
    security: securityOf(route.access),
    'x-role': route.access,
  }
}

function bodyOf({ contentType, description, schema }: NonNullable<DescribedRoute['requestBody']>): JsonSchema {
  return { description, content: { [contentType]: schema === undefined ? {} : { schema } } }
}

/** Answers of one status are one: several contents, or several shapes of one. */
function responsesOf(answers: readonly DescribedAnswer[]): JsonSchema {
  const byStatus: Record<string, { description: string; content: Record<string, { schema?: JsonSchema }> }> = {}
  for (const { status, description, contentType, schema } of answers) {
    const known = byStatus[status]
    const answer = known ?? { description, content: {} }
    byStatus[status] = answer
    if (contentType !== null) answer.content[contentType] ??= schema === undefined ? {} : { schema }
  }
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, { description, content }]) => [
      status,
      Object.keys(content).length === 0 ? { description } : { description, content },
    ]),
  )
}

function securityOf(access: Access): readonly JsonSchema[] {
  return access === 'public' ? [{}] : [{}, { basic: [] }, { bearer: [] }]
}
