import type { KernelBuildHealth, KernelHealth } from '../engine/kernel-health.js'
import type { MachineFacts } from './doctor-facts.js'

/** What one check found. */
export interface Check {
  readonly name: string
  readonly level: 'ok' | 'warn' | 'fail'
  readonly found: string
  /** What to do; `null` when all is well. */
  readonly remedy: string | null
}

/** Everything that the checks look at. */
export interface DoctorFacts extends MachineFacts {
  readonly version: string
  readonly kernels: KernelHealth
}

const LEAST_NODE_MAJOR = 20
const LEAST_OPEN_FILES = 1024
const GOOD_OPEN_FILES = 4096
const LEAST_MEMORY_BYTES = 256 * 1024 * 1024
const GOOD_MEMORY_BYTES = 1024 * 1024 * 1024
const POOL_DEFAULT = 4

/** All checks, in the order in which they are shown. */
export function doctorChecks(facts: DoctorFacts): readonly Check[] {
  return [
    ok('millrace', `${facts.version} on ${facts.platform}`),
    nodeCheck(facts),
    backendCheck(facts.kernels),
    forcedCheck(facts.kernels),
    ...facts.kernels.builds.flatMap((build) => buildChecks(build, facts)),
    coresCheck(facts),
    memoryCheck(facts),
    temporaryFolderCheck(facts),
    threadPoolCheck(facts),
    openFilesCheck(facts),
  ]
}

const ok = (name: string, found: string): Check => ({ name, level: 'ok', found, remedy: null })
const warn = (name: string, found: string, remedy: string): Check => ({ name, level: 'warn', found, remedy })
const fail = (name: string, found: string, remedy: string): Check => ({ name, level: 'fail', found, remedy })

function nodeCheck({ nodeVersion }: DoctorFacts): Check {
  const major = Number(nodeVersion.split('.')[0])
  if (major >= LEAST_NODE_MAJOR) return ok('node', nodeVersion)
  return fail('node', `${nodeVersion} is too old`, `install Node.js ${LEAST_NODE_MAJOR} or later`)
}

function backendCheck({ chosen, forced, variable }: KernelHealth): Check {
  if (chosen === 'native') return ok('kernels', 'native')
  if (chosen === 'wasm') return warn('kernels', 'WASM, which is slower', 'run jobs on the native build if it loads')
  if (forced === null)
    return fail('kernels', 'neither build loads', 'run "npm run build", or install the package again')
  return fail('kernels', `there is no usable build '${forced}'`, `set ${variable} to native or wasm, or unset it`)
}

function forcedCheck({ variable, forced }: KernelHealth): Check {
  if (forced === null) return ok(variable, 'not set')
  return warn(variable, `set to '${forced}'`, `unset it so that the fastest build is taken`)
}

function buildChecks({ kind, description, survivesPanic, faults }: KernelBuildHealth, facts: DoctorFacts): Check[] {
  const [name, panicName] = [`${kind} build`, `${kind} panic`]
  const isChosen = facts.kernels.chosen === kind
  const [fault] = faults
  if (description === null) {
    const found = fault?.message ?? 'does not load'
    const level = facts.kernels.chosen === null ? fail : warn
    return [level(name, found, fault?.hint ?? 'run "npm run build"')]
  }
  const { version, target, codecs, operators } = description
  const what = `${version} ${target}: ${codecs.length} codecs, ${operators.length} operators`
  const build =
    version === facts.version
      ? ok(name, what)
      : warn(name, what, `its version is not '${facts.version}': run "npm run build"`)
  if (survivesPanic === true) return [build, ok(panicName, 'becomes a coded error, and the build works on')]
  const found = fault?.message ?? 'a panic did not become an error'
  return [build, (isChosen ? fail : warn)(panicName, found, 'build it again with "npm run build" and report it')]
}

function coresCheck({ cores }: DoctorFacts): Check {
  if (cores > 1) return ok('cores', String(cores))
  return warn('cores', '1', 'jobs run, but nothing runs side by side')
}

function memoryCheck(facts: DoctorFacts): Check {
  const { totalMemoryBytes, memoryLimitBytes, freeMemoryBytes } = facts
  const usable = memoryLimitBytes ?? totalMemoryBytes
  const found = `${gibibytes(usable)} GiB${memoryLimitBytes === null ? '' : ' (limit of the container)'}, ${gibibytes(freeMemoryBytes)} GiB free`
  if (usable < LEAST_MEMORY_BYTES) return fail('memory', found, 'give the process at least 256 MiB')
  if (Math.min(usable, freeMemoryBytes) < GOOD_MEMORY_BYTES) {
    return warn('memory', found, 'leave 1 GiB free, or run jobs with fewer workers (--workers)')
  }
  return ok('memory', found)
}

function gibibytes(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(1)
}

function temporaryFolderCheck({ temporaryFolder, temporaryFolderFault }: DoctorFacts): Check {
  if (temporaryFolderFault === null) return ok('temporary folder', temporaryFolder)
  return fail('temporary folder', temporaryFolderFault, 'make it writable, or set TMPDIR to a folder that is')
}

function threadPoolCheck({ threadPoolSize, cores }: DoctorFacts): Check {
  const size = threadPoolSize ?? POOL_DEFAULT
  const found = `${size} threads${threadPoolSize === null ? ' (the default)' : ''}`
  if (size >= Math.min(cores, 8)) return ok('libuv pool', found)
  return warn(
    'libuv pool',
    found,
    `set UV_THREADPOOL_SIZE to ${Math.min(128, Math.max(8, cores))}, as bin/millrace does`,
  )
}

function openFilesCheck({ openFilesLimit }: DoctorFacts): Check {
  if (openFilesLimit === null) return ok('open files', 'the limit is not known on this system')
  const found = Number.isFinite(openFilesLimit) ? String(openFilesLimit) : 'unlimited'
  if (openFilesLimit >= GOOD_OPEN_FILES) return ok('open files', found)
  const level = openFilesLimit < LEAST_OPEN_FILES ? fail : warn
  return level('open files', found, `raise it with "ulimit -n ${GOOD_OPEN_FILES}": partitioned sinks hold a file each`)
}
