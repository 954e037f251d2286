import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { kernelBackend } from './native/load.js'
import { PLUGINS } from './plugins.generated.js'
import type { WorkerStart } from './runtime/messages.js'
import { WorkerLoop } from './runtime/worker-loop.js'
import { PluginRegistry } from './spi/registry.js'

/** Entry of a worker thread: runs its part of one job, given at its start or as its first message, and ends. */
if (parentPort === null) throw new Error('this file is the entry of a worker thread')
const backend = kernelBackend()
const start = (workerData ?? (await once(parentPort, 'message'))[0]) as WorkerStart
await new WorkerLoop(start, parentPort, backend, new PluginRegistry(PLUGINS)).run()
