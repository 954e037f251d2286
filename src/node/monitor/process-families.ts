import { byLabel, type MetricFamily, type MetricSample, single } from './exposition.js'
import type { Collections } from './garbage.js'
import type { HeapSpace, ProcessFacts } from './process-facts.js'
import { type ProcessThread, THREAD_STATES } from './threads.js'

/** What the pages of a JVM say of the process, said of this one. */
export interface ProcessInput {
  readonly facts: ProcessFacts
  readonly minor: Collections
  readonly major: Collections
  readonly threads: readonly ProcessThread[]
  readonly peakThreads: number
  /** Threads that were started, as far as they were seen. */
  readonly startedThreads: number
}

/** Pools of buffers. Mapped files are not used. */
function byPool(name: string, help: string, direct: number): MetricFamily {
  const values = [
    ['mapped', 0],
    ['direct', direct],
  ] as const
  return byLabel('gauge', name, help, 'pool', values)
}

/** The runtime and its buffers; there are no classes to load. */
export function runtimeFamilies({ facts }: ProcessInput): readonly MetricFamily[] {
  const labels = [
    ['runtime', 'Node.js'],
    ['vendor', 'OpenJS Foundation'],
    ['version', process.version],
  ] as const
  return [
    { name: 'jvm', type: 'info', help: 'The runtime that this node runs on.', samples: [{ labels, value: 1 }] },
    byPool('jvm_buffer_pool_used_bytes', 'Bytes of buffers outside of the heap.', facts.externalBytes),
    byPool('jvm_buffer_pool_capacity_bytes', 'Bytes set aside for buffers outside of the heap.', facts.externalBytes),
    byPool('jvm_buffer_pool_used_buffers', 'Buffers outside of the heap; not counted here.', 0),
    single('gauge', 'jvm_classes_currently_loaded', 'Loaded classes; there are none here.', 0),
    single('counter', 'jvm_classes_loaded', 'Classes that were ever loaded; there are none here.', 0),
    single('counter', 'jvm_classes_unloaded', 'Classes that were unloaded; there are none here.', 0),
  ]
}

/** The process as the operating system sees it. */
export function processFamilies({ facts }: ProcessInput): readonly MetricFamily[] {
  return [
    single('counter', 'process_cpu_seconds', 'Processor time of all threads, in seconds.', facts.cpuSeconds),
    single(
      'gauge',
      'process_start_time_seconds',
      'When the process started, in seconds since 1970.',
      facts.startedAtSeconds,
    ),
    single('gauge', 'process_open_fds', 'Open files and connections.', facts.openFiles),
    single('gauge', 'process_max_fds', 'Files and connections that may be open.', facts.maxFiles),
    single('gauge', 'process_virtual_memory_bytes', 'Address space in bytes.', facts.virtualBytes),
    single('gauge', 'process_resident_memory_bytes', 'Memory in bytes.', facts.residentBytes),
  ]
}

/** The heap of the main thread and what lies outside of it. */
export function memoryFamilies({ facts }: ProcessInput): readonly MetricFamily[] {
  const area = (name: string, help: string, heap: number, nonheap: number): MetricFamily =>
    byLabel('gauge', name, help, 'area', [
      ['heap', heap],
      ['nonheap', nonheap],
    ])
  const pool = (name: string, help: string, value: (space: HeapSpace) => number): MetricFamily =>
    byLabel(
      'gauge',
      name,
      help,
      'pool',
      facts.heapSpaces.map((space) => [space.name, value(space)] as const),
    )
  return [
    single(
      'gauge',
      'jvm_memory_objects_pending_finalization',
      'Objects that wait for a finalizer; there are none here.',
      0,
    ),
    area('jvm_memory_bytes_used', 'Bytes in use.', facts.heapUsedBytes, facts.externalBytes),
    area('jvm_memory_bytes_committed', 'Bytes set aside.', facts.heapTotalBytes, facts.externalBytes),
    area('jvm_memory_bytes_max', 'Bytes at most; -1 without a limit.', facts.heapMaxBytes, -1),
    area('jvm_memory_bytes_init', 'Bytes at the start.', 0, 0),
    pool('jvm_memory_pool_bytes_used', 'Bytes of a part of the heap that are in use.', (space) => space.usedBytes),
    pool('jvm_memory_pool_bytes_committed', 'Bytes set aside for a part of the heap.', (space) => space.committedBytes),
    pool('jvm_memory_pool_bytes_max', 'Bytes of a part of the heap at most; -1 without a limit.', () => -1),
    pool('jvm_memory_pool_bytes_init', 'Bytes of a part of the heap at the start.', () => 0),
    pool(
      'jvm_memory_pool_collection_used_bytes',
      'As used; not measured behind a collection here.',
      (space) => space.usedBytes,
    ),
    pool('jvm_memory_pool_collection_committed_bytes', 'As committed.', (space) => space.committedBytes),
    pool('jvm_memory_pool_collection_max_bytes', 'As the maximum.', () => -1),
    pool('jvm_memory_pool_collection_init_bytes', 'As at the start.', () => 0),
  ]
}

/** What was ever allocated, as far as it is known: what is set aside now. */
export function allocationFamily({ facts }: ProcessInput): MetricFamily {
  const samples = facts.heapSpaces.map(({ name, committedBytes }): MetricSample => {
    return { labels: [['pool', name]], value: committedBytes, createdSeconds: facts.startedAtSeconds }
  })
  return {
    name: 'jvm_memory_pool_allocated_bytes',
    type: 'counter',
    help: 'Bytes set aside for a part of the heap.',
    samples,
  }
}

/** Collections of garbage in the main thread. */
export function collectionFamily({ minor, major }: ProcessInput): MetricFamily {
  const samples = [
    ['Scavenge', minor],
    ['Mark-Compact', major],
  ] as const
  return {
    name: 'jvm_gc_collection_seconds',
    type: 'summary',
    help: 'Time of garbage collections of the main thread, in seconds.',
    samples: samples.flatMap(([gc, { count, seconds }]): readonly MetricSample[] => [
      { suffix: '_count', labels: [['gc', gc]], value: count },
      { suffix: '_sum', labels: [['gc', gc]], value: seconds },
    ]),
  }
}

/** Threads by state. */
export function threadFamilies({ threads, peakThreads, startedThreads }: ProcessInput): readonly MetricFamily[] {
  const states = THREAD_STATES.map(
    (state) => [state, threads.filter((thread) => thread.state === state).length] as const,
  )
  return [
    single('gauge', 'jvm_threads_current', 'Threads of the process.', threads.length),
    single('gauge', 'jvm_threads_daemon', 'Threads beside the main one.', Math.max(0, threads.length - 1)),
    single('gauge', 'jvm_threads_peak', 'Most threads that were seen.', peakThreads),
    single('counter', 'jvm_threads_started', 'Threads that were started, as far as they were seen.', startedThreads),
    single('gauge', 'jvm_threads_deadlocked', 'Threads that wait for each other; they have no locks here.', 0),
    single('gauge', 'jvm_threads_deadlocked_monitor', 'Threads that wait for each other; they have no locks here.', 0),
    byLabel('gauge', 'jvm_threads_state', 'Threads by state.', 'state', states),
  ]
}
