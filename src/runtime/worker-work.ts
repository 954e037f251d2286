import { once } from 'node:events'
import { setPriority } from 'node:os'
import { type MessagePort, threadId } from 'node:worker_threads'
import type { KernelBackend } from '../native/backend.js'
import type { PluginRegistry } from '../spi/registry.js'
import { ThreadTag } from './activity.js'
import { WorkerMemory } from './arena.js'
import type { WorkerMessage, WorkerStart } from './messages.js'
import { WorkerLoop } from './worker-loop.js'
import { KEPT, type ThreadFree } from './worker-thread.js'

/**
 * The work of a thread.
 *
 * @param start what the thread was started with: its part of a job, nothing when that comes as its first message, or {@link KEPT} when
 *   one after the other comes that way.
 */
export async function runWorkerThread(
  start: WorkerStart | typeof KEPT | null,
  port: MessagePort,
  backend: KernelBackend,
  registry: PluginRegistry,
): Promise<void> {
  const memory = new WorkerMemory()
  const tag = new ThreadTag(backend.sampler?.join(`mr-worker-${threadId}`) ?? null, threadId)
  if (start !== KEPT) {
    const own = start ?? ((await once(port, 'message'))[0] as WorkerStart)
    return new WorkerLoop(own, port, backend, registry, memory, tag).run()
  }
  yieldToControl()
  port.on('message', (next: WorkerStart) => {
    let isClean = false
    const told = {
      postMessage: (message: WorkerMessage): void => {
        isClean ||= message.type === 'prepared' && message.isLast
        port.postMessage(message)
      },
    }
    const free = (): void => port.postMessage({ type: 'free', isClean } satisfies ThreadFree)
    void new WorkerLoop(next, told, backend, registry, memory, tag).run().then(free)
  })
}

/** How much less the threads of a node's jobs count than the one that answers clients, as `nice` has it. */
const JOB_NICENESS = 10

/**
 * Lets the thread that answers clients run first where all cores are busy. On Linux the call is about the calling thread alone;
 * elsewhere it would be about the whole process.
 */
function yieldToControl(): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(0, JOB_NICENESS)
  } catch {
    // A sandbox may forbid it: jobs then share the cores as equals, which is slower answers and no fault.
  }
}
