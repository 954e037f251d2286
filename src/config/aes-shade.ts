import type { ShadeResult } from '../native/backend.js'
import type { ConfigShade, OpenShade, ShadeOutcome, ShadePolicy, ShadeSettings } from './shade.js'
import { findKeys, type KeyRing, type ShadeAccess } from './shade-key.js'

/** What every value begins with, whatever its version. */
const MARK = 'aes-256-gcm:'
/** Mark and version; the id of the key and `:` follow, then base64url of nonce, ciphertext and tag. */
const FORMAT = `${MARK}v1:`
const NONCE_BYTES = 12
const ENCRYPTED = /^aes-256-gcm:(v\d{1,3}):(?:([0-9a-f]{8}):)?/

/**
 * What is encrypted: the keys of every version of SeaTunnel and those under which plug-ins take secrets, at any depth. A key that is
 * added here makes files that were encrypted before fail, because its plain values are refused.
 */
const AES_POLICY: ShadePolicy = {
  keys: [
    'password',
    'username',
    'auth',
    'token',
    'access_key',
    'secret_key',
    'api_key',
    'private_key',
    'secret',
    'access_token',
    'passphrase',
    'private_key_passphrase',
    'sasl.jaas.config',
    'fs.s3a.access.key',
    'fs.s3a.secret.key',
  ],
  sections: ['env', 'source', 'transform', 'sink'],
  lists: 'each',
  depth: 'any',
}

/**
 * The shade `aes-256-gcm`: AES-256 in Galois/Counter mode with a random nonce for every value.
 *
 * A value looks like `aes-256-gcm:v1:KEYID:…`. Version and key id are bound to it, the place where it stands is not: a value may be
 * moved to another option or file, which is what people do with job files; in exchange somebody who may change the file can swap two
 * values of it, as he could swap the options themselves. Values are all encrypted or decrypted in one call of the kernels.
 */
export class AesShade implements ConfigShade {
  readonly identifier = 'aes-256-gcm'
  readonly policy = AES_POLICY
  readonly #access: ShadeAccess

  constructor(access: ShadeAccess) {
    this.#access = access
  }

  readonly isEncrypted = (text: string): boolean => text.startsWith(FORMAT)

  open(settings: ShadeSettings): OpenShade {
    const ring = findKeys(this.#access, settings)
    return {
      warnings: ring.warnings,
      encrypt: (texts) => this.#encrypt(ring, texts),
      decrypt: (texts) => this.#decrypt(ring, texts),
    }
  }

  /** Values that are encrypted with one of the keys already stay as they are, so that a new value can be added to a file. */
  #encrypt(ring: KeyRing, texts: readonly string[]): readonly ShadeOutcome[] {
    const prefixes = prefixesOf(ring)
    const plain = texts.filter((text) => !text.startsWith(FORMAT))
    const nonces = this.#access.randomBytes(plain.length * NONCE_BYTES)
    const [key] = ring.keys
    const keys = [{ prefix: prefixes[0] ?? FORMAT, bytes: key.bytes }]
    const sealed = this.#access.backend().shade('encrypt', keys, { texts: plain, nonces })
    let next = 0
    return texts.map((text) => {
      if (!text.startsWith(FORMAT)) return outcome(sealed[next++] ?? { refused: 'broken' }, text, ring)
      return prefixes.some((prefix) => text.startsWith(prefix)) ? text : outcome({ refused: 'prefix' }, text, ring)
    })
  }

  #decrypt(ring: KeyRing, texts: readonly string[]): readonly ShadeOutcome[] {
    const prefixes = prefixesOf(ring)
    const keys = ring.keys.map(({ bytes }, index) => ({ prefix: prefixes[index] ?? FORMAT, bytes }))
    const opened = this.#access.backend().shade('decrypt', keys, { texts, nonces: new Uint8Array() })
    return opened.map((result, index) => outcome(result, texts[index] ?? '', ring))
  }
}

function prefixesOf({ keys }: KeyRing): readonly string[] {
  return keys.map(({ id }) => `${FORMAT}${id}:`)
}

function outcome(result: ShadeResult, text: string, ring: KeyRing): ShadeOutcome {
  if (typeof result === 'string') return result
  const ids = ring.keys.map(({ id }) => `'${id}'`).join(', ')
  const [, version, keyId] = ENCRYPTED.exec(text) ?? []
  if (version === undefined) {
    const hint = "encrypt the file with 'millrace encrypt', or remove shade.identifier from env"
    return { message: 'the value is not encrypted', hint }
  }
  if (version !== 'v1') {
    return { message: `the value is encrypted in the form '${version}'`, hint: "this version knows the form 'v1'" }
  }
  if (result.refused === 'prefix' && keyId !== undefined) {
    const hint = `the key here is ${ids}; put the other one into a further line of the key file`
    return { message: `the value is encrypted with the key '${keyId}', which is not here`, hint }
  }
  return {
    message: 'the encrypted value was changed or cut off',
    hint: 'copy it again as a whole, or encrypt the value anew',
  }
}
