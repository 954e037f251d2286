// Fails when a dependency, Rust or npm, has a licence that is not on the list.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { capture, ROOT, ScriptError, script } from './lib.mjs'

/** Licences whose code may be linked into, or shipped with, an Apache-2.0 program. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'Apache-2.0 WITH LLVM-exception',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BSL-1.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Unicode-3.0',
  'Unlicense',
  'Zlib',
])

/**
 * Whether an SPDX expression can be met by allowed licences: `OR` needs one side, `AND` both.
 *
 * @param {string} expression also the old crates.io form with `/` for `OR`.
 * @returns {boolean}
 */
export function isAllowed(expression) {
  const tokens = expression.replaceAll('/', ' OR ').match(/[()]|[^\s()]+/g) ?? []
  let at = 0
  const term = () => {
    if (tokens[at] === '(') {
      at++
      const inner = either()
      at++
      return inner
    }
    let name = tokens[at++] ?? ''
    if (tokens[at] === 'WITH') {
      name = `${name} WITH ${tokens[at + 1]}`
      at += 2
    }
    return ALLOWED.has(name)
  }
  const both = () => {
    let result = term()
    while (tokens[at] === 'AND') {
      at++
      result = term() && result
    }
    return result
  }
  const either = () => {
    let result = both()
    while (tokens[at] === 'OR') {
      at++
      result = both() || result
    }
    return result
  }
  return tokens.length > 0 && either() && at === tokens.length
}

/**
 * Every Rust package of the lock file with its licence expression.
 *
 * @returns {{ name: string, licence: string | null }[]}
 */
function rustPackages() {
  const result = capture('cargo', ['metadata', '--format-version', '1', '--locked', '--quiet'])
  if (!result.ok) throw new ScriptError(`cannot read the Rust dependencies: ${result.stderr.trim()}`)
  return JSON.parse(result.stdout).packages.map((entry) => ({
    name: `crate ${entry.name} ${entry.version}`,
    licence: entry.license ?? null,
  }))
}

/**
 * The licence that an installed npm package states.
 *
 * @param {string} path below the repository, such as `node_modules/yaml`.
 * @returns {string | null} `null` when it is not installed or says nothing.
 */
function statedLicence(path) {
  const file = join(ROOT, path, 'package.json')
  if (!existsSync(file)) return null
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  const licence = manifest.license ?? manifest.licenses?.map((entry) => entry.type).join(' OR ')
  return typeof licence === 'string' ? licence : (licence?.type ?? null)
}

/**
 * Every npm package of the lock file with its licence expression.
 *
 * @returns {{ name: string, licence: string | null }[]}
 */
function npmPackages() {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
  return Object.entries(lock.packages)
    .filter(([path]) => path !== '')
    .map(([path, entry]) => {
      const name = `npm ${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}`
      return { name, licence: statedLicence(path) ?? entry.license ?? null }
    })
}

/**
 * Checks all dependencies.
 *
 * @throws {ScriptError} with one line for every package that may not be used.
 */
export function checkLicences() {
  const packages = [...rustPackages(), ...npmPackages()]
  const faults = packages
    .filter(({ licence }) => licence === null || !isAllowed(licence))
    .map(
      ({ name, licence }) => `${name}: licence ${licence === null ? 'is not stated' : `'${licence}' is not allowed`}`,
    )
  if (faults.length > 0) throw new ScriptError(faults.join('\n'))
  console.log(`licences of ${packages.length} packages are allowed`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await script(checkLicences)
