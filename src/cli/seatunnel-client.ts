import { asMillraceErrors, MillraceError, MillraceErrors } from '../core/error.js'
import { logLine } from '../core/log-line.js'
import { type ArgumentOption, type ParsedArguments, parseArguments } from './arguments.js'
import { type CliEnvironment, EXIT } from './environment.js'
import { errorText } from './error-report.js'
import { readJobFile, readJobTree } from './job-file.js'
import { ProgressReporter, totals } from './progress.js'
import { SEATUNNEL_CLIENT_USAGE } from './seatunnel-usage.js'
import { jobStatistics } from './statistics.js'

/** Options of `seatunnel.sh`. @source SeaTunnel `ClientCommandArgs` */
const OPTIONS: readonly ArgumentOption[] = [
  { names: ['--config', '-c'], kind: 'value', doc: 'Config file' },
  { names: ['--variable', '-i'], kind: 'value', doc: 'Variable substitution' },
  { names: ['--master', '-m', '--deploy-mode', '-e'], kind: 'value', doc: 'local or cluster' },
  { names: ['--name', '-n'], kind: 'value', doc: 'Job name' },
  { names: ['--cluster', '-cn'], kind: 'value', doc: 'Cluster name' },
  { names: ['--async'], kind: 'flag', doc: 'Submit and exit' },
  { names: ['--close-job', '-cj'], kind: 'flag', doc: 'Keep the job when the client dies' },
  { names: ['--set-job-id'], kind: 'value', doc: 'Custom job id' },
  { names: ['--restore', '-r'], kind: 'value', doc: 'Restore' },
  { names: ['--savepoint', '-s'], kind: 'value', doc: 'Savepoint' },
  { names: ['--cancel-job', '-can'], kind: 'values', doc: 'Cancel' },
  { names: ['--job-id', '-j'], kind: 'value', doc: 'Status' },
  { names: ['--list', '-l'], kind: 'flag', doc: 'List' },
  { names: ['--metrics'], kind: 'value', doc: 'Metrics' },
  { names: ['--get_running_job_metrics'], kind: 'flag', doc: 'Metrics of running jobs' },
  { names: ['--check'], kind: 'flag', doc: 'Check' },
  { names: ['--encrypt'], kind: 'flag', doc: 'Encrypt' },
  { names: ['--decrypt'], kind: 'flag', doc: 'Decrypt' },
  { names: ['--help', '-h'], kind: 'flag', doc: 'Help' },
]

const CLIENT_LOGGER = 's.c.s.s.c.ClientExecuteCommand'
const PROXY_LOGGER = 'o.a.s.e.c.j.ClientJobProxy'
/** Interval of the progress block, in milliseconds. @source SeaTunnel `seatunnel.yaml`, print-job-metrics-info-interval */
const PROGRESS_INTERVAL_MS = 60_000
const NAME_DEFAULT = 'SeaTunnel'

/** The client of `seatunnel.sh`: same options, same exit codes, same figures at the end. */
export async function seatunnelClient(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const { out, err } = environment
  if (argv.length === 0) {
    out(SEATUNNEL_CLIENT_USAGE)
    return EXIT.usage
  }
  let given: ParsedArguments
  try {
    given = parseArguments(OPTIONS, argv)
  } catch (thrown) {
    err(`${asMillraceErrors(thrown)[0]?.message}\n`)
    out(SEATUNNEL_CLIENT_USAGE)
    return EXIT.usage
  }
  if (given.has('--help')) {
    out(SEATUNNEL_CLIENT_USAGE)
    return EXIT.usage
  }
  try {
    return await execute(given, environment)
  } catch (thrown) {
    reportFailure(thrown, environment)
    return EXIT.failed
  }
}

async function execute(given: ParsedArguments, environment: CliEnvironment): Promise<number> {
  const file = given.value('--config')
  const needsNode = [
    '--list',
    '--get_running_job_metrics',
    '--job-id',
    '--cancel-job',
    '--metrics',
    '--savepoint',
  ].find((name) => given.has(name))
  if (needsNode !== undefined && !given.has('--check')) {
    throw new MillraceError('UNIMPLEMENTED', `'${needsNode}' asks a running node, which this version does not have yet`)
  }
  if (file === null) throw new MillraceError('CLI_USAGE', 'no config file was given', { hint: 'give it with -c' })
  if (given.has('--check')) return check(given, file, environment)
  if (given.has('--encrypt') || given.has('--decrypt')) return convert(given, file, environment)
  requireLocal(given)
  return runLocal(given, file, environment)
}

