import { MillraceError, type SourcePosition } from '../core/error.js'
import { type ConfigNode, type ConfigObject, lookup, nodeText } from './document.js'

/** A way to encrypt single values of job documents. */
export interface ConfigShade {
  /** The value of `env.shade.identifier` that selects it. */
  readonly identifier: string
  /** Keys that are sensitive beside the usual ones. */
  readonly sensitiveKeys?: readonly string[]
  encrypt(text: string, properties: ReadonlyMap<string, string>): string
  /** @throws MillraceError `SHADE` for a text that it did not make. */
  decrypt(text: string, properties: ReadonlyMap<string, string>): string
}

/** What is encrypted. */
export interface ShadePolicy {
  readonly keys: readonly string[]
  readonly sections: readonly string[]
  /** How a list is encrypted: every element, or as the one text `[a, b]`. Decryption always takes single elements. */
  readonly lists: 'each' | 'text'
}

/** What SeaTunnel 2.3.9 does, and what existing encrypted files were made with. */
export const SHADE_POLICY: ShadePolicy = {
  keys: ['password', 'username', 'auth', 'token'],
  sections: ['source', 'sink'],
  lists: 'text',
}

/** What later versions of SeaTunnel do. */
export const EXTENDED_SHADE_POLICY: ShadePolicy = {
  keys: [...SHADE_POLICY.keys, 'access_key', 'secret_key'],
  sections: ['source', 'transform', 'sink'],
  lists: 'each',
}

/** What is printed in place of a secret. */
export const REDACTED = '******'

/** Changes nothing; also used for identifiers that nobody registered, as SeaTunnel does. */
const identityShade: ConfigShade = { identifier: 'default', encrypt: (text) => text, decrypt: (text) => text }

const base64Shade: ConfigShade = {
  identifier: 'base64',
  encrypt: (text) => Buffer.from(text, 'utf8').toString('base64'),
  decrypt(text) {
    const illegal = /[^A-Za-z0-9+/]/.exec(text.replace(/={1,2}$/, ''))?.[0]
    if (illegal !== undefined) {
      const code = illegal.charCodeAt(0).toString(16)
      throw new MillraceError('SHADE', `Illegal base64 character ${code}`, { hint: DECRYPT_HINT })
    }
    if (text.replaceAll('=', '').length % 4 === 1) {
      throw new MillraceError('SHADE', 'Last unit does not have enough valid bits', { hint: DECRYPT_HINT })
    }
    return Buffer.from(text, 'base64').toString('utf8')
  },
}

const DECRYPT_HINT = 'encrypt the value with --encrypt, or remove shade.identifier from env'

/** The known shades by identifier. */
export class ShadeRegistry {
  private readonly shades = new Map<string, ConfigShade>()

  constructor(more: readonly ConfigShade[] = []) {
    for (const shade of [identityShade, base64Shade, ...more]) this.shades.set(shade.identifier, shade)
  }

  /** The shade of an identifier, or `null` when nobody registered it. */
  get(identifier: string): ConfigShade | null {
    return this.shades.get(identifier) ?? null
  }

  /** All identifiers, for messages and help. */
  identifiers(): string[] {
    return [...this.shades.keys()]
  }
}

/** A document after encryption or decryption. */
export interface ShadedDocument {
  readonly root: ConfigObject
  /** `SHADE` when the identifier is not known: then nothing was changed. */
  readonly warnings: readonly MillraceError[]
}

/**
 * Encrypts the sensitive top-level values of every plug-in with the shade that `env.shade.identifier` names.
 *
 * Texts that are encrypted already are encrypted again. `null` stays `null`; numbers and booleans become texts first.
 *
 * @throws MillraceError `SHADE` when source or sink is missing or empty.
 * @source SeaTunnel `ConfigShadeUtils.encryptConfig`
 */
export function encryptDocument(
  root: ConfigObject,
  registry = new ShadeRegistry(),
  policy = SHADE_POLICY,
): ShadedDocument {
  for (const section of ['source', 'sink'] as const) {
    const node = root.entries.get(section)
    if (node?.kind === 'list' && node.items.length > 0) continue
    const name = section === 'source' ? '<Source>' : '<Sink>'
    const message = `Miss ${name} config! Please check the config file.`
    throw new MillraceError('SHADE', message, {
      position: node?.position ?? root.position,
      path: section,
      hint: `add a ${section}`,
    })
  }
  return shadeDocument(root, registry, policy, 'encrypt')
}

/**
 * Decrypts what {@link encryptDocument} encrypts; without an identifier the document stays as it is.
 *
 * @throws MillraceError `SHADE` with the path and position of a value that cannot be decrypted.
 */
export function decryptDocument(
  root: ConfigObject,
  registry = new ShadeRegistry(),
  policy = SHADE_POLICY,
): ShadedDocument {
  return shadeDocument(root, registry, policy, 'decrypt')
}

