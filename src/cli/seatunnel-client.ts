import { toJsonText } from '../config/document.js'
import type { JobDocument } from '../config/job-document.js'
import { redactDocument } from '../config/redact-document.js'
import { ShadeRegistry } from '../config/shade.js'
import { asMillraceErrors, MillraceError, MillraceErrors } from '../core/error.js'
import type { JobOutcome, PreparedJob } from '../engine/job-service.js'
import { type ArgumentOption, type ParsedArguments, parseArguments } from './arguments.js'
import { convertedSecrets } from './convert-secrets.js'
import { type CliEnvironment, EXIT, signalExit } from './environment.js'
import { ErrorReporter, errorText } from './error-report.js'
import { readJobFile } from './job-file.js'
import { splitProperties } from './node-files.js'
import { ProgressReporter, totals } from './progress.js'
import { failureReport } from './seatunnel-failure.js'
import { ClientLog, LOGGER } from './seatunnel-log.js'
import { SEATUNNEL_CLIENT_USAGE } from './seatunnel-usage.js'
import { jobStatistics } from './statistics.js'

/** Options of `seatunnel.sh`; help is {@link SEATUNNEL_CLIENT_USAGE}. @source SeaTunnel `ClientCommandArgs` */
const OPTIONS: readonly ArgumentOption[] = [
  { names: ['--config', '-c'], kind: 'value', doc: '' },
  { names: ['--variable', '-i'], kind: 'value', doc: '' },
  { names: ['--master', '-m'], kind: 'value', doc: '' },
  { names: ['--deploy-mode', '-e'], kind: 'value', doc: '' },
  { names: ['--name', '-n'], kind: 'value', doc: '' },
  { names: ['--cluster', '-cn'], kind: 'value', doc: '' },
  { names: ['--async'], kind: 'flag', doc: '' },
  { names: ['--close-job', '-cj'], kind: 'flag', doc: '' },
  { names: ['--set-job-id'], kind: 'value', doc: '' },
  { names: ['--restore', '-r'], kind: 'value', doc: '' },
  { names: ['--savepoint', '-s'], kind: 'value', doc: '' },
  { names: ['--cancel-job', '-can'], kind: 'values', doc: '' },
  { names: ['--job-id', '-j'], kind: 'value', doc: '' },
  { names: ['--list', '-l'], kind: 'flag', doc: '' },
  { names: ['--metrics'], kind: 'value', doc: '' },
  { names: ['--get_running_job_metrics'], kind: 'flag', doc: '' },
  { names: ['--check'], kind: 'flag', doc: '' },
  { names: ['--encrypt'], kind: 'flag', doc: '' },
  { names: ['--decrypt'], kind: 'flag', doc: '' },
  { names: ['--help', '-h'], kind: 'flag', doc: '' },
]

/** What asks a running node, in the original's order of precedence. */
const NODE_OPTIONS = [
  '--list',
  '--get_running_job_metrics',
  '--job-id',
  '--cancel-job',
  '--metrics',
  '--savepoint',
] as const

/** Interval of the progress block, in milliseconds. @source SeaTunnel `seatunnel.yaml`, print-job-metrics-info-interval */
const PROGRESS_INTERVAL_MS = 60_000
/** How long a job that was stopped by a signal may take to end, in milliseconds. @source SeaTunnel `ClientExecuteCommand` */
const CLOSE_LIMIT_MS = 15_000
const NAME_DEFAULT = 'SeaTunnel'
const DEPLOY_MODE_RULE = '*'.repeat(90)

/** The client of `seatunnel.sh`: same options, same exit codes, same log lines and figures. */
export async function seatunnelClient(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const { out, err } = environment
  const log = new ClientLog(environment)
  let given: ParsedArguments
  try {
    given = parseArguments(OPTIONS, splitProperties(argv, environment.variables).rest)
    requireKnown(given)
    requireNumber(given, '--set-job-id')
  } catch (thrown) {
    err(`${asMillraceErrors(thrown)[0]?.message}\n`)
    out(SEATUNNEL_CLIENT_USAGE)
    return EXIT.usage
  }
  const isLocal = masterOf(given)
  if (typeof isLocal === 'string') {
    err(`Exception in thread "main" java.lang.IllegalArgumentException: ${isLocal}\n`)
    return EXIT.failed
  }
  if (given.has('--deploy-mode')) {
    const advice = '-e and --deploy-mode deprecated in 2.3.1, please use -m and --master instead of it'
    log.warn(LOGGER.master, `\n${DEPLOY_MODE_RULE}\n${advice}\n${DEPLOY_MODE_RULE}`)
  }
  if (argv.length === 0 || given.has('--help')) {
    out(SEATUNNEL_CLIENT_USAGE)
    return EXIT.usage
  }
  return new Client(given, isLocal, environment, log).execute()
}

