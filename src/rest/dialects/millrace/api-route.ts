import type { DescribedAnswer, DescribedBody, DescribedRoute, JsonSchema } from '../../described-route.js'
import { pathParameter } from '../../described-route.js'
import type { RestRequest } from '../../request.js'
import { ResponseHeaders, type RestResponse } from '../../response.js'
import { type Access, CONFIG_BODY, type RouteParameter } from '../../route.js'
import type { RestServices } from '../../services.js'

/** What every path of the API starts with. */
export const API = '/api/v1'

const JSON_HEADERS = new ResponseHeaders([['Content-Type', 'application/json']])

/** A JSON answer. */
export function json(value: unknown, status = 200): RestResponse {
  return { status, headers: JSON_HEADERS, body: JSON.stringify(value) }
}

/** A route as the tables of the API say it. */
export interface ApiRow {
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly pattern: string
  readonly access: Access
  readonly tag: string
  readonly summary: string
  readonly parameters?: readonly RouteParameter[]
  readonly requestBody?: DescribedBody
  readonly answer: string
  readonly schema?: JsonSchema
  readonly contentType?: string
  readonly status?: number
  readonly errors?: readonly number[]
  readonly deadlineMs?: number
  readonly handler: (request: RestRequest, services: RestServices) => RestResponse | Promise<RestResponse>
}

/** The shape of what is described in words only. */
export const OBJECT: JsonSchema = { type: 'object' }
/** The id in a path. */
export const JOB_ID = pathParameter('jobId', 'Id of the job, a 64-bit number')

const ERROR_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    status: { type: 'string' },
    message: { type: 'string' },
    code: { type: 'string' },
    where: { type: ['string', 'null'] },
    hint: { type: ['string', 'null'] },
  },
  required: ['status', 'message', 'code', 'where', 'hint'],
}

/** A row as a route. */
export function apiRoute(row: ApiRow): DescribedRoute {
  const isRead = row.method === 'GET'
  const contentType = row.contentType ?? 'application/json'
  const good: DescribedAnswer = { status: row.status ?? 200, contentType, description: row.answer }
  const bad = (row.errors ?? []).map((status): DescribedAnswer => {
    return { status, contentType: 'application/json', description: 'Why not', schema: ERROR_SCHEMA }
  })
  return {
    id: row.id,
    // What is streamed or waited for has no head that could be told without it.
    methods: isRead && row.deadlineMs === undefined ? ['GET', 'HEAD'] : [row.method],
    pattern: row.pattern,
    access: row.access,
    ...(isRead ? {} : { body: CONFIG_BODY }),
    ...(row.deadlineMs === undefined ? {} : { deadlineMs: row.deadlineMs }),
    tag: row.tag,
    summary: row.summary,
    parameters: row.parameters ?? [],
    ...(row.requestBody === undefined ? {} : { requestBody: row.requestBody }),
    responses: [row.schema === undefined ? good : { ...good, schema: row.schema }, ...bad],
    handler: row.handler,
  }
}