function shadeDocument(
  root: ConfigObject,
  registry: ShadeRegistry,
  policy: ShadePolicy,
  direction: 'encrypt' | 'decrypt',
): ShadedDocument {
  const env = root.entries.get('env')
  const identifier = env?.kind === 'object' ? lookup(env, 'shade.identifier') : null
  if (env?.kind !== 'object' || identifier === null) return { root, warnings: [] }
  const name = nodeText(identifier.node)
  const shade = registry.get(name)
  if (shade === null) {
    const message = `no config shade is called '${name}', so values are taken as they are`
    const hint = `use one of ${registry.identifiers().join(', ')}`
    return { root, warnings: [new MillraceError('SHADE', message, { position: identifier.node.position, hint })] }
  }
  const keys = new Set([...policy.keys, ...(shade.sensitiveKeys ?? []), ...sensitiveOptions(env)])
  const properties = shadeProperties(env)
  const apply = (text: string) => shade[direction](text, properties)
  const entries = new Map(root.entries)
  for (const section of policy.sections) {
    const list = root.entries.get(section)
    if (list?.kind !== 'list') continue
    const items = list.items.map((item, index) =>
      item.kind === 'object'
        ? shadeElement(item, `${section}[${index}]`, keys, apply, direction === 'encrypt' ? policy.lists : 'each')
        : item,
    )
    entries.set(section, { ...list, items })
  }
  return { root: { ...root, entries }, warnings: [] }
}

function sensitiveOptions(env: ConfigObject): readonly string[] {
  const node = lookup(env, 'shade.options')?.node
  if (node?.kind === 'list') return node.items.map(nodeText)
  return node?.kind === 'string' ? node.value.split(',').map((key) => key.trim()) : []
}

function shadeProperties(env: ConfigObject): ReadonlyMap<string, string> {
  const node = lookup(env, 'shade.properties')?.node
  return new Map(node?.kind === 'object' ? [...node.entries].map(([key, value]) => [key, nodeText(value)]) : [])
}

function shadeElement(
  element: ConfigObject,
  path: string,
  keys: ReadonlySet<string>,
  apply: (text: string) => string,
  lists: 'each' | 'text',
): ConfigObject {
  const entries = new Map(element.entries)
  for (const [key, value] of element.entries) {
    if (keys.has(key)) entries.set(key, shadeValue(value, `${path}.${key}`, apply, lists))
  }
  return { ...element, entries }
}

function shadeValue(
  node: ConfigNode,
  path: string,
  apply: (text: string) => string,
  lists: 'each' | 'text',
): ConfigNode {
  if (node.kind === 'null') return node
  if (node.kind === 'list' && lists === 'each') {
    return { ...node, items: node.items.map((item, index) => shadeValue(item, `${path}[${index}]`, apply, lists)) }
  }
  const { position } = node
  try {
    return { kind: 'string', position, value: apply(javaText(node)) }
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    throw new MillraceError(error.code, error.message, { ...error.details, path, position })
  }
}

/** A value as Java prints it: lists as `[a, b]`, objects as `{k=v}`. */
function javaText(node: ConfigNode): string {
  if (node.kind === 'list') return `[${node.items.map(javaText).join(', ')}]`
  if (node.kind === 'object')
    return `{${[...node.entries].map(([key, value]) => `${key}=${javaText(value)}`).join(', ')}}`
  return nodeText(node)
}

const SECRET_KEYS: ReadonlySet<string> = new Set([
  ...EXTENDED_SHADE_POLICY.keys.map(plainKey),
  'secret',
  'api_key',
  'private_key',
  'access_token',
  'sasl_jaas_config',
  'passphrase',
])
const SECRET_ENDING = /_(?:password|passphrase|token|secret|secret_key|access_key|api_key|private_key)$/
const URL_SECRET = /((?:[?&;]|\b)(?:password|pwd|token|secret)=)[^&;\s]+/gi
const URL_USER = /(\/\/[^/\s:@]+:)[^/\s@]+@/g

function plainKey(key: string): string {
  return key
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[._-]+/g, '_')
}

/** Whether a key, in any spelling, holds a secret; `more` are keys that a plug-in or `env.shade.options` declares. */
export function isSecretKey(key: string, more: ReadonlySet<string> = new Set()): boolean {
  const plain = plainKey(key)
  return SECRET_KEYS.has(plain) || SECRET_ENDING.test(plain) || more.has(key)
}

/**
 * A copy of a tree fit for logs: values of secret keys at any depth are `******`, and so are passwords inside URLs.
 *
 * @param secretKeys keys that are secret beside the known ones, as written.
 */
export function redactDocument(root: ConfigObject, secretKeys: Iterable<string> = []): ConfigObject {
  const env = root.entries.get('env')
  const more = new Set([...secretKeys, ...(env?.kind === 'object' ? sensitiveOptions(env) : [])])
  return redactObject(root, more)
}

function redactObject(object: ConfigObject, more: ReadonlySet<string>): ConfigObject {
  const entries = new Map<string, ConfigNode>()
  for (const [key, value] of object.entries)
    entries.set(key, isSecretKey(key, more) ? hidden(value) : redactNode(value, more))
  return { ...object, entries }
}

function redactNode(node: ConfigNode, more: ReadonlySet<string>): ConfigNode {
  if (node.kind === 'object') return redactObject(node, more)
  if (node.kind === 'list') return { ...node, items: node.items.map((item) => redactNode(item, more)) }
  if (node.kind !== 'string') return node
  const value = redactUrls(node.value)
  return value === node.value ? node : { ...node, value }
}

/** A text with the passwords inside its URLs and connection strings replaced by `******`. */
export function redactUrls(text: string): string {
  return text.replaceAll(URL_USER, `$1${REDACTED}@`).replaceAll(URL_SECRET, `$1${REDACTED}`)
}

function hidden(node: ConfigNode): ConfigNode {
  const text = (position: SourcePosition): ConfigNode => ({ kind: 'string', position, value: REDACTED })
  if (node.kind === 'list') return { ...node, items: node.items.map((item) => text(item.position)) }
  return node.kind === 'null' ? node : text(node.position)
}
