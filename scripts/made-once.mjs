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
import { ScriptError } from './lib.mjs'

/** How long the answer that something cannot be made here is kept. */
const FAILURE_KEPT_MS = 10 * 60 * 1000

/** Waits; scripts that make a folder have nothing else to do meanwhile. */
function pause() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
}

/**
 * Whether the process that wrote a lock still runs. A lock that cannot be read was just taken or just given back.
 *
 * @param {string} lock
 * @returns {boolean}
 */
function isHeld(lock) {
  try {
    const owner = Number(readFileSync(lock, 'utf8'))
    if (owner === 0) return Date.now() - statSync(lock).mtimeMs < 5_000
    process.kill(owner, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH'
  }
}

/**
 * Runs work while no other process runs it.
 *
 * @param {string} lock file that says so.
 * @param {() => void} work
 */
function exclusively(lock, work) {
  mkdirSync(dirname(lock), { recursive: true })
  for (;;) {
    try {
      const handle = openSync(lock, 'wx')
      writeSync(handle, String(process.pid))
      closeSync(handle)
      break
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
      if (!isHeld(lock)) rmSync(lock, { force: true })
      else pause()
    }
  }
  try {
    work()
  } finally {
    rmSync(lock, { force: true })
  }
}

/**
 * Makes a folder unless it is there, made from the same key. Any number of processes may ask at once; one of them makes it. That it
 * cannot be made here is remembered for ten minutes.
 *
 * @param {{ folder: string, key: string, make: () => void }} what `folder`: full path, emptied before it is made. `key`: what it is
 *   made from. `make`: fills it.
 * @throws {ScriptError} with one line when it cannot be made here.
 */
export function madeOnce({ folder, key, make }) {
  const stamp = join(folder, 'millrace.stamp')
  const failure = `${folder}.failed`
  const isMade = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === key
  if (isMade()) return
  exclusively(`${folder}.lock`, () => {
    if (isMade()) return
    if (existsSync(failure) && Date.now() - statSync(failure).mtimeMs < FAILURE_KEPT_MS) {
      throw new ScriptError(readFileSync(failure, 'utf8'))
    }
    try {
      rmSync(folder, { recursive: true, force: true })
      make()
    } catch (error) {
      if (error instanceof ScriptError) writeFileSync(failure, error.message)
      throw error
    }
    writeFileSync(`${stamp}.new`, key)
    renameSync(`${stamp}.new`, stamp)
    rmSync(failure, { force: true })
  })
}

/**
 * The last line of what a program printed.
 *
 * @param {string} text
 * @returns {string}
 */
export function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? ''
}
