// Makes the Python environment of the interoperability tests, .cache/interop-venv, and prints the path of its interpreter.
//
//   node scripts/python.mjs
//
// Does nothing when it is there with the packages of test/interop/requirements.txt. Where Python or the package index cannot be
// reached it prints one line that says so and ends with exit code 1; that answer is kept for ten minutes.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { capture, digest, ROOT, ScriptError, script, which } from './lib.mjs'
import { lastLine, madeOnce } from './made-once.mjs'

const REQUIREMENTS = join('test', 'interop', 'requirements.txt')
const FOLDER = join(ROOT, '.cache', 'interop-venv')
const PYTHON_NAMES = process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python']

/**
 * The interpreter of the environment.
 *
 * @param {string} folder
 * @returns {string}
 */
function interpreter(folder) {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python')
}

/**
 * Makes the environment.
 *
 * @throws {ScriptError} with one line when that cannot be done here.
 */
function make() {
  const base = PYTHON_NAMES.map(which).find((path) => path !== null)
  if (base === undefined || base === null) throw new ScriptError('there is no Python 3')
  const made = capture(base, ['-m', 'venv', FOLDER])
  if (!made.ok) throw new ScriptError(`'${base} -m venv' failed: ${lastLine(made.stderr || made.stdout)}`)
  const options = ['--quiet', '--no-input', '--disable-pip-version-check', '--only-binary', ':all:', '--no-deps']
  const limits = ['--retries', '1', '--timeout', '30']
  const args = ['-m', 'pip', 'install', ...options, ...limits, '-r', join(ROOT, REQUIREMENTS)]
  const installed = capture(interpreter(FOLDER), args)
  if (!installed.ok) throw new ScriptError(`the Python packages cannot be installed: ${lastLine(installed.stderr)}`)
}

/**
 * The path of the environment's interpreter; makes the environment when it is missing. Any number of processes may call it at once.
 *
 * @returns {string}
 * @throws {ScriptError} with one line when it cannot be made here.
 */
export function pythonEnvironment() {
  const key = digest([REQUIREMENTS.replaceAll('\\', '/')], [process.platform, process.arch])
  madeOnce({ folder: FOLDER, key, make })
  return interpreter(FOLDER)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await script(() => console.log(pythonEnvironment()))
}
