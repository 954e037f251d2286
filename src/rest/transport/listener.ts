import type { RequestHandler } from '../router.js'
import type { TransportLimits } from './limits.js'
import type { PendingMemory } from './listener-state.js'

/** Which transport serves a listener. */
export type TransportKind = 'uws' | 'node'

/** Where a listener listens. */
export interface ListenAddress {
  /** An address of this machine, never a name that may have several. */
  readonly host: string
  /** The first port to try; 0 for one that the system chooses. */
  readonly port: number
  /** How many ports are tried, counting up. */
  readonly portCount: number
}

/** Certificates of a listener, as node's `tls` takes them. */
export interface TlsMaterial {
  readonly key?: string
  readonly certificate?: string
  readonly pfx?: Buffer
  readonly passphrase?: string
  /** Certificates of those who may connect; with them a client without a certificate is refused. */
  readonly clientAuthorities?: readonly string[]
}

/** What a listener is made of. */
export interface ListenerOptions {
  readonly address: ListenAddress
  readonly handler: RequestHandler
  readonly limits: TransportLimits
  /** `null`: plain HTTP. */
  readonly tls: TlsMaterial | null
  /** Gets faults that are nobody's answer. */
  readonly onFault: (error: unknown) => void
  /** Memory that several listeners share; absent: its own, of the limits' `pendingBytes`. */
  readonly memory?: PendingMemory
}

/** An open port. */
export interface Listener {
  readonly kind: TransportKind
  readonly host: string
  readonly port: number
  readonly secure: boolean
  /** Requests that are being read, served or sent. */
  readonly requestsInFlight: number
  /**
   * Takes no more connections, lets open requests end within the limits' `drainMs`, then closes what is left. Calling it again gives the
   * same promise.
   */
  close(): Promise<void>
}

/** Opens a listener; rejects with `LISTEN_FAILED`. */
export type Transport = (options: ListenerOptions) => Promise<Listener>
