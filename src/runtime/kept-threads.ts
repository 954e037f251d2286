import { type Transferable, Worker } from 'node:worker_threads'
import type { WorkerMessage, WorkerStart } from './messages.js'
import { KEPT, type ThreadFree, type WorkerThread } from './worker-thread.js'

/** Jobs that one thread works for before it is replaced: what plug-ins and native code hold on to is given up now and then. */
const JOBS_PER_THREAD = 500

/** How long a thread waits for the next job before it is given up: an idle process is a small one. In milliseconds. */
const WAIT_LIMIT_MS = 60_000

/** Calls back once after a time; gives a function that takes the call back. */
export type CallLater = (delayMs: number, call: () => void) => () => void

/** A thread and the job that it works for. */
interface KeptThread {
  readonly worker: Worker
  jobs: number
  /** Takes back that it is given up; nothing while it works. */
  forgetWait: () => void
  /** `null` while it waits. */
  lease: ThreadLease | null
}

/**
 * Threads that are kept from job to job, so that a job does not wait for code to be loaded. One that nobody needed for a minute is
 * given up. A thread whose work did not come to its end is not used again.
 */
export class KeptThreads {
  readonly #entry: URL
  readonly #waiting: KeptThread[] = []
  readonly #all = new Set<KeptThread>()
  readonly #most: number
  readonly #later: CallLater
  #isClosed = false

  /**
   * @param entry the worker's entry, which waits for work when it is started with {@link KEPT}.
   * @param most threads that wait at a time.
   * @param later the machine's timers when absent.
   */
  constructor(entry: URL, most: number, later: CallLater = callLater) {
    this.#entry = entry
    this.#most = most
    this.#later = later
  }

  /** Threads that there are, for finding out whether they are given up. */
  get size(): number {
    return this.#all.size
  }

  /** Starts a worker in a thread that waits, or in a new one. */
  start(start: WorkerStart, transferList: readonly Transferable[]): WorkerThread {
    const kept = this.#waiting.pop() ?? this.#startThread()
    const lease = new ThreadLease(() => this.#end(kept))
    kept.forgetWait()
    kept.lease = lease
    kept.jobs += 1
    kept.worker.ref()
    kept.worker.postMessage(start, transferList)
    return lease
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#waiting.length = 0
    for (const { forgetWait } of this.#all) forgetWait()
    await Promise.all([...this.#all].map(({ worker }) => worker.terminate()))
  }

  #startThread(): KeptThread {
    const worker = new Worker(this.#entry, { workerData: KEPT, stdout: false, stderr: false })
    // A thread that only waits does not keep the process.
    worker.unref()
    const kept: KeptThread = { worker, jobs: 0, forgetWait: () => undefined, lease: null }
    this.#all.add(kept)
    worker.on('message', (message: WorkerMessage | ThreadFree) => {
      if (message.type === 'free') this.#free(kept, message.isClean)
      else kept.lease?.tell(message)
    })
    worker.on('error', (error) => kept.lease?.fail(error))
    worker.on('exit', (code) => {
      this.#forget(kept)
      kept.lease?.end(code)
    })
    return kept
  }

  #free(kept: KeptThread, isClean: boolean): void {
    const { lease } = kept
    kept.lease = null
    const isKept = isClean && !this.#isClosed && kept.jobs < JOBS_PER_THREAD && this.#waiting.length < this.#most
    if (isKept) {
      kept.worker.unref()
      this.#waiting.push(kept)
      kept.forgetWait = this.#later(WAIT_LIMIT_MS, () => this.#end(kept))
    } else this.#end(kept)
    lease?.end(0)
  }

  #end(kept: KeptThread): void {
    this.#forget(kept)
    void kept.worker.terminate()
  }

  #forget(kept: KeptThread): void {
    kept.forgetWait()
    this.#all.delete(kept)
    const place = this.#waiting.indexOf(kept)
    if (place >= 0) this.#waiting.splice(place, 1)
  }
}

/** A timer that does not keep the process. */
function callLater(delayMs: number, call: () => void): () => void {
  const timer = setTimeout(call, delayMs)
  timer.unref()
  return () => clearTimeout(timer)
}

/** A thread for as long as it works for one job. */
class ThreadLease implements WorkerThread {
  readonly #messages: ((message: WorkerMessage) => void)[] = []
  readonly #errors: ((error: Error) => void)[] = []
  readonly #exits: ((code: number) => void)[] = []
  readonly #endThread: () => void
  #isOver = false

  constructor(endThread: () => void) {
    this.#endThread = endThread
  }

  onMessage(listener: (message: WorkerMessage) => void): void {
    this.#messages.push(listener)
  }

  onError(listener: (error: Error) => void): void {
    this.#errors.push(listener)
  }

  onExit(listener: (code: number) => void): void {
    this.#exits.push(listener)
  }

  /** Nothing when the thread works for somebody else by now. */
  terminate(): void {
    if (!this.#isOver) this.#endThread()
  }

  tell(message: WorkerMessage): void {
    for (const listener of this.#messages) listener(message)
  }

  fail(error: Error): void {
    for (const listener of this.#errors) listener(error)
  }

  end(code: number): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const listener of this.#exits) listener(code)
  }
}
