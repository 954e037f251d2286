import { createHash, randomBytes } from 'node:crypto'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { MillraceError, type SourcePosition } from '../core/error.js'
import type { KernelBackend } from '../native/backend.js'
import { kernelBackend } from '../native/load.js'

/** Environment variable with the path of the key file. */
export const KEY_FILE_VARIABLE = 'MILLRACE_CONFIG_KEY_FILE'
/** Environment variable with the key itself. */
export const KEY_VARIABLE = 'MILLRACE_CONFIG_KEY'
/** Member of `env.shade.properties` with the path of the key file. */
export const KEY_FILE_PROPERTY = 'key_file'
/** Bytes of a key. */
export const KEY_BYTES = 32
/** Largest key file in bytes. */
const KEY_FILE_LIMIT_BYTES = 64 * 1024
const GROUP_OR_OTHERS_READ = 0o044
const GROUP_OR_OTHERS_WRITE = 0o022

/** What encryption needs of the machine. */
export interface ShadeAccess {
  readonly backend: () => KernelBackend
  /** Bytes that nobody can foresee. */
  readonly randomBytes: (count: number) => Uint8Array
  readonly variables: ReadonlyMap<string, string>
  /** The key file that the node is set to, or `null`. */
  readonly keyFile: string | null
  /** Whether a document may name the key file. Only documents of somebody who may read the file anyway: those of the command line. */
  readonly trustsDocuments: boolean
}

/** The access of this process. Settings that are absent are those of its environment, and documents are not trusted. */
export function systemShadeAccess(
  settings: Partial<Pick<ShadeAccess, 'variables' | 'keyFile' | 'trustsDocuments'>> = {},
): ShadeAccess {
  return {
    backend: kernelBackend,
    randomBytes,
    variables: settings.variables ?? processVariables(),
    keyFile: settings.keyFile ?? null,
    trustsDocuments: settings.trustsDocuments ?? false,
  }
}

function processVariables(): ReadonlyMap<string, string> {
  const names = [KEY_FILE_VARIABLE, KEY_VARIABLE]
  return new Map(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])))
}

/** A key and its name. */
export interface ConfigKey {
  /** Eight hexadecimal digits of a digest of the key: tells keys apart and gives nothing of them away. */
  readonly id: string
  /** 32 bytes. */
  readonly bytes: Uint8Array
}

/** The keys of a document: the first encrypts, all decrypt. */
export interface KeyRing {
  readonly keys: readonly [ConfigKey, ...ConfigKey[]]
  readonly warnings: readonly MillraceError[]
}

/** Settings of a document that keys are looked up with. */
export interface KeyRequest {
  readonly properties: ReadonlyMap<string, string>
  /** Where errors point to; a relative `key_file` is meant relative to its file. */
  readonly position: SourcePosition
}

/**
 * Finds the keys: `env.shade.properties.key_file` of a trusted document, the node's setting, `MILLRACE_CONFIG_KEY_FILE`,
 * `MILLRACE_CONFIG_KEY`; the first of them that is there.
 *
 * @throws MillraceError `SHADE` when there is none, or it is no key, or others may change the file.
 */
export function findKeys(access: ShadeAccess, { properties, position }: KeyRequest): KeyRing {
  const named = properties.get(KEY_FILE_PROPERTY)
  const path = 'env.shade.properties'
  const ignored =
    named === undefined || access.trustsDocuments
      ? []
      : [
          new MillraceError('SHADE', `'${KEY_FILE_PROPERTY}' has no effect in a document that was sent to the node`, {
            path,
            position,
            hint: `the node uses its own key, see ${KEY_FILE_VARIABLE}`,
          }),
        ]
  const trusted = access.trustsDocuments && named !== undefined ? resolve(dirname(position.file), named) : null
  const file = trusted ?? access.keyFile ?? (access.variables.get(KEY_FILE_VARIABLE) || null)
  if (file !== null) {
    const { keys, warnings } = readKeyFile(file, position)
    return { keys, warnings: [...ignored, ...warnings] }
  }
  const text = access.variables.get(KEY_VARIABLE) ?? ''
  if (text.trim() !== '') return { keys: parseKeys(text, KEY_VARIABLE, position), warnings: ignored }
  throw new MillraceError('SHADE', "there is no key for shade 'aes-256-gcm'", {
    path: 'env.shade.identifier',
    position,
    hint: `make a key file with 'millrace keygen FILE' and name it in ${KEY_FILE_VARIABLE}`,
  })
}

