import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { NodeFile } from '../config/node-config.js'
import { MillraceError } from '../core/error.js'

/** Roles of a node, as `-r` names them. */
export const NODE_ROLES = ['master', 'worker', 'master_and_worker'] as const

/** A name of {@link NODE_ROLES}. */
export type NodeRole = (typeof NODE_ROLES)[number]

/** Largest configuration file that is read, in bytes. */
const CONFIG_FILE_LIMIT_BYTES = 1024 * 1024

/** Surroundings in which configuration files are looked for. */
export interface ConfigPlaces {
  /** Environment variables. */
  readonly variables: ReadonlyMap<string, string>
  /** `-D` properties of the command line. */
  readonly properties: ReadonlyMap<string, string>
  /** Working directory. */
  readonly workingFolder: string
  /** Folder of this installation, whose `config` has the files of last resort. */
  readonly installation: string
}

/** One kind of configuration file and what names it. */
interface ConfigFileKind {
  readonly property: string
  readonly variable: string
  readonly name: string
}

/** Names in `config` by role. @source SeaTunnel `seatunnel-cluster.sh` */
const HAZELCAST_NAMES: Readonly<Record<NodeRole, string>> = {
  master: 'hazelcast-master.yaml',
  worker: 'hazelcast-worker.yaml',
  master_and_worker: 'hazelcast.yaml',
}

const SEATUNNEL_FILE: ConfigFileKind = {
  property: 'seatunnel.config',
  variable: 'SEATUNNEL_CONFIG',
  name: 'seatunnel.yaml',
}
const CLIENT_FILE: ConfigFileKind = {
  property: 'hazelcast.client.config',
  variable: 'HAZELCAST_CLIENT_CONFIG',
  name: 'hazelcast-client.yaml',
}
const LOG_FILE: ConfigFileKind = {
  property: 'log4j2.configurationFile',
  variable: 'LOG4J2_CONFIG',
  name: 'log4j2.properties',
}

/** Home of the installation that scripts know: `SEATUNNEL_HOME`, or `null`. */
export function homeFolder({ variables }: Pick<ConfigPlaces, 'variables'>): string | null {
  const home = variables.get('SEATUNNEL_HOME') ?? ''
  return home === '' ? null : home
}

/**
 * `seatunnel.yaml`: what the `-D` property or the environment variable names, else the file in `$SEATUNNEL_HOME/config`, the working
 * directory, its `config` and the installation.
 *
 * @param given path of the command line, which goes before everything.
 * @returns `undefined` when there is none.
 * @throws MillraceError `CONFIG_NODE_FILE` when a file that is named is not there or cannot be read.
 */
export function seatunnelFile(places: ConfigPlaces, given: string | null = null): NodeFile | undefined {
  return findFile(SEATUNNEL_FILE, places, given)
}

/** `hazelcast.yaml` of a role, found and read as {@link seatunnelFile}. */
export function hazelcastFile(places: ConfigPlaces, role: NodeRole, given: string | null = null): NodeFile | undefined {
  const kind = { property: 'hazelcast.config', variable: 'HAZELCAST_CONFIG', name: HAZELCAST_NAMES[role] }
  return findFile(kind, places, given)
}

/** `hazelcast-client.yaml`, found and read as {@link seatunnelFile}. */
export function clientFile(places: ConfigPlaces): NodeFile | undefined {
  return findFile(CLIENT_FILE, places, null)
}

/** `log4j2.properties`, found and read as {@link seatunnelFile}. */
export function logFile(places: ConfigPlaces): NodeFile | undefined {
  return findFile(LOG_FILE, places, null)
}

function findFile(kind: ConfigFileKind, places: ConfigPlaces, given: string | null): NodeFile | undefined {
  const named = given ?? places.properties.get(kind.property) ?? places.variables.get(kind.variable) ?? ''
  if (named !== '' && !named.startsWith('classpath:')) {
    const file = resolve(places.workingFolder, named)
    const text = readConfig(file)
    if (text === null) {
      const hint =
        given === null ? `it is named by -D${kind.property} or ${kind.variable}` : 'name a file that is there'
      throw new MillraceError('CONFIG_NODE_FILE', `the configuration file '${named}' does not exist`, { hint })
    }
    return { file, text }
  }
  const name = named === '' ? kind.name : named.slice('classpath:'.length)
  for (const folder of configFolders(places)) {
    const file = join(folder, name)
    const text = readConfig(file)
    if (text !== null) return { file, text }
  }
  return undefined
}

function configFolders(places: ConfigPlaces): readonly string[] {
  const home = homeFolder(places)
  const own = [places.workingFolder, join(places.workingFolder, 'config')]
  return [...(home === null ? [] : [join(home, 'config')]), ...own, join(places.installation, 'config')]
}

/** The text of a file, or `null` when it is not there. */
function readConfig(file: string): string | null {
  try {
    const text = readFileSync(file, 'utf8')
    if (text.length <= CONFIG_FILE_LIMIT_BYTES) return text
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw new MillraceError('CONFIG_NODE_FILE', `the configuration file '${file}' cannot be read`, { cause })
  }
  const message = `the configuration file '${file}' is larger than '${CONFIG_FILE_LIMIT_BYTES}' bytes`
  throw new MillraceError('CONFIG_NODE_FILE', message, { hint: 'name another file' })
}

/** `-D` properties and the arguments without them. */
export interface SplitProperties {
  readonly properties: ReadonlyMap<string, string>
  readonly rest: readonly string[]
}

/**
 * Takes `-Dname=value` out of a command line, wherever it stands. `-DJvmOption="…"` and the variable `JvmOption` are options for a Java
 * machine: the properties among them count, the others are passed over.
 */
export function splitProperties(argv: readonly string[], variables: ReadonlyMap<string, string>): SplitProperties {
  const properties = new Map<string, string>()
  const take = (text: string): void => {
    const [, name = '', value = ''] = /^-D([^=]+)(?:=([\s\S]*))?$/.exec(text) ?? []
    if (name === 'JvmOption') for (const option of value.split(/\s+/)) take(option)
    else if (name !== '') properties.set(name, value)
  }
  for (const option of (variables.get('JvmOption') ?? '').split(/\s+/)) take(option)
  const rest: string[] = []
  for (const argument of argv) {
    if (/^-D[^=\s]+=/.test(argument)) take(argument)
    else rest.push(argument)
  }
  return { properties, rest }
}