/** The static checks: syntax, wiring, options and schemas. Plug-ins that this build does not have are only warned of. */
async function check(given: ParsedArguments, file: string, environment: CliEnvironment): Promise<number> {
  const document = readJobFile({ file, variables: given.values('--variable'), environment: environment.variables })
  const faults = await environment.service.check(document)
  const isUnknownPlugin = (fault: MillraceError): boolean => fault.code === 'PLUGIN_NOT_FOUND'
  for (const fault of faults.filter(isUnknownPlugin)) environment.err(`${errorText(fault, 'warning')}\n`)
  const serious = faults.filter((fault) => !isUnknownPlugin(fault))
  if (serious.length > 0) throw new MillraceErrors(serious)
  return EXIT.ok
}

/** Prints the file with its secrets encrypted or decrypted. Both print the same label, as the original does. */
function convert(given: ParsedArguments, file: string, environment: CliEnvironment): number {
  const tree = readJobTree({ file, variables: given.values('--variable'), environment: environment.variables })
  const text = environment.service.convertSecrets(tree, given.has('--encrypt') ? 'encrypt' : 'decrypt')
  environment.out(`${logLine('INFO', 's.c.s.s.c.ConfEncryptCommand', `Encrypt config: \n${text}`)}\n`)
  return EXIT.ok
}

function requireLocal(given: ParsedArguments): void {
  const mode = given.value('--master')?.toLowerCase() ?? 'cluster'
  if (mode === 'local') return
  if (mode !== 'cluster') {
    throw new MillraceError('CLI_USAGE', `Master ${given.value('--master')} not supported`, {
      hint: 'use "-m local" or "-m cluster"',
    })
  }
  throw new MillraceError('UNIMPLEMENTED', 'submitting to a running node is not in this version yet', {
    hint: 'run the job in this process with "-m local"',
  })
}

async function runLocal(given: ParsedArguments, file: string, environment: CliEnvironment): Promise<number> {
  const { out, err } = environment
  const info = (logger: string, message: string): void => out(`${logLine('INFO', logger, message)}\n`)
  if (given.has('--async'))
    err(`${logLine('WARN', CLIENT_LOGGER, 'The job is running in local mode, can not use async mode.')}\n`)
  const name = given.value('--name')
  const document = readJobFile({ file, variables: given.values('--variable'), environment: environment.variables })
  const job = await environment.service.prepare({
    document,
    jobId: jobIdOf(given),
    jobName: name === null || name === NAME_DEFAULT ? undefined : name,
  })
  for (const warning of job.warnings) err(`${logLine('WARN', CLIENT_LOGGER, errorText(warning, 'warning'))}\n`)
  info(PROXY_LOGGER, `Start submit job, job id: ${job.id}, with plugin jar []`)
  const startMs = environment.now()
  const progress = new ProgressReporter({
    metrics: job.metrics,
    write: (text) => info('o.a.s.e.c.j.JobMetricsRunner', text),
    now: environment.now,
  })
  progress.startBlocks(job.id, PROGRESS_INTERVAL_MS)
  let isInterrupted = false
  const forget = environment.onSignal(() => {
    isInterrupted = true
    info(CLIENT_LOGGER, 'run shutdown hook because get close signal')
    job.cancel()
  })
  info(PROXY_LOGGER, `Submit job finished, job id: ${job.id}, job name: ${job.name}`)
  const outcome = await job.run()
  forget()
  progress.stop()
  info(PROXY_LOGGER, `Job (${job.id}) end with state ${outcome.status}`)
  const { rowsRead, rowsWritten } = totals(outcome.metrics)
  info(CLIENT_LOGGER, 'Closed SeaTunnel client......')
  if (outcome.status === 'FAILED') throw new MillraceErrors(outcome.errors)
  info(CLIENT_LOGGER, jobStatistics({ startMs, endMs: environment.now(), rowsRead, rowsWritten }))
  return isInterrupted ? EXIT.interrupted : EXIT.ok
}

function jobIdOf(given: ParsedArguments): string | undefined {
  const text = given.value('--set-job-id')
  if (text === null) return undefined
  if (/^-?\d{1,19}$/.test(text)) return text
  throw new MillraceError('CLI_USAGE', `"--set-job-id": couldn't convert "${text}" to a long`)
}

/** The banner that SeaTunnel prints on failure, with our errors in the place of its stack trace. */
function reportFailure(thrown: unknown, { err }: CliEnvironment): void {
  const error = (message: string): void => err(`${logLine('ERROR', 'o.a.s.c.s.SeaTunnel', message)}\n`)
  const errors = asMillraceErrors(thrown)
  error(`\n\n${'='.repeat(79)}\n\n`)
  error('Fatal Error, \n')
  error('Reason:SeaTunnel job executed failed \n')
  const causes = errors.map((fault) => `Caused by: ${fault.seatunnelText()}\n${errorText(fault)}`)
  error(`Exception StackTrace:SeaTunnel job executed failed\n${causes.join('\n')}`)
  error(`\n${'='.repeat(79)}\n\n\n`)
}
