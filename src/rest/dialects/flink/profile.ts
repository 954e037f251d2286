import type { FlinkProfileName } from '../../../config/millrace-options.js'

/** What answers look like where the lines of Flink differ. */
export interface FlinkProfile {
  readonly name: FlinkProfileName
  /** Version that `/overview` and `/config` name: clients choose by it what they may ask. */
  readonly version: string
  /** Whether endpoints have their host beside `endpoint`. */
  readonly hasHosts: boolean
  /** Whether `/jobs/:jobid/exceptions` starts with the members of before the exception history. */
  readonly hasRootException: boolean
  /** Whether `execution-config` has `execution-mode`; each line refuses the other form. */
  readonly hasExecutionMode: boolean
  /** Whether the memory segments of task managers have their old names too. */
  readonly hasMemorySegments: boolean
  /** Whether jobs have `pending-operators`. */
  readonly hasPendingOperators: boolean
}

/** The profiles by name. @source Flink 1.20.5 and 2.2.1, recorded answers */
export const FLINK_PROFILES: Readonly<Record<FlinkProfileName, FlinkProfile>> = {
  '2.1': {
    name: '2.1',
    version: '2.1.0',
    hasHosts: false,
    hasRootException: false,
    hasExecutionMode: false,
    hasMemorySegments: false,
    hasPendingOperators: true,
  },
  '1.20': {
    name: '1.20',
    version: '1.20.0',
    hasHosts: true,
    hasRootException: true,
    hasExecutionMode: true,
    hasMemorySegments: true,
    hasPendingOperators: false,
  },
}
