import { asMillraceErrors, MillraceError } from '../core/error.js'
import { type BackendDescription, type KernelBackend, LAYOUT_VERSION } from '../native/backend.js'
import { BACKEND_VARIABLE, loadBackend } from '../native/load.js'

/** How one kernel build is. */
export interface KernelBuildHealth {
  readonly kind: 'native' | 'wasm'
  /** Absent when the build does not load. */
  readonly description: BackendDescription | null
  /** Whether a panic inside a kernel became a coded error and the build went on working; `null` when it does not load. */
  readonly survivesPanic: boolean | null
  /** What went wrong, in order. */
  readonly faults: readonly MillraceError[]
}

/** How the kernels of this machine are. */
export interface KernelHealth {
  /** Name and value of the variable that forces a build; `null` when it is not set. */
  readonly variable: string
  readonly forced: string | null
  /** The build that jobs run on, or why there is none. */
  readonly chosen: 'native' | 'wasm' | MillraceError
  readonly builds: readonly KernelBuildHealth[]
}

/** Loads both builds and lets each survive a panic. Slow enough for a diagnosis only. */
export function kernelHealth(forced: string | null): KernelHealth {
  const builds = (['native', 'wasm'] as const).map(buildHealth)
  return { variable: BACKEND_VARIABLE, forced, chosen: chosenBuild(forced), builds }
}

function chosenBuild(forced: string | null): KernelHealth['chosen'] {
  try {
    return loadBackend(forced ?? undefined).kind
  } catch (thrown) {
    return asMillraceErrors(thrown)[0] ?? new MillraceError('BACKEND_UNAVAILABLE', 'no kernels load')
  }
}

function buildHealth(kind: 'native' | 'wasm'): KernelBuildHealth {
  try {
    const backend = loadBackend(kind)
    const description = backend.describe()
    try {
      return { kind, description, survivesPanic: survivesPanic(backend), faults: [] }
    } catch (thrown) {
      return { kind, description, survivesPanic: false, faults: asMillraceErrors(thrown) }
    }
  } catch (thrown) {
    return { kind, description: null, survivesPanic: null, faults: asMillraceErrors(thrown) }
  }
}

/** A program panics on purpose; a new one must still compile and run. */
function survivesPanic(backend: KernelBackend): boolean {
  const program = testProgram(backend)
  try {
    program.selfTestPanic()
    return false
  } catch (thrown) {
    if (asMillraceErrors(thrown)[0]?.code !== 'KERNEL_PANIC') throw thrown
  }
  const next = testProgram(backend)
  next.close()
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
