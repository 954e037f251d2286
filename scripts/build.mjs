// Builds what changed: the native addon, the WASM module, the compiled TypeScript and the bundled entry points.
//
//   node scripts/build.mjs [--release] [--no-wasm] [--wasm]
//
//   --release   native with thin LTO, WASM with fat LTO: for publishing and full benchmark runs
//   --no-wasm   leaves the WASM module out
//   --wasm      builds the WASM module only
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  capture,
  digest,
  filesBelow,
  incremental,
  ROOT,
  run,
  runTool,
  ScriptError,
  script,
  TARGET_DIR,
  which,
} from './lib.mjs'
import { setup, wasmTargetInstalled } from './setup.mjs'

const RUST_INPUTS = ['crates', 'Cargo.toml', 'Cargo.lock']
const TYPESCRIPT_INPUTS = ['src', 'test', 'bench', 'tsconfig.json', 'package-lock.json']
const ADDON = 'dist/native/millrace.node'
const WASM = 'dist/native/millrace.wasm'
const WASM_FLAGS = '-C target-feature=+simd128,+bulk-memory,+sign-ext,+nontrapping-fptoint,+mutable-globals'

/** Packages that are loaded at run time because they carry native code, or only for the few jobs that need them. */
const UNBUNDLED = ['lmdb', 'msgpackr', 'uWebSockets.js', 'apache-arrow', 'aws4fetch', 'basic-ftp', 'ssh2']

/** Entry points and where they come from: the program, the node, and the threads that it starts, which look for their file beside them. */
const BUNDLED = {
  main: 'src/main.ts',
  serve: 'src/serve.ts',
  worker: 'src/worker.ts',
  sandbox: 'src/transforms/dynamic-compile/sandbox.ts',
}

/** Puts a built file in place unless the one there is the same. Renamed over, so a process that has it loaded lives on. */
function install(from, to) {
  const target = join(ROOT, to)
  if (existsSync(target) && readFileSync(from).equals(readFileSync(target))) return
  mkdirSync(join(target, '..'), { recursive: true })
  copyFileSync(from, `${target}.new`)
  renameSync(`${target}.new`, target)
}

/**
 * Builds the Node-API addon into `dist/native/millrace.node`. A release build of the same sources is kept.
 *
 * @param {boolean} release
 */
async function buildNative(release) {
  const profile = release ? 'release' : 'ci'
  const rustc = capture('rustc', ['--version']).stdout
  const keyOf = (/** @type {string} */ name) =>
    digest(RUST_INPUTS, ['native', name, rustc, process.env.RUSTFLAGS ?? ''])
  const step = { name: 'native', key: keyOf(profile), accept: [keyOf('release')], outputs: [ADDON] }
  await incremental(step, () => {
    run('cargo', ['build', '--locked', '--profile', profile, '-p', 'millrace-native'])
    const library = { win32: 'millrace_native.dll', darwin: 'libmillrace_native.dylib' }[process.platform]
    install(join(TARGET_DIR, profile, library ?? 'libmillrace_native.so'), ADDON)
  })
}

/**
 * Builds the WASM module into `dist/native/millrace.wasm`, in a target folder of its own so that its flags never
 * invalidate the native build.
 *
 * @param {boolean} release
 */
async function buildWasm(release) {
  if (!wasmTargetInstalled()) {
    console.log('[wasm] skipped: the Rust target wasm32-unknown-unknown is not installed')
    return
  }
  const optimizer = which('wasm-opt')
  const rustc = capture('rustc', ['--version']).stdout
  const keyOf = (/** @type {string} */ name) =>
    digest(RUST_INPUTS, ['wasm', name, rustc, WASM_FLAGS, String(optimizer)])
  const key = keyOf(release ? 'release' : 'ci')
  await incremental({ name: 'wasm', key, accept: [keyOf('release')], outputs: [WASM] }, () => {
    const folder = resolve(TARGET_DIR, 'wasm')
    // Optimizing across crates makes every change cost minutes: that is for publishing.
    const lto = release
      ? { CARGO_PROFILE_WASM_LTO: 'fat', CARGO_PROFILE_WASM_CODEGEN_UNITS: '1' }
      : { CARGO_PROFILE_WASM_LTO: 'false' }
    run(
      'cargo',
      ['build', '--locked', '--profile', 'wasm', '--target', 'wasm32-unknown-unknown', '-p', 'millrace-wasm'],
      {
        env: { RUSTFLAGS: WASM_FLAGS, CARGO_TARGET_DIR: folder, ...lto },
      },
    )
    const built = join(folder, 'wasm32-unknown-unknown', 'wasm', 'millrace_wasm.wasm')
    if (optimizer === null) return install(built, WASM)
    const features = ['simd', 'bulk-memory', 'sign-ext', 'nontrapping-float-to-int', 'mutable-globals']
    run(optimizer, ['-O3', ...features.map((name) => `--enable-${name}`), built, '-o', `${built}.opt`])
    install(`${built}.opt`, WASM)
  })
}

