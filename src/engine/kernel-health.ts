import { asMillraceErrors } from '../core/error.js'
import { type BackendDescription, type KernelBackend, LAYOUT_VERSION } from '../native/backend.js'
import { BACKEND_VARIABLE, loadBackend } from '../native/load.js'

/** What is wrong and what to do, as plain data: a build is looked at in a process of its own. */
export interface HealthFault {
  readonly message: string
  readonly hint: string | null
}

/** The builds there may be, the faster one first. */
export const KERNEL_BUILDS = ['native', 'wasm'] as const

/** How one kernel build is. */
export interface KernelBuildHealth {
  readonly kind: (typeof KERNEL_BUILDS)[number]
  /** `null` when the build does not load. */
  readonly description: BackendDescription | null
  /** Whether a panic inside a kernel became a coded error and the build went on working; `null` when it does not load. */
  readonly survivesPanic: boolean | null
  /** What went wrong, in order. */
  readonly faults: readonly HealthFault[]
}

/** How the kernels of this machine are. */
export interface KernelHealth {
  /** Name and value of the variable that forces a build; `null` when it is not set. */
  readonly variable: string
  readonly forced: string | null
  /** The build that jobs run on, `null` when there is none. */
  readonly chosen: KernelBuildHealth['kind'] | null
  readonly builds: readonly KernelBuildHealth[]
}

/** What the states of both builds mean for jobs. */
export function kernelHealth(
  variables: ReadonlyMap<string, string>,
  builds: readonly KernelBuildHealth[],
): KernelHealth {
  const value = variables.get(BACKEND_VARIABLE) ?? ''
  const forced = value === '' ? null : value
  const usable = builds.filter((build) => build.description !== null && (forced === null || build.kind === forced))
  return { variable: BACKEND_VARIABLE, forced, chosen: usable[0]?.kind ?? null, builds }
}

/**
 * Loads a build and lets it survive a panic. Whatever is wrong with it, short of ending the process, is in the result; the panic's
 * message goes to standard error.
 */
export function probeBuild(kind: KernelBuildHealth['kind']): KernelBuildHealth {
  try {
    const backend = loadBackend(kind)
    const description = backend.describe()
    try {
      return { kind, description, survivesPanic: survivesPanic(backend), faults: [] }
    } catch (thrown) {
      return { kind, description, survivesPanic: false, faults: faultsOf(thrown) }
    }
  } catch (thrown) {
    return { kind, description: null, survivesPanic: null, faults: faultsOf(thrown) }
  }
}

function faultsOf(thrown: unknown): readonly HealthFault[] {
  return asMillraceErrors(thrown).map(({ message, details }) => ({ message, hint: details.hint ?? null }))
}

/** A program panics on purpose; a new one must still compile. */
function survivesPanic(backend: KernelBackend): boolean {
  const program = testProgram(backend)
  try {
    program.selfTestPanic()
    return false
  } catch (thrown) {
    if (asMillraceErrors(thrown)[0]?.code !== 'KERNEL_PANIC') throw thrown
  }
  testProgram(backend).close()
  return true
}

function testProgram(backend: KernelBackend): ReturnType<KernelBackend['compile']> {
  return backend.compile({
    layoutVersion: LAYOUT_VERSION,
    context: { zone: 'UTC', nowMicros: 0, seed: 0, valueLimitBytes: 1024, subtask: 0 },
    input: {
      codec: 'csv',
      schema: { table: 'self_test', columns: [{ name: 'id', type: { kind: 'BIGINT' }, nullable: true }] },
      options: {},
    },
    nodes: [],
    sinks: [{ input: 0, codec: 'discard', options: {}, partitionBy: [], columns: null }],
  })
}
