import {
  FLAG,
  INTEGER,
  listOf,
  mapOf,
  NUMBER,
  named,
  nullable,
  object,
  onlyIn,
  optional,
  recordOf,
  TEXT,
} from '../../../shape.js'
import { GET, LOGS } from './cluster.js'
import { AGGREGATES } from './jobs.js'
import type { OperationShape } from './operation-shape.js'
import { AGGREGATED_METRICS, ID, METRICS, TIME } from './values.js'

const RESOURCE = named(
  'FlinkResource',
  object({
    cpuCores: NUMBER,
    taskHeapMemory: INTEGER,
    taskOffHeapMemory: INTEGER,
    managedMemory: INTEGER,
    networkMemory: INTEGER,
    extendedResources: mapOf(NUMBER),
  }),
)
const MEMORY_PARTS = [
  'frameworkHeap',
  'taskHeap',
  'frameworkOffHeap',
  'taskOffHeap',
  'networkMemory',
  'managedMemory',
  'jvmMetaspace',
  'jvmOverhead',
  'totalFlinkMemory',
  'totalProcessMemory',
] as const
const MANAGER = {
  id: TEXT,
  path: TEXT,
  dataPort: INTEGER,
  jmxPort: INTEGER,
  timeSinceLastHeartbeat: TIME,
  slotsNumber: INTEGER,
  freeSlots: INTEGER,
  totalResource: RESOURCE,
  freeResource: RESOURCE,
  hardware: recordOf(['cpuCores', 'physicalMemory', 'freeMemory', 'managedMemory'] as const, INTEGER),
  memoryConfiguration: recordOf(MEMORY_PARTS, nullable(INTEGER)),
  blocked: optional(FLAG),
} as const
const MEMORY_METRICS = [
  'heapUsed',
  'heapCommitted',
  'heapMax',
  'nonHeapUsed',
  'nonHeapCommitted',
  'nonHeapMax',
  'directCount',
  'directUsed',
  'directMax',
  'mappedCount',
  'mappedUsed',
  'mappedMax',
  'nettyShuffleMemorySegmentsAvailable',
  'nettyShuffleMemorySegmentsUsed',
  'nettyShuffleMemorySegmentsTotal',
  'nettyShuffleMemoryAvailable',
  'nettyShuffleMemoryUsed',
  'nettyShuffleMemoryTotal',
] as const
const NUMBERS = Object.fromEntries(MEMORY_METRICS.map((name) => [name, INTEGER])) as Readonly<
  Record<(typeof MEMORY_METRICS)[number], typeof INTEGER>
>

/** The task manager, which is the node. */
export const TASK_MANAGER_SHAPES = {
  'GET /taskmanagers': { answer: named('FlinkTaskManagers', object({ taskmanagers: listOf(object(MANAGER)) })) },
  'GET /taskmanagers/metrics': {
    query: { ...GET, agg: AGGREGATES, taskmanagers: optional(listOf(TEXT)) },
    answer: AGGREGATED_METRICS,
  },
  'GET /taskmanagers/:taskmanagerid': {
    answer: named(
      'FlinkTaskManager',
      object({
        ...MANAGER,
        allocatedSlots: listOf(object({ jobId: ID, resource: RESOURCE })),
        metrics: object({
          ...NUMBERS,
          memorySegmentsAvailable: onlyIn('1.20', INTEGER),
          memorySegmentsTotal: onlyIn('1.20', INTEGER),
          garbageCollectors: listOf(object({ name: TEXT, count: INTEGER, time: INTEGER })),
        }),
      }),
    ),
  },
  'GET /taskmanagers/:taskmanagerid/logs': { answer: LOGS },
  'GET /taskmanagers/:taskmanagerid/log': {},
  'GET /taskmanagers/:taskmanagerid/logs/:filename': {},
  'GET /taskmanagers/:taskmanagerid/stdout': {},
  'GET /taskmanagers/:taskmanagerid/metrics': { query: GET, answer: METRICS },
} as const satisfies Record<string, OperationShape>
