import { writeFileSync } from 'node:fs'
import { KEY_FILE_VARIABLE, newKeyFile } from '../config/shade-key.js'
import { MillraceError } from '../core/error.js'
import { type CommandSurface, readArguments } from './command.js'
import { convertedSecrets } from './convert-secrets.js'
import { type CliEnvironment, EXIT } from './environment.js'
import { ErrorReporter } from './error-report.js'

const VARIABLE = {
  names: ['--variable', '-i'],
  kind: 'value',
  value: 'K=V',
  doc: 'Variable of the job file; may be repeated.',
} as const

/** Arguments of `millrace encrypt`. */
export const ENCRYPT_SURFACE: CommandSurface = {
  name: 'encrypt',
  summary: 'Prints a job file as JSON with its secrets encrypted. The file stays as it is.',
  operand: 'JOB_FILE',
  options: [
    VARIABLE,
    {
      names: ['--shade'],
      kind: 'value',
      value: 'NAME',
      doc: 'aes-256-gcm or base64; what shade.identifier of the file says by default.',
    },
  ],
}

/** Arguments of `millrace decrypt`. */
export const DECRYPT_SURFACE: CommandSurface = {
  name: 'decrypt',
  summary: 'Prints a job file as JSON with its secrets in the clear. The file stays as it is.',
  operand: 'JOB_FILE',
  options: [VARIABLE],
}

/** Arguments of `millrace keygen`. */
export const KEYGEN_SURFACE: CommandSurface = {
  name: 'keygen',
  summary: 'Makes a key file for shade aes-256-gcm that only you can read; without FILE the key is printed.',
  operand: '[FILE]',
  options: [],
}

/** Encrypts the secrets of a job file. */
export async function encryptCommand(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  return convert(ENCRYPT_SURFACE, 'encrypt', argv, environment)
}

/** Decrypts the secrets of a job file. */
export async function decryptCommand(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  return convert(DECRYPT_SURFACE, 'decrypt', argv, environment)
}

function convert(
  surface: CommandSurface,
  direction: 'encrypt' | 'decrypt',
  argv: readonly string[],
  environment: CliEnvironment,
): number {
  const given = readArguments(surface, argv, environment)
  if (typeof given === 'number') return given
  const request = {
    file: given.rest[0] ?? '',
    variables: given.values('--variable'),
    environment: environment.variables,
  }
  const shade = direction === 'encrypt' ? given.value('--shade') : null
  const { text, warnings } = convertedSecrets(request, direction, { shade, isStrict: true })
  new ErrorReporter(environment).warnings(warnings)
  environment.out(`${text}\n`)
  return EXIT.ok
}

/** Makes a key. A file that exists is never replaced. @throws MillraceError `SHADE` when it cannot be written. */
export async function keygenCommand(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const given = readArguments(KEYGEN_SURFACE, argv, environment)
  if (typeof given === 'number') return given
  const [file] = given.rest
  const { id, text } = newKeyFile()
  if (file === undefined) {
    environment.out(text)
    return EXIT.ok
  }
  writeNew(file, text)
  environment.err(`wrote key '${id}' to '${file}'; name it with ${KEY_FILE_VARIABLE}=${file}\n`)
  return EXIT.ok
}

function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST'
    const message = exists ? `'${file}' exists already` : `the key file '${file}' cannot be written`
    const hint = exists ? 'values that were encrypted with its key would be lost; choose another name' : undefined
    throw new MillraceError('SHADE', message, { cause, hint })
  }
}
