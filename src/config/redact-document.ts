import type { SourcePosition } from '../core/error.js'
import {
  isCipherKey,
  isNameKey,
  isSecretKey,
  REDACTED,
  Redactor,
  redactUrls,
  secretPairs,
  urlSecrets,
} from '../core/redact.js'
import { type ConfigNode, type ConfigObject, nodeText } from './document.js'
import { sensitiveOptions } from './shade.js'

/**
 * A copy of a tree fit for logs: values of secret keys at any depth are `******`, and so are passwords inside URLs.
 *
 * @param secretKeys keys that are secret beside the known ones, as written.
 */
export function redactDocument(root: ConfigObject, secretKeys: Iterable<string> = []): ConfigObject {
  return redactObject(root, new Set([...secretKeys, ...sensitiveOptions(root)]))
}

function redactObject(object: ConfigObject, more: ReadonlySet<string>): ConfigObject {
  const entries = new Map<string, ConfigNode>()
  for (const [key, value] of object.entries)
    entries.set(key, isSecretKey(key, more) || isKeyOfCipher(key, value) ? hidden(value) : redactNode(value, more))
  return { ...object, entries }
}

function isKeyOfCipher(key: string, node: ConfigNode): boolean {
  return node.kind === 'string' && isCipherKey(key, node.value)
}

function redactNode(node: ConfigNode, more: ReadonlySet<string>): ConfigNode {
  if (node.kind === 'object') return redactObject(node, more)
  if (node.kind === 'list') return { ...node, items: node.items.map((item) => redactNode(item, more)) }
  if (node.kind !== 'string') return node
  const value = redactUrls(node.value)
  return value === node.value ? node : { ...node, value }
}

function hidden(node: ConfigNode): ConfigNode {
  const text = (position: SourcePosition): ConfigNode => ({ kind: 'string', position, value: REDACTED })
  if (node.kind === 'list') return { ...node, items: node.items.map((item) => text(item.position)) }
  return node.kind === 'null' ? node : text(node.position)
}

/** A redactor that knows the values of all secret keys of a tree, those of `env.shade.options` too, and the passwords in its URLs. */
export function redactorOf(root: ConfigObject): Redactor {
  const redactor = new Redactor()
  addSecrets(redactor, root, new Set(sensitiveOptions(root)), false)
  return redactor
}

/** Makes every text under the keys secret, at any depth of a tree: what a plug-in declares as secret is known only to its spec. */
export function addDeclaredSecrets(redactor: Redactor, root: ConfigObject, keys: ReadonlySet<string>): void {
  if (keys.size > 0) addSecrets(redactor, root, keys, false)
}

function addSecrets(redactor: Redactor, node: ConfigNode, more: ReadonlySet<string>, isSecret: boolean): void {
  switch (node.kind) {
    case 'object':
      for (const [key, value] of node.entries) {
        const isName = isNameKey(key) && !more.has(key)
        const isOwn = isSecretKey(key, more) || isKeyOfCipher(key, value)
        addSecrets(redactor, value, more, !isName && (isSecret || isOwn))
      }
      return
    case 'list':
      for (const item of node.items) addSecrets(redactor, item, more, isSecret)
      return
    case 'string':
    case 'number':
      if (isSecret) redactor.add(nodeText(node))
      else if (node.kind === 'string') for (const secret of urlSecrets(node.value)) redactor.add(secret)
      return
    default:
  }
}

/** A redactor for a text that does not parse: the values that seem to belong to secret keys. */
export function redactorOfText(text: string): Redactor {
  const redactor = new Redactor()
  for (const { key, value } of secretPairs(text)) {
    if (!isNameKey(key)) redactor.add(value.replaceAll(/^(?:"""|["'])|(?:"""|["'])$/g, ''))
  }
  for (const secret of urlSecrets(text)) redactor.add(secret)
  return redactor
}
