import { type DescribedAnswer, type DescribedRoute, type JsonSchema, queryParameter } from '../../described-route.js'
import type { RouteParameter } from '../../route.js'
import { isRequired, type SchemaContext } from '../../shape.js'
import type { FlinkOperation } from './operation.js'
import { ERRORS } from './shapes/values.js'
import { shapeOf } from './shapes.js'

/** Statuses that every operation may refuse with: the request itself, who sends it, what it is about, too much at once. */
const REFUSALS = [400, 401, 403, 404, 408, 413, 421, 429, 503] as const
/** What is not built yet. */
const UNIMPLEMENTED = 501

const HEX_ID: JsonSchema = { type: 'string', pattern: '^[0-9a-fA-F]{32}$' }
/** Parts of paths that are no plain texts. */
const PATH_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  jobid: HEX_ID,
  vertexid: HEX_ID,
  triggerid: HEX_ID,
  datasetid: HEX_ID,
  subtaskindex: { type: 'integer', minimum: 0 },
  attempt: { type: 'integer' },
  checkpointid: { type: 'integer' },
}
const TEXT_SCHEMA: JsonSchema = { type: 'string', minLength: 1 }

type Description = Pick<DescribedRoute, 'parameters' | 'responses' | 'requestBody'>

/** What the description of the API says of an operation. */
export function describeOperation(operation: FlinkOperation, context: SchemaContext): Description {
  const { method, path } = operation
  const { query = {}, body, takesFile } = shapeOf(method, path) ?? {}
  const parts = [...path.matchAll(/:(\w+)/g)].map(([, name = '']): RouteParameter => {
    return { name, in: 'path', required: true, description: '', schema: PATH_SCHEMAS[name] ?? TEXT_SCHEMA }
  })
  const asked = Object.entries(query).map(([name, shape]): RouteParameter => {
    return { ...queryParameter(name, ''), required: isRequired(shape), schema: shape.schema(context) }
  })
  const described = { parameters: [...parts, ...asked], responses: answersOf(operation, context) }
  if (takesFile === true) return { ...described, requestBody: FILE }
  if (body === undefined) return described
  return {
    ...described,
    requestBody: { contentType: 'application/json', description: 'a JSON object', schema: body.schema(context) },
  }
}

const FILE: NonNullable<DescribedRoute['requestBody']> = {
  contentType: 'multipart/form-data',
  description: 'one file, as a part of any name',
  schema: { type: 'object', properties: { jarfile: { type: 'string', contentMediaType: 'application/octet-stream' } } },
}

function answersOf({ method, path, summary, status, answer }: FlinkOperation, context: SchemaContext) {
  const { answer: shape, refusals = [] } = shapeOf(method, path) ?? {}
  const statuses = [...REFUSALS, ...refusals, ...(answer === null ? [UNIMPLEMENTED] : [])]
  const refused = statuses.map((each): DescribedAnswer => {
    const description = each === UNIMPLEMENTED ? 'not there yet' : 'refused'
    return { status: each, contentType: 'application/json', description, schema: ERRORS.schema(context) }
  })
  const good: DescribedAnswer =
    shape === undefined
      ? { status, contentType: 'text/plain', description: summary }
      : { status, contentType: 'application/json', description: summary, schema: shape.schema(context) }
  return [good, ...refused]
}
