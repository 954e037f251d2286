/** How a failed request is repeated. */
export interface RetryPolicy {
  /** Attempts in all, at least 1. */
  readonly attempts: number
  readonly backoffMs: number
  readonly maxBackoffMs: number
}

/** A server that asks for more patience than this is not believed, in milliseconds. */
const RETRY_AFTER_LIMIT_MS = 5 * 60_000

/** Whether an answer with this status may be another one the next time. */
export function isRetryable(status: number): boolean {
  return status === 408 || status === 409 || status === 425 || status === 429 || status >= 500
}

/**
 * Milliseconds to wait before attempt `attempt + 1`: doubled every time up to the limit, and between half and all of it, so that
 * many clients do not come back together.
 *
 * @param attempt number of the attempt that failed, from 1.
 * @param random from 0 to less than 1.
 */
export function backoffMs({ backoffMs: first, maxBackoffMs }: RetryPolicy, attempt: number, random: number): number {
  const whole = Math.min(maxBackoffMs, first * 2 ** Math.min(attempt - 1, 30))
  return whole / 2 + (whole / 2) * random
}

/** Milliseconds that a `Retry-After` header asks for, as seconds or as a date; `null` when it says nothing that counts. */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null
  const text = header.trim()
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, RETRY_AFTER_LIMIT_MS)
  // Dates begin with the name of a day; the parser would take other things for dates too.
  const wanted = /^[A-Z]/i.test(text) ? Date.parse(text) - nowMs : Number.NaN
  return Number.isFinite(wanted) && wanted >= 0 ? Math.min(wanted, RETRY_AFTER_LIMIT_MS) : null
}
