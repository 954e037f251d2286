import { KERNEL_BUILDS, type KernelBuildHealth, kernelHealth, probeBuild } from '../engine/kernel-health.js'
import { type CommandSurface, readArguments } from './command.js'
import { type Check, doctorChecks } from './doctor-checks.js'
import { machineFacts } from './doctor-facts.js'
import { type CliEnvironment, EXIT } from './environment.js'

/** Arguments of `millrace doctor`. */
export const DOCTOR_SURFACE: CommandSurface = {
  name: 'doctor',
  summary: 'Looks whether this machine is fit to run jobs, and says what to do where it is not.',
  operand: '',
  options: [
    { names: ['--json'], kind: 'flag', doc: 'As JSON.' },
    {
      names: ['--probe'],
      kind: 'value',
      value: 'BUILD',
      doc: 'Only loads and tests one kernel build: native or wasm.',
    },
  ],
}

const MARKS = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' } as const

/** Prints every check. Exit code 1 when one of them fails. */
export async function doctorCommand(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const given = readArguments(DOCTOR_SURFACE, argv, environment)
  if (typeof given === 'number') return given
  const probed = given.value('--probe')
  if (probed !== null) return probe(probed, environment)
  const builds = await Promise.all(KERNEL_BUILDS.map((kind) => probeApart(kind, environment)))
  const kernels = kernelHealth(environment.variables, builds)
  const checks = doctorChecks({ ...machineFacts(environment.variables), version: environment.version, kernels })
  const isFit = checks.every((check) => check.level !== 'fail')
  if (given.has('--json')) environment.out(`${JSON.stringify({ fit: isFit, checks }, null, 2)}\n`)
  else environment.out(`${checks.map(checkText).join('\n')}\n`)
  return isFit ? EXIT.ok : EXIT.failed
}

function probe(kind: string, { out, err }: CliEnvironment): number {
  const known = KERNEL_BUILDS.find((each) => each === kind)
  if (known === undefined) {
    err(`unknown build '${kind}': use ${KERNEL_BUILDS.join(' or ')}\n`)
    return EXIT.usage
  }
  out(`${JSON.stringify(probeBuild(known))}\n`)
  return EXIT.ok
}

/** Looks at a build in a process of its own, so that one that crashes is reported and its panic's message is not shown. */
async function probeApart(kind: KernelBuildHealth['kind'], { runSelf }: CliEnvironment): Promise<KernelBuildHealth> {
  const { out, ended } = await runSelf(['doctor', '--probe', kind])
  try {
    return JSON.parse(out) as KernelBuildHealth
  } catch {
    const fault = { message: `loading it ended the process with ${ended}`, hint: 'run "npm run build"' }
    return { kind, description: null, survivesPanic: null, faults: [fault] }
  }
}

function checkText({ name, level, found, remedy }: Check): string {
  const head = `${MARKS[level]}  ${name.padEnd(20)}${found}`
  return remedy === null ? head : `${head}\n${' '.repeat(26)}${remedy}`
}
