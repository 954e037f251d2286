// Makes the Python environment of the interoperability tests, .cache/interop-venv, and prints the path of its interpreter.
//
//   node scripts/python.mjs
//
// Does nothing when it is there with the packages of test/interop/requirements.txt. Where Python or the package index cannot be
// reached it prints one line that says so and ends with exit code 1; that answer is kept for ten minutes.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { capture, digest, ROOT, ScriptError, script, which } from './lib.mjs'

const REQUIREMENTS = join('test', 'interop', 'requirements.txt')
const FOLDER = join(ROOT, '.cache', 'interop-venv')
const STAMP = join(FOLDER, 'millrace.stamp')
const LOCK = `${FOLDER}.lock`
const FAILURE = `${FOLDER}.failed`
const FAILURE_KEPT_MS = 10 * 60 * 1000
const PYTHON_NAMES = process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python']

/** Waits; this script has nothing else to do meanwhile. */
function pause() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
}

/**
 * Whether the process that wrote a lock still runs. A lock that cannot be read was just taken or just given back.
 *
 * @returns {boolean}
 */
function isLockHeld() {
  try {
    const owner = Number(readFileSync(LOCK, 'utf8'))
    if (owner === 0) return Date.now() - statSync(LOCK).mtimeMs < 5_000
    process.kill(owner, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH'
  }
}

/**
 * Runs work while no other process runs it.
 *
 * @template T
 * @param {() => T} work
 * @returns {T}
 */
function exclusively(work) {
  mkdirSync(dirname(LOCK), { recursive: true })
  for (;;) {
    try {
      const lock = openSync(LOCK, 'wx')
      writeSync(lock, String(process.pid))
      closeSync(lock)
      break
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
      if (!isLockHeld()) rmSync(LOCK, { force: true })
      else pause()
    }
  }
  try {
    return work()
  } finally {
    rmSync(LOCK, { force: true })
  }
}

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
 * Makes the environment in a folder of its own and moves it to its place when it is whole.
 *
 * @param {string} key what it is made from.
 * @throws {ScriptError} with one line when that cannot be done here.
 */
function make(key) {
  const base = PYTHON_NAMES.map(which).find((path) => path !== null)
  if (base === undefined || base === null) throw new ScriptError('there is no Python 3')
  rmSync(FOLDER, { recursive: true, force: true })
  const made = capture(base, ['-m', 'venv', FOLDER])
  if (!made.ok) throw new ScriptError(`'${base} -m venv' failed: ${lastLine(made.stderr || made.stdout)}`)
  const options = ['--quiet', '--no-input', '--disable-pip-version-check', '--only-binary', ':all:', '--no-deps']
  const limits = ['--retries', '1', '--timeout', '30']
  const args = ['-m', 'pip', 'install', ...options, ...limits, '-r', join(ROOT, REQUIREMENTS)]
  const installed = capture(interpreter(FOLDER), args)
  if (!installed.ok) throw new ScriptError(`the Python packages cannot be installed: ${lastLine(installed.stderr)}`)
  writeFileSync(`${STAMP}.new`, key)
  renameSync(`${STAMP}.new`, STAMP)
}

/**
 * @param {string} text
 * @returns {string}
 */
function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? ''
}

/**
 * Whether the environment is there, made from the same requirements.
 *
 * @param {string} key
 * @returns {boolean}
 */
function isMade(key) {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === key && existsSync(interpreter(FOLDER))
}

/**
 * The path of the environment's interpreter; makes the environment when it is missing. Any number of processes may call it at once.
 *
 * @returns {string}
 * @throws {ScriptError} with one line when it cannot be made here.
 */
export function pythonEnvironment() {
  const key = digest([REQUIREMENTS.replaceAll('\\', '/')], [process.platform, process.arch])
  if (isMade(key)) return interpreter(FOLDER)
  return exclusively(() => {
    if (isMade(key)) return interpreter(FOLDER)
    if (existsSync(FAILURE) && Date.now() - statSync(FAILURE).mtimeMs < FAILURE_KEPT_MS) {
      throw new ScriptError(readFileSync(FAILURE, 'utf8'))
    }
    try {
      make(key)
    } catch (error) {
      if (error instanceof ScriptError) writeFileSync(FAILURE, error.message)
      throw error
    }
    rmSync(FAILURE, { force: true })
    return interpreter(FOLDER)
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await script(() => console.log(pythonEnvironment()))
}
