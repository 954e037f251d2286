import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadNodeConfig } from '../../../src/config/node-config.js'
import { JobService } from '../../../src/engine/job-service.js'
import { kernelBackend } from '../../../src/native/load.js'
import type { JobEvent, JobPackages, LogLevel, NodeIdentity, NodeService } from '../../../src/node/api.js'
import { type NodeClock, SYSTEM_CLOCK } from '../../../src/node/clock.js'
import { DEFAULT_LOG_SETTINGS, NodeLog } from '../../../src/node/logs/index.js'
import { ProcessMonitor } from '../../../src/node/monitor/node-monitor.js'
import { openNode } from '../../../src/node/open-node.js'
import { ProcessProfiler } from '../../../src/node/profiler/index.js'
import { PLUGINS } from '../../../src/plugins.generated.js'
import { NO_AUDIT } from '../../../src/rest/audit.js'
import { hostPolicy } from '../../../src/rest/guard/host.js'
import { OWN_ORIGIN } from '../../../src/rest/guard/origin.js'
import { openRest, type RestServer } from '../../../src/rest/open-rest.js'
import type { ProfileName } from '../../../src/rest/profile.js'
import { TRANSPORT_LIMITS } from '../../../src/rest/transport/limits.js'
import type { TransportKind } from '../../../src/rest/transport/listener.js'
import { PluginRegistry } from '../../../src/spi/registry.js'
import { RawConnection } from '../../rest/raw-client.js'

/** How a node is set up for a part of the recordings. */
export interface NodeSettings {
  /** Below `seatunnel.engine`. */
  readonly engine?: string
  /** Below `hazelcast.network`. */
  readonly network?: string
  /** Below `millrace`. */
  readonly millrace?: string
  /** Gets what the node warns of; without it nothing must be warned of. */
  readonly warn?: (message: string) => void
  /** Plans and runs the jobs; absent: with the plug-ins of the product. */
  readonly jobs?: JobService
  /** How much faster the node's timers run than the clock. */
  readonly timerFactor?: number
  /** What a request for the node's end calls. */
  readonly shutdown?: () => void
}

/** Groups as the packaged file opens them. */
export const OPEN_GROUPS = `rest-api:
  enabled: true
  endpoint-groups:
    CLUSTER_WRITE:
      enabled: true
    DATA:
      enabled: true`

const HTTP = `http:
  enable-http: true
  port: 0`

/** What the recorded nodes had in their log4j2.properties. */
const LOG_LEVELS: Readonly<Record<ProfileName, ReadonlyMap<string, LogLevel>>> = {
  default: new Map([['root', 'INFO']]),
  '2.3.4': new Map([['root', 'INFO']]),
  '2.3.9': new Map([
    ['root', 'INFO'],
    ['io.debezium.connector', 'WARN'],
    ['org.apache.seatunnel.engine', 'INFO'],
  ]),
}

/** Samples are taken for seconds. */
const PROFILER_FACTOR = 4
const PROFILER_CLOCK: NodeClock = {
  now: () => Date.now() * PROFILER_FACTOR,
  after: (delayMs, call) => SYSTEM_CLOCK.after(delayMs / PROFILER_FACTOR, call),
}

/** How much faster the node's timers run than the clock unless it is said: retries wait for seconds. */
const TIMER_FACTOR = 30

/** A node with its ports. */
export interface ContractNode {
  readonly node: NodeService
  readonly packages: JobPackages | null
  readonly rest: RestServer
  /** Our addresses by recorded ones. */
  readonly addresses: ReadonlyMap<string, string>
  open(api: 'v1' | 'v2' | 'flink'): Promise<RawConnection>
  stop(): Promise<void>
}

const indent = (text: string, blanks: number) => text.replace(/^(?=.)/gm, ' '.repeat(blanks))

