import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The peers of a full run, with the versions that all published figures are for. */
export const PYTHON_PEERS = {
  duckdb: '2.0.0',
  polars: '2.1.0',
  pyarrow: '26.0.1',
  datafusion: '55.0.0',
  chdb: '4.4.0',
} as const

/** A peer from the Python package index. */
export type PythonPeer = keyof typeof PYTHON_PEERS

/**
 * Makes the Python environment of the peers unless it is there with these very versions.
 *
 * @param cache folder of the bench.
 * @returns its interpreter, or `null` with the reason printed when there is no Python or a package cannot be installed.
 */
export function pythonEnvironment(cache: string): string | null {
  const folder = join(cache, 'venv')
  const python = join(folder, 'bin', 'python')
  const requirements = Object.entries(PYTHON_PEERS).map(([name, version]) => `${name}==${version}`)
  const stamp = join(folder, 'peers.txt')
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === requirements.join('\n')) return python
  mkdirSync(cache, { recursive: true })
  console.log(`making the Python environment of the peers: ${requirements.join(', ')}`)
  const steps: readonly [string, string[]][] = [
    ['python3', ['-m', 'venv', folder]],
    [python, ['-m', 'pip', 'install', '--quiet', ...requirements]],
  ]
  for (const [command, args] of steps) {
    const result = spawnSync(command, args, { encoding: 'utf8' })
    if (result.status === 0) continue
    console.log(
      `without the Python peers: '${command} ${args.join(' ')}' failed: ${result.stderr ?? result.error?.message ?? ''}`,
    )
    return null
  }
  writeFileSync(stamp, requirements.join('\n'))
  return python
}
