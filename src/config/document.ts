import type { SourcePosition } from '../core/error.js'

/**
 * What a job document consists of after parsing: a tree in which every value knows where it was written.
 *
 * Objects are maps in the order of the text, so `__proto__` and `constructor` are ordinary keys.
 */
export type ConfigNode = ConfigNull | ConfigBoolean | ConfigNumber | ConfigString | ConfigList | ConfigObject

/** The literal `null`. */
export interface ConfigNull {
  readonly kind: 'null'
  readonly position: SourcePosition
}

/** `true` or `false`. */
export interface ConfigBoolean {
  readonly kind: 'boolean'
  readonly position: SourcePosition
  readonly value: boolean
}

/** A number as it was written; `value` is its nearest double, `text` keeps all digits. */
export interface ConfigNumber {
  readonly kind: 'number'
  readonly position: SourcePosition
  readonly text: string
  readonly value: number
}

/** A text. */
export interface ConfigString {
  readonly kind: 'string'
  readonly position: SourcePosition
  readonly value: string
  /** Where the first character of the text stands, when the text is in the file character by character. */
  readonly textPosition?: SourcePosition
}

/**
 * The place of a byte of a text in its file; the place of the whole text when it is not in the file character by character.
 *
 * @param offsetBytes offset in the UTF-8 form of the text.
 */
export function positionInText({ value, position, textPosition }: ConfigString, offsetBytes: number): SourcePosition {
  if (textPosition === undefined) return position
  const before = Buffer.from(value).subarray(0, offsetBytes).toString('utf8')
  const lastBreak = before.lastIndexOf('\n')
  if (lastBreak < 0) return { ...textPosition, column: textPosition.column + before.length }
  const line = textPosition.line + before.split('\n').length - 1
  return { ...textPosition, line, column: before.length - lastBreak }
}

/** A list. */
export interface ConfigList {
  readonly kind: 'list'
  readonly position: SourcePosition
  readonly items: readonly ConfigNode[]
}

/** An object; `keyPositions` has the same keys as `entries` where the text had a key. */
export interface ConfigObject {
  readonly kind: 'object'
  readonly position: SourcePosition
  readonly entries: ReadonlyMap<string, ConfigNode>
  readonly keyPositions: ReadonlyMap<string, SourcePosition>
}

/** The plain value of a node. Integers outside ±(2^53 − 1) are bigints; objects have no prototype. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | { [key: string]: JsonValue }

const INTEGER_TEXT = /^-?\d+$/
const JSON_NUMBER_TEXT = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** The plain value of a tree, key order kept. */
export function toJson(node: ConfigNode): JsonValue {
  switch (node.kind) {
    case 'null':
      return null
    case 'boolean':
    case 'string':
      return node.value
    case 'number':
      return INTEGER_TEXT.test(node.text) && !Number.isSafeInteger(node.value) ? BigInt(node.text) : node.value
    case 'list':
      return node.items.map(toJson)
    case 'object': {
      const result: { [key: string]: JsonValue } = Object.create(null)
      for (const [key, value] of node.entries) result[key] = toJson(value)
      return result
    }
  }
}

/**
 * The JSON text of a tree: key order kept, every digit of a number kept.
 *
 * @param indent blanks per level; 0 writes one line. With an indent members look like `"key" : value`, as SeaTunnel prints them.
 */
export function toJsonText(node: ConfigNode, indent = 0): string {
  return jsonText(node, indent, '\n')
}

function jsonText(node: ConfigNode, indent: number, newline: string): string {
  const inner = indent === 0 ? '' : newline + ' '.repeat(indent)
  const outer = indent === 0 ? '' : newline
  switch (node.kind) {
    case 'null':
      return 'null'
    case 'boolean':
      return String(node.value)
    case 'string':
      return JSON.stringify(node.value)
    case 'number':
      return numberText(node)
    case 'list': {
      if (node.items.length === 0) return '[]'
      return `[${node.items.map((item) => inner + jsonText(item, indent, inner)).join(',')}${outer}]`
    }
    case 'object': {
      if (node.entries.size === 0) return '{}'
      const colon = indent === 0 ? ':' : ' : '
      const members = [...node.entries].map(
        ([key, value]) => inner + JSON.stringify(key) + colon + jsonText(value, indent, inner),
      )
      return `{${members.join(',')}${outer}}`
    }
  }
}

