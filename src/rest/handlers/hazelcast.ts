import { MillraceError } from '../../core/error.js'
import type { LogLevel } from '../../node/api.js'
import { ResponseHeaders } from '../response.js'
import type { RestServices } from '../services.js'
import { RestFault } from './fault.js'
import type { Wire, WireHandler } from './wire.js'

/** Version of the cluster library that the original stands on; scripts read it. */
const MEMBER_VERSION = '5.1.0'
const CLUSTER_VERSION = '5.1'
const INSTANCE_NAME = 'main'

const isReady = ({ isReady: ready }: RestServices) => ready?.() ?? true

/** State of the one node and its cluster. */
export const health: WireHandler = (_request, services, wire) => {
  const state = isReady(services) ? 'ACTIVE' : 'PASSIVE'
  return wire.json(
    `{"nodeState":"${state}","clusterState":"ACTIVE","clusterSafe":true,"migrationQueueSize":0,"clusterSize":1}`,
  )
}

/** The same in headers, as `HEAD` gets it. */
export const healthHead: WireHandler = (_request, services, wire) => {
  const state = isReady(services) ? 'ACTIVE' : 'PASSIVE'
  const pairs = wire.headerPairs(null, [
    ['Hazelcast-NodeState', state],
    ['Hazelcast-ClusterState', 'ACTIVE'],
    ['Hazelcast-MigrationQueueSize', '0'],
    ['Hazelcast-ClusterSize', '1'],
  ])
  return { status: 200, headers: new ResponseHeaders(pairs) }
}

/** One value of the health; an unknown name is 400. */
export function healthValue(path: string): WireHandler {
  return (_request, services, wire) => {
    const ready = isReady(services)
    switch (path) {
      case 'ready':
        return wire.empty(ready ? 200 : 503)
      case 'node-state':
        return { ...wire.json(ready ? '"ACTIVE"' : '"PASSIVE"'), status: ready ? 200 : 503 }
      case 'cluster-state':
        return wire.json('"ACTIVE"')
      case 'cluster-safe':
        return wire.empty(200)
      case 'migration-queue-size':
        return wire.json('0')
      case 'cluster-size':
        return wire.json('1')
      default:
        return wire.empty(400)
    }
  }
}

/** The members: this one. */
export const cluster: WireHandler = (_request, { node }, wire) => {
  const { host, port, uuid } = node.identity
  const member = `{"address":"[${host}]:${port}","liteMember":false,"localMember":true,"uuid":"${uuid}","memberVersion":"${MEMBER_VERSION}"}`
  return wire.json(`{"members":[${member}],"connectionCount":1,"allConnectionCount":1}`)
}

export const instance: WireHandler = (_request, _services, wire) => wire.json(`{"name":"${INSTANCE_NAME}"}`)

export const clusterVersion: WireHandler = (_request, _services, wire) =>
  wire.json(`{"status":"success","version":"${CLUSTER_VERSION}"}`)

/** Answers the state to whoever asks with POST. */
export const clusterState: WireHandler = (_request, _services, wire) =>
  wire.json('{"status":"success","state":"active"}')

/** Levels by logger. */
export const logLevels: WireHandler = (_request, { logs }, wire) =>
  wire.json(JSON.stringify(Object.fromEntries(logs.levels())))

const LEVELS: ReadonlySet<string> = new Set<LogLevel>(['OFF', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'])

/** Sets one level: the body is `cluster&password&logger&LEVEL`. */
export const setLogLevel: WireHandler = (request, { node, logs }, wire) => {
  const [clusterName = '', , logger = '', level = ''] = bodyParts(request.text())
  if (clusterName !== node.identity.clusterName) throw refusedCluster(wire, clusterName)
  const name = level.toUpperCase() === 'ALL' ? 'TRACE' : level.toUpperCase() === 'FATAL' ? 'ERROR' : level.toUpperCase()
  if (logger === '' || !LEVELS.has(name))
    throw new RestFault(500, `the body must be cluster&password&logger&level with one of ${[...LEVELS].join(', ')}`)
  logs.setLevel(logger, name as LogLevel)
  return wire.json('{"status":"SUCCESS"}')
}

/** Ends the node after the answer; the body is `cluster&password`. */
export const shutdown: WireHandler = (request, { node, shutdown: end }, wire) => {
  const [clusterName = ''] = bodyParts(request.text())
  if (clusterName !== node.identity.clusterName) throw refusedCluster(wire, clusterName)
  if (end === undefined) throw new MillraceError('UNIMPLEMENTED', 'this node cannot be ended over REST')
  setImmediate(end)
  return { ...wire.json('{"status":"success"}'), close: true }
}

/** What the original's cluster can do and one node cannot. */
export function notForOneNode(what: string): WireHandler {
  return () => {
    throw new RestFault(500, `${what} is not implemented: Millrace runs as one node`)
  }
}

/** The body of a management request as its parts, decoded like a form. */
function bodyParts(text: string | null): string[] {
  return (text ?? '').split('&').map((part) => {
    try {
      return decodeURIComponent(part.replaceAll('+', ' '))
    } catch {
      return part
    }
  })
}

function refusedCluster({ profile }: Wire, name: string): RestFault {
  return new RestFault(500, profile.javaMessages ? null : `the cluster is not called '${name}'`)
}

/** A map or queue without a name is refused; a value is not there. @param segments parts of the path behind the prefix. */
export function mapValue(segments: number): WireHandler {
  return (_request, _services, wire) => wire.empty(segments > 1 ? 204 : 400)
}

/** A value for a map. It is not kept: nothing reads it. */
export function setMapValue(segments: number): WireHandler {
  return (_request, _services, wire) => {
    if (segments > 1) return wire.empty(200)
    throw new RestFault(400, 'Missing map name')
  }
}
