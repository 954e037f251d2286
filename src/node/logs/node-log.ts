import { join } from 'node:path'
import { abbreviateLogger, logLine } from '../../core/log-line.js'
import type { Logger } from '../../core/logger.js'
import type { RowLog } from '../../engine/job-service.js'
import type { LogFile, LogLevel, NodeLogs } from '../api.js'
import { LogLevels } from './levels.js'
import { FolderDisk, filesOf, isSafeLogName, type LogDisk } from './log-disk.js'
import { LogBudget, LogQueue, type LogTarget } from './log-queue.js'
import { followLog, LogChanges, readLog } from './log-reader.js'
import { logText } from './log-text.js'
import { JOB_ROLL, type LogSettings, type RollPolicy } from './log4j2.js'
import { RollingFile, rolledNumber } from './rolling-file.js'

/** Memory for lines that wait. */
const BUDGET_BYTES = 16 * 1024 * 1024

/** Where a node logs to, and with what. */
export interface NodeLogOptions {
  readonly folder: string
  /** Name of the node's own file without its extension: `seatunnel-engine-server`, `-master` or `-worker`. */
  readonly fileName: string
  readonly settings: LogSettings
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string
  /** Milliseconds since 1970. */
  readonly nowMs?: () => number
  /** Standard output and standard error; lines at `WARN` and above go to the second. */
  readonly console?: { readonly out: LogTarget; readonly err: LogTarget }
  readonly disk?: LogDisk
  readonly jobRoll?: RollPolicy
  readonly budgetBytes?: number
}

/** One entry of the log. */
export interface LogEntry {
  readonly level: Exclude<LogLevel, 'OFF'>
  /** Full name; lines show it abbreviated. */
  readonly logger: string
  readonly message: string
  readonly jobId?: string | null | undefined
  readonly thread?: string | undefined
  readonly cause?: unknown
}

/**
 * The log of a node: its own file, a file for every job, and the console. Writing never waits and never fails: lines wait in bounded
 * memory, and what a stuck or full disk does not take is dropped and counted.
 *
 * @source SeaTunnel `config/log4j2.properties`
 */
export class NodeLog implements NodeLogs {
  readonly #options: NodeLogOptions
  readonly #disk: LogDisk
  readonly #nowMs: () => number
  readonly #levels: LogLevels
  readonly #budget: LogBudget
  readonly #changes = new LogChanges()
  readonly #files = new Map<string, LogQueue>()
  readonly #out: LogQueue | null
  readonly #err: LogQueue | null

  constructor(options: NodeLogOptions) {
    this.#options = options
    this.#disk = options.disk ?? new FolderDisk(options.folder)
    this.#nowMs = options.nowMs ?? Date.now
    this.#levels = new LogLevels(options.settings.levels)
    this.#budget = new LogBudget(options.budgetBytes ?? BUDGET_BYTES)
    const { console } = options
    const isConsole = options.settings.isConsole && console !== undefined
    this.#out = isConsole ? this.#queue(console.out) : null
    this.#err = isConsole ? this.#queue(console.err) : null
  }

  /** Lines that were lost so far. */
  get droppedLines(): number {
    return this.#budget.droppedLines
  }

