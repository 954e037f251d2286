import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { examplePrograms, PROFILE } from './examples.js'

/**
 * Least that a part of the kernels may do on one core: rows per second, and bytes per second for formats. A rate below it is
 * reported with its reason, but never fails a run: rates of a shared machine drift, ratios and instruction counts do not.
 */
export const FLOORS = { numbers: 5e6, strings: 2e6, bytes: 0.8e9 } as const

/** One line of a rate program, `crates/<crate>/examples/rate_<name>.rs`. */
interface RateLine {
  readonly name: string
  readonly unit: keyof typeof FLOORS
  readonly rowsPerSecond: number
  readonly bytesPerSecond: number
  /** Why a rate below the floor is all there is to have, or `null`. */
  readonly why: string | null
}

/** One measured part. */
export interface RateReport {
  readonly name: string
  readonly verdict: 'pass' | 'warn' | 'fail'
  readonly reason: string
  /** Rows a second of one core; absent when the program failed. */
  readonly rowsPerSecond?: number
  /** Bytes a second of one core, for formats. */
  readonly bytesPerSecond?: number
}

/** Holds a rate against its floor. */
export function judgeRate({ name, unit, rowsPerSecond, bytesPerSecond, why }: RateLine): RateReport {
  const [value, text] =
    unit === 'bytes'
      ? [bytesPerSecond, `${FLOORS.bytes / 1e9} GB/s`]
      : [rowsPerSecond, `${FLOORS[unit] / 1e6} M rows/s`]
  const rates = unit === 'bytes' ? { rowsPerSecond, bytesPerSecond } : { rowsPerSecond }
  if (value >= FLOORS[unit]) return { name, verdict: 'pass', reason: `at least ${text}`, ...rates }
  return { name, verdict: 'warn', reason: why === null ? `less than ${text}` : `less than ${text}: ${why}`, ...rates }
}

/** Builds and runs every rate program of the tree, one at a time. */
export function measureRates(root: string): RateReport[] {
  return examplePrograms(root, 'rate').flatMap(({ crate, example }) => {
    const name = `${crate}/${example}`
    const args = ['build', '--locked', '--quiet', '--profile', PROFILE, '-p', `millrace-${crate}`, '--example', example]
    const built = spawnSync('cargo', args, { cwd: root, encoding: 'utf8' })
    if (built.status !== 0) {
      return [{ name, verdict: 'fail', reason: `does not build: ${built.stderr.trim().split('\n')[0]}` }]
    }
    const target = resolve(root, process.env.CARGO_TARGET_DIR ?? 'target', PROFILE, 'examples')
    const run = spawnSync(join(target, example), { encoding: 'utf8' })
    if (run.status !== 0) return [{ name, verdict: 'fail', reason: `'${example}' fails: ${run.stderr.trim()}` }]
    const lines = run.stdout.trim().split('\n')
    return lines.map((line) => judgeRate(JSON.parse(line) as RateLine))
  })
}

/** A rate with its unit. */
export function rateText({ rowsPerSecond, bytesPerSecond }: RateReport): string {
  if (rowsPerSecond === undefined) return ''
  const rows = `${(rowsPerSecond / 1e6).toFixed(1)} M rows/s`
  return bytesPerSecond === undefined ? rows : `${(bytesPerSecond / 1e9).toFixed(2)} GB/s, ${rows}`
}
