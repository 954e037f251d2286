import { randomUUID } from 'node:crypto'
import { mkdirSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { ServedNode, ServeRequest } from './cli/serve-request.js'
import { jobService } from './compose.js'
import { ShadeRegistry } from './config/shade.js'
import { systemShadeAccess } from './config/shade-key.js'
import { MillraceError } from './core/error.js'
import { kernelBackend, packageCommit, packageVersion } from './native/load.js'
import type { NodeIdentity } from './node/api.js'
import { storeFile } from './node/lmdb-store.js'
import type { NodeLog } from './node/logs/index.js'
import { type ExtraMetric, ProcessMonitor } from './node/monitor/index.js'
import type { MillraceNode } from './node/node-service.js'
import { openNode } from './node/open-node.js'
import { ProcessProfiler } from './node/profiler/index.js'
import { NODE_LOGGER, nodeJournal } from './node-journal.js'
import { nodeSecurity } from './node-security.js'
import { auditLine } from './rest/audit.js'
import { OWN_ORIGIN } from './rest/guard/origin.js'
import { openRest } from './rest/open-rest.js'
import { prepareTransport, TRANSPORT_VARIABLE } from './rest/transport/open.js'
import { restJobPolicy } from './rest-job-policy.js'
import { KeptThreads } from './runtime/kept-threads.js'
import { workerEntry } from './worker-entry.js'

const MEBIBYTE = 1024 * 1024
/** Logger of requests that changed something. */
const AUDIT_LOGGER = 'io.millrace.audit'

/** Members that are known when the ports are open. */
type MutableIdentity = { -readonly [Key in keyof NodeIdentity]: NodeIdentity[Key] }

/**
 * Puts the parts of a node together: the log, the node with its store, REST. Jobs that had not ended go on.
 *
 * @throws MillraceError `HTTP_SETTINGS`, `LISTEN_FAILED`, `NODE_LOCKED`, `STORE_FAILED`; what was opened before is closed.
 */
export async function serveNode(request: ServeRequest): Promise<ServedNode> {
  const { config, variables, now } = request
  prepareTransport(variables.get(TRANSPORT_VARIABLE))
  const security = await nodeSecurity(request)
  for (const folder of [request.dataFolder, request.logsFolder]) makeFolder(folder)
  const journal = nodeJournal(request)
  const { log } = journal
  const opened: (() => Promise<void>)[] = [() => journal.close()]
  let isStopping = false
  const close = async (): Promise<void> => {
    isStopping = true
    for (const end of opened.reverse()) await end()
  }
  try {
    for (const warning of security.warnings) log.logger(NODE_LOGGER).warn(warning)
    const identity = identityOf(request)
    const threads = new KeptThreads(workerEntry(), availableParallelism())
    opened.push(() => threads.close())
    const shades = new ShadeRegistry(systemShadeAccess({ keyFile: config.millrace.configKeyFile }))
    const node = await openNode({
      config,
      jobs: await jobService((start, transferList) => threads.start(start, transferList), shades),
      identity,
      dataFolder: request.dataFolder,
      log: (name, jobId) => log.logger(name, jobId),
      rowLog: (jobId) => log.rowLog(jobId),
      retainJobs: (isKnown) => journal.retainJobs(isKnown),
      restPolicy: restJobPolicy(request, security),
    })
    opened.push(() => node.close())
    journal.follow(node)
    const { counters } = journal
    const extra = nodeMetrics(node, threads, log, request.dataFolder)
    const monitor = new ProcessMonitor({ node, isMetricsEnabled: config.engine.metricsEnabled, counters, extra })
    opened.push(async () => monitor.close())
    const profiler = new ProcessProfiler({
      node,
      sampler: () => kernelBackend().sampler,
      isFlameGraphOn: config.millrace.flinkFlameGraphs,
      isProfilingOn: config.millrace.flinkProfiler,
      folder: join(request.dataFolder, 'profiles'),
    })
    opened.push(async () => profiler.close())
    let askToStop: (reason: string) => void = () => {}
    const stopAsked = new Promise<string>((resolve) => {
      askToStop = resolve
    })
    void node.lost.then(({ message }) => askToStop(`the loss of its data folder: ${message}`))
    const rest = await openRest({
      config,
      profile: request.profile,
      version: request.version,
      now,
      services: {
        node,
        packages: node.packages,
        logs: log,
        shades,
        monitor,
        profiler,
        now,
        shutdown: () => {
          isStopping = true
          askToStop('a request')
        },
        isReady: () => !isStopping,
        logLimitBytes: config.engine.logResponseMaxMegabytes * MEBIBYTE,
        nodeLog: `${journal.fileName}.log`,
      },
      guards: {
        hosts: security.hosts,
        origins: OWN_ORIGIN,
        authenticator: security.authenticator,
        rates: security.rates,
        meter: (dialect, route) => counters.routeCounter(dialect, route),
        audit: (entry) => log.logger(AUDIT_LOGGER, entry.jobId).info(auditLine(entry)),
        onFault: (error) => log.logger(NODE_LOGGER).error('a request failed of something unexpected', error),
      },
      addresses: security.addresses,
      tls: security.tls,
      transport: variables.get(TRANSPORT_VARIABLE),
      warn: (message) => log.logger(NODE_LOGGER).warn(message),
      onFault: (error) => log.logger(NODE_LOGGER).error('a connection failed of something unexpected', error),
    })
    opened.push(() => rest.close())
    identity.port = rest.port('v1') ?? 0
    identity.httpPort = rest.port('v2')
    return {
      exposure: security.report((name) => rest.port(name)),
      stopAsked,
      log: (level, message) => log.write({ level, logger: NODE_LOGGER, message }),
      close,
    }
  } catch (thrown) {
    await close()
    throw thrown
  }
}

function identityOf({ config, now }: ServeRequest): MutableIdentity {
  return {
    version: packageVersion(),
    commit: packageCommit(),
    clusterName: config.hazelcast.clusterName,
    host: config.hazelcast.publicAddress?.replace(/:\d+$/, '') ?? 'localhost',
    port: 0,
    httpPort: null,
    uuid: randomUUID(),
    startedAtMs: now(),
  }
}

/** Figures of parts that the monitor does not know. */
function nodeMetrics(
  node: MillraceNode,
  threads: KeptThreads,
  log: NodeLog,
  dataFolder: string,
): readonly ExtraMetric[] {
  return [
    {
      type: 'gauge',
      name: 'millrace_worker_threads',
      help: 'Threads that do the work of jobs, busy or kept.',
      read: () => threads.size,
    },
    {
      type: 'gauge',
      name: 'millrace_live_objects',
      help: 'What the node holds for its jobs; all 0 when no job is there.',
      read: () => Object.entries(node.liveObjects()),
    },
    {
      type: 'gauge',
      name: 'millrace_store_bytes',
      help: 'Size of the store of jobs.',
      read: () => statSync(storeFile(dataFolder), { throwIfNoEntry: false })?.size ?? 0,
    },
    {
      type: 'counter',
      name: 'millrace_log_lines_dropped',
      help: 'Log lines that were not written in time.',
      read: () => log.droppedLines,
    },
  ]
}

/** Makes a folder that only this user reads. @throws MillraceError `STORE_FAILED` */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new MillraceError('STORE_FAILED', `the folder '${folder}' cannot be made`, {
      cause,
      hint: 'name another with --data or --logs',
    })
  }
}
