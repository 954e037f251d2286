import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { ROOT } from '../conventions/layers.js'

/** What `scripts/python.mjs` answered: the interpreter, or why there is none. */
let environment: { readonly interpreter: string } | { readonly reason: string } | undefined

function pythonEnvironment(): { readonly interpreter: string } | { readonly reason: string } {
  if (environment !== undefined) return environment
  const script = spawnSync(process.execPath, [join(ROOT, 'scripts', 'python.mjs')], { encoding: 'utf8' })
  const [answer = '', fault = ''] = [script.stdout.trim(), script.stderr.trim()]
  environment = script.status === 0 ? { interpreter: answer } : { reason: fault.split('\n')[0] ?? 'unknown' }
  return environment
}

/**
 * The reason to skip tests that need Python with the packages of `requirements.txt`, else `false`. Makes the environment when it is
 * not there yet.
 */
export function missingPython(): string | false {
  const found = pythonEnvironment()
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
  const found = pythonEnvironment()
  if ('reason' in found) throw new Error(found.reason)
  const path = join(ROOT, 'test', 'interop', name)
  // -B leaves no compiled files in the source tree, -I nothing of the user's own packages.
  const result = spawnSync(found.interpreter, ['-B', '-I', path, ...args], {
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
  const found = pythonEnvironment()
  if ('reason' in found) throw new Error(found.reason)
  return dirname(found.interpreter)
}
