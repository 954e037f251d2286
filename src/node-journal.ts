import type { ServeRequest } from './cli/serve-request.js'
import { Redactor } from './core/redact.js'
import type { JobEvent, NodeService } from './node/api.js'
import { DEFAULT_LOG_SETTINGS, DescriptorTarget, NodeLog, readLogSettings } from './node/logs/index.js'

/** Loggers of the original for what the node and its jobs say. */
export const NODE_LOGGER = 'org.apache.seatunnel.engine.server.SeaTunnelServer'
const JOB_LOGGER = 'org.apache.seatunnel.engine.server.master.JobMaster'

/** Names of the node's own log file by role. @source SeaTunnel `seatunnel-cluster.sh` */
const FILE_NAMES = {
  master_and_worker: 'seatunnel-engine-server',
  master: 'seatunnel-engine-master',
  worker: 'seatunnel-engine-worker',
} as const

/** The log of a node and what writes to it. */
export interface NodeJournal {
  readonly log: NodeLog
  /** Name of the node's own file without its extension. */
  readonly fileName: string
  /** Writes what happens to jobs, until the journal is closed. */
  follow(node: NodeService): void
  /** Ends when every line is written. */
  close(): Promise<void>
}

/** Opens the log. What nobody caught is written to it and counted, and the node stays up. */
export function nodeJournal({ logsFolder, logProperties, properties, role, now }: ServeRequest): NodeJournal {
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
    console: { out: new DescriptorTarget(1), err: new DescriptorTarget(2) },
  })
  const node = log.logger(NODE_LOGGER)
  for (const warning of read.warnings) node.warn(`log4j2.properties: ${warning}`)
  let uncaught = 0
  const onRejection = (reason: unknown): void => {
    uncaught += 1
    node.error(`a failure that nobody waited for, number ${uncaught} since the start`, reason)
  }
  process.on('unhandledRejection', onRejection)
  const ends: (() => void)[] = [() => process.off('unhandledRejection', onRejection)]
  return {
    log,
    fileName,
    follow: (service) => ends.push(service.onEvent((jobId, event) => writeEvent(log, jobId, event))),
    close: async () => {
      for (const end of ends) end()
      await log.close()
    },
  }
}

function writeEvent(log: NodeLog, jobId: string, { kind, text, data }: JobEvent): void {
  const level = kind === 'error' ? 'ERROR' : kind === 'warning' ? 'WARN' : 'INFO'
  const facts = Object.entries(data).map(([name, value]) => `${name}=${value}`)
  const message = facts.length === 0 ? text : `${text} (${facts.join(', ')})`
  log.write({ level, logger: JOB_LOGGER, jobId, message: `Job (${jobId}): ${message}` })
}
