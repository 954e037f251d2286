import { parentPort, workerData } from 'node:worker_threads'
import { kernelBackend } from './native/load.js'
import { PLUGINS } from './plugins.generated.js'
import type { WorkerStart } from './runtime/messages.js'
import type { KEPT } from './runtime/worker-thread.js'
import { runWorkerThread } from './runtime/worker-work.js'
import { PluginRegistry } from './spi/registry.js'

/** Entry of a worker thread: runs its part of one job and ends, given at its start or by message. */
if (parentPort === null) throw new Error('this file is the entry of a worker thread')
await runWorkerThread(
  workerData as WorkerStart | typeof KEPT | null,
  parentPort,
  kernelBackend(),
  new PluginRegistry(PLUGINS),
)
