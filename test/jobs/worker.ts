import { parentPort, workerData } from 'node:worker_threads'
import { kernelBackend } from '../../src/native/load.js'
import { PLUGINS } from '../../src/plugins.generated.js'
import type { WorkerStart } from '../../src/runtime/messages.js'
import type { KEPT } from '../../src/runtime/worker-thread.js'
import { runWorkerThread } from '../../src/runtime/worker-work.js'
import { PluginRegistry } from '../../src/spi/registry.js'
import { FAULTY_PLUGINS } from '../restore/faulty-file.js'
import { TEST_PLUGINS } from './probe.js'
import { STAGE_PLUGINS } from './stage-probe.js'

/** The worker entry of the product, with the plug-ins of tests beside its own. */
if (parentPort === null) throw new Error('this file is the entry of a worker thread')
const registry = new PluginRegistry([...PLUGINS, ...TEST_PLUGINS, ...STAGE_PLUGINS, ...FAULTY_PLUGINS])
await runWorkerThread(workerData as WorkerStart | typeof KEPT | null, parentPort, kernelBackend(), registry)
