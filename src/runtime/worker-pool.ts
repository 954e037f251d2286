import type { Transferable } from 'node:worker_threads'
import type { WorkerMessage, WorkerStart } from './messages.js'
import type { StartWorker, WorkerThread } from './worker-thread.js'

/** Milliseconds that workers have to end by themselves once the job is over, and once more to be ended in then. */
const GRACE_MS = 5000

/** Who hears of the workers. */
export interface WorkerListener {
  message(message: WorkerMessage): void
  /** A worker ended without having said how. */
  died(cause: Error): void
}

/**
 * The worker threads of a job. When the job is over they are expected to end by themselves, between two native calls; one that does
 * not is terminated, and one that cannot be is not waited for.
 */
export class WorkerPool {
  readonly #startWorker: StartWorker
  readonly #listener: WorkerListener
  readonly #graceMs: number
  readonly #workers: WorkerThread[] = []
  readonly #exits: Promise<void>[] = []
  #giveUp: () => void = () => undefined
  readonly #givenUp = new Promise<void>((resolve) => {
    this.#giveUp = resolve
  })
  #timer: NodeJS.Timeout | null = null

  constructor(startWorker: StartWorker, listener: WorkerListener, graceMs = GRACE_MS) {
    this.#startWorker = startWorker
    this.#listener = listener
    this.#graceMs = graceMs
  }

  start(start: WorkerStart, transferList: readonly Transferable[]): void {
    const worker = this.#startWorker(start, transferList)
    this.#workers.push(worker)
    this.#exits.push(
      new Promise((resolve) => {
        let hasEnded = false
        worker.onMessage((message) => {
          hasEnded ||= isEnd(message)
          this.#listener.message(message)
        })
        worker.onError((error) => {
          hasEnded = true
          this.#listener.died(error)
        })
        worker.onExit((code) => {
          if (!hasEnded) this.#listener.died(new Error(`exit code ${code}`))
          resolve()
        })
      }),
    )
  }

  /** Ends when all workers have, or when those that are left are given up. */
  async ended(): Promise<void> {
    await Promise.race([Promise.all(this.#exits), this.#givenUp])
  }

  /** The job is over: from now on the workers have a limited time. */
  expectEnd(): void {
    if (this.#timer !== null) return
    this.#timer = setTimeout(() => {
      this.terminate()
      this.#timer = setTimeout(this.#giveUp, this.#graceMs)
    }, this.#graceMs)
  }

  /** Ends all workers at once, where they stand. */
  terminate(): void {
    for (const worker of this.#workers) worker.terminate()
  }

  /** To be called when nothing is waited for any more. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.terminate()
  }
}

/** Whether a worker tells nothing more. */
function isEnd(message: WorkerMessage): boolean {
  return message.type === 'prepared' ? message.isLast : message.type !== 'rowErrors'
}
