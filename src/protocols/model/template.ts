import type { Json } from '../../spi/json.js'

/**
 * A JSON value with its placeholders `${name}` or `${name:default}` replaced in every text at any depth. A text that is nothing
 * but a placeholder becomes the value itself, and a list of nothing but one placeholder becomes its list.
 *
 * @param values texts, or lists for placeholders that may stand for several inputs.
 * @source SeaTunnel `CustomConfigPlaceholder`
 */
export function fillTemplate(template: Json, values: Readonly<Record<string, string | readonly Json[]>>): Json {
  if (typeof template === 'string') return fillText(template, values)
  if (template === null || typeof template !== 'object') return template
  if (Array.isArray(template)) {
    const [only] = template as readonly Json[]
    const list = template.length === 1 && typeof only === 'string' ? listOf(only, values) : null
    return list ?? (template as readonly Json[]).map((item) => fillTemplate(item, values))
  }
  return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, fillTemplate(item as Json, values)]))
}

const PLACEHOLDER = /\$\{(\w+)(?::([^}]*))?\}/g

function listOf(text: string, values: Readonly<Record<string, string | readonly Json[]>>): readonly Json[] | null {
  const name = /^\$\{(\w+)(?::[^}]*)?\}$/.exec(text)?.[1]
  const value = name === undefined || !Object.hasOwn(values, name) ? undefined : values[name]
  return Array.isArray(value) ? (value as readonly Json[]) : null
}

/** A text with its placeholders replaced; of a list the first value. Placeholders that are not known stay. */
export function fillText(text: string, values: Readonly<Record<string, string | readonly Json[]>>): string {
  return text.replace(PLACEHOLDER, (whole, name: string, otherwise: string | undefined) => {
    if (!Object.hasOwn(values, name)) return whole
    const value = values[name] ?? ''
    const single = typeof value === 'string' ? value : String(value[0] ?? '')
    return single === '' && otherwise !== undefined ? otherwise.trim() : single
  })
}
