import { type ConfigNode, type ConfigObject, nodeText } from '../../config/document.js'
import { parseJson, requireSize } from '../../config/json.js'
import { MillraceError } from '../../core/error.js'
import type { RestRequest } from '../request.js'
import { badRequest, RestFault } from './fault.js'

/** Name of a body in positions. */
export const BODY_NAME = 'request body'

const MAP_TYPE = 'java.util.LinkedHashMap<java.lang.String,java.lang.Object>'
const JACKSON_PLACE = '\n at [Source: UNKNOWN; byte offset: #UNKNOWN]'

/**
 * The text of a body.
 *
 * @throws RestFault 400 without a body.
 */
export function bodyText(request: RestRequest): string {
  const text = request.text()
  if (text === null || text === '') throw badRequest('Request body is empty.')
  return text
}

/** A body that is JSON. */
export interface JsonBody {
  readonly value: ConfigNode
  /** Whether a member was given twice: then it has its last value, as Jackson reads it. */
  readonly hasDuplicates: boolean
}

/**
 * The body as JSON.
 *
 * @throws RestFault 400 for an empty body and for what is no JSON.
 */
export function readJson(request: RestRequest): JsonBody {
  const text = bodyText(request)
  let hasDuplicates = false
  try {
    requireSize(text, BODY_NAME)
    const onDuplicate = () => {
      hasDuplicates = true
    }
    const value = parseJson(text, BODY_NAME, { onDuplicate })
    return { value, hasDuplicates }
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    if (error.code === 'CONFIG_LIMIT') throw error
    throw new RestFault(400, 'Invalid JSON format in request body.', [
      {
        code: error.code,
        where: placeOf(error),
        hint: error.details.hint ?? null,
      },
    ])
  }
}

/** The value of {@link readJson}. */
export function jsonBody(request: RestRequest): ConfigNode {
  return readJson(request).value
}

function placeOf({ message, details }: MillraceError): string {
  const { position } = details
  return position === undefined ? message : `line ${position.line}, column ${position.column}: ${message}`
}

/**
 * A value as an object of members.
 *
 * @throws RestFault 400 with Jackson's words for a list or a scalar; 500 for `null`.
 */
export function requireObject(node: ConfigNode): ConfigObject {
  if (node.kind === 'object') return node
  if (node.kind === 'null') throw new RestFault(500, 'objectMap is marked non-null but is null')
  throw badRequest(conversionMessage(node))
}

/** @source Jackson `DeserializationContext.handleUnexpectedToken` */
function conversionMessage(node: ConfigNode): string {
  const from = (kind: string, token: string) =>
    `Cannot deserialize value of type \`${MAP_TYPE}\` from ${kind} value (token \`JsonToken.${token}\`)${JACKSON_PLACE}`
  switch (node.kind) {
    case 'list':
      return from('Array', 'START_ARRAY')
    case 'boolean':
      return from('Boolean', node.value ? 'VALUE_TRUE' : 'VALUE_FALSE')
    case 'number':
      return /^-?\d+$/.test(node.text)
        ? from('Integer', 'VALUE_NUMBER_INT')
        : from('Floating-point', 'VALUE_NUMBER_FLOAT')
    default:
      return (
        'Cannot construct instance of `java.util.LinkedHashMap` (although at least one Creator exists): no String-argument ' +
        `constructor/factory method to deserialize from String value ('${nodeText(node)}')${JACKSON_PLACE}`
      )
  }
}
