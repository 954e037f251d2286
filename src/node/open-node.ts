import type { NodeConfig } from '../config/node-config.js'
import type { JobService } from '../engine/job-service.js'
import type { NodeIdentity, NodeService } from './api.js'
import { type NodeClock, SYSTEM_CLOCK } from './clock.js'
import { MemoryJobStore } from './job-store.js'
import { MillraceNode } from './node-service.js'

/** What is needed to open a node. */
export interface NodeOptions {
  readonly config: NodeConfig
  readonly jobs: JobService
  /** The object itself is kept: whoever binds the ports may fill them in later. */
  readonly identity: NodeIdentity
  /** The clock of the machine when absent. */
  readonly clock?: NodeClock
}

/** Ended jobs at most, whatever their age. */
const HISTORY_JOBS = 10_000

/** Opens a node with the settings of its files. */
export function openNode({ config, jobs, identity, clock = SYSTEM_CLOCK }: NodeOptions): Promise<NodeService> {
  const { engine, hazelcast } = config
  const node = new MillraceNode({
    jobs,
    store: new MemoryJobStore(),
    clock,
    identity,
    slots: { isDynamic: engine.dynamicSlot, slots: engine.slotNum, strategy: engine.jobScheduleStrategy },
    history: { expireMs: engine.historyJobExpireMinutes * 60_000, jobs: HISTORY_JOBS },
    tags: hazelcast.memberAttributes,
  })
  return Promise.resolve(node)
}
