import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder of the repository. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** Where cargo builds: `CARGO_TARGET_DIR`, or `target`. */
export const TARGET_DIR = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target')

/** A fault of a script that the user can act on; printed without a stack. */
export class ScriptError extends Error {}

/**
 * Runs a script's main function; a {@link ScriptError} becomes its message and exit code 1.
 *
 * @param {() => void | Promise<void>} main
 */
export async function script(main) {
  try {
    await main()
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error
    if (error.message !== '') console.error(error.message)
    process.exitCode = 1
  }
}

/**
 * The full path of a program, or `null`.
 *
 * @param {string} name
 * @returns {string | null}
 */
export function which(name) {
  const suffixes = process.platform === 'win32' ? ['.exe', '.cmd', '.bat', ''] : ['']
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const suffix of suffixes) {
      const path = join(folder, name + suffix)
      if (folder !== '' && existsSync(path) && statSync(path).isFile()) return path
    }
  }
  return null
}

/**
 * Runs a program in the repository with its output on the terminal.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string }} [options] `env` is added to the environment.
 * @throws {ScriptError} when it cannot be started or fails.
 */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, ...options.env },
    stdio: 'inherit',
    shell: process.platform === 'win32' && !command.endsWith('.exe'),
  })
  if (result.error) throw new ScriptError(`cannot start '${command}': ${result.error.message}`)
  if (result.status !== 0) {
    throw new ScriptError(`'${command} ${args.join(' ')}' failed with exit code ${result.status ?? result.signal}`)
  }
}

/**
 * Runs a program and keeps its output.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string> }} [options] `env` is added to the environment.
 * @returns {{ ok: boolean, stdout: string, stderr: string }}
 */
export function capture(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...options.env },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  return { ok: result.status === 0, stdout: result.stdout ?? '', stderr: result.stderr ?? result.error?.message ?? '' }
}

/**
 * Runs a JavaScript tool of `node_modules` with this Node.
 *
 * @param {string} entry path below `node_modules`.
 * @param {readonly string[]} args
 * @throws {ScriptError} when it fails.
 */
export function runTool(entry, args) {
  run(process.execPath, [join(ROOT, 'node_modules', entry), ...args])
}

/**
 * All files below a path of the repository, sorted; the path itself when it is a file, nothing when it does not exist.
 *
 * @param {string} path relative to the repository.
 * @returns {string[]} paths relative to the repository.
 */
export function filesBelow(path) {
  const full = join(ROOT, path)
  if (!existsSync(full)) return []
  if (statSync(full).isFile()) return [path]
  return readdirSync(full, { withFileTypes: true })
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() || entry.isFile() ? filesBelow(`${path}/${entry.name}`) : []))
}

/**
 * A digest over names and contents of all files below some paths, and over some words.
 *
 * @param {readonly string[]} paths relative to the repository.
 * @param {readonly string[]} [words] whatever else the result depends on: flags, versions.
 * @returns {string} hexadecimal.
 */
export function digest(paths, words = []) {
  const hash = createHash('sha256')
  for (const word of words) hash.update(`word ${word}\0`)
  for (const file of paths.flatMap(filesBelow)) {
    const content = readFileSync(join(ROOT, file))
    hash.update(`file ${file} ${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

/**
 * Runs a build step unless its inputs are those of its last success and all its outputs exist.
 *
 * @param {{ name: string, key: string, outputs: readonly string[], accept?: readonly string[] }} step `accept`: other keys
 *   whose outputs are as good.
 * @param {() => void | Promise<void>} work
 * @returns {Promise<boolean>} whether it ran.
 */
export async function incremental(step, work) {
  const stamp = join(ROOT, '.cache', 'build', `${step.name}.stamp`)
  const known = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
  const same = [step.key, ...(step.accept ?? [])].includes(known)
  if (same && step.outputs.every((output) => existsSync(join(ROOT, output)))) return false
  const started = performance.now()
  console.log(`[${step.name}] building`)
  await work()
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, step.key)
  console.log(`[${step.name}] built in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return true
}
