// Everything that can be said about the tree without running the product: format, lints, types, licences, layers.
//
//   node scripts/check.mjs [name ...]     runs the named checks only

import { join } from 'node:path'
import { buildTypeScript } from './build.mjs'
import { filesBelow, ROOT, run, runTool, ScriptError, script } from './lib.mjs'
import { checkLicences } from './licences.mjs'
import { setup } from './setup.mjs'

/** @type {Record<string, () => void | Promise<void>>} */
const CHECKS = {
  'cargo-fmt': () => run('cargo', ['fmt', '--all', '--check']),
  biome: () =>
    run(process.execPath, [join(ROOT, 'node_modules/@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.']),
  types: () => runTool('typescript/bin/tsc', ['-p', '.', '--noEmit']),
  licences: checkLicences,
  conventions: async () => {
    await buildTypeScript()
    const tests = filesBelow('dist/test/conventions').filter((file) => file.endsWith('.test.js'))
    run(process.execPath, ['--test', '--test-reporter=dot', ...tests])
  },
  // The profile of the build, so that build scripts and macros are compiled once.
  clippy: () =>
    run('cargo', ['clippy', '--profile', 'ci', '--workspace', '--all-targets', '--locked', '--', '-D', 'warnings']),
}

/** Runs the checks one after another, all of them, and fails if any did. */
async function main() {
  const names = process.argv.slice(2)
  const unknown = names.find((name) => !(name in CHECKS))
  if (unknown !== undefined) throw new ScriptError(`unknown check '${unknown}': use ${Object.keys(CHECKS).join(', ')}`)
  setup()
  const failed = []
  for (const name of names.length > 0 ? names : Object.keys(CHECKS)) {
    const started = performance.now()
    try {
      await CHECKS[name]()
      console.log(`[check] ${name}: ok (${((performance.now() - started) / 1000).toFixed(1)} s)`)
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error
      console.error(error.message)
      console.error(`[check] ${name}: FAILED`)
      failed.push(name)
    }
  }
  if (failed.length > 0) throw new ScriptError(`failed: ${failed.join(', ')}`)
}

await script(main)
