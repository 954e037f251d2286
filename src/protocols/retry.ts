import { setTimeout as sleep } from 'node:timers/promises'
import { MillraceError } from '../core/error.js'

/** How often a step against another machine is tried, and how long is waited in between. */
export interface RetryPolicy {
  /** Tries in all, at least 1. */
  readonly attempts: number
  /** Longest pause before the second try; it doubles with every further one. */
  readonly firstDelayMs: number
  readonly longestDelayMs: number
}

/** Pauses of all clients; together at most 1.5 seconds for five tries. */
export function retryPolicy(attempts: number): RetryPolicy {
  return { attempts, firstDelayMs: 100, longestDelayMs: 5_000 }
}

/**
 * Runs a step until it succeeds, fails for good, or was tried often enough; what the last try threw is thrown.
 *
 * @param isTransient whether a failure can pass by itself.
 * @param step gets the number of the try, from 1.
 */
export async function retried<T>(
  policy: RetryPolicy,
  isTransient: (failure: unknown) => boolean,
  step: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await step(attempt)
    } catch (thrown) {
      if (attempt >= policy.attempts || !isTransient(thrown)) throw thrown
      await pauseAfter(policy, attempt)
    }
  }
}

/** Waits before the next try: a random part of a time that doubles, so that many clients do not come back at once. */
export async function pauseAfter(policy: RetryPolicy, attempt: number): Promise<void> {
  await sleep(Math.random() * Math.min(policy.longestDelayMs, policy.firstDelayMs * 2 ** (attempt - 1)))
}

const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
])

/** Whether a failure of a socket or of a name server can pass by itself. */
export function isTransientSocketFault(failure: unknown): boolean {
  if (failure instanceof MillraceError || !(failure instanceof Error)) return false
  return TRANSIENT_CODES.has((failure as NodeJS.ErrnoException).code ?? '')
}
