import type { JobStatus, NodeIdentity } from '../api.js'
import { byLabel, type Labels, type MetricFamily, single } from './exposition.js'

/** Version of Hazelcast whose place this node takes. */
const HAZELCAST_VERSION = '5.1'

/** What the families of a cluster are made of. */
export interface ClusterInput {
  readonly identity: Pick<NodeIdentity, 'clusterName' | 'host' | 'port'>
  readonly nowMs: number
  readonly processors: number
  /** Jobs by state, ended ones in the history too. */
  readonly jobs: ReadonlyMap<JobStatus, number>
  /** Jobs that began and that ended since the node started. */
  readonly begunJobs: number
  readonly endedJobs: number
  /** Jobs that wait for a slot. */
  readonly queuedJobs: number
  readonly rejectedJobs: number
}

/** The node's pool of job coordinators: a thread for every job in the original, none here, so that it shows jobs. */
export function poolFamilies({
  begunJobs,
  endedJobs,
  queuedJobs,
  rejectedJobs,
  identity,
}: ClusterInput): readonly MetricFamily[] {
  const labels = (type: string): Labels => [...memberLabels(identity), ['type', type]]
  const active = Math.max(0, begunJobs - endedJobs - queuedJobs)
  const pool = (name: string, help: string, value: number, type = name): MetricFamily =>
    single('gauge', `job_thread_pool_${name}`, help, value, labels(type))
  const total = (name: string, help: string, value: number, type: string): MetricFamily =>
    single('counter', `job_thread_pool_${name}`, help, value, labels(type))
  return [
    pool('activeCount', 'Jobs that run.', active),
    total('completedTask', 'Jobs that ended since the node started.', endedJobs, 'completedTask'),
    pool('corePoolSize', 'Coordinators that are kept without jobs.', 0),
    pool('maximumPoolSize', 'Jobs at most, as far as slots allow.', 2 ** 31 - 1),
    pool('poolSize', 'Jobs that run.', active),
    total('task', 'Jobs that were taken since the node started.', begunJobs, 'taskCount'),
    pool('queueTaskCount', 'Jobs that wait for slots.', queuedJobs),
    total('rejection', 'Jobs that were rejected for want of slots.', rejectedJobs, 'rejectionCount'),
  ]
}

/** Executors of Hazelcast, with what their pools and queues may hold there by default. Nothing runs in them here. */
const EXECUTORS: readonly (readonly [type: string, threads: (processors: number) => number, queue: number])[] = [
  ['async', (processors) => processors, 100_000],
  ['client', (processors) => processors, 200_000],
  ['clientBlocking', (processors) => processors * 20, 200_000],
  ['clientQuery', (processors) => processors, 200_000],
  ['io', () => 16, 2 ** 31 - 1],
  ['offloadable', (processors) => processors, 100_000],
  ['scheduled', (processors) => processors * 2, 200_000],
  ['system', (processors) => processors, 2 ** 31 - 1],
]

/** The member and what Hazelcast would show of it. */
export function memberFamilies({ identity, processors }: ClusterInput): readonly MetricFamily[] {
  const member = memberLabels(identity)
  const executor = (name: string, value: (threads: number, queue: number) => number = () => 0): MetricFamily =>
    byLabel(
      'gauge',
      `hazelcast_executor_${name}`,
      `The figure '${name}' of an executor of Hazelcast; nothing runs in them here.`,
      'type',
      EXECUTORS.map(([type, threads, queue]) => [type, value(threads(processors), queue)] as const),
      member,
    )
  const partition = (name: string, help: string, value: number): MetricFamily =>
    single('gauge', `hazelcast_partition_${name}`, help, value, member)
  return [
    single('gauge', 'node_state', 'Whether the node is up.', 1, member),
    executor('executedCount'),
    executor('isShutdown'),
    executor('isTerminated'),
    executor('maxPoolSize', (threads) => threads),
    executor('poolSize'),
    executor('queueRemainingCapacity', (_, queue) => queue),
    executor('queueSize'),
    partition('partitionCount', 'Partitions of a Hazelcast cluster.', 271),
    partition('activePartition', 'Partitions on this node.', 271),
    partition('isClusterSafe', 'Whether nothing is lost when a node goes.', 1),
    partition('isLocalMemberSafe', 'Whether nothing is lost when this node goes.', 1),
  ]
}

/** The cluster of one node. */
export function clusterFamilies({ identity, nowMs }: ClusterInput): readonly MetricFamily[] {
  const cluster: Labels = [['cluster', identity.clusterName]]
  const versioned: Labels = [...cluster, ['hazelcastVersion', HAZELCAST_VERSION]]
  const master = `${identity.host}:${identity.port}`
  return [
    single('gauge', 'cluster_info', 'The cluster and its master.', 1, [...versioned, ['master', master]]),
    single('gauge', 'cluster_time', 'Clock of the cluster, in milliseconds since 1970.', nowMs, versioned),
    single('gauge', 'node_count', 'Nodes of the cluster.', 1, cluster),
  ]
}

/** States that are counted, under their names here. */
const COUNTED: readonly (readonly [type: string, status: JobStatus])[] = [
  ['canceled', 'CANCELED'],
  ['cancelling', 'CANCELING'],
  ['created', 'CREATED'],
  ['failed', 'FAILED'],
  ['failing', 'FAILING'],
  ['finished', 'FINISHED'],
  ['running', 'RUNNING'],
  ['scheduled', 'SCHEDULED'],
]

/** Jobs by state. */
export function jobCountFamily({ identity, jobs }: ClusterInput): MetricFamily {
  const values = COUNTED.map(([type, status]) => [type, jobs.get(status) ?? 0] as const)
  return byLabel(
    'gauge',
    'job_count',
    'Jobs by state; ended ones as long as they are in the history.',
    'type',
    values,
    [['cluster', identity.clusterName]],
  )
}

function memberLabels({ clusterName, host, port }: ClusterInput['identity']): Labels {
  return [
    ['cluster', clusterName],
    ['address', `${host}:${port}`],
  ]
}
