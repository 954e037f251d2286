import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { PYTHON_PEERS } from './peers/python.js'

/** What the figures were measured on and with. */
export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryGigabytes: number
  readonly system: string
  /** Mean run-queue length over one minute when the bench began. */
  readonly loadAtStart: number
  readonly versions: Readonly<Record<string, string>>
}

/** First line of a program's output, or `none`. */
function firstLine(command: string, args: readonly string[], cwd: string): string {
  try {
    return (
      execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0] ??
      'none'
    )
  } catch {
    return 'none'
  }
}

/** Describes this machine. Takes the load average at once, so call it before any work. */
export function describeMachine(root: string, withPython: boolean): Machine {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>
  }
  const fromNpm = { 'duckdb-npm': manifest.devDependencies['@duckdb/node-api'] ?? 'none' }
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 1e9),
    system: `${platform()} ${release()} ${arch()}`,
    loadAtStart: Number((loadavg()[0] ?? 0).toFixed(2)),
    versions: {
      commit: firstLine('git', ['rev-parse', '--short', 'HEAD'], root),
      node: process.versions.node,
      rustc: firstLine('rustc', ['--version'], root),
      ...fromNpm,
      ...(withPython ? PYTHON_PEERS : {}),
    },
  }
}
