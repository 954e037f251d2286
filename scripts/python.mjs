// Makes a Python environment of the tests below .cache and prints the path of its interpreter.
//
//   node scripts/python.mjs         of the interoperability tests, with the packages of test/interop/requirements.txt
//   node scripts/python.mjs flink   of the tests of Flink's API, with those of test/interop/requirements-flink.txt
//
// Does nothing when it is there with these packages. Where Python or the package index cannot be
// reached it prints one line that says so and ends with exit code 1; that answer is kept for ten minutes.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { capture, digest, ROOT, ScriptError, script, which } from './lib.mjs'
import { lastLine, madeOnce } from './made-once.mjs'

/** Files of requirements by the name of the environment. @type {Readonly<Record<string, string>>} */
const REQUIREMENTS = {
  interop: 'test/interop/requirements.txt',
  flink: 'test/interop/requirements-flink.txt',
}
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
 * Makes an environment.
 *
 * @param {string} folder
 * @param {string} requirements
 * @throws {ScriptError} with one line when that cannot be done here.
 */
function make(folder, requirements) {
  const base = PYTHON_NAMES.map(which).find((path) => path !== null)
  if (base === undefined || base === null) throw new ScriptError('there is no Python 3')
  const made = capture(base, ['-m', 'venv', folder])
  if (!made.ok) throw new ScriptError(`'${base} -m venv' failed: ${lastLine(made.stderr || made.stdout)}`)
  const options = ['--quiet', '--no-input', '--disable-pip-version-check', '--only-binary', ':all:', '--no-deps']
  const limits = ['--retries', '1', '--timeout', '30']
  const args = ['-m', 'pip', 'install', ...options, ...limits, '-r', join(ROOT, requirements)]
  const installed = capture(interpreter(folder), args)
  if (!installed.ok) throw new ScriptError(`the Python packages cannot be installed: ${lastLine(installed.stderr)}`)
}

/**
 * The path of an environment's interpreter; makes the environment when it is missing. Any number of processes may call it at once.
 *
 * @param {string} name one of `REQUIREMENTS`.
 * @returns {string}
 * @throws {ScriptError} with one line when it cannot be made here.
 */
export function pythonEnvironment(name = 'interop') {
  const requirements = Object.hasOwn(REQUIREMENTS, name) ? REQUIREMENTS[name] : undefined
  if (requirements === undefined) {
    throw new ScriptError(`usage: node scripts/python.mjs [${Object.keys(REQUIREMENTS).join('|')}]`)
  }
  const folder = join(ROOT, '.cache', `${name}-venv`)
  const key = digest([requirements], [process.platform, process.arch])
  madeOnce({ folder, key, make: () => make(folder, requirements) })
  return interpreter(folder)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await script(() => console.log(pythonEnvironment(process.argv[2])))
}
