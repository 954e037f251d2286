import { asMillraceErrors, MillraceErrors } from '../core/error.js'
import type { JobCheck } from '../engine/job-service.js'
import { type CommandSurface, readArguments } from './command.js'
import { type CliEnvironment, EXIT } from './environment.js'
import { ErrorReporter, errorJson } from './error-report.js'
import { readJobFile } from './job-file.js'

/** Arguments of `millrace validate`. */
export const VALIDATE_SURFACE: CommandSurface = {
  name: 'validate',
  summary: 'Reports every fault and warning of a job file with its place. Nothing is run; inputs are looked at.',
  operand: 'JOB_FILE',
  options: [
    { names: ['--variable', '-i'], kind: 'value', value: 'K=V', doc: 'Variable of the job file; may be repeated.' },
    { names: ['--strict'], kind: 'flag', doc: 'Warnings count as faults.' },
    { names: ['--json'], kind: 'flag', doc: 'The result as one JSON object on standard output.' },
  ],
}

/** Checks a job file. Exit code 1 when it has faults, or warnings with `--strict`. */
export async function validateCommand(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const given = readArguments(VALIDATE_SURFACE, argv, environment)
  if (typeof given === 'number') return given
  const file = given.rest[0] ?? ''
  const { faults, warnings } = await checkFile(file, given.values('--variable'), environment)
  const isValid = faults.length === 0 && !(given.has('--strict') && warnings.length > 0)
  if (given.has('--json')) {
    const result = { file, valid: isValid, errors: faults.map(errorJson), warnings: warnings.map(errorJson) }
    environment.out(`${JSON.stringify(result, null, 2)}\n`)
    return isValid ? EXIT.ok : EXIT.failed
  }
  const report = new ErrorReporter(environment)
  report.warnings(warnings)
  if (faults.length > 0) report.errors(new MillraceErrors(faults))
  const counts = [count(faults.length, 'error'), count(warnings.length, 'warning')].join(', ')
  environment.out(`${file}: ${isValid ? 'valid' : 'not valid'} (${counts})\n`)
  return isValid ? EXIT.ok : EXIT.failed
}

/** Everything wrong with a file, whichever step finds it. */
async function checkFile(file: string, variables: readonly string[], environment: CliEnvironment): Promise<JobCheck> {
  try {
    const document = readJobFile({
      file,
      variables,
      environment: environment.variables,
      redactor: environment.redactor,
    })
    return await (await environment.service()).check(document)
  } catch (thrown) {
    return { faults: asMillraceErrors(thrown), warnings: [] }
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
