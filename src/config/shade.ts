import { MillraceError, MillraceErrors, type SourcePosition } from '../core/error.js'
import { AesShade } from './aes-shade.js'
import { type ConfigNode, type ConfigObject, lookup, nodeText } from './document.js'
import { type ShadeAccess, systemShadeAccess } from './shade-key.js'

/** A text after encryption or decryption, or why there is none. The reason never has the text in it. */
export type ShadeOutcome = string | { readonly message: string; readonly hint: string }

/** A shade with its settings, for one document. */
export interface OpenShade {
  /** `SHADE`: what the user should know although it works. */
  readonly warnings: readonly MillraceError[]
  /** One outcome per text, in order. */
  encrypt(texts: readonly string[]): readonly ShadeOutcome[]
  /** One outcome per text, in order. */
  decrypt(texts: readonly string[]): readonly ShadeOutcome[]
}

/** A way to encrypt the values of job documents. */
export interface ConfigShade {
  /** The value of `env.shade.identifier` that selects it. */
  readonly identifier: string
  /** Keys that are sensitive beside the usual ones. */
  readonly sensitiveKeys?: readonly string[]
  /** What it encrypts, where that is not for SeaTunnel to say. */
  readonly policy?: ShadePolicy
  /** Whether a text is one that it made; such texts are decrypted wherever they stand. Absent where that cannot be seen. */
  readonly isEncrypted?: (text: string) => boolean
  /** @throws MillraceError `SHADE` when its settings are not fit, for example without a key. */
  open(settings: ShadeSettings): OpenShade
}

/** What a document says of its encryption. */
export interface ShadeSettings {
  /** `env.shade.properties`. */
  readonly properties: ReadonlyMap<string, string>
  /** Of the identifier. */
  readonly position: SourcePosition
}

/** What is encrypted. */
export interface ShadePolicy {
  readonly keys: readonly string[]
  readonly sections: readonly ('env' | 'source' | 'transform' | 'sink')[]
  /** How a list is encrypted: every element, or as the one text `[a, b]`. Decryption always takes single elements. */
  readonly lists: 'each' | 'text'
  /** `top`: the keys of a plug-in's block itself; `any`: also those of objects in it. */
  readonly depth: 'top' | 'any'
}

/** What SeaTunnel 2.3.9 does, and what existing encrypted files were made with. */
export const SHADE_POLICY: ShadePolicy = {
  keys: ['password', 'username', 'auth', 'token'],
  sections: ['source', 'sink'],
  lists: 'text',
  depth: 'top',
}

/** What SeaTunnel 2.3.4 does. */
export const FIRST_SHADE_POLICY: ShadePolicy = { ...SHADE_POLICY, keys: ['password', 'username', 'auth'] }

/** What later versions of SeaTunnel do. */
export const EXTENDED_SHADE_POLICY: ShadePolicy = {
  keys: [...SHADE_POLICY.keys, 'access_key', 'secret_key'],
  sections: ['source', 'transform', 'sink'],
  lists: 'each',
  depth: 'top',
}

const BASE64_HINT = 'encrypt the value with --encrypt, or remove shade.identifier from env'

const base64Shade: ConfigShade = {
  identifier: 'base64',
  open: ({ position }) => ({
    warnings: [
      new MillraceError('SHADE', "shade 'base64' is no encryption: whoever sees the values can read them", {
        path: 'env.shade.identifier',
        position,
        hint: "use shade.identifier = aes-256-gcm, with a key made by 'millrace keygen'",
      }),
    ],
    encrypt: (texts) => texts.map((text) => Buffer.from(text, 'utf8').toString('base64')),
    decrypt: (texts) => texts.map(fromBase64),
  }),
}

/** Java's basic decoder: no other letters, missing padding allowed. */
function fromBase64(text: string): ShadeOutcome {
  const illegal = /[^A-Za-z0-9+/]/.exec(text.replace(/={1,2}$/, ''))?.[0]
  if (illegal !== undefined) {
    return { message: `Illegal base64 character ${illegal.charCodeAt(0).toString(16)}`, hint: BASE64_HINT }
  }
  if (text.replaceAll('=', '').length % 4 === 1) {
    return { message: 'Last unit does not have enough valid bits', hint: BASE64_HINT }
  }
  return Buffer.from(text, 'base64').toString('utf8')
}

