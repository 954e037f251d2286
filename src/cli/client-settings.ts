import { loadNodeConfig, type NodeFile } from '../config/node-config.js'
import { option, optionSpec } from '../config/option.js'
import { validateObject } from '../config/validate.js'
import { parseYaml } from '../config/yaml.js'
import { MillraceErrors } from '../core/error.js'
import type { CliEnvironment } from './environment.js'
import { clientFile, seatunnelFile } from './node-files.js'

/** What Millrace reads of `hazelcast-client.yaml`. @source Hazelcast `ClientConfig`, SeaTunnel `hazelcast-client.yaml` */
const CLIENT_SPEC = optionSpec({
  options: {
    clusterName: option.string('cluster-name', { doc: 'Name of the node.', default: 'seatunnel' }),
    members: option.stringList('network.cluster-members', {
      doc: 'Where the node is; the port is the one of REST v1.',
      default: ['localhost:5801'],
    }),
    connectTimeoutMs: option.long('connection-strategy.connection-retry.cluster-connect-timeout-millis', {
      doc: 'Milliseconds for which a node that does not answer is tried again; -1 for ever.',
      default: 3000,
      min: -1,
    }),
  },
  acceptsKey: () => true,
})

/** Port of a member that names none. */
const DEFAULT_PORT = 5801

/** How a client finds its node. */
export interface ClientSettings {
  readonly clusterName: string
  /** Base addresses such as `http://localhost:5801`, in the order in which they are tried. Never empty. */
  readonly addresses: readonly string[]
  /** How long a node that does not answer is tried again, in milliseconds; `null` without end. */
  readonly connectTimeoutMs: number | null
}

/** Where {@link clientSettings} and {@link progressIntervalMs} look. */
export type ClientPlaces = Pick<CliEnvironment, 'variables' | 'workingFolder' | 'installation'> & {
  readonly properties: ReadonlyMap<string, string>
}

/**
 * Reads `hazelcast-client.yaml`, wherever it is found; `ST_DOCKER_MEMBER_LIST` replaces the members.
 *
 * @throws MillraceErrors with every fault of the file.
 */
export function clientSettings(places: ClientPlaces): ClientSettings {
  const { clusterName, members, connectTimeoutMs } = readClientFile(clientFile(places), places.properties)
  const replaced = (places.variables.get('ST_DOCKER_MEMBER_LIST') ?? '').split(',').filter((each) => each.trim() !== '')
  const named = replaced.length > 0 ? replaced : members
  return {
    clusterName,
    addresses: (named.length > 0 ? named : [`localhost:${DEFAULT_PORT}`]).map(memberAddress),
    connectTimeoutMs: connectTimeoutMs < 0 ? null : connectTimeoutMs,
  }
}

function readClientFile(found: NodeFile | undefined, properties: ReadonlyMap<string, string>) {
  const { file, text } = found ?? { file: '', text: '' }
  const root = parseYaml(text, file, properties)
  const top = root.entries.get('hazelcast-client')
  const { values, faults } = validateObject(CLIENT_SPEC, top?.kind === 'object' ? top : root, 'hazelcast-client')
  if (values === null) throw new MillraceErrors(faults)
  return values
}

/** `localhost`, `localhost:5801`, `[::1]:5801` or a whole address as a base address without a slash at its end. */
export function memberAddress(member: string): string {
  const text = member.trim().replace(/\/+$/, '')
  if (/^https?:\/\//.test(text)) return text
  const isBareV6 = text.includes('::') && !text.startsWith('[')
  const host = isBareV6 ? `[${text}]` : text
  return /:\d+$/.test(host) && !isBareV6 ? `http://${host}` : `http://${host}:${DEFAULT_PORT}`
}

/** Milliseconds between two progress blocks when the file does not say. @source SeaTunnel `ServerConfigOptions` */
const PROGRESS_INTERVAL_MS = 60_000

/**
 * Milliseconds between two progress blocks: `print-job-metrics-info-interval` of `seatunnel.yaml`. A file with faults gives the default:
 * it is the node's, and no reason to leave a job alone.
 */
export function progressIntervalMs(places: ClientPlaces): number {
  try {
    const seatunnel = seatunnelFile(places)
    const { engine } = loadNodeConfig({
      ...(seatunnel === undefined ? {} : { seatunnel }),
      properties: places.properties,
    })
    return engine.printJobMetricsInfoIntervalSeconds * 1000
  } catch {
    return PROGRESS_INTERVAL_MS
  }
}
