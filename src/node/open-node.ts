import { MemoryCheckpointStorage } from '../checkpoint/storage.js'
import { FileCheckpointStore } from '../checkpoint/store.js'
import type { NodeConfig } from '../config/node-config.js'
import type { JobService } from '../engine/job-service.js'
import type { NodeIdentity } from './api.js'
import type { NodeCheckpoints } from './attempt-planner.js'
import { type NodeClock, SYSTEM_CLOCK } from './clock.js'
import { type JobStore, MemoryJobStore } from './job-store.js'
import { LmdbJobStore } from './lmdb-store.js'
import { MillraceNode } from './node-service.js'

/** What is needed to open a node. */
export interface NodeOptions {
  readonly config: NodeConfig
  readonly jobs: JobService
  /** The object itself is kept: whoever binds the ports may fill them in later. */
  readonly identity: NodeIdentity
  /** Where jobs and their history are kept; `null` for a node that forgets everything when it ends. */
  readonly dataFolder: string | null
  /** The clock of the machine when absent. */
  readonly clock?: NodeClock
}

/** Ended jobs at most, whatever their age. */
const HISTORY_JOBS = 10_000

/**
 * Opens a node with the settings of its files. Jobs that had not ended when it was stopped go on.
 *
 * @throws MillraceError `NODE_LOCKED` when another node has the data folder, `STORE_FAILED` when it cannot be used, `UNIMPLEMENTED`
 *   when a later version wrote it.
 */
export async function openNode({ dataFolder, ...options }: NodeOptions): Promise<MillraceNode> {
  const store = dataFolder === null ? new MemoryJobStore() : await LmdbJobStore.open(dataFolder)
  try {
    return await startNode(store, options)
  } catch (thrown) {
    await store.close()
    throw thrown
  }
}

/** Makes a node of an open store, which the node closes. */
export async function startNode(
  store: JobStore,
  { config, jobs, identity, clock = SYSTEM_CLOCK }: Omit<NodeOptions, 'dataFolder'>,
): Promise<MillraceNode> {
  const { engine, hazelcast } = config
  const node = new MillraceNode({
    jobs,
    store,
    checkpoints: checkpointsOf(config),
    clock,
    identity,
    slots: { isDynamic: engine.dynamicSlot, slots: engine.slotNum, strategy: engine.jobScheduleStrategy },
    history: { expireMs: engine.historyJobExpireMinutes * 60_000, jobs: HISTORY_JOBS },
    tags: hazelcast.memberAttributes,
    saveIntervalMs: engine.jobMetricsBackupIntervalSeconds * 1000,
  })
  await node.recover()
  return node
}

function checkpointsOf({ engine }: NodeConfig): NodeCheckpoints {
  return {
    store: new FileCheckpointStore(new MemoryCheckpointStorage(), { maxRetained: engine.checkpointMaxRetained }),
    settings: {
      intervalMs: engine.checkpointIntervalMs,
      minPauseMs: engine.checkpointMinPauseMs,
      timeoutMs: engine.checkpointTimeoutMs,
      onTimeout: 'warn',
    },
  }
}
