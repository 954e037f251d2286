import type { RouteAnswer, RouteDefinition, RouteParameter } from './route.js'
import type { RestServices } from './services.js'

/** A JSON Schema or a part of one. */
export type JsonSchema = { readonly [member: string]: unknown }

/** One possible answer of a route with the shape of its content. */
export interface DescribedAnswer extends RouteAnswer {
  /** Absent: the content is no JSON, or there is none. */
  readonly schema?: JsonSchema
}

/** What a route reads as its body. */
export interface DescribedBody {
  readonly contentType: string
  readonly description: string
  readonly schema?: JsonSchema
}

/** A route with everything that the description of the API says about it. */
export interface DescribedRoute extends RouteDefinition<RestServices> {
  readonly tag: string
  readonly responses: readonly DescribedAnswer[]
  readonly requestBody?: DescribedBody
}

/** A parameter of the query. */
export function queryParameter(name: string, description: string): RouteParameter {
  return { name, in: 'query', required: false, description }
}

/** A part of the path. */
export function pathParameter(name: string, description: string): RouteParameter {
  return { name, in: 'path', required: true, description }
}
