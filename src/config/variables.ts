import { MillraceError, type SourcePosition } from '../core/error.js'
import type { ConfigNode, ConfigObject } from './document.js'
import type { ExternalLookup } from './hocon/resolver.js'
import { parseJsonValue } from './json.js'

/**
 * Names that stand for parts of the table a sink writes. They are filled in per table, so a job variable cannot have them.
 *
 * @source SeaTunnel `TablePlaceholder`
 */
export const RESERVED_PLACEHOLDERS: ReadonlySet<string> = new Set([
  'database_name',
  'schema_name',
  'schema_full_name',
  'table_name',
  'table_full_name',
  'primary_key',
  'unique_key',
  'field_names',
])

const PLACEHOLDER = /\$\{([^:{}]+)(?::([^}]*))?\}/g
const WHOLE_PLACEHOLDER = /^\$\{([^:{}]+)(?::[^}]*)?\}$/

/** Job variables and what was odd about them. */
export interface ParsedVariables {
  /** Values by name; of a repeated name the last. */
  readonly variables: ReadonlyMap<string, string>
  /** `CONFIG_VARIABLE` for pieces without `=`, which have no effect. */
  readonly warnings: readonly MillraceError[]
}

/** Splits the text of one `-i` at commas outside `"…"` and `[…]`; pieces are trimmed, empty ones dropped. */
export function splitVariables(argument: string): string[] {
  const pieces: string[] = []
  let piece = ''
  let quoted = false
  let bracketed = false
  for (const char of argument) {
    if (char === '"') quoted = !quoted
    else if (char === '[') bracketed = true
    else if (char === ']') bracketed = false
    if (char === ',' && !quoted && !bracketed) {
      pieces.push(piece.trim())
      piece = ''
    } else piece += char
  }
  pieces.push(piece.trim())
  return pieces.filter((each) => each !== '')
}

/**
 * Reads the `-i` arguments of the command line: `name=value`, split at the first `=`.
 *
 * @throws MillraceError `CONFIG_VARIABLE` for a reserved name.
 */
export function parseVariables(args: readonly string[]): ParsedVariables {
  const variables = new Map<string, string>()
  const warnings: MillraceError[] = []
  for (const piece of args.flatMap(splitVariables)) {
    const equals = piece.indexOf('=')
    if (equals < 0) {
      const hint = `write -i ${piece}=value`
      warnings.push(new MillraceError('CONFIG_VARIABLE', `variable '${piece}' has no value and no effect`, { hint }))
      continue
    }
    const name = piece.slice(0, equals).trim()
    if (RESERVED_PLACEHOLDERS.has(name)) {
      const message = `System placeholders cannot be used. Incorrect config parameter: ${name}`
      throw new MillraceError('CONFIG_VARIABLE', message, {
        hint: `'${name}' is filled in per table; use another name`,
      })
    }
    variables.set(name, piece.slice(equals + 1))
  }
  return { variables, warnings }
}

/** Answers unquoted substitutions: variables first, then the environment. A value like `[a,b]` is a list. */
export function externalLookup(
  variables: ReadonlyMap<string, string>,
  environment: ReadonlyMap<string, string>,
): ExternalLookup {
  return (name, position) => {
    const value = variables.get(name) ?? environment.get(name)
    return value === undefined ? null : variableNode(value, position)
  }
}

/** The node of a variable's value: a list for `[a,b]`, else a text. */
function variableNode(value: string, position: SourcePosition): ConfigNode {
  if (!value.startsWith('[') || !value.endsWith(']')) return { kind: 'string', position, value }
  const json = parseJsonValue(value, position)
  if (json !== null) return json
  const inner = value.slice(1, -1)
  const texts = inner.trim() === '' ? [] : inner.split(',').map((item) => item.trim())
  return { kind: 'list', position, items: texts.map((text) => ({ kind: 'string', position, value: text })) }
}

/**
 * Replaces `${name}` and `${name:default}` in a text. An absent or empty variable gives the default, blanks around it
 * dropped; without one the placeholder stays as it is, as do the reserved names.
 */
export function substituteText(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replaceAll(PLACEHOLDER, (placeholder: string, name: string, fallback: string | undefined) => {
    if (RESERVED_PLACEHOLDERS.has(name)) return placeholder
    const value = variables.get(name)
    if (value !== undefined && value !== '') return value
    return fallback?.trim() ?? value ?? placeholder
  })
}

/** Replaces the placeholders in every text of a tree, at any depth. Keys stay as they are. */
export function substituteVariables(root: ConfigObject, variables: ReadonlyMap<string, string>): ConfigObject {
  return substituteObject(root, variables)
}

function substituteObject(object: ConfigObject, variables: ReadonlyMap<string, string>): ConfigObject {
  const entries = new Map<string, ConfigNode>()
  let changed = false
  for (const [key, value] of object.entries) {
    const replaced = substituteNode(value, variables)
    if (replaced !== value) changed = true
    entries.set(key, replaced)
  }
  return changed ? { ...object, entries } : object
}

function substituteNode(node: ConfigNode, variables: ReadonlyMap<string, string>): ConfigNode {
  if (node.kind === 'object') return substituteObject(node, variables)
  if (node.kind === 'list') {
    const items = node.items.map((item) => substituteNode(item, variables))
    return items.some((item, index) => item !== node.items[index]) ? { ...node, items } : node
  }
  if (node.kind !== 'string' || !node.value.includes('${')) return node
  const whole = WHOLE_PLACEHOLDER.exec(node.value)?.[1]
  const value = substituteText(node.value, variables)
  if (value === node.value) return node
  return whole !== undefined && variables.get(whole) === value ? variableNode(value, node.position) : { ...node, value }
}
