import type { NodeConfig } from '../config/node-config.js'
import { asMillraceErrors } from '../core/error.js'
import type { DescribedRoute } from './described-route.js'
import { withFlink, withNativeApi } from './dialects/combined.js'
import { AsyncOperations, type FlinkDialect, flinkDialect } from './dialects/flink/dialect.js'
import { FLINK_PROFILES } from './dialects/flink/profile.js'
import { millraceDialect } from './dialects/millrace/dialect.js'
import { seatunnelV1 } from './dialects/seatunnel-v1/dialect.js'
import { normalContextPath, seatunnelV2 } from './dialects/seatunnel-v2/dialect.js'
import { type EndpointName, type EndpointSettings, endpointSettings } from './endpoints.js'
import { type DescribedApi, openApiDocument } from './openapi.js'
import { type ProfileName, WIRE_PROFILES } from './profile.js'
import type { Dialect } from './route.js'
import { Router, type RouterOptions } from './router.js'
import type { RestServices } from './services.js'
import { StaticFolder } from './static-folder.js'
import { TRANSPORT_LIMITS, type TransportLimits } from './transport/limits.js'
import type { Listener, TlsMaterial } from './transport/listener.js'
import { PendingMemory } from './transport/listener-state.js'
import { openListener } from './transport/open.js'
import { EndedJobs } from './views/ended-jobs.js'

export type { EndpointName } from './endpoints.js'

/** One thing to listen with. */
export interface RestEndpoint extends EndpointSettings {
  readonly dialect: Dialect<RestServices>
}

/** What is needed to know what listens. */
export interface EndpointOptions {
  readonly config: NodeConfig
  readonly profile: ProfileName
  /** Of the product, for the description of the API. */
  readonly version: string
  readonly now: () => number
  /** Files of Flink's dashboard. Absent: it is not served. */
  readonly dashboard?: StaticFolder | null
}

const MEBIBYTE = 1024 * 1024

/** What the settings of a node say is to be opened, each with its dialect. */
export function restEndpoints(options: EndpointOptions): readonly RestEndpoint[] {
  const { v1, v2, flink } = nodeDialects(options)
  const dialects = { v1, v2, 'v2-https': v2, flink }
  return endpointSettings(options.config).flatMap((endpoint) => {
    const dialect = dialects[endpoint.name]
    return dialect === null ? [] : [{ ...endpoint, dialect }]
  })
}

/** The dialects of a node's ports, those of SeaTunnel each with the native API, which describes them all. */
export function nodeDialects(options: EndpointOptions): {
  readonly v1: Dialect<RestServices>
  readonly v2: Dialect<RestServices>
  /** `null` where Flink's API is off. */
  readonly flink: Dialect<RestServices> | null
} {
  const { config, profile: name, version, now } = options
  const profile = WIRE_PROFILES[name]
  const ended = new EndedJobs(profile)
  const contextPath = normalContextPath(config.engine.httpContextPath)
  const v1 = seatunnelV1({ profile, hazelcast: config.hazelcast, now, ended })
  const { uploadMaxFileMegabytes, uploadMaxRequestMegabytes, dynamicSlot, jobScheduleStrategy } = config.engine
  const strategy = dynamicSlot ? 'REJECT' : jobScheduleStrategy
  const upload = { fileBytes: uploadMaxFileMegabytes * MEBIBYTE, requestBytes: uploadMaxRequestMegabytes * MEBIBYTE }
  const v2 = seatunnelV2({ profile, contextPath, upload, scheduleStrategy: strategy, now, ended })
  const flink = flinkDialects(options)
  const native = millraceDialect(() =>
    JSON.stringify(
      openApiDocument(
        [
          described('seatunnelV1', 'SeaTunnel REST v1', 'http://HOST:5801', v1),
          described('seatunnelV2', 'SeaTunnel REST v2', 'http://HOST:8080', v2),
          described('millrace', 'Native API, on every port', 'http://HOST:5801', native),
          ...(flink === null
            ? []
            : [
                {
                  ...described('flink', 'REST API of Flink', 'http://HOST:5801', flink.below),
                  components: flink.below.components,
                },
              ]),
        ],
        version,
      ),
    ),
  )
  const both = (seatunnel: Dialect<RestServices>, path: string): Dialect<RestServices> => {
    const combined = withNativeApi(native, seatunnel, path)
    return flink === null ? combined : withFlink(flink.below, FLINK_PREFIX, combined)
  }
  return { v1: both(v1, ''), v2: both(v2, contextPath), flink: flink?.own ?? null }
}

/** Where Flink's API is on ports that it shares. */
const FLINK_PREFIX = '/flink'

