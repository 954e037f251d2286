import { MillraceError, MillraceErrors } from '../core/error.js'
import { type ConfigNode, type ConfigObject, lookup, nodeKindText, nodeText, objectOf } from './document.js'
import { ENGINE_SPEC, type EngineSettings, HAZELCAST_SPEC, type HazelcastGroup } from './engine-options.js'
import { MILLRACE_SPEC, type MillraceSettings } from './millrace-options.js'
import { inOrder, validateObject } from './validate.js'
import { parseYaml } from './yaml.js'

export type { EngineSettings } from './engine-options.js'

/** Groups of REST v1 paths that can be turned on and off, with what holds when the file does not say. */
export const ENDPOINT_GROUPS = {
  CLUSTER_READ: true,
  CLUSTER_WRITE: false,
  HEALTH_CHECK: true,
  HOT_RESTART: false,
  WAN: false,
  DATA: false,
  CP: false,
  PERSISTENCE: false,
} as const

/** A name of {@link ENDPOINT_GROUPS}. */
export type EndpointGroup = keyof typeof ENDPOINT_GROUPS

/** Where state maps are kept across restarts. */
export interface MapStore {
  readonly enabled: boolean
  readonly properties: ReadonlyMap<string, string>
}

/** The settings of `hazelcast.yaml`. */
export interface HazelcastSettings extends Omit<HazelcastGroup, 'endpointGroups' | 'memberAttributes' | 'map'> {
  readonly endpointGroups: Readonly<Record<EndpointGroup, boolean>>
  /** Tags of this node in the order of the file. */
  readonly memberAttributes: ReadonlyMap<string, string>
  /** `map.engine*.map-store`, or `null` when there is none. */
  readonly mapStore: MapStore | null
}

/** The settings of one node. */
export interface NodeConfig {
  readonly engine: EngineSettings
  readonly hazelcast: HazelcastSettings
  /** What the original has no key for. */
  readonly millrace: MillraceSettings
  /** `OPTION_UNKNOWN` for every key that is not known, with its position. */
  readonly warnings: readonly MillraceError[]
}

/** A configuration file; `null` text stands for an absent one. */
export interface NodeFile {
  readonly file: string
  readonly text: string
}

/** What is needed to read the settings of a node. */
export interface NodeConfigInput {
  /** `seatunnel.yaml`; absent: all defaults. */
  readonly seatunnel?: NodeFile
  /** `hazelcast.yaml`; absent: all defaults. */
  readonly hazelcast?: NodeFile
  /** Values of `${name}` inside the files: the `-D` properties of the command line, not the environment. */
  readonly properties?: ReadonlyMap<string, string>
  /** Text of `ST_DOCKER_MEMBER_LIST`, which replaces the member list. */
  readonly memberList?: string
}

/**
 * Reads the settings of a node. Missing files and keys have their defaults; unknown keys only warn.
 *
 * @throws MillraceErrors with every fault: `CONFIG_NODE_FILE`, `CONFIG_DUPLICATE_KEY`, `CONFIG_LIMIT`, `OPTION_TYPE`, `OPTION_INVALID`.
 * @source SeaTunnel `YamlSeaTunnelDomConfigProcessor`
 */
export function loadNodeConfig(input: NodeConfigInput): NodeConfig {
  const faults: MillraceError[] = []
  const warnings: MillraceError[] = []
  const seatunnelRoot = readFile(input.seatunnel, input.properties, faults)
  const engineNode = section(topSection(seatunnelRoot, 'seatunnel', faults), 'engine', faults)
  const engine = validateObject(ENGINE_SPEC, engineNode, 'seatunnel.engine')
  const millrace = validateObject(MILLRACE_SPEC, section(seatunnelRoot, 'millrace', faults), 'millrace')
  const root = topSection(readFile(input.hazelcast, input.properties, faults), 'hazelcast', faults)
  const hazelcast = validateObject(HAZELCAST_SPEC, root, 'hazelcast')
  faults.push(...engine.faults, ...millrace.faults, ...hazelcast.faults)
  warnings.push(...engine.warnings, ...millrace.warnings, ...hazelcast.warnings)
  const groups = readEndpointGroups(hazelcast.values?.endpointGroups ?? null, faults, warnings)
  const attributes = readAttributes(hazelcast.values?.memberAttributes ?? null, faults)
  if (faults.length > 0 || engine.values === null || millrace.values === null || hazelcast.values === null)
    throw new MillraceErrors(inOrder(faults))
  const { endpointGroups: _groups, memberAttributes: _attributes, map, ...plain } = hazelcast.values
  const members = input.memberList?.split(',').map((member) => member.trim()) ?? plain.memberList
  return {
    engine: engine.values,
    millrace: millrace.values,
    hazelcast: {
      ...plain,
      memberList: members,
      endpointGroups: groups,
      memberAttributes: attributes,
      mapStore: readMapStore(map),
    },
    warnings: inOrder(warnings),
  }
}

