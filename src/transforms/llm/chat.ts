import type { ModelRequest } from '../../protocols/model/client.js'
import { JsonPath } from '../../protocols/model/json-path.js'
import type { CustomConfig } from '../../protocols/model/options.js'
import { fillTemplate, fillText } from '../../protocols/model/template.js'

/** What requests are made from. Plain data. */
export interface ChatConfig {
  readonly provider: string
  readonly model: string
  readonly apiKey: string | null
  readonly endpoint: string
  readonly prompt: string
  readonly outputType: string
  readonly custom: CustomConfig | null
}

/** The prompt with the rules that make its answer readable. @source SeaTunnel `AbstractModel.getPromptWithLimit` (the contract) */
export function promptWithRules({ prompt, outputType }: ChatConfig): string {
  return [
    prompt,
    'Follow these rules:',
    '1. You are given a JSON array of rows. Answer with a JSON array that has exactly one element for every row, in the same order.',
    '2. Answer with this array only: no explanation, no other text.',
    `3. Every element is a string that holds a value of the type ${outputType}.`,
    'Example: ["value1", "value2"]',
  ].join('\n')
}

/** The request that asks about rows. `input` is a JSON array of row objects. */
export function chatRequest(config: ChatConfig, input: string): ModelRequest {
  const { provider, model, apiKey, custom } = config
  const prompt = promptWithRules(config)
  const url = fillText(config.endpoint, { model })
  if (custom !== null) {
    const values = { model, prompt, input }
    const headers = Object.entries(custom.headers).map(([name, value]) => [name, fillText(value, values)] as const)
    const body = JSON.stringify(fillTemplate(custom.body, values))
    return { method: 'POST', url, headers: { 'content-type': 'application/json', ...lowerCase(headers) }, body }
  }
  const messages = [
    { role: 'system', content: prompt },
    { role: 'user', content: input },
  ]
  // The address of a Microsoft deployment names the model; its keys go into a header of their own.
  const isMicrosoft = provider === 'MICROSOFT'
  const key =
    apiKey === null ? {} : { authorization: `Bearer ${apiKey}`, ...(isMicrosoft ? { 'api-key': apiKey } : {}) }
  const headers = { 'content-type': 'application/json', ...key }
  return { method: 'POST', url, headers, body: JSON.stringify(isMicrosoft ? { messages } : { model, messages }) }
}

function lowerCase(headers: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]))
}

/**
 * The values that an answer has for `rows` rows, in their order; `null` when it has not exactly one for every row.
 *
 * Of one row the first value counts, as in the original.
 */
export function readAnswer(config: ChatConfig, answer: unknown, rows: number): readonly unknown[] | null {
  const found =
    config.custom === null
      ? new JsonPath('$.choices[0].message.content').read(answer)
      : new JsonPath(config.custom.responseParse).read(answer)
  const values = valuesOf(found, rows)
  if (values === null || values.length < rows || (rows > 1 && values.length > rows)) return null
  return values.slice(0, rows)
}

function valuesOf(found: unknown, rows: number): readonly unknown[] | null {
  if (typeof found === 'string') return arrayIn(found)
  if (!Array.isArray(found)) return null
  const [only] = found as readonly unknown[]
  // One text that holds the whole array, as chat interfaces answer.
  const inside = found.length === 1 && typeof only === 'string' ? arrayIn(only) : null
  return inside !== null && inside.length >= rows ? inside : (found as readonly unknown[])
}

/** The JSON array in a text, which models like to put into a fence. */
function arrayIn(text: string): readonly unknown[] | null {
  const plain = text.trim().replace(/^```\w*\s*([\s\S]*?)\s*```$/, '$1')
  try {
    const value = JSON.parse(plain) as unknown
    return Array.isArray(value) ? (value as readonly unknown[]) : null
  } catch {
    return null
  }
}

/** A value of the answer as one of the column's type; `undefined` when it is none. */
export function typedValue(value: unknown, type: string): string | number | bigint | boolean | null | undefined {
  if (value === null) return null
  if (type === 'STRING') return typeof value === 'object' ? JSON.stringify(value) : String(value)
  if (typeof value === 'object') return undefined
  const text = String(value).trim()
  if (type === 'BOOLEAN') return text.toLowerCase() === 'true'
  if (type === 'DOUBLE')
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^[+-]?Infinity$|^NaN$/i.test(text) ? Number(text) : undefined
  const isWhole = /^[+-]?\d+$/.test(text) && !(typeof value === 'number' && !Number.isSafeInteger(value))
  if (!isWhole) return undefined
  const whole = BigInt(text.replace(/^\+/, ''))
  return BigInt.asIntN(type === 'INT' ? 32 : 64, whole) === whole ? whole : undefined
}
