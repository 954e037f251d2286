import { Worker } from 'node:worker_threads'
import { ownThreads, type StartWorker, threadOf } from './worker-thread.js'

/**
 * A worker thread that starts before there is a job for it, so that its start and the planning of the job take their time together.
 * It waits for its part of the job as its first message, and does not keep the process.
 */
export class SpareWorker {
  #worker: Worker | null

  /** @param entry file or URL of the worker's entry. */
  constructor(entry: URL) {
    const worker = new Worker(entry, { stdout: false, stderr: false })
    worker.unref()
    // A spare thread that ends is no failure: the job starts another one, which says why it cannot live.
    worker.on('error', this.#forget)
    worker.on('exit', this.#forget)
    this.#worker = worker
  }

  /** Whether it can be taken. */
  get isWaiting(): boolean {
    return this.#worker !== null
  }

  /** The thread, which the caller watches from now on; `null` when it was taken before or has ended. */
  take(): Worker | null {
    const worker = this.#worker
    this.#worker = null
    worker?.off('error', this.#forget)
    worker?.off('exit', this.#forget)
    worker?.ref()
    return worker
  }

  /** Starts the first worker in this thread, the others in new ones. */
  startWorker(entry: URL): StartWorker {
    const startOwn = ownThreads(entry)
    return (start, transferList) => {
      const spare = this.take()
      spare?.postMessage(start, transferList)
      return spare === null ? startOwn(start, transferList) : threadOf(spare)
    }
  }

  readonly #forget = (): void => {
    this.#worker = null
  }
}
