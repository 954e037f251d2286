import { type Refusal, refusal } from '../refusal.js'
import type { RequestHandler } from '../router.js'
import type { TransportLimits } from './limits.js'
import type { ListenerOptions } from './listener.js'

/** Bytes of bodies and answers that wait in memory, of all listeners that share it. */
export class PendingMemory {
  readonly limitBytes: number
  #bytes = 0

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  /** @returns whether there was room. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.limitBytes) return false
    this.#bytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#bytes -= bytes
  }
}

/** What all exchanges of one listener share. */
export interface ListenerState {
  readonly handler: RequestHandler
  readonly limits: TransportLimits
  /** Gets faults that are nobody's answer: a stream that broke, a header that was refused. */
  readonly onFault: (error: unknown) => void
  requestsInFlight: number
  readonly memory: PendingMemory
  /** No new work: connections are closed behind their answers. */
  draining: boolean
  /** Ends each of the answers that would go on or be waited for without end. */
  readonly endless: Set<() => void>
  /** Called when the last request has ended. */
  onIdle: (() => void) | null
}

/** The state of a listener that has not served anything yet. */
export function listenerState({ handler, limits, onFault, memory }: ListenerOptions): ListenerState {
  return {
    handler,
    limits,
    onFault,
    memory: memory ?? new PendingMemory(limits.pendingBytes),
    requestsInFlight: 0,
    draining: false,
    endless: new Set(),
    onIdle: null,
  }
}

/** Begins the end of a listener: streams and waits end now, other requests in their own time. */
export function startDraining(state: ListenerState): void {
  state.draining = true
  for (const end of [...state.endless]) end()
}

/** The refusal of work that the node has no room or time for. */
export function overloaded(message: string, close = false): Refusal {
  return refusal('NODE_BUSY', message, { headers: [['Retry-After', '1']], close })
}
