import { kernelHealth } from '../engine/kernel-health.js'
import { type CommandSurface, readArguments } from './command.js'
import { type Check, doctorChecks } from './doctor-checks.js'
import { machineFacts } from './doctor-facts.js'
import { type CliEnvironment, EXIT } from './environment.js'

/** Arguments of `millrace doctor`. */
export const DOCTOR_SURFACE: CommandSurface = {
  name: 'doctor',
  summary: 'Looks whether this machine is fit to run jobs, and says what to do where it is not.',
  operand: '',
  options: [{ names: ['--json'], kind: 'flag', doc: 'As JSON.' }],
}

const MARKS = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' } as const

/** Prints every check. Exit code 1 when one of them fails. */
export async function doctorCommand(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const given = readArguments(DOCTOR_SURFACE, argv, environment)
  if (typeof given === 'number') return given
  const forced = environment.variables.get('MILLRACE_BACKEND') ?? ''
  const kernels = kernelHealth(forced === '' ? null : forced)
  const checks = doctorChecks({ ...machineFacts(environment.variables), version: environment.version, kernels })
  const isFit = checks.every((check) => check.level !== 'fail')
  if (given.has('--json')) environment.out(`${JSON.stringify({ fit: isFit, checks }, null, 2)}\n`)
  else environment.out(`${checks.map(checkText).join('\n')}\n`)
  return isFit ? EXIT.ok : EXIT.failed
}

function checkText({ name, level, found, remedy }: Check): string {
  const head = `${MARKS[level]}  ${name.padEnd(20)}${found}`
  return remedy === null ? head : `${head}\n${' '.repeat(26)}${remedy}`
}
