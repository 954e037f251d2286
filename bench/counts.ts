import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Machine } from './machine.js'

/**
 * A counting program is `crates/<crate>/examples/count_<name>.rs`. Run with a number of repetitions it does its work that
 * often over fixed data and prints `rows <rows of one repetition>`. The difference between two runs leaves set-up out.
 */
export interface CountingProgram {
  readonly crate: string
  readonly example: string
}

/** Result of one counting program. */
export interface CountReport {
  readonly name: string
  readonly verdict: 'pass' | 'fail' | 'new' | 'skipped'
  readonly reason: string
  readonly instructionsPerRow?: number
  readonly baseline?: number
}

/** The committed counts, with what they hold for. */
export interface CountBaseline {
  readonly toolchain: string
  readonly instructionsPerRow: Readonly<Record<string, number>>
}

/** How much a count may grow. */
export const GROWTH_ALLOWED = 1.02

/** Repetitions of the two runs whose difference is taken. */
const FEW = 1
const MANY = 3

/** Profile that the programs are built with: that of the addon. */
const PROFILE = 'ci'

/** The committed file. */
function baselineFile(root: string): string {
  return join(root, 'bench', 'results', 'instructions.json')
}

/** All counting programs of the tree. */
export function countingPrograms(root: string): CountingProgram[] {
  return readdirSync(join(root, 'crates')).flatMap((crate) => {
    const folder = join(root, 'crates', crate, 'examples')
    if (!existsSync(folder)) return []
    return readdirSync(folder)
      .filter((name) => /^count_\w+\.rs$/.test(name))
      .map((name) => ({ crate, example: name.replace(/\.rs$/, '') }))
  })
}

/** What a count depends on beside the source: compiler, profile and instruction set. */
export function toolchainText(machine: Machine): string {
  const flags = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : ''
  const sets = ['avx2', 'avx512f'].filter((name) => new RegExp(`\\b${name}\\b`).test(flags))
  return [machine.versions.rustc, process.arch, PROFILE, ...sets].join(', ')
}

/** User-mode instructions of a run, or why they cannot be counted. */
function countInstructions(program: string, repetitions: number): { instructions: number; rows: number } | string {
  const result = spawnSync('perf', ['stat', '-x', ',', '-e', 'instructions:u', program, String(repetitions)], {
    encoding: 'utf8',
  })
  if (result.error !== undefined) return "there is no 'perf'"
  const instructions = Number(/^(\d+),[^\n]*instructions/m.exec(result.stderr)?.[1])
  const rows = Number(/^rows (\d+)$/m.exec(result.stdout)?.[1])
  if (Number.isNaN(instructions)) return `'perf' counts no instructions here: ${result.stderr.trim().split('\n')[0]}`
  if (Number.isNaN(rows) || rows === 0) return `'${program}' printed no line 'rows <count>'`
  return { instructions, rows }
}

/** Instructions per row without set-up, or why there are none. */
function instructionsPerRow(program: string): number | string {
  const few = countInstructions(program, FEW)
  if (typeof few === 'string') return few
  const many = countInstructions(program, MANY)
  if (typeof many === 'string') return many
  return (many.instructions - few.instructions) / ((MANY - FEW) * few.rows)
}

/** Compares a count with the committed one. */
export function judgeCount(name: string, count: number, baseline: number | undefined): CountReport {
  if (baseline === undefined)
    return { name, verdict: 'new', reason: 'no count is committed for this tool chain', instructionsPerRow: count }
  const growth = count / baseline
  const reason = `${((growth - 1) * 100).toFixed(2)} % against the committed count`
  return { name, verdict: growth > GROWTH_ALLOWED ? 'fail' : 'pass', reason, instructionsPerRow: count, baseline }
}

/** The committed counts, if they were made with this tool chain. */
function readBaseline(root: string, toolchain: string): Readonly<Record<string, number>> {
  const file = baselineFile(root)
  if (!existsSync(file)) return {}
  const baseline = JSON.parse(readFileSync(file, 'utf8')) as CountBaseline
  return baseline.toolchain === toolchain ? baseline.instructionsPerRow : {}
}

/**
 * Builds and counts every counting program.
 *
 * @param update whether the counts of this run become the committed ones.
 */
export function countAll(root: string, machine: Machine, update: boolean): CountReport[] {
  const toolchain = toolchainText(machine)
  const baseline = readBaseline(root, toolchain)
  const target = resolve(root, process.env.CARGO_TARGET_DIR ?? 'target', PROFILE, 'examples')
  const reports = countingPrograms(root).map(({ crate, example }) => {
    const name = `${crate}/${example}`
    const args = ['build', '--locked', '--quiet', '--profile', PROFILE, '-p', `millrace-${crate}`, '--example', example]
    const built = spawnSync('cargo', args, { cwd: root, encoding: 'utf8' })
    if (built.status !== 0)
      return { name, verdict: 'fail', reason: `does not build: ${built.stderr.split('\n')[0]}` } as const
    const count = instructionsPerRow(join(target, example))
    if (typeof count === 'string') return { name, verdict: 'skipped', reason: count } as const
    return judgeCount(name, Number(count.toFixed(2)), baseline[name])
  })
  if (update) {
    const counted = reports.flatMap(({ name, instructionsPerRow: count }) =>
      count === undefined ? [] : [[name, count] as const],
    )
    const next: CountBaseline = { toolchain, instructionsPerRow: Object.fromEntries(counted) }
    writeFileSync(baselineFile(root), `${JSON.stringify(next, null, 2)}\n`)
  }
  return reports
}
