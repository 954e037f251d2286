/** Part of the budget that one queue may use: a stuck terminal must not take the room of files. */
const QUEUE_SHARE = 1 / 4

/** Memory that log lines may take while they wait for a disk or a terminal, and what was lost beyond it. */
export class LogBudget {
  readonly #limitBytes: number
  #usedBytes = 0
  #droppedLines = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** Lines that were lost, all in all. */
  get droppedLines(): number {
    return this.#droppedLines
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Whether a text may wait in a queue that holds so many characters; what may not is counted as lost. */
  take(chars: number, queueChars: number): boolean {
    const isTooMuch = (queueChars + chars) * 2 > this.#limitBytes * QUEUE_SHARE
    if (isTooMuch || this.#usedBytes + chars * 2 > this.#limitBytes) {
      this.#droppedLines += 1
      return false
    }
    this.#usedBytes += chars * 2
    return true
  }

  release(chars: number): void {
    this.#usedBytes -= chars * 2
  }

  lost(lines: number): void {
    this.#droppedLines += lines
  }
}

/** Where the lines of a queue go. */
export interface LogTarget {
  /** Writes lines, each with its line end; a rejection loses what was not written. */
  write(lines: readonly string[]): Promise<void>
}

/** What a queue tells. */
export interface LogQueueEvents {
  /** Line that takes the place of lost ones, in front of the next that is written. */
  readonly lostLine: (lines: number) => string
  /** Called once when writing begins to fail. */
  readonly onFailure: (cause: unknown) => void
}

/**
 * Lines on their way to one target. Adding never waits: one write is under way at a time and takes all lines that came meanwhile, and
 * what is beyond the budget is dropped and counted.
 */
export class LogQueue {
  readonly #target: LogTarget
  readonly #budget: LogBudget
  readonly #events: LogQueueEvents
  #waiting: string[] = []
  #chars = 0
  #lost = 0
  #isFailing = false
  #draining: Promise<void> | null = null
  /** Who waits until what is waiting now is written. */
  #listeners: (() => void)[] = []

  constructor(target: LogTarget, budget: LogBudget, events: LogQueueEvents) {
    this.#target = target
    this.#budget = budget
    this.#events = events
  }

  add(line: string): void {
    if (!this.#budget.take(line.length, this.#chars)) {
      this.#lost += 1
      return
    }
    this.#chars += line.length
    this.#waiting.push(line)
    this.#draining ??= this.#drain()
  }

  /** Whether nothing waits and nothing is being written. */
  get isIdle(): boolean {
    return this.#draining === null
  }

  /** Ends when what was added before is written or lost, whatever is added meanwhile. */
  written(): Promise<void> {
    if (this.#draining === null) return Promise.resolve()
    return new Promise((resolve) => this.#listeners.push(resolve))
  }

  /** Ends when nothing waits: never while lines keep coming. */
  async idle(): Promise<void> {
    while (this.#draining !== null) await this.#draining
  }

  async #drain(): Promise<void> {
    // Lines of one turn of the event loop go together.
    await new Promise(setImmediate)
    while (this.#waiting.length > 0) {
      const lines = this.#waiting
      const lost = this.#lost
      const listeners = this.#listeners
      this.#listeners = []
      this.#waiting = []
      this.#lost = 0
      try {
        await this.#target.write(lost === 0 ? lines : [this.#events.lostLine(lost), ...lines])
        this.#isFailing = false
      } catch (cause) {
        this.#lost += lost + lines.length
        this.#budget.lost(lines.length)
        if (!this.#isFailing) this.#events.onFailure(cause)
        this.#isFailing = true
      }
      const chars = lines.reduce((sum, line) => sum + line.length, 0)
      this.#chars -= chars
      this.#budget.release(chars)
      for (const tell of listeners) tell()
    }
    this.#draining = null
    for (const tell of this.#listeners.splice(0)) tell()
  }
}
