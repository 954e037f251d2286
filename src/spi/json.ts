import type { ConfigNode } from '../config/document.js'

/** Data that crosses threads and the kernel boundary. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json }

/**
 * A document's value as JSON for kernels. A number that a double would change is given as its text, which the kernels read
 * digit by digit.
 */
export function exactJson(node: ConfigNode): Json {
  switch (node.kind) {
    case 'number':
      return isExact(node.text, node.value) ? node.value : node.text
    case 'list':
      return node.items.map(exactJson)
    case 'object':
      return Object.fromEntries([...node.entries].map(([key, value]) => [key, exactJson(value)]))
    case 'null':
      return null
    default:
      return node.value
  }
}

function isExact(text: string, value: number): boolean {
  return String(value) === text || (Number.isSafeInteger(value) && /^-?\d+$/.test(text))
}
