import { parentPort, workerData } from 'node:worker_threads'
import { kernelBackend } from './native/load.js'
import { PLUGINS } from './plugins.generated.js'
import type { WorkerStart } from './runtime/messages.js'
import { WorkerLoop } from './runtime/worker-loop.js'
import { PluginRegistry } from './spi/registry.js'

/** Entry of a worker thread: runs its part of one job and ends. */
if (parentPort === null) throw new Error('this file is the entry of a worker thread')
await new WorkerLoop(workerData as WorkerStart, parentPort, kernelBackend(), new PluginRegistry(PLUGINS)).run()
