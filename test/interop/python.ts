import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { ROOT } from '../conventions/layers.js'
import { fetched } from '../support/fetched.js'

/**
 * The reason to skip tests that need Python with the packages of `requirements.txt`, else `false`. Makes the environment when it is
 * not there yet.
 */
export function missingPython(): string | false {
  const found = fetched('python.mjs')
  return 'reason' in found ? `no Python for the interoperability tests: ${found.reason}` : false
}

/**
 * Runs a Python file of `test/interop` with arguments.
 *
 * @param name file name, for example `arrow_files.py`.
 * @param input text for its standard input.
 * @returns its standard output.
 * @throws Error with its standard error when it fails, or when there is no Python.
 */
export function runPython(name: string, args: readonly string[], input = ''): string {
  const found = fetched('python.mjs')
  if ('reason' in found) throw new Error(found.reason)
  const path = join(ROOT, 'test', 'interop', name)
  // -B leaves no compiled files in the source tree, -I nothing of the user's own packages.
  const result = spawnSync(found.path, ['-B', '-I', path, ...args], {
    encoding: 'utf8',
    input,
    maxBuffer: 1 << 28,
    env: { ...process.env, TZ: 'UTC', PYTHONIOENCODING: 'utf-8' },
  })
  if (result.status === 0) return result.stdout
  throw new Error(`'${name} ${args.join(' ')}' failed: ${result.stderr || result.error?.message}`)
}

/** Folder of the programs that the environment's packages bring; only where {@link missingPython} is `false`. */
export function pythonFolder(): string {
  const found = fetched('python.mjs')
  if ('reason' in found) throw new Error(found.reason)
  return dirname(found.path)
}