/** Removes compiled files whose source is gone, so that a deleted test no longer runs. */
function removeOrphans() {
  for (const file of ['dist/src', 'dist/test', 'dist/bench'].flatMap(filesBelow)) {
    const source = file.slice('dist/'.length).replace(/\.(d\.ts|js)$/, '.ts')
    if (!existsSync(join(ROOT, source))) rmSync(join(ROOT, file))
  }
}

/** Compiles `src`, `test` and `bench` into `dist`. */
export async function buildTypeScript() {
  const step = { name: 'typescript', key: digest(TYPESCRIPT_INPUTS), outputs: ['dist/.tsbuildinfo'] }
  await incremental(step, () => {
    runTool('typescript/bin/tsc', ['-p', '.'])
    removeOrphans()
  })
}

/** An entry point that imports another one loads its bundle: code of a node is not in the bundle of a local run. */
const entryPoints = {
  name: 'entry-points',
  /** @param {import('esbuild').PluginBuild} build */
  setup(build) {
    build.onResolve({ filter: /^\.\/serve\.js$/ }, ({ path }) => ({ path, external: true }))
  },
}

/**
 * Packages that few commands need, as files of their own beside the bundles. A module that imports one loads it when it is run itself;
 * as an external import it would be loaded at every start.
 */
const ON_DEMAND = ['yaml']

const onDemand = {
  name: 'on-demand',
  /** @param {import('esbuild').PluginBuild} build */
  setup(build) {
    const filter = new RegExp(`^(${ON_DEMAND.join('|')})$`)
    build.onResolve({ filter }, ({ path }) => ({ path, namespace: 'on-demand' }))
    build.onLoad({ filter: /.*/, namespace: 'on-demand' }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => name !== 'default')
      return { contents: `export const { ${names.join(', ')} } = require('./${path}.cjs')` }
    })
    build.onResolve({ filter: /^\.\/.*\.cjs$/, namespace: 'on-demand' }, ({ path }) => ({ path, external: true }))
  },
}

/** Bundles the program and the worker entry into `dist/bundle`, so that a start reads two files and not two hundred. */
async function buildBundle() {
  const bundles = Object.keys(BUNDLED).map((name) => `dist/bundle/${name}.js`)
  const outputs = [...bundles, ...ON_DEMAND.map((name) => `dist/bundle/${name}.cjs`)]
  const { stdout: commit } = capture('git', ['-C', ROOT, 'rev-parse', '--short', 'HEAD'])
  const key = digest(['src', 'package-lock.json', 'scripts/build.mjs'], [process.version, commit])
  await incremental({ name: 'bundle', key, outputs }, async () => {
    const { build } = await import('esbuild')
    rmSync(join(ROOT, 'dist', 'bundle'), { recursive: true, force: true })
    // Packages in CommonJS form call `require` for built-in modules, which an ES module does not have.
    const require =
      "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"
    const shared = /** @type {const} */ ({
      absWorkingDir: ROOT,
      outdir: 'dist/bundle',
      bundle: true,
      platform: 'node',
      target: 'node20',
      // A quarter less to read at every start. Names stay: they are in messages, and stack traces still have lines.
      minifyWhitespace: true,
      lineLimit: 160,
      define: { 'process.env.MILLRACE_COMMIT': JSON.stringify(commit.trim()) },
      logLevel: 'warning',
    })
    const packages = ON_DEMAND.map((name) => ({ out: name, in: name }))
    await build({ ...shared, entryPoints: packages, format: 'cjs', outExtension: { '.js': '.cjs' } })
    await build({
      ...shared,
      entryPoints: Object.entries(BUNDLED).map(([out, source]) => ({ out, in: source })),
      // One file each: a start that reads thirty small files takes 25 ms more than one that parses what it does not need.
      splitting: false,
      format: 'esm',
      external: UNBUNDLED,
      plugins: [entryPoints, onDemand],
      banner: { js: require },
    })
  })
}

/**
 * Builds everything that is not up to date.
 *
 * @param {{ release?: boolean, native?: boolean, wasm?: boolean, typescript?: boolean }} [parts]
 * @throws {ScriptError} when a step fails.
 */
export async function build({ release = false, native = true, wasm = true, typescript = true } = {}) {
  if (native) await buildNative(release)
  if (wasm) await buildWasm(release)
  if (!typescript) return
  await buildTypeScript()
  await buildBundle()
}

/** Parses the command line and builds. */
async function main() {
  const flags = new Set(process.argv.slice(2))
  const unknown = [...flags].find((flag) => !['--release', '--no-wasm', '--wasm'].includes(flag))
  if (unknown !== undefined) throw new ScriptError(`unknown option '${unknown}': use --release, --no-wasm or --wasm`)
  setup()
  const only = flags.has('--wasm')
  await build({ release: flags.has('--release'), native: !only, typescript: !only, wasm: !flags.has('--no-wasm') })
  for (const file of [ADDON, WASM].filter((path) => existsSync(join(ROOT, path)))) {
    console.log(`${file}: ${(statSync(join(ROOT, file)).size / 1e6).toFixed(1)} MB`)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await script(main)
