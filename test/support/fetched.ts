import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from '../conventions/layers.js'

/** Where something is that a script has fetched, or why it cannot be had here. */
export type Fetched = { readonly path: string } | { readonly reason: string }

const answers = new Map<string, Fetched>()

/**
 * What a script of `scripts/` prints: the path of what it fetches when it is missing.
 *
 * @param script file name.
 * @param args what it is asked for.
 */
export function fetched(script: string, ...args: readonly string[]): Fetched {
  const key = [script, ...args].join(' ')
  const known = answers.get(key)
  if (known !== undefined) return known
  const run = spawnSync(process.execPath, [join(ROOT, 'scripts', script), ...args], { encoding: 'utf8' })
  const reason = run.stderr.trim().split('\n')[0] ?? 'unknown'
  const answer = run.status === 0 ? { path: run.stdout.trim() } : { reason }
  answers.set(key, answer)
  return answer
}
