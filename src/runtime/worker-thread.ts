import { type MessagePort, type Transferable, Worker } from 'node:worker_threads'
import type { KernelBackend } from '../native/backend.js'
import type { PluginRegistry } from '../spi/registry.js'
import type { WorkerMessage, WorkerStart } from './messages.js'
import { WorkerLoop } from './worker-loop.js'

/** What a thread that is kept for several jobs tells beside {@link WorkerMessage}. */
export interface ThreadFree {
  /** The work is over; `isClean` when it came to its end and nothing of it can still be under way. */
  readonly type: 'free'
  readonly isClean: boolean
}

/** A thread that does one worker's part of one job. */
export interface WorkerThread {
  onMessage(listener: (message: WorkerMessage) => void): void
  /** The thread died of an error; `onExit` comes behind it. */
  onError(listener: (error: Error) => void): void
  /** The thread does nothing more for the job. */
  onExit(listener: (code: number) => void): void
  /** Ends it where it stands. */
  terminate(): void
}

/** Starts a worker. */
export type StartWorker = (start: WorkerStart, transferList: readonly Transferable[]) => WorkerThread

/** Starts every worker in a thread of its own, which ends with it. */
export function ownThreads(entry: URL): StartWorker {
  return (workerData, transferList) => {
    const worker = new Worker(entry, { workerData, transferList: [...transferList], stdout: false, stderr: false })
    return {
      onMessage: (listener) => void worker.on('message', listener),
      onError: (listener) => void worker.on('error', listener),
      onExit: (listener) => void worker.on('exit', listener),
      terminate: () => void worker.terminate(),
    }
  }
}

/**
 * The work of a thread: one worker, or, when it is started with none, one after the other as they come by message.
 *
 * @param start what the thread was started with; `null` for a thread that is kept.
 */
export async function runWorkerThread(
  start: WorkerStart | null,
  port: MessagePort,
  backend: KernelBackend,
  registry: PluginRegistry,
): Promise<void> {
  if (start !== null) return new WorkerLoop(start, port, backend, registry).run()
  port.on('message', (next: WorkerStart) => {
    let isClean = false
    const told = {
      postMessage: (message: WorkerMessage): void => {
        isClean ||= message.type === 'prepared' && message.isLast
        port.postMessage(message)
      },
    }
    const free = (): void => port.postMessage({ type: 'free', isClean } satisfies ThreadFree)
    void new WorkerLoop(next, told, backend, registry).run().then(free)
  })
}
