import type { ServeRequest } from './cli/serve-request.js'
import { Redactor } from './core/redact.js'
import type { NodeService } from './node/api.js'
import { SYSTEM_CLOCK } from './node/clock.js'
import { consoleTarget, DEFAULT_LOG_SETTINGS, NodeLog, readLogSettings } from './node/logs/index.js'
import { NodeCounters } from './node/monitor/index.js'
import { EventReporter, reportPeriodically } from './node/report/index.js'

/** Loggers of the original for what the node says, and what it says of events that it posts. */
export const NODE_LOGGER = 'org.apache.seatunnel.engine.server.SeaTunnelServer'
const EVENT_LOGGER = 'org.apache.seatunnel.engine.server.event.JobEventHttpReportHandler'

/** Names of the node's own log file by role. @source SeaTunnel `seatunnel-cluster.sh` */
const FILE_NAMES = {
  master_and_worker: 'seatunnel-engine-server',
  master: 'seatunnel-engine-master',
  worker: 'seatunnel-engine-worker',
} as const

/** How long the last lines of a node that ends because of a failure are waited for, in milliseconds. */
const LAST_LINES_MS = 500

/** The log of a node and what writes to it. */
export interface NodeJournal {
  readonly log: NodeLog
  /** Counts failures that nobody waited for. */
  readonly counters: NodeCounters
  /** Name of the node's own file without its extension. */
  readonly fileName: string
  /** Deletes the log files of jobs that are not known any more, where the settings say so. */
  retainJobs(isKnown: (jobId: string) => boolean): void
  /** Writes numbers and progress of jobs again and again and posts their events where the settings say so, until it is closed. */
  follow(node: NodeService): void
  /** Ends when every line is written. */
  close(): Promise<void>
}

/** Opens the log. What nobody caught is written to it and counted, and the node stays up. */
export function nodeJournal({ config, logsFolder, logProperties, properties, role, now }: ServeRequest): NodeJournal {
  const fileName = FILE_NAMES[role]
  const read =
    logProperties === null
      ? { settings: DEFAULT_LOG_SETTINGS, warnings: [] }
      : readLogSettings(logProperties, properties)
  const redactor = new Redactor()
  const log = new NodeLog({
    folder: logsFolder,
    fileName,
    settings: read.settings,
    redact: (text) => redactor.text(text),
    nowMs: now,
    console: { out: consoleTarget(1), err: consoleTarget(2) },
  })
  const node = log.logger(NODE_LOGGER)
  for (const warning of read.warnings) node.warn(`log4j2.properties: ${warning}`)
  const counters = new NodeCounters()
  const onRejection = (reason: unknown): void => {
    const count = counters.countUnhandledRejection()
    node.error(`a failure that nobody waited for, number ${count} since the start`, reason)
  }
  // What was thrown outside of any promise may have left anything half done: the log gets it, and jobs go on at the next start.
  const onException = (thrown: Error): void => {
    node.error('the node ends because of a failure that nobody caught', thrown)
    void log.close(LAST_LINES_MS).finally(() => process.exit(1))
  }
  process.on('unhandledRejection', onRejection)
  process.on('uncaughtException', onException)
  const ends: (() => void)[] = [
    () => process.off('unhandledRejection', onRejection),
    () => process.off('uncaughtException', onException),
  ]
  const { engine } = config
  return {
    log,
    counters,
    fileName,
    retainJobs: (isKnown) => {
      if (!engine.scheduledLogDeletion) return
      log.retainJobs(isKnown).catch((thrown) => node.warn('log files of forgotten jobs cannot be deleted', thrown))
    },
    follow: (service) => {
      const logger = (name: string, jobId: string | null) => log.logger(name, jobId)
      const intervals = {
        executionInfoMs: engine.printExecutionInfoIntervalSeconds * 1000,
        jobMetricsMs: engine.printJobMetricsInfoIntervalSeconds * 1000,
      }
      ends.push(reportPeriodically(service, logger, SYSTEM_CLOCK, intervals))
      if (engine.eventReportUrl === null) return
      const settings = { url: engine.eventReportUrl, headers: engine.eventReportHeaders }
      const parts = { node: service, settings, clock: SYSTEM_CLOCK, logger: log.logger(EVENT_LOGGER) }
      const reporter = new EventReporter(parts)
      ends.push(() => reporter.close())
    },
    close: async () => {
      for (const end of ends) end()
      await log.close()
    },
  }
}
