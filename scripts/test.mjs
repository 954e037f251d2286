// Sets up, builds and runs all tests: Rust, then TypeScript, on both backends.
//
//   node scripts/test.mjs [--fast | --long]
//
//   --fast   the TypeScript tests on the native backend only: no Rust tests, no WASM build
//   --long   also what takes minutes
//
// Tests read MILLRACE_TEST = fast | normal | long. The full report of a run is in logs/.
import { spawn } from 'node:child_process'
import { createWriteStream, mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { build } from './build.mjs'
import { filesBelow, ROOT, ScriptError, script } from './lib.mjs'
import { setup } from './setup.mjs'
import { SUMMARY_MARK } from './test-reporter.mjs'

/** @typedef {{ passed: number, failed: number, skipped: string[] }} Counts */

/**
 * Runs a program with its standard output passed on line by line.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Record<string, string>} env added to the environment.
 * @param {(line: string) => void} onLine
 * @returns {Promise<number>} the exit code.
 */
function runLines(command, args, env, onLine) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(line)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (rest !== '') onLine(rest)
      resolve(code ?? 1)
    })
  })
}

/**
 * Runs the Rust tests with the dependencies of the addon, which are built already.
 *
 * @param {'normal' | 'long'} level
 * @returns {Promise<Counts>}
 */
async function rustTests(level) {
  const log = createWriteStream(join(ROOT, 'logs', 'test-rust.txt'))
  const counts = { passed: 0, failed: 0, skipped: /** @type {string[]} */ ([]) }
  const args = ['test', '--locked', '--profile', 'ci', '--workspace']
  const code = await runLines('cargo', args, { MILLRACE_TEST: level, CARGO_TERM_QUIET: 'false' }, (line) => {
    log.write(`${line}\n`)
    const result = /^test result: \w+\. (\d+) passed; (\d+) failed/.exec(line)
    const ignored = /^test (.+) \.\.\. ignored(?:, (.*))?$/.exec(line)
    if (result !== null) {
      counts.passed += Number(result[1])
      counts.failed += Number(result[2])
    } else if (ignored !== null) {
      counts.skipped.push(ignored[2] === undefined ? ignored[1] : `${ignored[1]}: ${ignored[2]}`)
    } else if (line !== '' && !/^(test .* \.\.\. ok|running \d+ tests?)$/.test(line)) {
      console.log(line)
    }
  })
  log.end()
  if (code !== 0 && counts.failed === 0) throw new ScriptError('the Rust tests do not build or were aborted')
  console.log(`Rust: ${counts.passed} passed, ${counts.failed} failed`)
  return counts
}

/**
 * Runs the compiled TypeScript tests.
 *
 * @param {'fast' | 'normal' | 'long'} level
 * @returns {Promise<Counts>}
 */
async function nodeTests(level) {
  const files = filesBelow('dist').filter((file) => file.endsWith('.test.js') && !file.startsWith('dist/bundle/'))
  const log = join('logs', 'test-node.txt')
  const reporters = [
    ['./scripts/test-reporter.mjs', 'stdout'],
    ['spec', log],
  ].flatMap(([name, target]) => [`--test-reporter=${name}`, `--test-reporter-destination=${target}`])
  /** @type {Counts | undefined} */
  let counts
  const args = ['--test', `--test-concurrency=${availableParallelism()}`, ...reporters, ...files]
  const code = await runLines(process.execPath, args, { MILLRACE_TEST: level }, (line) => {
    if (line.startsWith(SUMMARY_MARK)) counts = JSON.parse(line.slice(SUMMARY_MARK.length))
    else console.log(line)
  })
  if (counts === undefined) throw new ScriptError(`the TypeScript tests ended without a summary, see ${log}`)
  if (code !== 0 && counts.failed === 0) throw new ScriptError(`the TypeScript tests failed, see ${log}`)
  console.log(`TypeScript: ${counts.passed} passed, ${counts.failed} failed`)
  return counts
}

/** Parses the command line, builds, tests and sums up. */
async function main() {
  const flags = process.argv.slice(2)
  const unknown = flags.find((flag) => flag !== '--fast' && flag !== '--long')
  if (unknown !== undefined) throw new ScriptError(`unknown option '${unknown}': use --fast or --long`)
  const level = flags.includes('--long') ? 'long' : flags.includes('--fast') ? 'fast' : 'normal'
  const started = performance.now()
  setup()
  await build({ wasm: level !== 'fast' })
  mkdirSync(join(ROOT, 'logs'), { recursive: true })
  const results = level === 'fast' ? [] : [await rustTests(level)]
  results.push(await nodeTests(level))
  const skipped = results.flatMap((counts) => counts.skipped)
  for (const line of skipped) console.log(`skipped ${line}`)
  const sum = (/** @type {'passed' | 'failed'} */ key) => results.reduce((total, counts) => total + counts[key], 0)
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  console.log(`${skipped.length} skipped, ${seconds} s`)
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
  if (sum('failed') > 0) throw new ScriptError('')
}

await script(main)
