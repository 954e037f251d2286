/** Words of the control block that all threads of a job share. */
const WORD = {
  abort: 0,
  checkpointRequested: 1,
  checkpointResumed: 2,
  nextTask: 3,
  doorbell: 4,
  allowedTasks: 5,
} as const
const WORDS = 8

/**
 * What the main thread tells the workers of a job, and the counter from which they take work. Every change rings the doorbell,
 * on which waiting workers sleep.
 */
export class JobControl {
  readonly buffer: SharedArrayBuffer
  readonly #words: Int32Array<SharedArrayBuffer>
  #ring: Promise<void> | null = null

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(WORDS * 4)) {
    this.buffer = buffer
    this.#words = new Int32Array(buffer)
  }

  /** Makes every worker end as soon as it looks. */
  abort(): void {
    Atomics.store(this.#words, WORD.abort, 1)
    this.ring()
  }

  get isAborted(): boolean {
    return Atomics.load(this.#words, WORD.abort) !== 0
  }

  /** Asks the workers to stop between two morsels and to prepare a commit. */
  requestCheckpoint(checkpointId: number): void {
    Atomics.store(this.#words, WORD.checkpointRequested, checkpointId)
    this.ring()
  }

  /** Lets the workers go on after a checkpoint. */
  resumeAfter(checkpointId: number): void {
    Atomics.store(this.#words, WORD.checkpointResumed, checkpointId)
    this.ring()
  }

  /** Id of the checkpoint that was asked for last; 0 before the first. */
  get requestedCheckpoint(): number {
    return Atomics.load(this.#words, WORD.checkpointRequested)
  }

  /** Id of the checkpoint after which workers may run. */
  get resumedCheckpoint(): number {
    return Atomics.load(this.#words, WORD.checkpointResumed)
  }

  /** Says that tasks below a number may be taken. */
  allowTasks(count: number): void {
    Atomics.store(this.#words, WORD.allowedTasks, count)
    this.ring()
  }

  /** The next task's number, or `null` when there is none for now; every number is given once. */
  takeTask(): number | null {
    for (;;) {
      const next = Atomics.load(this.#words, WORD.nextTask)
      if (next >= Atomics.load(this.#words, WORD.allowedTasks)) return null
      if (Atomics.compareExchange(this.#words, WORD.nextTask, next, next + 1) === next) return next
    }
  }

  /** Number of tasks that were taken. */
  get takenTasks(): number {
    return Atomics.load(this.#words, WORD.nextTask)
  }

  /** Wakes every worker that waits. */
  ring(): void {
    Atomics.add(this.#words, WORD.doorbell, 1)
    Atomics.notify(this.#words, WORD.doorbell)
  }

  /** A value to be given to {@link waitForRing}: nothing rung after this call is missed. */
  listen(): number {
    return Atomics.load(this.#words, WORD.doorbell)
  }

  /** Sleeps until the doorbell rings or the time is over. Blocks the calling worker. */
  waitForRing(heard: number, timeoutMs = Number.POSITIVE_INFINITY): void {
    Atomics.wait(this.#words, WORD.doorbell, heard, timeoutMs)
  }

  /**
   * Ends when the doorbell rings the next time after this call. The thread goes on with what it waits for meanwhile, but is not
   * kept alive by this alone.
   */
  ringed(): Promise<void> {
    this.#ring ??= this.#nextRing()
    return this.#ring
  }

  async #nextRing(): Promise<void> {
    await Atomics.waitAsync(this.#words, WORD.doorbell, this.listen()).value
    this.#ring = null
  }
}
