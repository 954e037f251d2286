import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type ExampleProgram, examplePrograms, PROFILE } from './examples.js'
import type { Machine } from './machine.js'

/** Result of one counting program. */
export interface CountReport {
  readonly name: string
  readonly verdict: 'pass' | 'fail' | 'new' | 'skipped'
  readonly reason: string
  readonly instructionsPerRow?: number
  readonly baseline?: number
}

/** The committed counts by what they hold for (see {@link conditions}), then by program. */
export type CountBaselines = Readonly<Record<string, Readonly<Record<string, number>>>>

/** A program that counts user-mode instructions, and how its answer is read. */
interface Counter {
  readonly name: string
  readonly argv: readonly string[]
  readonly pattern: RegExp
}

/** In order of preference: the processor's own counter, which virtual machines often lack, then a simulation. */
const COUNTERS: readonly Counter[] = [
  { name: 'perf', argv: ['perf', 'stat', '-x', ',', '-e', 'instructions:u'], pattern: /^(\d+),[^\n]*instructions/m },
  {
    name: 'callgrind',
    argv: ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null'],
    pattern: /Collected : (\d+)/,
  },
]

/** How much a count may grow. */
export const GROWTH_ALLOWED = 1.02

/** Repetitions of the two runs whose difference is taken. */
const FEW = 1
const MANY = 3

/** The committed file. */
function baselineFile(root: string): string {
  return join(root, 'bench', 'results', 'instructions.json')
}

/** What a count depends on beside the source: counter, compiler, profile and instruction sets. */
export function conditions(counter: string, machine: Machine): string {
  const flags = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : ''
  // The simulation shows no wider set than AVX2 to the program, whatever the machine has.
  const sets = (counter === 'perf' ? ['avx2', 'avx512f'] : ['avx2']).filter((name) =>
    new RegExp(`\\b${name}\\b`).test(flags),
  )
  return [counter, machine.versions.rustc, process.arch, `profile ${PROFILE}`, ...sets].join(', ')
}

/** User-mode instructions of a command, or `null` when the counter does not work here. */
function countInstructions(
  counter: Counter,
  command: readonly string[],
): { instructions: number; stdout: string } | null {
  const [program = '', ...args] = [...counter.argv, ...command]
  const result = spawnSync(program, args, { encoding: 'utf8' })
  const found = result.status === 0 ? counter.pattern.exec(result.stderr)?.[1] : undefined
  return found === undefined ? null : { instructions: Number(found), stdout: result.stdout }
}

/** The first counter that works on this machine. */
function findCounter(): Counter | null {
  return COUNTERS.find((counter) => countInstructions(counter, ['true']) !== null) ?? null
}

/** Instructions per row without set-up, or why there are none. */
function instructionsPerRow(counter: Counter, program: string): number | string {
  const [few, many] = [FEW, MANY].map((repetitions) => countInstructions(counter, [program, String(repetitions)]))
  if (few == null || many == null) return `'${program}' fails`
  const rows = Number(/^rows (\d+)$/m.exec(few.stdout)?.[1])
  if (!(rows > 0)) return `'${program}' printed no line 'rows <count>'`
  return (many.instructions - few.instructions) / ((MANY - FEW) * rows)
}

/** Compares a count with the committed one. */
export function judgeCount(name: string, count: number, baseline: number | undefined): CountReport {
  if (baseline === undefined)
    return { name, verdict: 'new', reason: 'no count is committed for these conditions', instructionsPerRow: count }
  const growth = count / baseline
  const reason = `${((growth - 1) * 100).toFixed(2)} % against the committed count`
  return { name, verdict: growth > GROWTH_ALLOWED ? 'fail' : 'pass', reason, instructionsPerRow: count, baseline }
}

/** The committed counts. */
function readBaselines(root: string): CountBaselines {
  const file = baselineFile(root)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as CountBaselines) : {}
}

/** Builds and counts one program. */
function countProgram(
  root: string,
  { crate, example }: ExampleProgram,
  counter: Counter,
  baseline: Readonly<Record<string, number>>,
): CountReport {
  const name = `${crate}/${example}`
  const args = ['build', '--locked', '--quiet', '--profile', PROFILE, '-p', `millrace-${crate}`, '--example', example]
  const built = spawnSync('cargo', args, { cwd: root, encoding: 'utf8' })
  if (built.status !== 0)
    return { name, verdict: 'fail', reason: `does not build: ${built.stderr.trim().split('\n')[0]}` }
  const target = resolve(root, process.env.CARGO_TARGET_DIR ?? 'target', PROFILE, 'examples')
  const count = instructionsPerRow(counter, join(target, example))
  if (typeof count === 'string') return { name, verdict: 'fail', reason: count }
  return judgeCount(name, Number(count.toFixed(2)), baseline[name])
}

/**
 * Builds and counts every counting program, `crates/<crate>/examples/count_<name>.rs`. Run with a number of repetitions it does
 * its work that often over fixed data and prints `rows <rows of one repetition>`. The difference between two runs leaves set-up
 * out.
 *
 * @param update whether the counts of this run become the committed ones for these conditions.
 */
export function countAll(root: string, machine: Machine, update: boolean): CountReport[] {
  const programs = examplePrograms(root, 'count')
  const counter = findCounter()
  if (counter === null) {
    const reason = `neither of ${COUNTERS.map(({ name }) => name).join(', ')} counts instructions here`
    return programs.map(({ crate, example }) => ({ name: `${crate}/${example}`, verdict: 'skipped', reason }))
  }
  const key = conditions(counter.name, machine)
  const baselines = readBaselines(root)
  const reports = programs.map((program) => countProgram(root, program, counter, baselines[key] ?? {}))
  if (update) {
    const counted = reports.flatMap(({ name, instructionsPerRow: count }) =>
      count === undefined ? [] : [[name, count] as const],
    )
    const next: CountBaselines = { ...baselines, [key]: Object.fromEntries(counted) }
    writeFileSync(baselineFile(root), `${JSON.stringify(next, null, 2)}\n`)
  }
  return reports
}