/** The identifier that changes nothing. */
const IDENTITY = 'default'

/** The known shades by identifier. */
export class ShadeRegistry {
  readonly #shades = new Map<string, ConfigShade>()

  /**
   * @param access where keys and nonces come from; those of this process when absent.
   * @param more shades beside the built-in ones.
   */
  constructor(access: ShadeAccess = systemShadeAccess(), more: readonly ConfigShade[] = []) {
    for (const shade of [base64Shade, new AesShade(access), ...more]) this.#shades.set(shade.identifier, shade)
  }

  /** The shade of an identifier, or `null` when nobody registered it. */
  get(identifier: string): ConfigShade | null {
    return this.#shades.get(identifier) ?? null
  }

  /** All identifiers, for messages and help. */
  identifiers(): string[] {
    return [IDENTITY, ...this.#shades.keys()]
  }
}

/** A document after encryption or decryption. */
export interface ShadedDocument {
  readonly root: ConfigObject
  /**
   * `SHADE` when the identifier is not known: then nothing was changed; when the shade is none to rely on; when the key file may be
   * read by others.
   */
  readonly warnings: readonly MillraceError[]
  /** The values in the clear but for user names, never to be shown. */
  readonly secrets: readonly string[]
}

/**
 * Encrypts the sensitive values of every plug-in with the shade that `env.shade.identifier` names, all in one call.
 *
 * Texts that are base64 already are encrypted again. `null` stays `null`; numbers and booleans become texts first. Order of members,
 * members that are not known, and absent sections stay. This is the whole of `encrypt-config`.
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
 * @throws MillraceErrors `SHADE` with path and position of every value that cannot be decrypted.
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
  given: ShadePolicy,
  direction: 'encrypt' | 'decrypt',
): ShadedDocument {
  const env = root.entries.get('env')
  const identifier = env?.kind === 'object' ? lookup(env, 'shade.identifier') : null
  const name = identifier === null ? IDENTITY : nodeText(identifier.node)
  if (env?.kind !== 'object' || identifier === null || name === IDENTITY) return { root, warnings: [], secrets: [] }
  const { position } = identifier.node
  const shade = registry.get(name)
  if (shade === null) return { root, warnings: [unknownShade(name, position, registry)], secrets: [] }
  const policy = shade.policy ?? given
  const walk = {
    ...policy,
    keys: new Set([...policy.keys, ...(shade.sensitiveKeys ?? []), ...sensitiveOptions(root)]),
    lists: direction === 'encrypt' ? policy.lists : 'each',
    isEncrypted: direction === 'decrypt' ? shade.isEncrypted : undefined,
  } as const
  const found: SecretValue[] = []
  walkSections(root, {
    ...walk,
    take: (text, path, node) => {
      found.push({ text, path, position: node.position })
      return node
    },
  })
  if (found.length === 0) return { root, warnings: [], secrets: [] }
  const open = shade.open({ properties: shadeProperties(env), position })
  const texts = checked(open[direction](found.map(({ text }) => text)), found)
  let next = 0
  const shaded = walkSections(root, {
    ...walk,
    take: (_, __, node) => ({ kind: 'string', position: node.position, value: texts[next++] ?? '' }),
  })
  const plain = direction === 'encrypt' ? found.map(({ text }) => text) : texts
  const secrets = plain.filter((_, index) => !NAME_PATH.test(found[index]?.path ?? ''))
  return { root: shaded, warnings: open.warnings, secrets }
}

/** Names are encrypted, but not looked for in other texts. */
const NAME_PATH = /\.username(?:\[\d+\])*$/

interface SecretValue {
  readonly text: string
  readonly path: string
  readonly position: SourcePosition
}

function unknownShade(name: string, position: SourcePosition, registry: ShadeRegistry): MillraceError {
  const message = `no config shade is called '${name}': nothing is encrypted or decrypted, values are taken as they are`
  const hint = `use one of ${registry.identifiers().join(', ')}; shades in Java archives cannot be loaded`
  return new MillraceError('SHADE', message, { path: 'env.shade.identifier', position, hint })
}

/** The texts when there is one for every value. */
function checked(outcomes: readonly ShadeOutcome[], found: readonly SecretValue[]): readonly string[] {
  const faults = outcomes.flatMap((outcome, index) => {
    const value = found[index]
    if (typeof outcome === 'string' || value === undefined) return []
    const { path, position } = value
    return [new MillraceError('SHADE', outcome.message, { path, position, hint: outcome.hint })]
  })
  const [first, ...more] = faults
  if (first === undefined) return outcomes as readonly string[]
  throw more.length === 0 ? first : new MillraceErrors(faults)
}

/** The keys that `env.shade.options` adds. */
export function sensitiveOptions(root: ConfigObject): readonly string[] {
  const env = root.entries.get('env')
  const node = env?.kind === 'object' ? lookup(env, 'shade.options')?.node : undefined
  if (node?.kind === 'list') return node.items.map(nodeText)
  return node?.kind === 'string' ? node.value.split(',').map((key) => key.trim()) : []
}

function shadeProperties(env: ConfigObject): ReadonlyMap<string, string> {
  const node = lookup(env, 'shade.properties')?.node
  return new Map(node?.kind === 'object' ? [...node.entries].map(([key, value]) => [key, nodeText(value)]) : [])
}

/** Which values are visited, and what becomes of each. */
interface Walk extends Pick<ShadePolicy, 'sections' | 'lists' | 'depth'> {
  readonly keys: ReadonlySet<string>
  readonly isEncrypted: ((text: string) => boolean) | undefined
  /** Gets a value's text, its path and where it stood; gives what stands there. */
  readonly take: (text: string, path: string, node: ConfigNode) => ConfigNode
}

function walkSections(root: ConfigObject, walk: Walk): ConfigObject {
  const entries = new Map(root.entries)
  for (const section of walk.sections) {
    const node = root.entries.get(section)
    if (node?.kind === 'object' && section === 'env') entries.set(section, walkObject(node, section, walk))
    if (node?.kind !== 'list') continue
    const items = node.items.map((item, index) =>
      item.kind === 'object' ? walkObject(item, `${section}[${index}]`, walk) : item,
    )
    entries.set(section, { ...node, items })
  }
  return { ...root, entries }
}

function walkObject(object: ConfigObject, path: string, walk: Walk): ConfigObject {
  const entries = new Map(object.entries)
  for (const [key, value] of object.entries) {
    if (path === 'env' && /^shade(?:\.|$)/.test(key)) continue
    const at = `${path}.${key}`
    entries.set(key, walk.keys.has(key) ? walkSecret(value, at, walk) : walkValue(value, at, walk))
  }
  return { ...object, entries }
}

function walkValue(node: ConfigNode, path: string, walk: Walk): ConfigNode {
  if (node.kind === 'string') return walk.isEncrypted?.(node.value) === true ? walk.take(node.value, path, node) : node
  if (walk.depth === 'top') return node
  if (node.kind === 'object') return walkObject(node, path, walk)
  if (node.kind !== 'list') return node
  return { ...node, items: node.items.map((item, index) => walkValue(item, `${path}[${index}]`, walk)) }
}

function walkSecret(node: ConfigNode, path: string, walk: Walk): ConfigNode {
  if (node.kind === 'null') return node
  if (node.kind === 'list' && walk.lists === 'each') {
    return { ...node, items: node.items.map((item, index) => walkSecret(item, `${path}[${index}]`, walk)) }
  }
  if (node.kind === 'object' && walk.depth === 'any') {
    const members = [...node.entries].map(([key, value]) => [key, walkSecret(value, `${path}.${key}`, walk)] as const)
    return { ...node, entries: new Map(members) }
  }
  return walk.take(javaText(node), path, node)
}

/** A value as Java prints it: lists as `[a, b]`, objects as `{k=v}`. */
function javaText(node: ConfigNode): string {
  if (node.kind === 'list') return `[${node.items.map(javaText).join(', ')}]`
  if (node.kind === 'object')
    return `{${[...node.entries].map(([key, value]) => `${key}=${javaText(value)}`).join(', ')}}`
  return nodeText(node)
}
