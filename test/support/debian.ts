import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Paths of programs that were found or installed, or why there are none. */
const programs = new Map<string, string | { readonly reason: string }>()

/**
 * A server program of Debian; it is installed when this is root's machine and the package archive answers. No service is started.
 *
 * @returns its path, or why there is none.
 */
export function debianProgram(path: string, name: string): string | { readonly reason: string } {
  const known = programs.get(path)
  if (known !== undefined) return known
  const found = existsSync(path) ? path : installed(path, name)
  programs.set(path, found)
  return found
}

function installed(path: string, name: string): string | { readonly reason: string } {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return { reason: `'${name}' is not installed` }
  // A run level in which services are not started.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const apt = [
    'install',
    '-y',
    '--no-install-recommends',
    '-o',
    'Acquire::Retries=1',
    '-o',
    'DPkg::Lock::Timeout=120',
    name,
  ]
  spawnSync('apt-get', ['update', '-q'], { env, timeout: 120_000 })
  const run = spawnSync('apt-get', apt, { env, encoding: 'utf8', timeout: 300_000 })
  if (existsSync(path)) return path
  const said = (run.stderr ?? '').trim().split('\n').at(-1) ?? ''
  return { reason: `'${name}' is not installed and cannot be: ${said}` }
}