/** Unknown options are passed over, unless jobs are canceled. @source SeaTunnel `CommandLineUtils.parse` */
function requireKnown(given: ParsedArguments): void {
  const [unknown] = given.unknown
  if (unknown === undefined || !given.has('--cancel-job')) return
  throw new MillraceError(
    'CLI_USAGE',
    `Was passed main parameter '${unknown}' but no main parameter was defined in your arg class`,
  )
}

function requireNumber(given: ParsedArguments, name: string): void {
  const text = given.value(name)
  if (text === null || /^[+-]?\d{1,19}$/.test(text)) return
  throw new MillraceError('CLI_USAGE', `"${name}": couldn't convert "${text}" to a long`)
}

/** Whether the job runs in this process; a text is the message for a master that is not known. */
function masterOf(given: ParsedArguments): boolean | string {
  const mode = given.value('--master') ?? given.value('--deploy-mode') ?? 'cluster'
  const name = mode.toUpperCase()
  if (name === 'LOCAL' || name === 'CLUSTER') return name === 'LOCAL'
  return `No enum constant org.apache.seatunnel.core.starter.enums.MasterType.${name}`
}

/** One call of the client with valid arguments. */
class Client {
  readonly #given: ParsedArguments
  readonly #isLocal: boolean
  readonly #environment: CliEnvironment
  readonly #log: ClientLog
  #document: JobDocument | null = null

  constructor(given: ParsedArguments, isLocal: boolean, environment: CliEnvironment, log: ClientLog) {
    this.#given = given
    this.#isLocal = isLocal
    this.#environment = environment
    this.#log = log
  }

