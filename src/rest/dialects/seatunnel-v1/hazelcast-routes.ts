import { pathParameter } from '../../described-route.js'
import {
  cluster,
  clusterState,
  clusterVersion,
  health,
  healthHead,
  healthValue,
  instance,
  logLevels,
  mapValue,
  notForOneNode,
  setLogLevel,
  setMapValue,
  shutdown,
} from '../../handlers/hazelcast.js'
import type { Wire, WireHandler } from '../../handlers/wire.js'
import { ANY, CLUSTER, DONE, HEALTH, INSTANCE, LOG_LEVELS } from '../schemas.js'
import { failure, jsonAnswers, plainAnswer } from '../seatunnel-routes.js'
import { type PrefixEndpoint, type PrefixRoute, prefixRoutes } from './routes.js'

const TAG = 'cluster'
const REST = '/hazelcast/rest'
const HEALTH_PATH = '/hazelcast/health'
const MANAGEMENT = `${REST}/management/cluster`
const HEALTH_VALUES = [
  'ready',
  'node-state',
  'cluster-state',
  'cluster-safe',
  'migration-queue-size',
  'cluster-size',
] as const

const MAP_NAME = pathParameter('name', 'Name of the map or queue, and the key')

const empty =
  (status: number): WireHandler =>
  (_request, _services, wire) =>
    wire.empty(status)

/** What the cluster library behind the original answers, in the order in which it tries the paths. */
export function libraryGetRoutes(wire: Wire): PrefixRoute[] {
  const values = HEALTH_VALUES.map(
    (name): PrefixEndpoint => ({
      id: `health-${name}`,
      name: `${HEALTH_PATH}/${name}`,
      isWhole: true,
      tag: TAG,
      summary: `One value of the health: ${name}`,
      responses: [
        ...jsonAnswers('The value', ANY),
        plainAnswer('Nothing but the status', null, 200),
        plainAnswer('Not now', null, 503),
      ],
      handler: healthValue(name),
    }),
  )
  const rows: PrefixEndpoint[] = [
    value('map', `${REST}/maps/`),
    value('queue', `${REST}/queues/`),
    {
      id: 'health',
      name: HEALTH_PATH,
      isWhole: true,
      tag: TAG,
      summary: 'Health of the cluster',
      responses: jsonAnswers('The health', HEALTH),
      handler: health,
    },
    ...values,
    {
      id: 'health-other',
      name: HEALTH_PATH,
      behind: '/{name}',
      parameters: [pathParameter('name', 'The value')],
      tag: TAG,
      summary: 'A value that there is not',
      responses: [plainAnswer('There is no such value', null, 400)],
      handler: healthValue(''),
    },
    {
      id: 'clusterVersion',
      name: `${MANAGEMENT}/version`,
      tag: TAG,
      summary: 'Version of the cluster',
      responses: jsonAnswers('The version', { type: 'object' }),
      handler: clusterVersion,
    },
    missing('license', `${REST}/license`),
    {
      id: 'instance',
      name: `${REST}/instance`,
      tag: TAG,
      summary: 'Name of this member',
      responses: jsonAnswers('The name', INSTANCE),
      handler: instance,
    },
    {
      id: 'cluster',
      name: `${REST}/cluster`,
      tag: TAG,
      summary: 'Members of the cluster',
      responses: jsonAnswers('The members', CLUSTER),
      handler: cluster,
    },
    {
      id: 'logLevels',
      name: `${REST}/log-level`,
      tag: 'logs',
      summary: 'Log levels by logger',
      responses: jsonAnswers('The levels', LOG_LEVELS),
      handler: logLevels,
    },
    missing('management-state', `${MANAGEMENT}/state`),
    missing('management-nodes', `${MANAGEMENT}/nodes`),
  ]
  return prefixRoutes(rows, '', ['GET'], wire)
}

/** Where values of maps and queues would be; there are none. */
function value(id: string, prefix: string): PrefixEndpoint {
  return {
    id,
    name: prefix,
    behind: '{name}',
    parameters: [MAP_NAME],
    tag: TAG,
    summary: 'A value of a map or queue: there is none',
    responses: [plainAnswer('There is no such value', null, 204), plainAnswer('There is no key', null, 400)],
    handler: (request, services, wire) => mapValue(segmentsBehind(request.path, prefix))(request, services, wire),
  }
}