function readFile(
  file: NodeFile | undefined,
  properties: ReadonlyMap<string, string> | undefined,
  faults: MillraceError[],
): ConfigObject {
  const empty = objectOf([], { file: file?.file ?? '', line: 1, column: 1 })
  if (file === undefined) return empty
  try {
    return parseYaml(file.text, file.file, properties)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    faults.push(error)
    return empty
  }
}

/** The section that everything of a file stands in; the original takes the file itself where it is missing. */
function topSection(root: ConfigObject, top: string, faults: MillraceError[]): ConfigObject {
  return root.entries.has(top) ? section(root, top, faults) : root
}

function section(parent: ConfigObject, key: string, faults: MillraceError[]): ConfigObject {
  const node = parent.entries.get(key)
  if (node?.kind === 'object') return node
  if (node !== undefined && node.kind !== 'null') faults.push(notAnObject(key, node))
  return objectOf([], node?.position ?? parent.position)
}

function notAnObject(path: string, node: ConfigNode): MillraceError {
  const message = `'${path}' must be an object, but it is ${nodeKindText(node)}`
  return new MillraceError('OPTION_TYPE', message, { path, position: node.position, hint: 'indent its keys below it' })
}

function readEndpointGroups(
  node: ConfigNode | null,
  faults: MillraceError[],
  warnings: MillraceError[],
): Readonly<Record<EndpointGroup, boolean>> {
  const groups: Record<EndpointGroup, boolean> = { ...ENDPOINT_GROUPS }
  if (node === null) return groups
  const path = 'hazelcast.network.rest-api.endpoint-groups'
  if (node.kind !== 'object') {
    faults.push(notAnObject(path, node))
    return groups
  }
  for (const [name, value] of node.entries) {
    const position = node.keyPositions.get(name) ?? value.position
    if (!Object.hasOwn(ENDPOINT_GROUPS, name)) {
      const hint = `use one of ${Object.keys(ENDPOINT_GROUPS).join(', ')}`
      warnings.push(
        new MillraceError('OPTION_UNKNOWN', `endpoint group '${name}' is not known and has no effect`, {
          path,
          position,
          hint,
        }),
      )
      continue
    }
    const enabled = value.kind === 'object' ? (lookup(value, 'enabled')?.node ?? null) : null
    const text = enabled === null ? '' : nodeText(enabled).toLowerCase()
    if (text === 'true' || text === 'false') groups[name as EndpointGroup] = text === 'true'
    else {
      const message = `endpoint group '${name}' needs 'enabled' with true or false`
      faults.push(
        new MillraceError('OPTION_TYPE', message, {
          path: `${path}.${name}`,
          position,
          hint: 'write enabled: true below it',
        }),
      )
    }
  }
  return groups
}

function readAttributes(node: ConfigNode | null, faults: MillraceError[]): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  if (node === null) return attributes
  if (node.kind !== 'object') {
    faults.push(notAnObject('hazelcast.member-attributes', node))
    return attributes
  }
  for (const [name, value] of node.entries) {
    const inner = value.kind === 'object' ? (lookup(value, 'value')?.node ?? null) : value
    if (inner !== null && inner.kind !== 'null') attributes.set(name, nodeText(inner))
  }
  return attributes
}

function readMapStore(node: ConfigNode | null): MapStore | null {
  if (node?.kind !== 'object') return null
  for (const [name, value] of node.entries) {
    if (!name.startsWith('engine') || value.kind !== 'object') continue
    const store = lookup(value, 'map-store')?.node
    if (store?.kind !== 'object') continue
    const enabled = lookup(store, 'enabled')?.node
    const properties = lookup(store, 'properties')?.node
    return {
      enabled: enabled !== undefined && nodeText(enabled).toLowerCase() === 'true',
      properties: new Map(
        properties?.kind === 'object' ? [...properties.entries].map(([key, each]) => [key, nodeText(each)]) : [],
      ),
    }
  }
  return null
}