  /** Does what was asked; every failure ends in the banner and exit code 1. */
  async execute(): Promise<number> {
    try {
      if (this.#given.has('--check')) return await this.#check()
      if (this.#given.has('--encrypt') || this.#given.has('--decrypt')) return this.#convert()
      this.#refuseNodeOptions()
      return await this.#run()
    } catch (thrown) {
      failureReport(thrown, this.#document, this.#log, this.#environment.err)
      return EXIT.failed
    }
  }

  #request() {
    const file = this.#given.value('--config')
    if (file === null) throw new MillraceError('CLI_USAGE', 'no config file was given', { hint: 'give it with -c' })
    const { variables, redactor } = this.#environment
    return { file, variables: this.#given.values('--variable'), environment: variables, redactor }
  }

  /** Syntax, wiring, options and schemas. What this build or this machine does not have is only warned of. */
  async #check(): Promise<number> {
    this.#document = readJobFile(this.#request())
    const { faults, warnings } = await (await this.#environment.service()).check(this.#document)
    const isElsewhere = ({ code, definition }: MillraceError): boolean =>
      code === 'PLUGIN_NOT_FOUND' || code === 'UNIMPLEMENTED' || definition.domain !== 'user'
    new ErrorReporter(this.#environment).warnings([...warnings, ...faults.filter(isElsewhere)])
    const serious = faults.filter((fault) => !isElsewhere(fault))
    if (serious.length > 0) throw new MillraceErrors(serious)
    return EXIT.ok
  }

  /** Prints the file with its secrets encrypted or decrypted. Both print the same label, as the original does. */
  #convert(): number {
    const isEncrypt = this.#given.has('--encrypt')
    const logger = isEncrypt ? LOGGER.encrypt : LOGGER.decrypt
    if (isEncrypt && this.#given.has('--decrypt')) {
      const message = 'When both --decrypt and --encrypt are specified, only --encrypt will take effect'
      this.#log.warn(logger, message)
    }
    const { text, warnings } = convertedSecrets(this.#request(), isEncrypt ? 'encrypt' : 'decrypt')
    for (const warning of warnings) this.#log.warn(LOGGER.shade, warning.message)
    this.#logShades()
    this.#log.info(logger, `Encrypt config: \n${text}\n`)
    return EXIT.ok
  }

  #logShades(): void {
    const shades = new ShadeRegistry().identifiers().filter((identifier) => identifier !== 'default')
    this.#log.info(LOGGER.shade, `Load config shade spi: [${shades.join(', ')}]`)
  }

  #refuseNodeOptions(): void {
    const asked = NODE_OPTIONS.find((name) => this.#given.has(name))
    if (asked !== undefined) {
      throw new MillraceError('UNIMPLEMENTED', `'${asked}' asks a running node, which this version does not have yet`)
    }
    if (this.#given.has('--restore')) {
      throw new MillraceError(
        'UNIMPLEMENTED',
        "'--restore' needs the state of a node, which this version does not keep yet",
      )
    }
    if (this.#isLocal) return
    const hint = 'run the job in this process with "-m local"'
    throw new MillraceError('UNIMPLEMENTED', 'submitting to a running node is not in this version yet', { hint })
  }

  async #run(): Promise<number> {
    const startMs = this.#environment.now()
    let hasStarted = false
    try {
      const job = await this.#prepare()
      hasStarted = true
      const { outcome, signal } = await this.#follow(job)
      this.#log.info(LOGGER.proxy, `Job (${job.id}) end with state ${outcome.status}`)
      if (outcome.status === 'FAILED') throw new MillraceErrors(outcome.errors)
      const { rowsRead, rowsWritten } = totals(outcome.metrics)
      const endMs = this.#environment.now()
      this.#log.info(LOGGER.client, jobStatistics({ startMs, endMs, rowsRead, rowsWritten }))
      return signal === null ? EXIT.ok : signalExit(signal)
    } finally {
      this.#log.info(LOGGER.client, 'Closed SeaTunnel client......')
      if (hasStarted) this.#log.info(LOGGER.client, 'Closed metrics executor service ......')
    }
  }

  async #prepare(): Promise<PreparedJob> {
    const request = this.#request()
    const name = this.#given.value('--name')
    if (this.#given.has('--async')) {
      this.#log.warn(LOGGER.client, 'The job is running in local mode, can not use async mode.')
    }
    this.#log.info(LOGGER.config, `Loading config file from path: ${request.file}`)
    const document = readJobFile(request)
    this.#document = document
    this.#logShades()
    const service = await this.#environment.service()
    await service.learnSecrets(document)
    this.#log.info(LOGGER.config, `Parsed config file: \n${toJsonText(redactDocument(document.root), 4)}\n`)
    const job = await service.prepare({
      document,
      jobId: this.#given.value('--set-job-id')?.replace(/^\+/, '') ?? undefined,
      jobName: name === null || name === NAME_DEFAULT ? undefined : name,
      rowError: (line) => this.#log.warn(LOGGER.errors, line),
    })
    for (const warning of job.warnings) this.#log.warn(LOGGER.client, errorText(warning, { label: 'warning' }))
    this.#log.info(LOGGER.proxy, `Start submit job, job id: ${job.id}, with plugin jar []`)
    return job
  }

  /** Waits for the job and shows its progress. A signal cancels it; what does not end in time is left. */
  async #follow(job: PreparedJob): Promise<{ readonly outcome: JobOutcome; readonly signal: string | null }> {
    const progress = new ProgressReporter({
      metrics: () => job.metrics(),
      pipelines: job.pipelines,
      write: (text) => this.#log.info(LOGGER.metrics, text, `job-metrics-runner-${job.id}`),
      now: this.#environment.now,
    })
    progress.startBlocks(job.id, PROGRESS_INTERVAL_MS)
    let giveUp: (outcome: JobOutcome) => void = () => {}
    const tooLate = new Promise<JobOutcome>((resolve) => {
      giveUp = resolve
    })
    let signal: string | null = null
    let limit: NodeJS.Timeout | null = null
    const forgetSignals = this.#environment.onSignal((name) => {
      signal = name
      this.#log.info(LOGGER.client, 'run shutdown hook because get close signal')
      // With -cj a job in a node would go on; one in this process ends with it and is ended properly.
      this.#log.info(LOGGER.client, 'Task will be closed due to client shutdown.')
      job.cancel()
      limit = setTimeout(() => giveUp(lateOutcome(job)), CLOSE_LIMIT_MS)
    })
    this.#log.info(LOGGER.proxy, `Submit job finished, job id: ${job.id}, job name: ${job.name}`)
    const outcome = await Promise.race([job.run(), tooLate])
    if (limit !== null) clearTimeout(limit)
    forgetSignals()
    progress.stop()
    return { outcome, signal }
  }
}

function lateOutcome(job: PreparedJob): JobOutcome {
  const message = `the job did not end within '${CLOSE_LIMIT_MS}' ms after it was canceled`
  return { status: 'FAILED', errors: [new MillraceError('JOB_CANCELED', message)], metrics: job.metrics() }
}