function readKeyFile(file: string, position: SourcePosition): KeyRing {
  const refuse = (message: string, hint: string, cause?: unknown): MillraceError =>
    new MillraceError('SHADE', message, { path: 'env.shade.identifier', position, hint, cause })
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch (cause) {
    throw refuse(`the key file '${file}' cannot be read`, "make one with 'millrace keygen FILE'", cause)
  }
  try {
    const stat = fstatSync(descriptor)
    if (!stat.isFile() || stat.size > KEY_FILE_LIMIT_BYTES)
      throw refuse(`'${file}' is no key file`, "make one with 'millrace keygen FILE'")
    // What a mode says is known on POSIX only.
    const mode = process.platform === 'win32' ? 0 : stat.mode
    if ((mode & GROUP_OR_OTHERS_WRITE) !== 0)
      throw refuse(`others may change the key file '${file}'`, `run: chmod 600 ${file}`)
    const keys = parseKeys(readFileSync(descriptor, 'utf8'), file, position)
    const isOpen = (mode & GROUP_OR_OTHERS_READ) !== 0
    return {
      keys,
      warnings: isOpen ? [refuse(`others may read the key file '${file}'`, `run: chmod 600 ${file}`)] : [],
    }
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Reads keys: 32 bytes each as base64 or 64 hexadecimal digits, one a line; `#` begins a comment.
 *
 * @param source the file or variable, for errors.
 * @throws MillraceError `SHADE`, without any part of the text, when there is no key or something else.
 */
export function parseKeys(
  text: string,
  source: string,
  position?: SourcePosition,
): readonly [ConfigKey, ...ConfigKey[]] {
  const words = text.split(/\r?\n/).flatMap((line) =>
    line
      .replace(/#.*$/, '')
      .split(/[\s,]+/)
      .filter((word) => word !== ''),
  )
  const keys = words.map((word) => {
    const bytes = keyBytes(word)
    if (bytes === null) {
      const hint = "a key is 32 bytes as base64 or as 64 hexadecimal digits, as 'millrace keygen' makes it"
      throw new MillraceError('SHADE', `'${source}' has something that is no key`, { position, hint })
    }
    return { id: keyId(bytes), bytes }
  })
  const [first, ...more] = keys
  if (first === undefined) throw new MillraceError('SHADE', `'${source}' has no key`, { position })
  return [first, ...more]
}

function keyBytes(word: string): Uint8Array | null {
  if (/^[0-9a-f]{64}$/i.test(word)) return Buffer.from(word, 'hex')
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(word)) return null
  const bytes = Buffer.from(word, 'base64')
  return bytes.length === KEY_BYTES ? bytes : null
}

/** The name of a key. */
function keyId(bytes: Uint8Array): string {
  return createHash('sha256').update('millrace config key ').update(bytes).digest('hex').slice(0, 8)
}

/** The text of a key file with one new key. */
export function newKeyFile(random: (count: number) => Uint8Array = randomBytes): {
  readonly id: string
  readonly text: string
} {
  const bytes = random(KEY_BYTES)
  const id = keyId(bytes)
  const key = Buffer.from(bytes).toString('base64')
  const text = [
    `# Millrace config key ${id}. Whoever has it can read the encrypted values of job files.`,
    '# The first key encrypts; keys in further lines only decrypt. To change keys put the new one in front.',
    key,
    '',
  ].join('\n')
  return { id, text }
}
