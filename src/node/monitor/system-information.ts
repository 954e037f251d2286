import type { NodeIdentity } from '../api.js'
import type { Collections } from './garbage.js'
import type { ProcessFacts } from './process-facts.js'

/** What is shown of a node. */
export interface SystemInput {
  readonly identity: Pick<NodeIdentity, 'host' | 'port'>
  readonly facts: ProcessFacts
  readonly minor: Collections
  readonly major: Collections
  readonly threads: number
  readonly peakThreads: number
}

/** Things of Hazelcast that this node does not have, in the order of the original; dashboards look for every key. */
const NOTHING_THERE: readonly (readonly [key: string, value: string])[] = [
  ...[
    'cluster.timeDiff',
    'event.q.size',
    'executor.q.async.size',
    'executor.q.client.size',
    'executor.q.client.query.size',
    'executor.q.client.blocking.size',
    'executor.q.query.size',
    'executor.q.scheduled.size',
    'executor.q.io.size',
    'executor.q.system.size',
    'executor.q.operations.size',
    'executor.q.priorityOperation.size',
    'operations.completed.count',
    'executor.q.mapLoad.size',
    'executor.q.mapLoadAllKeys.size',
    'executor.q.cluster.size',
    'executor.q.response.size',
    'operations.running.count',
  ].map((key) => [key, '0'] as const),
  ['operations.pending.invocations.percentage', '0.00%'],
  ...[
    'operations.pending.invocations.count',
    'proxy.count',
    'clientEndpoint.count',
    'connection.active.count',
    'client.connection.count',
    'connection.count',
  ].map((key) => [key, '0'] as const),
]

/**
 * Health of this node, every value as text, in the order of the original.
 *
 * @source Hazelcast `HealthMonitor.HealthMetrics.render`, SeaTunnel `GetClusterHealthMetricsOperation`
 */
export function systemInformation(input: SystemInput): ReadonlyMap<string, string> {
  const { identity, facts, minor, major } = input
  return new Map([
    ['isMaster', 'true'],
    ['host', identity.host],
    ['port', String(identity.port)],
    ['processors', String(facts.processors)],
    ['physical.memory.total', sizeText(facts.physicalTotalBytes)],
    ['physical.memory.free', sizeText(facts.physicalFreeBytes)],
    ['swap.space.total', sizeText(facts.swapTotalBytes)],
    ['swap.space.free', sizeText(facts.swapFreeBytes)],
    ['heap.memory.used', sizeText(facts.heapUsedBytes)],
    ['heap.memory.free', sizeText(Math.max(0, facts.heapTotalBytes - facts.heapUsedBytes))],
    ['heap.memory.total', sizeText(facts.heapTotalBytes)],
    ['heap.memory.max', sizeText(facts.heapMaxBytes)],
    ['heap.memory.used/total', percentText(facts.heapUsedBytes, facts.heapTotalBytes)],
    ['heap.memory.used/max', percentText(facts.heapUsedBytes, facts.heapMaxBytes)],
    ['minor.gc.count', String(minor.count)],
    ['minor.gc.time', `${Math.round(minor.seconds * 1000)}ms`],
    ['major.gc.count', String(major.count)],
    ['major.gc.time', `${Math.round(major.seconds * 1000)}ms`],
    ['load.process', percentText(facts.processLoad, 1)],
    ['load.system', percentText(facts.systemLoad, 1)],
    ['load.systemAverage', facts.loadAverage.toFixed(2)],
    ['thread.count', String(input.threads)],
    ['thread.peakCount', String(input.peakThreads)],
    ...NOTHING_THERE,
  ])
}

const UNITS = ['K', 'M', 'G', 'T', 'P', 'E'] as const

/** A size in the largest unit that it is more than one of: `0`, `1024`, `117.3M`. @source Hazelcast `StringUtil.humanReadableSize` */
export function sizeText(bytes: number): string {
  for (let power = UNITS.length; power > 0; power -= 1) {
    const unit = 1024 ** power
    if (bytes > unit) return `${(bytes / unit).toFixed(1)}${UNITS[power - 1]}`
  }
  return String(Math.trunc(bytes))
}

function percentText(part: number, whole: number): string {
  return `${(whole > 0 ? (part / whole) * 100 : 0).toFixed(2)}%`
}
