import { type Refusal, refusal } from '../refusal.js'

/** How many requests one address may send. */
export interface RateLimits {
  readonly requestsPerSecond: number
  /** Requests at once after a pause. */
  readonly burst: number
  /** Addresses that are counted apart; beyond them the one that was idle for longest is forgotten. */
  readonly addresses: number
}

/** What holds beyond loopback unless it is configured. */
export const RATE_LIMITS: RateLimits = { requestsPerSecond: 1000, burst: 2000, addresses: 10_000 }

interface Bucket {
  tokens: number
  timeMs: number
}

/** Limits requests per address with one token bucket each. */
export class RateLimiter {
  readonly #limits: RateLimits
  readonly #now: () => number
  /** In the order of their last use. */
  readonly #buckets = new Map<string, Bucket>()

  /** @param now a clock in milliseconds that does not go back. */
  constructor(limits: RateLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  /** Counts one request. Requests of this machine are not limited: all of its programs share an address. */
  fault(address: string): Refusal | null {
    if (isLoopback(address)) return null
    const { requestsPerSecond, burst, addresses } = this.#limits
    const timeMs = this.#now()
    const bucket = this.#buckets.get(address) ?? { tokens: burst, timeMs }
    bucket.tokens = Math.min(burst, bucket.tokens + ((timeMs - bucket.timeMs) / 1000) * requestsPerSecond)
    bucket.timeMs = timeMs
    this.#buckets.delete(address)
    this.#buckets.set(address, bucket)
    if (this.#buckets.size > addresses) for (const [oldest] of this.#buckets) return this.#forget(oldest, bucket)
    return this.#take(bucket)
  }

  #forget(oldest: string, bucket: Bucket): Refusal | null {
    this.#buckets.delete(oldest)
    return this.#take(bucket)
  }

  #take(bucket: Bucket): Refusal | null {
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1
      return null
    }
    const seconds = Math.max(1, Math.ceil((1 - bucket.tokens) / this.#limits.requestsPerSecond))
    return refusal('TOO_MANY_REQUESTS', 'too many requests from this address', {
      headers: [['Retry-After', String(seconds)]],
    })
  }
}

/** Whether an address is one of this machine, in any of its forms: `127.x.y.z`, `::1`, `::ffff:127.x.y.z`. */
export function isLoopback(address: string): boolean {
  return (
    address.startsWith('127.') ||
    address === '::1' ||
    /^(::ffff:|0000:0000:0000:0000:0000:ffff:)(127\.|7f)/i.test(address) ||
    address === '0000:0000:0000:0000:0000:0000:0000:0001'
  )
}