/** Starts a node with the real engine and opens its ports with one transport. */
export async function startContractNode(
  profile: ProfileName,
  transport: TransportKind,
  settings: NodeSettings = {},
): Promise<ContractNode> {
  const { engine = HTTP, network = OPEN_GROUPS, millrace = 'flink:\n  enabled: false', warn } = settings
  const { jobs = jobService(), timerFactor = TIMER_FACTOR, shutdown } = settings
  const config = loadNodeConfig({
    seatunnel: {
      file: 'seatunnel.yaml',
      text: `seatunnel:\n  engine:\n    telemetry:\n      metric:\n        enabled: ${!engine.includes('telemetry-off')}\n${indent(engine, 4)}\nmillrace:\n${indent(millrace, 2)}\n`,
    },
    hazelcast: {
      file: 'hazelcast.yaml',
      text: `hazelcast:\n  cluster-name: seatunnel\n  network:\n    port:\n      port: 0\n${indent(network, 4)}\n`,
    },
  })
  const folder = mkdtempSync(join(tmpdir(), 'millrace-contract-'))
  const identity: { -readonly [key in keyof NodeIdentity]: NodeIdentity[key] } = {
    version: '0.0.0',
    commit: '0000000',
    clusterName: config.hazelcast.clusterName,
    host: '127.0.0.1',
    port: 0,
    httpPort: null,
    uuid: '00000000-0000-4000-8000-000000000000',
    startedAtMs: Date.now(),
  }
  const clock = {
    now: SYSTEM_CLOCK.now,
    after: (delayMs: number, call: () => void) => SYSTEM_CLOCK.after(delayMs / timerFactor, call),
  }
  const packagesFolder = join(folder, 'packages')
  const node = await openNode({ config, jobs, identity, dataFolder: null, packagesFolder, clock })
  const log = new NodeLog({
    folder,
    fileName: 'seatunnel-engine-server',
    settings: { ...DEFAULT_LOG_SETTINGS, levels: LOG_LEVELS[profile], files: 'routing', isConsole: false },
    redact: (text) => text,
  })
  log.write({ level: 'INFO', logger: 'org.apache.seatunnel.engine.server.SeaTunnelServer', message: 'the node starts' })
  node.onEvent((jobId: string, { text }: JobEvent) =>
    log.write({ level: 'INFO', logger: 'org.apache.seatunnel.engine.server.master.JobMaster', message: text, jobId }),
  )
  const monitor = new ProcessMonitor({ node, isMetricsEnabled: config.engine.metricsEnabled })
  const profiler = new ProcessProfiler({
    node,
    sampler: () => kernelBackend().sampler,
    isFlameGraphOn: config.millrace.flinkFlameGraphs,
    isProfilingOn: config.millrace.flinkProfiler,
    folder: join(folder, 'profiles'),
    clock: PROFILER_CLOCK,
  })
  const { packages } = node
  const services = { node, packages, logs: log, monitor, profiler, now: Date.now, logLimitBytes: 1 << 20, shutdown }
  const faults: unknown[] = []
  const rest = await openRest({
    config,
    profile,
    version: identity.version,
    now: Date.now,
    services,
    guards: {
      hosts: hostPolicy(),
      origins: OWN_ORIGIN,
      authenticator: null,
      rates: null,
      audit: NO_AUDIT,
      onFault: (error) => faults.push(error),
    },
    addresses: ['127.0.0.1'],
    tls: null,
    limits: { ...TRANSPORT_LIMITS, drainMs: 200 },
    transport,
    warn: warn ?? ((message) => faults.push(new Error(message))),
    onFault: (error) => faults.push(error),
  })
  const [v1, v2] = [rest.port('v1') ?? 0, rest.port('v2')]
  identity.port = v1
  identity.httpPort = v2
  return {
    node,
    packages,
    rest,
    addresses: new Map([
      ['127.0.0.1:5801', `127.0.0.1:${v1}`],
      ['[127.0.0.1]:5801', `[127.0.0.1]:${v1}`],
      ['127.0.0.1:8080', `127.0.0.1:${v2 ?? 0}`],
    ]),
    open: (api) => RawConnection.open(rest.port(api) ?? 0),
    async stop() {
      for (const { jobId } of node.runningJobs()) {
        await node.stop(jobId, { withSavepoint: false, user: null }).catch(() => undefined)
        await node.waitForEnd(jobId)
      }
      await rest.close()
      profiler.close()
      monitor.close()
      await node.close()
      await log.close()
      rmSync(folder, { recursive: true, force: true })
      if (faults.length > 0) throw faults[0]
    },
  }
}

function jobService(): JobService {
  return new JobService({
    registry: new PluginRegistry(PLUGINS),
    backend: kernelBackend,
    workerEntry: new URL('../../../src/worker.js', import.meta.url),
    now: Date.now,
    zone: 'UTC',
    workers: 1,
  })
}
