import type { Scenario } from '../types.js'
import { fakeToConsole } from './01-fake-to-console.js'
import { smallJobs } from './02-small-jobs.js'
import { conversions } from './03-conversions.js'
import { nodeStart } from './16-node.js'
import { memory } from './17-memory.js'
import { wasmAgainstNative } from './19-wasm.js'
import { encryption } from './21-encryption.js'

export { selfTest } from './00-self-test.js'

/** All scenarios in the order of the goal table. */
export const SCENARIOS: readonly Scenario[] = [
  fakeToConsole,
  ...smallJobs,
  ...conversions,
  nodeStart,
  memory,
  wasmAgainstNative,
  ...encryption,
]