function numberText(node: ConfigNumber): string {
  if (JSON_NUMBER_TEXT.test(node.text)) return node.text
  return INTEGER_TEXT.test(node.text) ? String(BigInt(node.text)) : String(node.value)
}

/** The text of a scalar as an option of type string sees it; lists and objects are their JSON text, null is `null`. */
export function nodeText(node: ConfigNode): string {
  switch (node.kind) {
    case 'string':
      return node.value
    case 'number':
      return node.text
    default:
      return toJsonText(node)
  }
}

/** `a string`, `a number`, …: how an error names what it found. */
export function nodeKindText(node: ConfigNode): string {
  switch (node.kind) {
    case 'null':
      return 'null'
    case 'object':
      return 'an object'
    default:
      return `a ${node.kind}`
  }
}

/** An object made by code, for example from a plain value; every part has the one position given. */
export function fromJson(value: unknown, position: SourcePosition): ConfigNode {
  if (value === null || value === undefined) return { kind: 'null', position }
  switch (typeof value) {
    case 'boolean':
      return { kind: 'boolean', position, value }
    case 'number':
      return { kind: 'number', position, text: String(value), value }
    case 'bigint':
      return { kind: 'number', position, text: String(value), value: Number(value) }
    case 'string':
      return { kind: 'string', position, value }
    default:
  }
  if (Array.isArray(value)) return { kind: 'list', position, items: value.map((item) => fromJson(item, position)) }
  const members = value instanceof Map ? [...value] : Object.entries(value)
  return objectOf(
    members.map(([key, member]): [string, ConfigNode] => [String(key), fromJson(member, position)]),
    position,
  )
}

/** An object of the given members, in their order. */
export function objectOf(members: Iterable<readonly [string, ConfigNode]>, position: SourcePosition): ConfigObject {
  const entries = new Map<string, ConfigNode>()
  const keyPositions = new Map<string, SourcePosition>()
  for (const [key, value] of members) {
    entries.set(key, value)
    keyPositions.set(key, value.position)
  }
  return { kind: 'object', position, entries, keyPositions }
}

/** Where a looked-up value was found. */
export interface LookupResult {
  readonly node: ConfigNode
  /** The key under which it was found: the option's own or one of its fallbacks. */
  readonly key: string
  /** The fallback key that was used instead of the option's own, else `null`. */
  readonly fallback: string | null
  /** Position of the key; the value's where the text had no key. */
  readonly position: SourcePosition
}

/**
 * Finds an option: the exact flat key first, then the key split at dots and walked as nested objects, then each fallback
 * key in the same two ways. A literal `null` counts as absent.
 *
 * @returns `null` when it is absent.
 * @source SeaTunnel `ReadonlyConfig.getOptional`
 */
export function lookup(root: ConfigObject, key: string, fallbacks: readonly string[] = []): LookupResult | null {
  const own = findKey(root, key)
  if (own !== null) return { ...own, key, fallback: null }
  for (const fallback of fallbacks) {
    const found = findKey(root, fallback)
    if (found !== null) return { ...found, key: fallback, fallback }
  }
  return null
}

function findKey(root: ConfigObject, key: string): { node: ConfigNode; position: SourcePosition } | null {
  const direct = root.entries.get(key)
  if (direct !== undefined && direct.kind !== 'null') {
    return { node: direct, position: root.keyPositions.get(key) ?? direct.position }
  }
  if (!key.includes('.')) return null
  let object: ConfigObject = root
  const parts = key.split('.')
  for (const [index, part] of parts.entries()) {
    const node = object.entries.get(part)
    if (node === undefined || node.kind === 'null') return null
    if (index === parts.length - 1) return { node, position: object.keyPositions.get(part) ?? node.position }
    if (node.kind !== 'object') return null
    object = node
  }
  return null
}