function missing(id: string, prefix: string): PrefixEndpoint {
  return {
    id,
    name: prefix,
    tag: TAG,
    summary: 'Not there',
    responses: [plainAnswer('There is nothing', null, 404)],
    handler: empty(404),
  }
}

function segmentsBehind(path: string, prefix: string): number {
  return path
    .slice(prefix.length)
    .split('/')
    .filter((part) => part !== '').length
}

/** What it does for those who may write. */
export function libraryPostRoutes(wire: Wire): PrefixRoute[] {
  const store = (id: string, prefix: string): PrefixEndpoint => ({
    id,
    name: prefix,
    behind: '{name}',
    parameters: [MAP_NAME],
    tag: TAG,
    summary: 'Takes a value for a map or queue and forgets it',
    responses: [plainAnswer('Taken', null), failure(400)],
    handler: (request, services, each) => setMapValue(segmentsBehind(request.path, prefix))(request, services, each),
  })
  const done = (id: string, path: string, summary: string, handler: WireHandler): PrefixEndpoint => ({
    id,
    name: `${MANAGEMENT}/${path}`,
    access: 'submit',
    tag: TAG,
    summary,
    responses: jsonAnswers('What was done', DONE, 500),
    handler,
  })
  const rows: PrefixEndpoint[] = [
    store('setMap', `${REST}/maps/`),
    store('setQueue', `${REST}/queues/`),
    done('clusterState', 'state', 'State of the cluster', clusterState),
    done('memberShutdown', 'memberShutdown', 'Ends this node', shutdown),
    done('clusterShutdown', 'clusterShutdown', 'Ends all nodes', shutdown),
    done('manageCluster', '', 'Anything else that a cluster can be asked for', notForOneNode('this request')),
    {
      id: 'setLogLevel',
      name: `${REST}/log-level`,
      tag: 'logs',
      summary: 'Sets the level of a logger',
      requestBody: { contentType: 'text/plain', description: 'cluster&password&logger&LEVEL' },
      responses: jsonAnswers('What was done', DONE, 500),
      handler: setLogLevel,
    },
  ]
  return prefixRoutes(rows, '', ['POST', 'PUT'], wire)
}

/** `HEAD` has no content; of the health it has the values in headers. */
export function headRoutes(wire: Wire): PrefixRoute[] {
  const head = (id: string, prefix: string): PrefixEndpoint => ({
    id: `head-${id}`,
    name: prefix,
    tag: TAG,
    summary: 'Whether it is there',
    responses: [plainAnswer('It is there', null)],
    handler: empty(200),
  })
  const rows: PrefixEndpoint[] = [
    head('maps', `${REST}/maps/`),
    head('queues', `${REST}/queues/`),
    {
      id: 'head-health',
      name: HEALTH_PATH,
      tag: TAG,
      summary: 'Health of the cluster in headers',
      responses: [plainAnswer('The values', null)],
      handler: healthHead,
    },
    head('instance', `${REST}/instance`),
    head('cluster', `${REST}/cluster`),
    head('log-level', `${REST}/log-level`),
    head('version', `${MANAGEMENT}/version`),
    missing('head-license', `${REST}/license`),
    missing('head-management-state', `${MANAGEMENT}/state`),
    missing('head-management-nodes', `${MANAGEMENT}/nodes`),
  ]
  return prefixRoutes(rows, '', ['HEAD'], wire)
}

/** `DELETE` takes values out of maps; there are none, so there is nothing to do. */
export function deleteRoutes(wire: Wire): PrefixRoute[] {
  const rows: PrefixEndpoint[] = [
    {
      id: 'deleteMap',
      name: `${REST}/maps/`,
      behind: '{name}',
      parameters: [MAP_NAME],
      tag: TAG,
      summary: 'Takes values out of a map: there are none',
      responses: [plainAnswer('They are not there any more', null)],
      handler: empty(200),
    },
  ]
  return prefixRoutes(rows, '', ['DELETE'], wire)
}
