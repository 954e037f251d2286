/** Clock and timers, so that tests need not wait. */
export interface Timers {
  /** Milliseconds since 1970-01-01T00:00Z; the same for all threads. */
  now(): number
  /** Ends after the time, or rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** A number from 0 to less than 1. */
  random(): number
}

/** The timers of the process. */
export const SYSTEM_TIMERS: Timers = {
  now: Date.now,
  random: Math.random,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const end = (): void => {
        clearTimeout(timer)
        reject(signal.reason)
      }
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', end)
        resolve()
      }, ms)
      signal.addEventListener('abort', end, { once: true })
    }),
}