/** Flink's API for its own port and for the others; `null` where it is off. */
function flinkDialects({
  config: { engine, millrace },
  version,
  dashboard = null,
}: EndpointOptions): { readonly own: FlinkDialect; readonly below: FlinkDialect } | null {
  if (millrace.flinkEnabled === false) return null
  const shared = {
    profile: FLINK_PROFILES[millrace.flinkProfile],
    engine,
    operations: new AsyncOperations(),
    isShutdownAllowed: millrace.flinkAllowsShutdown,
    checkpointHistory: millrace.flinkCheckpointHistory,
    isFlameGraphOn: millrace.flinkFlameGraphs,
    isSubmitAllowed: millrace.flinkAllowsSubmit,
    packageBytes: millrace.packageMaxFileMegabytes * MEBIBYTE,
    version,
    dashboard,
    allowedOrigin: millrace.flinkAllowedOrigin,
  }
  return { own: flinkDialect({ ...shared, prefix: '' }), below: flinkDialect({ ...shared, prefix: FLINK_PREFIX }) }
}

function described(name: string, title: string, server: string, dialect: Dialect<RestServices>): DescribedApi {
  return { name, title, server, routes: dialect.routes as readonly DescribedRoute[] }
}

/** What a node's REST is opened with. */
export interface RestOptions extends EndpointOptions {
  readonly services: RestServices
  readonly guards: Pick<
    RouterOptions<RestServices>,
    'hosts' | 'origins' | 'authenticator' | 'rates' | 'audit' | 'meter' | 'onFault'
  >
  /** Addresses of this machine to listen on, never empty. All have the same port. */
  readonly addresses: readonly string[]
  /** Certificates of the listener over TLS; `null` is enough without one. */
  readonly tls: TlsMaterial | null
  readonly limits?: TransportLimits | undefined
  /** Which transport: value of `MILLRACE_HTTP`. */
  readonly transport?: string | undefined
  /** Gets one clause when the better transport cannot be used. */
  readonly warn: (message: string) => void
  /** Gets faults that are nobody's answer. */
  readonly onFault: (error: unknown) => void
}

/** An open port of the node. */
export interface RestListener {
  readonly name: EndpointName
  readonly listener: Listener
}

/** The open ports of a node. */
export interface RestServer {
  readonly listeners: readonly RestListener[]
  /** Port of an endpoint, or `null` when it is not open. */
  port(name: EndpointName): number | null
  /** Lets open requests end and closes the ports. */
  close(): Promise<void>
}

/**
 * Opens every port that the settings of a node name, with the dashboard that they name. When one cannot be opened that it does not do
 * without, none stays open.
 *
 * @throws MillraceError `LISTEN_FAILED`, `HTTP_SETTINGS`
 */
export async function openRest(options: RestOptions): Promise<RestServer> {
  const routers = new Map<Dialect<RestServices>, Router<RestServices>>()
  const opened: RestListener[] = []
  const memory = new PendingMemory((options.limits ?? TRANSPORT_LIMITS).pendingBytes)
  const close = async (): Promise<void> => {
    await Promise.all(opened.map(({ listener }) => listener.close()))
  }
  try {
    const dashboard = await dashboardOf(options)
    for (const endpoint of restEndpoints({ ...options, dashboard })) {
      const { dialect } = endpoint
      const { services, guards, now } = options
      const router = routers.get(dialect) ?? new Router({ dialect, services, ...guards, now })
      routers.set(dialect, router)
      const listeners = await openEndpoint(endpoint, router, memory, options).catch((error: unknown) => {
        if (!endpoint.isOptional) throw error
        options.warn(`${asMillraceErrors(error)[0]?.message ?? ''}: there is no port of its own for ${endpoint.name}`)
        return []
      })
      opened.push(...listeners.map((listener) => ({ name: endpoint.name, listener })))
    }
  } catch (error) {
    await close()
    throw error
  }
  const port = (name: EndpointName) => opened.find((each) => each.name === name)?.listener.port ?? null
  return { listeners: opened, port, close }
}

async function dashboardOf({ config, warn }: RestOptions): Promise<StaticFolder | null> {
  const { flinkDashboard, flinkEnabled } = config.millrace
  if (flinkDashboard === null) return null
  if (flinkEnabled !== false) return StaticFolder.open(flinkDashboard, 'millrace.flink.dashboard')
  warn("'millrace.flink.dashboard' has no effect: the REST API of Flink is off")
  return null
}

/** Listens on every address; the first one finds the port. */
async function openEndpoint(
  { port, portCount, isSecure }: RestEndpoint,
  handler: Router<RestServices>,
  memory: PendingMemory,
  { addresses, tls, limits = TRANSPORT_LIMITS, transport, warn, onFault }: RestOptions,
): Promise<readonly Listener[]> {
  const listeners: Listener[] = []
  try {
    for (const host of addresses) {
      const [first] = listeners
      const address = first === undefined ? { host, port, portCount } : { host, port: first.port, portCount: 1 }
      const own = { address, handler, limits, tls: isSecure ? tls : null, onFault, memory }
      listeners.push(await openListener(own, transport, warn))
    }
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()))
    throw error
  }
  return listeners
}
