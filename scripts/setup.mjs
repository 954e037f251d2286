// Checks the tools of this machine, installs the npm packages and adds the WASM target. Does nothing when all is there.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { capture, ROOT, run, ScriptError, script, which } from './lib.mjs'

const NODE_MINIMUM = 20
const WASM_TARGET = 'wasm32-unknown-unknown'

/**
 * Compares dotted version numbers.
 *
 * @param {string} have
 * @param {string} want
 * @returns {boolean} whether `have` is `want` or newer.
 */
function atLeast(have, want) {
  const [left, right] = [have, want].map((text) => text.split('.').map(Number))
  for (let i = 0; i < right.length; i++) {
    if ((left[i] ?? 0) !== right[i]) return (left[i] ?? 0) > right[i]
  }
  return true
}

/**
 * What is missing on this machine, one line each that says what to install.
 *
 * @returns {string[]}
 */
export function missingTools() {
  const missing = []
  if (!atLeast(process.versions.node, String(NODE_MINIMUM))) {
    missing.push(`Node ${process.versions.node} is too old: install Node ${NODE_MINIMUM} or newer (https://nodejs.org)`)
  }
  const wanted = /^rust-version = "(.*)"$/m.exec(readFileSync(join(ROOT, 'Cargo.toml'), 'utf8'))?.[1] ?? '1.85'
  const rustc = which('cargo') === null ? null : capture('rustc', ['--version'])
  const version = rustc === null ? null : (/rustc (\d+\.\d+\.\d+)/.exec(rustc.stdout)?.[1] ?? null)
  if (version === null) {
    missing.push(`no Rust tool chain found: install Rust ${wanted} or newer with rustup (https://rustup.rs)`)
  } else if (!atLeast(version, wanted)) {
    missing.push(`Rust ${version} is too old: run 'rustup update stable' to get ${wanted} or newer`)
  }
  if (process.platform !== 'win32' && which(process.env.CC ?? 'cc') === null) {
    const hint = process.platform === 'darwin' ? 'xcode-select --install' : 'apt install build-essential, or the like'
    missing.push(`no C compiler 'cc' found: install one (${hint})`)
  }
  return missing
}

/**
 * Whether `node_modules` holds exactly the versions of `package-lock.json`, packages for other platforms aside.
 *
 * @returns {boolean}
 */
function packagesInstalled() {
  const hidden = join(ROOT, 'node_modules', '.package-lock.json')
  if (!existsSync(hidden)) return false
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages
  const installed = JSON.parse(readFileSync(hidden, 'utf8')).packages
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    const found = installed[path]
    return found === undefined ? entry.optional === true : found.version === entry.version
  })
}

/**
 * Whether the Rust tool chain can build for WASM.
 *
 * @returns {boolean}
 */
export function wasmTargetInstalled() {
  const sysroot = capture('rustc', ['--print', 'sysroot']).stdout.trim()
  return sysroot !== '' && existsSync(join(sysroot, 'lib', 'rustlib', WASM_TARGET))
}

/**
 * Makes the machine ready to build.
 *
 * @throws {ScriptError} naming every missing tool, or when an installation fails.
 */
export function setup() {
  const missing = missingTools()
  if (missing.length > 0) throw new ScriptError(missing.join('\n'))
  if (!packagesInstalled()) {
    console.log('[setup] installing npm packages')
    run('npm', ['ci', '--no-audit', '--no-fund'])
  }
  if (wasmTargetInstalled()) return
  if (which('rustup') === null) {
    console.log(`[setup] no rustup and no ${WASM_TARGET} target: the WASM build will be skipped`)
    return
  }
  run('rustup', ['target', 'add', WASM_TARGET])
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await script(setup)
