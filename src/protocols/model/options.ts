import type { ConfigNode } from '../../config/document.js'
import { MillraceError } from '../../core/error.js'
import type { Json, JsonObject } from '../../spi/json.js'
import { option } from '../../spi/option.js'
import type { ClientSettings } from './client.js'

/** Options of every transform that asks a model. @source SeaTunnel `ModelTransformConfig` */
export const MODEL_OPTIONS = {
  model: option.string('model', {
    required: true,
    doc: 'Name of the model, in the words of its provider.',
    example: 'gpt-4o-mini',
  }),
  apiKey: option.string('api_key', { secret: true, doc: 'Key of the provider. Not shown in logs or errors.' }),
  secretKey: option.string('secret_key', { secret: true, doc: 'Second key, for QIANFAN.' }),
  apiPath: option.string('api_path', {
    fallback: ['openai.api_path'],
    doc: 'Address of the interface, when it is not the usual one of the provider; `${model}` stands for the model.',
  }),
  oauthPath: option.string('oauth_path', { doc: 'Address that gives access tokens, for QIANFAN.' }),
  customConfig: option.node('custom_config', {
    doc: 'For CUSTOM: `custom_request_headers` and `custom_request_body` with the placeholders `${model}`, `${input}` and `${prompt}`, and `custom_response_parse`, the JSONPath of the results in the answer.',
  }),
  processBatchSize: option.int('process_batch_size', {
    default: 100,
    min: 1,
    fallback: ['inference_batch_size'],
    doc: 'Rows that are processed together, at least 1.',
  }),
  retryMaxAttempts: option.int('model_retry_max_attempts', {
    default: 5,
    min: 1,
    max: 100,
    doc: 'Times that a request is sent at most, when the answer is 408, 409, 425, 429 or 5xx, or there is none. 1 for no repetition.',
  }),
  retryBackoffMs: option.long('model_retry_backoff_ms', {
    default: 1000,
    min: 0,
    doc: 'Milliseconds before the second attempt; doubled for each further one, with a random part. Retry-After of the answer counts more.',
  }),
  retryMaxBackoffMs: option.long('model_retry_max_backoff_ms', {
    default: 10_000,
    min: 0,
    doc: 'Longest such pause in milliseconds.',
  }),
  requestTimeoutMs: option.int('model_request_timeout_ms', {
    default: 20_000,
    min: 1,
    doc: 'Milliseconds that one attempt may take.',
  }),
  concurrency: option.int('model_concurrency', {
    default: 8,
    min: 1,
    max: 1000,
    doc: 'Requests at the same time, over all threads of the job. An addition of Millrace.',
  }),
  requestsPerMinute: option.int('model_requests_per_minute', {
    min: 1,
    doc: 'Requests per minute of the whole job, spread evenly; without it there is no limit. An addition of Millrace.',
  }),
} as const

/** The values of {@link MODEL_OPTIONS} that a client is made from. */
export interface ModelValues {
  readonly model: string
  readonly apiKey: string | null
  readonly secretKey: string | null
  readonly retryMaxAttempts: number
  readonly retryBackoffMs: number
  readonly retryMaxBackoffMs: number
  readonly requestTimeoutMs: number
  readonly concurrency: number
  readonly requestsPerMinute: number | null
}

/** Settings of a client. `secrets` are those beside the keys, for example values of headers. */
export function clientSettings(provider: string, values: ModelValues, secrets: readonly string[]): ClientSettings {
  return {
    name: `${provider} ${values.model}`,
    retry: {
      attempts: values.retryMaxAttempts,
      backoffMs: values.retryBackoffMs,
      maxBackoffMs: Math.max(values.retryBackoffMs, values.retryMaxBackoffMs),
    },
    timeoutMs: values.requestTimeoutMs,
    concurrency: values.concurrency,
    requestsPerMinute: values.requestsPerMinute,
    secrets: [values.apiKey, values.secretKey, ...secrets].filter((secret) => secret !== null),
  }
}

/** Settings for one of several workers: requests at the same time are shared out. */
export function settingsOfWorker(settings: ClientSettings, workers: number): ClientSettings {
  return { ...settings, concurrency: Math.max(1, Math.floor(settings.concurrency / workers)) }
}

/** The parts of `custom_config`. */
export interface CustomConfig {
  readonly headers: Readonly<Record<string, string>>
  readonly body: JsonObject
  readonly responseParse: string
}

/** @throws MillraceError `OPTION_INVALID` when a part is missing or is not what it must be. */
export function readCustomConfig(node: ConfigNode | null): CustomConfig {
  const config = node === null ? null : bodyJson(node)
  const {
    custom_request_headers: headers = {},
    custom_request_body: body,
    custom_response_parse: responseParse,
  } = (isObject(config) ? config : {}) as Readonly<Record<string, unknown>>
  if (!isObject(headers)) throw invalid('custom_request_headers', 'an object')
  if (!isObject(body)) throw invalid('custom_request_body', 'an object')
  if (typeof responseParse !== 'string') throw invalid('custom_response_parse', 'a JSONPath')
  const texts = Object.entries(headers).map(([name, value]) => [name, String(value)] as const)
  return { headers: Object.fromEntries(texts), body: body as JsonObject, responseParse }
}

/** A document's value as JSON for another program: every number is a number. */
function bodyJson(node: ConfigNode): Json {
  switch (node.kind) {
    case 'number':
      return node.value
    case 'list':
      return node.items.map(bodyJson)
    case 'object':
      return Object.fromEntries([...node.entries].map(([key, value]) => [key, bodyJson(value)]))
    case 'null':
      return null
    default:
      return node.value
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(key: string, wanted: string): MillraceError {
  return new MillraceError('OPTION_INVALID', `'custom_config' has no '${key}' that is ${wanted}`)
}

/**
 * The address to ask.
 *
 * @param usual that of the provider, `null` when it has none.
 * @throws MillraceError `OPTION_REQUIRED` when there is none, `OPTION_INVALID` when it is no HTTP address.
 */
export function endpointOf(provider: string, path: string | null, usual: string | null): string {
  const text = path === null || path.trim() === '' ? usual : path.trim()
  if (text === null) {
    throw new MillraceError('OPTION_REQUIRED', `'api_path' is required for the provider '${provider}'`, {
      hint: "add 'api_path'",
    })
  }
  const { protocol = '' } = URL.canParse(text) ? new URL(text) : {}
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new MillraceError('OPTION_INVALID', "'api_path' is not an address with http or https")
  }
  return text
}
