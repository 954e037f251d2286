import { type Transferable, Worker } from 'node:worker_threads'
import type { WorkerMessage, WorkerStart } from './messages.js'

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

/** What a thread is started with that gets its work later and is kept from job to job. */
export const KEPT = 'kept'

/** Starts every worker in a thread of its own, which ends with it. */
export function ownThreads(entry: URL): StartWorker {
  return (workerData, transferList) =>
    threadOf(new Worker(entry, { workerData, transferList: [...transferList], stdout: false, stderr: false }))
}

/** A thread that does nothing but the work of one job. */
export function threadOf(worker: Worker): WorkerThread {
  return {
    onMessage: (listener) => void worker.on('message', listener),
    onError: (listener) => void worker.on('error', listener),
    onExit: (listener) => void worker.on('exit', listener),
    terminate: () => void worker.terminate(),
  }
}
