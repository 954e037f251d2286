import { NO_AUDIT } from '../../src/rest/audit.js'
import { hostPolicy } from '../../src/rest/guard/host.js'
import { OWN_ORIGIN } from '../../src/rest/guard/origin.js'
import { Router, type RouterOptions } from '../../src/rest/router.js'
import { TRANSPORT_LIMITS, type TransportLimits } from '../../src/rest/transport/limits.js'
import type {
  ListenAddress,
  Listener,
  TlsMaterial,
  Transport,
  TransportKind,
} from '../../src/rest/transport/listener.js'
import { listenNode } from '../../src/rest/transport/node-http/listener.js'
import { listenUws } from '../../src/rest/transport/uws/listener.js'
import { RawConnection } from './raw-client.js'
import { SAMPLE_DIALECT, type SampleServices, sampleServices } from './sample-dialect.js'

/** The transports that have to behave alike. */
export const TRANSPORTS: readonly (readonly [kind: TransportKind, transport: Transport])[] = [
  ['node', listenNode],
  ['uws', listenUws],
]

/** A listener with the sample routes. */
export interface SampleServer {
  readonly listener: Listener
  readonly services: SampleServices
  /** What was reported as nobody's answer. */
  readonly faults: unknown[]
  open(): Promise<RawConnection>
  /** Waits until every request has ended. */
  idle(): Promise<void>
  /** Waits for a condition that no event tells of. */
  until(holds: () => boolean): Promise<void>
  /** Closes the listener and every connection that the test opened. */
  stop(): Promise<void>
}

/** What a test may change. */
export interface SampleOptions {
  readonly limits?: Partial<TransportLimits>
  readonly router?: Partial<RouterOptions<SampleServices>>
  readonly address?: Partial<ListenAddress>
  readonly tls?: TlsMaterial | null
}

/** A router over the sample routes. */
export function sampleRouter(
  services: SampleServices,
  faults: unknown[],
  more: Partial<RouterOptions<SampleServices>> = {},
): Router<SampleServices> {
  return new Router({
    dialect: SAMPLE_DIALECT,
    services,
    hosts: hostPolicy(['host']),
    origins: OWN_ORIGIN,
    authenticator: null,
    rates: null,
    audit: NO_AUDIT,
    onFault: (error) => faults.push(error),
    now: () => 0,
    ...more,
  })
}

/** Opens a listener on a free port. */
export async function startSample(
  transport: Transport,
  { limits, router, address, tls = null }: SampleOptions = {},
): Promise<SampleServer> {
  const services = sampleServices()
  const faults: unknown[] = []
  const listener = await transport({
    address: { host: '127.0.0.1', port: 0, portCount: 1, ...address },
    handler: sampleRouter(services, faults, router),
    limits: { ...TRANSPORT_LIMITS, drainMs: 200, ...limits },
    tls,
    onFault: (error) => faults.push(error),
  })
  const connections: RawConnection[] = []
  return {
    listener,
    services,
    faults,
    async open() {
      const connection = await RawConnection.open(listener.port)
      connections.push(connection)
      return connection
    },
    idle: () => until(() => listener.requestsInFlight === 0),
    until,
    async stop() {
      for (const { socket } of connections) socket.destroy()
      await listener.close()
    },
  }
}

/** Nothing that a test waits for takes longer than this. */
const DEADLINE_MS = 20_000

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('what the test waits for did not happen in time')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
