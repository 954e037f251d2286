/** Time as the node sees it; tests give one that they move themselves. */
export interface NodeClock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls back once after a time; gives a function that takes the call back. */
  after(delayMs: number, call: () => void): () => void
}

/** The clock of the machine. Its timers do not keep the process alive. */
export const SYSTEM_CLOCK: NodeClock = {
  now: Date.now,
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
