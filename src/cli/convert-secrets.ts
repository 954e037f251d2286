import { type ConfigObject, fromJson, lookup, toJsonText } from '../config/document.js'
import { redactorOf } from '../config/redact-document.js'
import { decryptDocument, encryptDocument } from '../config/shade.js'
import { MillraceError } from '../core/error.js'
import { type JobFileRequest, readJobTree, shadesOf } from './job-file.js'

/** A job file with its secrets converted. */
export interface ConvertedSecrets {
  /** Pretty JSON, members in the order of the file. */
  readonly text: string
  readonly warnings: readonly MillraceError[]
}

/** What may be asked beside the direction. */
export interface ConvertOptions {
  /** The shade to encrypt with, whatever the file says; it is written into the result. */
  readonly shade?: string | null
  /** Whether a file that names no shade, or one that is not known, is refused instead of being given back as it is. */
  readonly isStrict?: boolean
}

/**
 * Encrypts or decrypts the secrets of a job file with the shade that its `env` names. The file itself is not touched.
 *
 * @throws MillraceError `SHADE`, `CONFIG_FILE_NOT_FOUND`, `CONFIG_FILE_UNREADABLE`, and MillraceErrors of the text.
 */
export function convertedSecrets(
  request: Omit<JobFileRequest, 'redactor'>,
  direction: 'encrypt' | 'decrypt',
  { shade = null, isStrict = false }: ConvertOptions = {},
): ConvertedSecrets {
  const written = readJobTree(request, null)
  const shades = shadesOf(request)
  const root = shade === null ? written : withShade(written, shade)
  if (isStrict) requireShade(root, shades.identifiers())
  try {
    const { root: converted, warnings } =
      direction === 'encrypt' ? encryptDocument(root, shades) : decryptDocument(root, shades)
    return { text: toJsonText(converted, 4), warnings }
  } catch (thrown) {
    throw redactorOf(written).thrown(thrown)
  }
}

function identifierOf(root: ConfigObject): string | null {
  const env = root.entries.get('env')
  const node = env?.kind === 'object' ? lookup(env, 'shade.identifier')?.node : undefined
  return node?.kind === 'string' ? node.value : null
}

/** The document with the identifier in place of its own. One that is encrypted with another shade is refused. */
function withShade(root: ConfigObject, shade: string): ConfigObject {
  const own = identifierOf(root)
  if (own === shade) return root
  const env = root.entries.get('env')
  if (own !== null && own !== 'default') {
    throw new MillraceError('SHADE', `the file is encrypted with shade '${own}'`, {
      path: 'env.shade.identifier',
      position: env?.position,
      hint: "decrypt it first with 'millrace decrypt'",
    })
  }
  const identifier = fromJson(shade, root.position)
  const members = env?.kind === 'object' ? [...env.entries].filter(([key]) => key !== 'shade.identifier') : []
  const newEnv: ConfigObject = {
    kind: 'object',
    position: env?.position ?? root.position,
    entries: new Map([['shade.identifier', identifier], ...members]),
    keyPositions: env?.kind === 'object' ? env.keyPositions : new Map(),
  }
  const others = [...root.entries].filter(([key]) => key !== 'env')
  return { ...root, entries: new Map([['env', newEnv], ...others]) }
}

function requireShade(root: ConfigObject, known: readonly string[]): void {
  const identifier = identifierOf(root)
  if (identifier !== null && identifier !== 'default' && known.includes(identifier)) return
  const message =
    identifier === null || identifier === 'default'
      ? 'the file names no shade to encrypt its values with'
      : `no config shade is called '${identifier}'`
  const position = root.entries.get('env')?.position
  const hint = 'give --shade aes-256-gcm, or set shade.identifier in env'
  throw new MillraceError('SHADE', message, { path: 'env.shade.identifier', position, hint })
}
