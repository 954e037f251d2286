import { MillraceErrors } from '../core/error.js'
import type { JobOutcome, PreparedJob } from '../engine/job-service.js'
import type { ParsedArguments } from './arguments.js'
import { type CommandSurface, readArguments } from './command.js'
import { type CliEnvironment, EXIT, signalExit } from './environment.js'
import { ErrorReporter, errorJson } from './error-report.js'
import { readJobFile } from './job-file.js'
import { ProgressReporter, totals } from './progress.js'

/** Arguments of `millrace run`. */
export const RUN_SURFACE: CommandSurface = {
  name: 'run',
  summary: 'Runs a job in this process and shows how it goes.',
  operand: 'JOB_FILE',
  options: [
    { names: ['--variable', '-i'], kind: 'value', value: 'K=V', doc: 'Variable of the job file; may be repeated.' },
    { names: ['--name', '-n'], kind: 'value', value: 'NAME', doc: 'Name of the job; overrides job.name.' },
    { names: ['--workers'], kind: 'value', value: 'N', doc: 'Worker threads at most; the number of cores by default.' },
    { names: ['--strict'], kind: 'flag', doc: 'Warnings are errors.' },
    { names: ['--json'], kind: 'flag', doc: 'Progress, errors and the result as lines of JSON.' },
  ],
}

/** Most worker threads that may be asked for. */
const WORKERS_LIMIT = 1024

/** Runs one job to its end. Exit code 1 when it fails, the shell's code of the signal when one stopped it. */
export async function runCommand(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const given = readArguments(RUN_SURFACE, argv, environment)
  if (typeof given === 'number') return given
  const workers = workersOf(given)
  if (workers === null) {
    environment.err(`'--workers' is a whole number from 1 to ${WORKERS_LIMIT}, not '${given.value('--workers')}'\n`)
    return EXIT.usage
  }
  const isJson = given.has('--json')
  const document = readJobFile({
    file: given.rest[0] ?? '',
    variables: given.values('--variable'),
    environment: environment.variables,
    redactor: environment.redactor,
  })
  const service = await environment.service()
  const rowError = (line: string): void => environment.err(rowErrorLine(line, isJson, environment.isTerminal))
  const job = await service.prepare({ document, jobName: given.value('--name') ?? undefined, workers, rowError })
  if (given.has('--strict') && job.warnings.length > 0) throw new MillraceErrors(job.warnings)
  new ErrorReporter(environment, isJson).warnings(job.warnings)
  return runJob(job, isJson, environment)
}

/** A line of the log of failed rows. On a terminal it takes the place of the live line, which is drawn again below it. */
function rowErrorLine(line: string, isJson: boolean, isTerminal: boolean): string {
  if (isJson) return `${JSON.stringify({ type: 'rowError', message: line })}\n`
  return isTerminal ? `\r\u001b[K${line}\n` : `${line}\n`
}

/** `undefined` when it is not given, `null` when it is no number of threads. */
function workersOf(given: ParsedArguments): number | null | undefined {
  const text = given.value('--workers')
  if (text === null) return undefined
  const value = Number(text)
  return /^\d+$/.test(text) && value >= 1 && value <= WORKERS_LIMIT ? value : null
}

async function runJob(job: PreparedJob, isJson: boolean, environment: CliEnvironment): Promise<number> {
  const startMs = environment.now()
  const progress = new ProgressReporter({
    metrics: () => job.metrics(),
    pipelines: job.pipelines,
    write: environment.err,
    now: environment.now,
    columns: environment.columns,
  })
  if (isJson || !environment.isTerminal) progress.startJson()
  else if (!printsRows(job, environment)) progress.startLive()
  let signal: string | null = null
  const forget = environment.onSignal((name) => {
    signal = name
    job.cancel()
  })
  const outcome = await job.run()
  forget()
  progress.stop()
  reportResult(job, outcome, environment.now() - startMs, isJson, environment)
  if (outcome.status === 'FAILED') return EXIT.failed
  return signal === null ? EXIT.ok : signalExit(signal)
}

/** Whether the job's rows go to the terminal that would show the live line; they are sign of life enough. */
function printsRows(job: PreparedJob, { isOutTerminal }: CliEnvironment): boolean {
  return isOutTerminal && job.graph().chains.some((chain) => chain.sinks.some(({ encoder }) => encoder === 'console'))
}

function reportResult(
  job: PreparedJob,
  outcome: JobOutcome,
  elapsedMs: number,
  isJson: boolean,
  environment: CliEnvironment,
): void {
  const { status, metrics, errors } = outcome
  const sums = totals(metrics)
  if (isJson) {
    const { id, name } = job
    const result = {
      type: 'result',
      jobId: id,
      jobName: name,
      status,
      elapsedMs,
      ...sums,
      errorRows: metrics.errorRows,
    }
    environment.out(`${JSON.stringify({ ...result, errors: errors.map(errorJson) })}\n`)
    return
  }
  if (errors.length > 0) new ErrorReporter(environment).errors(new MillraceErrors(errors))
  const seconds = Math.max(0.001, elapsedMs / 1000)
  const rates = `${Math.round(sums.rowsRead / seconds)} rows/s, ${(sums.bytesRead / 1e6 / seconds).toFixed(1)} MB/s`
  const failed = metrics.errorRows > 0 ? `, ${metrics.errorRows} rows failed` : ''
  const counts = `read ${sums.rowsRead} rows, wrote ${sums.rowsWritten} rows${failed}`
  environment.out(`${job.name} (${job.id}) ${status}: ${counts} in ${seconds.toFixed(3)} s (${rates})\n`)
}
