import type { ModelRequest } from '../../protocols/model/client.js'
import { JsonPath } from '../../protocols/model/json-path.js'
import type { CustomConfig } from '../../protocols/model/options.js'
import { fillTemplate, fillText } from '../../protocols/model/template.js'
import type { Json } from '../../spi/json.js'
import type { Modality } from './media.js'

/** What requests are made from. Plain data. */
export interface EmbeddingConfig {
  readonly provider: string
  readonly model: string
  readonly apiKey: string | null
  readonly secretKey: string | null
  readonly endpoint: string
  readonly oauthPath: string | null
  /** Length of the vectors that ZHIPU is asked for. */
  readonly dimension: number | null
  readonly isMultimodal: boolean
  readonly custom: CustomConfig | null
}

/** One thing that becomes one vector. */
export interface EmbeddingInput {
  readonly modality: Modality
  /** A text, an address, or a `data:` address of bytes. */
  readonly text: string
}

/** The request that asks for the vectors of inputs. `token` is QIANFAN's. */
export function embeddingRequest(
  config: EmbeddingConfig,
  inputs: readonly EmbeddingInput[],
  token: string | null,
): ModelRequest {
  const { provider, model, apiKey, custom } = config
  const texts = inputs.map((input) => input.text)
  const url = fillText(config.endpoint, { model })
  if (custom !== null) {
    const values = { model, input: texts }
    const headers = Object.entries(custom.headers).map(([name, value]) => [name.toLowerCase(), fillText(value, values)])
    const body = JSON.stringify(fillTemplate(custom.body, values))
    return {
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', ...Object.fromEntries(headers) },
      body,
    }
  }
  if (provider === 'QIANFAN') {
    const base = url.endsWith('/') ? url : `${url}/`
    const address = `${base}${encodeURIComponent(model)}?access_token=${encodeURIComponent(token ?? '')}`
    const body = JSON.stringify({ input: texts })
    return { method: 'POST', url: address, headers: { 'content-type': 'application/json' }, body }
  }
  const key = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }
  const headers = { 'content-type': 'application/json', ...key }
  return { method: 'POST', url, headers, body: JSON.stringify(bodyOf(config, inputs, texts)) }
}

function bodyOf(config: EmbeddingConfig, inputs: readonly EmbeddingInput[], texts: readonly string[]): Json {
  const { provider, model, dimension } = config
  if (config.isMultimodal) return { model, encoding_format: 'float', input: inputs.map(mediaInput) }
  if (provider === 'ZHIPU') return { model, dimensions: dimension, input: texts }
  // One input goes as a text: what every interface of this kind takes.
  return { model, input: provider === 'OPENAI' && texts.length === 1 ? (texts[0] ?? '') : texts }
}

function mediaInput({ modality, text }: EmbeddingInput): Json {
  if (modality.group === 'text') return { type: 'text', text: text.trim() }
  const type = `${modality.group}_url`
  return { type, [type]: { url: text.trim() } }
}

/** The request for QIANFAN's access token. */
export function tokenRequest({ oauthPath, apiKey, secretKey }: EmbeddingConfig): ModelRequest {
  const query = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: apiKey ?? '',
    client_secret: secretKey ?? '',
  })
  return { method: 'GET', url: `${oauthPath}?${query}`, headers: {}, body: null }
}

/** Whether QIANFAN says that its token is not, or no longer, valid. */
export function isTokenExpired(answer: unknown): boolean {
  const code = new JsonPath('$.error_code').read(answer)
  return code === 110 || code === 111
}

/** The vectors of an answer, one per input; `null` when it has not exactly as many, or something else in one. */
export function readVectors(config: EmbeddingConfig, answer: unknown, inputs: number): readonly Float32Array[] | null {
  const found = config.custom === null ? dataOf(answer) : new JsonPath(config.custom.responseParse).read(answer)
  // A path to one vector may lead to its numbers.
  const isOne = Array.isArray(found) && found.length > 0 && found.every((item) => typeof item === 'number')
  const vectors = isOne ? [found] : found
  if (!Array.isArray(vectors) || vectors.length !== inputs) return null
  const read = vectors.map(vectorOf)
  return read.every((vector) => vector !== null) ? read : null
}

/** What stands under `data`: a list of objects with an index, or for multimodal models one object. */
function dataOf(answer: unknown): unknown {
  const data = new JsonPath('$.data').read(answer)
  if (!Array.isArray(data)) return [new JsonPath('$.embedding').read(data)]
  const items = data as readonly { readonly index?: unknown; readonly embedding?: unknown }[]
  const isIndexed = items.every((item) => typeof item?.index === 'number')
  const ordered = isIndexed ? items.toSorted((left, right) => Number(left.index) - Number(right.index)) : items
  return ordered.map((item) => item?.embedding)
}

function vectorOf(value: unknown): Float32Array | null {
  const isVector = Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number')
  return isVector ? Float32Array.from(value as readonly number[]) : null
}
