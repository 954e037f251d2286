import type { EndpointGroup, HazelcastSettings } from '../../../config/node-config.js'

/** Which paths belong to which group; the first prefix that fits decides. `null` stands for every method. */
const GROUPS: readonly (readonly [prefix: string, methods: readonly string[] | null, group: EndpointGroup])[] = [
  ['/hazelcast/rest/maps', null, 'DATA'],
  ['/hazelcast/rest/queues', null, 'DATA'],
  ['/hazelcast/health', null, 'HEALTH_CHECK'],
  ['/hazelcast/rest/cluster', null, 'CLUSTER_READ'],
  ['/hazelcast/rest/instance', null, 'CLUSTER_READ'],
  ['/hazelcast/rest/management/cluster/state', null, 'CLUSTER_READ'],
  ['/hazelcast/rest/management/cluster/nodes', null, 'CLUSTER_READ'],
  ['/hazelcast/rest/management/cluster/version', ['GET', 'HEAD'], 'CLUSTER_READ'],
  ['/hazelcast/rest/license', ['GET', 'HEAD'], 'CLUSTER_READ'],
  ['/hazelcast/rest/log-level', ['GET', 'HEAD'], 'CLUSTER_READ'],
  ['/hazelcast/rest/log-level', ['POST', 'PUT'], 'CLUSTER_WRITE'],
  ['/hazelcast/rest/management/cluster/', ['POST', 'PUT'], 'CLUSTER_WRITE'],
]

/**
 * Whether a request is served at all: everything else gets no answer, and its connection is closed.
 *
 * @source Hazelcast `RestCallFilter`
 */
export function endpointGate(
  settings: Pick<HazelcastSettings, 'restApiEnabled' | 'endpointGroups'>,
): (method: string, path: string) => boolean {
  if (!settings.restApiEnabled) return () => false
  const open = GROUPS.map(([prefix, methods, group]) => ({ prefix, methods, isOpen: settings.endpointGroups[group] }))
  return (method, path) => {
    for (const { prefix, methods, isOpen } of open)
      if (path.startsWith(prefix) && (methods === null || methods.includes(method))) return isOpen
    return false
  }
}
