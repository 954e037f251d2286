import { join, resolve } from 'node:path'
import { checkpointStorage, memorySavepoints, savepointStorage } from '../checkpoint/checkpoint-storage.js'
import type { SavepointStore } from '../checkpoint/savepoint-store.js'
import { MemoryCheckpointStorage } from '../checkpoint/storage.js'
import { FileCheckpointStore, LEAST_RETAINED } from '../checkpoint/store.js'
import type { NodeConfig } from '../config/node-config.js'
import type { CheckpointSettings, CheckpointStore, JobPolicy } from '../engine/job-service.js'
import type { NodeIdentity } from './api.js'
import type { JobPlanner, NodeCheckpoints, RowLogs } from './attempt-planner.js'
import { type NodeClock, SYSTEM_CLOCK } from './clock.js'
import { type JobStore, MemoryJobStore } from './job-store.js'
import { LmdbJobStore } from './lmdb-store.js'
import { MillraceNode } from './node-service.js'
import { type PackageLimits, PackageStore } from './packages/package-store.js'
import type { JobLog } from './report/job-journal.js'

/** What is needed to open a node. */
export interface NodeOptions {
  readonly config: NodeConfig
  readonly jobs: JobPlanner
  /** The object itself is kept: whoever binds the ports may fill them in later. */
  readonly identity: NodeIdentity
  /** Where jobs and their history are kept; `null` for a node that forgets everything when it ends. */
  readonly dataFolder: string | null
  /** Where what happens to jobs is written. Absent: nowhere. */
  readonly log?: JobLog | undefined
  /** Where rows that jobs print go to. Absent: to standard output. */
  readonly rowLog?: RowLogs | undefined
  /** Told when jobs have left the history, and once at the start, what of their files may stay. */
  readonly retainJobs?: ((isKnown: (jobId: string) => boolean) => void) | undefined
  /** What jobs may do that come over REST. Absent: everything. */
  readonly restPolicy?: JobPolicy | undefined
  /** Where job packages are kept. Absent: in the data folder; a node that forgets everything has none. */
  readonly packagesFolder?: string | undefined
  /** The clock of the machine when absent. */
  readonly clock?: NodeClock
}

/**
 * Opens a node with the settings of its files. Jobs that had not ended when it was stopped go on.
 *
 * @throws MillraceError `NODE_LOCKED` when another node has the data folder, `STORE_FAILED` when it cannot be used, `UNIMPLEMENTED`
 *   when a later version wrote it.
 */
export async function openNode({ dataFolder, ...options }: NodeOptions): Promise<MillraceNode> {
  const store = dataFolder === null ? new MemoryJobStore() : await LmdbJobStore.open(dataFolder)
  try {
    const {
      config,
      restPolicy,
      packagesFolder = dataFolder === null ? undefined : join(dataFolder, 'packages'),
    } = options
    const packages = packagesFolder === undefined ? undefined : await packageStore(packagesFolder, options)
    const places = {
      store: await checkpointStore(config, dataFolder),
      savepoints: await savepointStore(config, dataFolder, restPolicy),
    }
    return await startNode(store, places, { ...options, packages })
  } catch (thrown) {
    await store.close()
    throw thrown
  }
}

/** Makes a node of an open store, which the node closes. */
export async function startNode(
  store: JobStore,
  checkpoints: Pick<NodeCheckpoints, 'store' | 'savepoints'>,
  {
    config,
    jobs,
    identity,
    log,
    rowLog,
    retainJobs,
    restPolicy,
    packages,
    clock = SYSTEM_CLOCK,
  }: Omit<NodeOptions, 'dataFolder'> & { readonly packages?: PackageStore | undefined },
): Promise<MillraceNode> {
  const { engine, hazelcast } = config
  const node = new MillraceNode({
    jobs,
    store,
    checkpoints: { ...checkpoints, memory: memoryOf(config), settings: settingsOf(config) },
    clock,
    identity,
    log,
    rowLog,
    retainJobs,
    restPolicy,
    packages,
    slots: {
      isDynamic: engine.dynamicSlot,
      slots: engine.slotNum,
      strategy: engine.jobScheduleStrategy,
      maxJobs: config.millrace.maxRunningJobs,
    },
    history: { expireMs: engine.historyJobExpireMinutes * 60_000, jobs: config.millrace.maxHistoryJobs },
    tags: hazelcast.memberAttributes,
    saveIntervalMs: engine.jobMetricsBackupIntervalSeconds * 1000,
  })
  await node.recover()
  await packages?.sweep()
  return node
}

const MEBIBYTE = 1024 * 1024

/** The job packages in a folder, which no other node may use meanwhile. */
function packageStore(folder: string, { config, clock = SYSTEM_CLOCK }: Pick<NodeOptions, 'config' | 'clock'>) {
  const { packageMaxFileMegabytes, packageMaxTotalMegabytes } = config.millrace
  const limits: PackageLimits = {
    fileBytes: packageMaxFileMegabytes * MEBIBYTE,
    totalBytes: packageMaxTotalMegabytes * MEBIBYTE,
  }
  return PackageStore.open(folder, limits, () => clock.now())
}

/** Where checkpoints are: where the settings say, else in the data folder. */
async function checkpointStore({ engine }: NodeConfig, dataFolder: string | null): Promise<CheckpointStore> {
  const { checkpointPluginConfig: config, checkpointMaxRetained: maxRetained } = engine
  if (dataFolder === null) return new FileCheckpointStore(new MemoryCheckpointStorage(), { maxRetained })
  const namespace = config.get('namespace') ?? join(dataFolder, 'checkpoints')
  return checkpointStorage({ ...engine, checkpointPluginConfig: new Map([...config, ['namespace', namespace]]) })
}

/** Where savepoints are: in a folder of the data folder unless the settings or a request name another. */
async function savepointStore(
  { engine, millrace }: NodeConfig,
  dataFolder: string | null,
  restPolicy: JobPolicy | undefined,
): Promise<SavepointStore> {
  const policy = restPolicy?.files ?? null
  const { savepointFolder } = millrace
  if (dataFolder !== null) return savepointStorage(engine, savepointFolder ?? resolve(dataFolder, 'savepoints'), policy)
  return memorySavepoints(policy)
}

function memoryOf({ engine, millrace }: NodeConfig): NodeCheckpoints['memory'] {
  const maxRetained = Math.max(LEAST_RETAINED, engine.checkpointMaxRetained)
  return { maxRetained, details: millrace.flinkCheckpointHistory }
}

function settingsOf({ engine }: NodeConfig): CheckpointSettings {
  return {
    intervalMs: engine.checkpointIntervalMs,
    minPauseMs: engine.checkpointMinPauseMs,
    timeoutMs: engine.checkpointTimeoutMs,
    // A slow checkpoint is no failed one: the job says who holds it up and waits.
    onTimeout: 'warn',
  }
}