  /** Takes an entry unless its logger's level keeps it out. */
  write(entry: LogEntry): void {
    if (!this.#levels.isEnabled(entry.logger, entry.level)) return
    const message = logText(entry.message, entry.cause, this.#options.redact)
    const line = logLine(entry.level, abbreviateLogger(entry.logger), message, entry.thread, new Date(this.#nowMs()))
    const jobId = entry.jobId ?? null
    const full = `[${jobId ?? ''}] ${line}\n`
    const console = entry.level === 'ERROR' || entry.level === 'WARN' ? this.#err : this.#out
    console?.add(full)
    const { files } = this.#options.settings
    if (files === 'none') return
    const jobFile = files === 'routing' && jobId !== null ? jobLogName(jobId) : null
    if (jobFile === null) this.#file(`${this.#options.fileName}.log`, this.#options.settings.roll).add(full)
    else this.#file(jobFile, this.#options.jobRoll ?? JOB_ROLL).add(`${line}\n`)
  }

  /** Lines of one logger, perhaps on behalf of one job. */
  logger(name: string, jobId: string | null = null, thread?: string): Logger {
    const write = (level: LogEntry['level'], message: string, cause?: unknown): void =>
      this.write({ level, logger: name, message, jobId, thread, cause })
    const levels = this.#levels
    return {
      get isDebugEnabled() {
        return levels.isEnabled(name, 'DEBUG')
      },
      debug: (message) => write('DEBUG', message),
      info: (message) => write('INFO', message),
      warn: (message, cause) => write('WARN', message, cause),
      error: (message, cause) => write('ERROR', message, cause),
    }
  }

  /** Where rows that a job prints go to: to its log file like everything that it says, and to the console. */
  rowLog(jobId: string): RowLog {
    const { settings, folder, fileName, console, jobRoll = JOB_ROLL } = this.#options
    const isPrinted = settings.isConsole && console !== undefined
    if (settings.files === 'none') return { file: null, limitBytes: 0, isPrinted, linePrefix: `[${jobId}] ` }
    const jobFile = settings.files === 'routing' ? jobLogName(jobId) : null
    const [name, roll] = jobFile === null ? [`${fileName}.log`, settings.roll] : [jobFile, jobRoll]
    // The node begins a file anew with its own next line: until then there is room for as much again.
    const limitBytes = roll.maxBytes * 2
    return { file: join(folder, name), limitBytes, isPrinted, linePrefix: jobFile === null ? `[${jobId}] ` : '' }
  }

  async list(): Promise<readonly LogFile[]> {
    return await filesOf(this.#disk, await this.#disk.names())
  }

  async read(name: string, limitBytes: number): Promise<Uint8Array | null> {
    await this.#settle(name)
    return await readLog(this.#options.folder, name, limitBytes)
  }

  follow(name: string, tailLines: number, signal: AbortSignal): AsyncIterable<Uint8Array> | null {
    return followLog(this.#options.folder, name, tailLines, this.#changes, signal)
  }

  levels(): ReadonlyMap<string, LogLevel> {
    return this.#levels.all()
  }

  setLevel(logger: string, level: LogLevel): void {
    this.#levels.set(logger, level)
  }

  /** Deletes the log files of jobs that are not known any more. Call it when history expires and once at the start. */
  async retainJobs(isKnown: (jobId: string) => boolean): Promise<void> {
    for (const name of await this.#disk.names()) {
      const jobId = jobOfLog(name)
      if (jobId !== null && !isKnown(jobId)) await this.#disk.remove(name)
    }
  }

  /** Deletes the log files of one job. */
  async forgetJob(jobId: string): Promise<void> {
    const name = jobLogName(jobId)
    if (name === null) return
    await this.#settle(name)
    await this.retainJobs((known) => known !== jobId)
  }

  /** Ends when everything that was logged so far is written or lost. */
  async flush(): Promise<void> {
    // A file that cannot be written says so on the console, which is then waited for too.
    for (;;) {
      const busy = [...this.#files.values(), this.#out, this.#err].filter((queue) => queue !== null && !queue.isIdle)
      if (busy.length === 0) return
      await Promise.all(busy.map((queue) => queue?.idle()))
    }
  }

  /** As {@link flush}, but does not wait longer than this for a stuck disk. */
  async close(deadlineMs = 2_000): Promise<void> {
    await within(this.flush(), deadlineMs)
  }

  /** Waits until the lines of a file that came before are in it, but not for a stuck disk. */
  async #settle(name: string): Promise<void> {
    const queue = this.#files.get(name)
    if (queue !== undefined) await within(queue.written(), SETTLE_MS)
  }

  #file(name: string, policy: RollPolicy): LogQueue {
    const known = this.#files.get(name)
    if (known !== undefined) return known
    this.#dropIdle()
    const onChange = (changed: string): void => this.#changes.notify(changed)
    const queue = this.#queue(new RollingFile(this.#disk, name, policy, this.#nowMs, onChange), name)
    this.#files.set(name, queue)
    return queue
  }

  /** Files that nothing is written to now need no queue: jobs come and go. */
  #dropIdle(): void {
    if (this.#files.size < IDLE_FILES) return
    for (const [name, queue] of this.#files) if (queue.isIdle) this.#files.delete(name)
  }

  #queue(target: LogTarget, name?: string): LogQueue {
    const logger = 'io.millrace.node.logs.NodeLog'
    const lostLine = (lines: number): string => {
      const message = `'${lines}' log lines were dropped, because they could not be written in time`
      const line = logLine('WARN', abbreviateLogger(logger), message, 'main', new Date(this.#nowMs()))
      return name !== undefined && jobOfLog(name) !== null ? `${line}\n` : `[] ${line}\n`
    }
    const onFailure = (cause: unknown): void => {
      if (name === undefined) return
      const message = logText(
        `log file '${name}' cannot be written, its lines are dropped until it can`,
        undefined,
        this.#options.redact,
      )
      const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause)
      this.#err?.add(
        `[] ${logLine('ERROR', abbreviateLogger(logger), `${message}: ${reason}`, 'main', new Date(this.#nowMs()))}\n`,
      )
    }
    return new LogQueue(target, this.#budget, { lostLine, onFailure })
  }
}

/** Milliseconds that a reader waits for lines that are on their way. */
const SETTLE_MS = 500

/** Ends with the work, or after a time without it. */
async function within(work: Promise<void>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs)
  })
  await Promise.race([work, limit])
  clearTimeout(timer)
}

/** Queues that may be idle. */
const IDLE_FILES = 64

/** Name of the log file of a job; `null` for an id that cannot be part of a name. */
export function jobLogName(jobId: string): string | null {
  const name = `job-${jobId}.log`
  return isSafeLogName(name) ? name : null
}

/** The job that a log file belongs to, or `null`. */
function jobOfLog(name: string): string | null {
  const match = /^job-(.+?)\.log(?:\.|$)/.exec(name)
  const jobId = match?.[1]
  if (jobId === undefined) return null
  const log = `job-${jobId}.log`
  return name === log || rolledNumber(log, name) !== null ? jobId : null
}
