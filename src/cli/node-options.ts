import { readFileSync } from 'node:fs'
import { MillraceError } from '../core/error.js'
import type { ArgumentOption, ParsedArguments } from './arguments.js'
import { type ClientPlaces, clientSettings, memberAddress } from './client-settings.js'
import type { CliEnvironment } from './environment.js'
import { NodeApi } from './node-api.js'
import { type Credentials, NodeConnection } from './node-connection.js'

/** Options of every command that asks a node. */
export const NODE_OPTIONS: readonly ArgumentOption[] = [
  {
    names: ['--node'],
    kind: 'value',
    value: 'URL',
    doc: 'Address of the node; MILLRACE_NODE, else hazelcast-client.yaml.',
  },
  { names: ['--user'], kind: 'value', value: 'NAME', doc: 'User; the password comes from MILLRACE_PASSWORD.' },
  { names: ['--password-file'], kind: 'value', value: 'FILE', doc: 'File with the password.' },
  { names: ['--token-file'], kind: 'value', value: 'FILE', doc: 'File with a token; else MILLRACE_TOKEN.' },
]

/** How long a node that went away is waited for, in milliseconds, unless `MILLRACE_RECONNECT_SECONDS` says otherwise. */
const RECONNECT_MS = 30_000

/** What a connection is made from beside the options. */
export interface NodePlaces {
  readonly environment: CliEnvironment
  readonly properties: ReadonlyMap<string, string>
  /** Told when the node goes away and comes back. */
  readonly onChange?: (state: 'lost' | 'back') => void
}

/**
 * The API of the node that the options, variables and files name. Close its connection at the end.
 *
 * @throws MillraceError `CLI_USAGE` for a password or token that cannot be had; MillraceErrors for faults of `hazelcast-client.yaml`.
 */
export function nodeApi(given: ParsedArguments | null, { environment, properties, onChange }: NodePlaces): NodeApi {
  const { variables, now } = environment
  const named = given?.value('--node') ?? variables.get('MILLRACE_NODE') ?? ''
  const settings = clientSettings({ ...clientPlaces(environment), properties })
  const connection = new NodeConnection({
    addresses: named === '' ? settings.addresses : [memberAddress(named)],
    credentials: credentialsOf(given, variables),
    connectTimeoutMs: settings.connectTimeoutMs,
    reconnectMs: reconnectMs(variables),
    now,
    ...(onChange === undefined ? {} : { onChange }),
  })
  return new NodeApi(connection)
}

function clientPlaces({ variables, workingFolder, installation }: CliEnvironment): Omit<ClientPlaces, 'properties'> {
  return { variables, workingFolder, installation }
}

function reconnectMs(variables: ReadonlyMap<string, string>): number {
  const seconds = Number(variables.get('MILLRACE_RECONNECT_SECONDS') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : RECONNECT_MS
}

function credentialsOf(given: ParsedArguments | null, variables: ReadonlyMap<string, string>): Credentials | null {
  const tokenFile = given?.value('--token-file') ?? null
  const token = tokenFile === null ? (variables.get('MILLRACE_TOKEN') ?? '') : secretOf(tokenFile)
  const user = given?.value('--user') ?? variables.get('MILLRACE_USER') ?? ''
  if (user === '') return token === '' ? null : { kind: 'token', token }
  const passwordFile = given?.value('--password-file') ?? null
  const password = passwordFile === null ? variables.get('MILLRACE_PASSWORD') : secretOf(passwordFile)
  if (password !== undefined) return { kind: 'basic', user, password }
  throw new MillraceError('CLI_USAGE', `there is no password for user '${user}'`, {
    hint: 'put it into MILLRACE_PASSWORD or name a file with --password-file',
  })
}

function secretOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new MillraceError('CLI_USAGE', `the file '${file}' cannot be read`, { cause })
  }
}
