import { asMillraceErrors, MillraceErrors } from '../core/error.js'
import { type ArgumentOption, optionsHelp, parseArguments } from './arguments.js'
import { type CliEnvironment, EXIT } from './environment.js'
import { errorJson, errorText } from './error-report.js'
import { readJobFile } from './job-file.js'
import { ProgressReporter, totals } from './progress.js'

/** Options of `millrace run`. */
export const RUN_OPTIONS: readonly ArgumentOption[] = [
  { names: ['--variable', '-i'], kind: 'values', value: 'K=V', doc: 'Variable of the job file; may be repeated.' },
  { names: ['--name', '-n'], kind: 'value', value: 'NAME', doc: 'Name of the job; overrides job.name.' },
  { names: ['--strict'], kind: 'flag', doc: 'Unknown and deprecated options are errors.' },
  { names: ['--json'], kind: 'flag', doc: 'Results as lines of JSON.' },
  { names: ['--help', '-h'], kind: 'flag', doc: 'Shows this text.' },
]

const USAGE = `Usage: millrace run [options] JOB_FILE\n\nRuns a job in this process and shows how it goes.\n\n${optionsHelp(RUN_OPTIONS)}\n`

/** Runs one job to its end. */
export async function runCommand(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const { out, err } = environment
  const given = parseArguments(RUN_OPTIONS, argv)
  if (given.has('--help')) {
    out(USAGE)
    return EXIT.ok
  }
  const [file] = given.rest
  if (file === undefined || given.unknown.length > 0) {
    err(`${given.unknown.length > 0 ? `unknown option '${given.unknown[0]}'` : 'no job file was given'}\n\n${USAGE}`)
    return EXIT.usage
  }
  const isJson = given.has('--json')
  const document = readJobFile({ file, variables: given.values('--variable'), environment: environment.variables })
  const job = await environment.service.prepare({ document, jobName: given.value('--name') ?? undefined })
  if (given.has('--strict') && job.warnings.length > 0) throw new MillraceErrors(job.warnings)
  for (const warning of job.warnings)
    err(
      isJson ? `${JSON.stringify({ type: 'warning', ...errorJson(warning) })}\n` : `${errorText(warning, 'warning')}\n`,
    )
  const startMs = environment.now()
  const progress = new ProgressReporter({ metrics: job.metrics, write: err, now: environment.now })
  if (isJson || !environment.isTerminal) progress.startJson()
  else progress.startLive()
  let signal: string | null = null
  const forget = environment.onSignal((name) => {
    signal = name
    job.cancel()
  })
  const outcome = await job.run()
  forget()
  progress.stop()
  const elapsedMs = environment.now() - startMs
  const sums = totals(outcome.metrics)
  if (environment.isTerminal && !isJson) err('\r\u001b[2K')
  if (isJson) {
    out(
      `${JSON.stringify({ type: 'result', jobId: job.id, jobName: job.name, status: outcome.status, elapsedMs, ...sums, errors: outcome.errors.map(errorJson) })}\n`,
    )
  } else {
    for (const error of outcome.errors.flatMap(asMillraceErrors)) err(`${errorText(error)}\n`)
    const rate = sums.rowsRead / Math.max(0.001, elapsedMs / 1000)
    out(
      `${job.name} (${job.id}) ${outcome.status}: read ${sums.rowsRead} rows, wrote ${sums.rowsWritten} rows in ${(elapsedMs / 1000).toFixed(3)} s (${Math.round(rate)} rows/s)\n`,
    )
  }
  if (outcome.status === 'FAILED') return EXIT.failed
  return signal === null ? EXIT.ok : EXIT.interrupted
}
