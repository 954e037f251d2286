import type { KernelProgram, StepReport } from '../native/backend.js'
import { type PartMeasure, UNMEASURED } from '../plan/physical-plan.js'
import type { StepCounts } from './step-counts.js'
import type { WorkerTasks } from './task-meter.js'

/** Where the times and the rows of steps go. */
export interface StepMeasures {
  readonly clocks: WorkerTasks
  readonly counts: StepCounts
}

/** What one step is given. */
interface StepInput {
  readonly input: Uint8Array
  readonly flags: number
  readonly limitBytes: number
  readonly output: Uint8Array
}

/**
 * Takes a step of a program and puts down what it took and what passed it. After a failure time is put down to the vertex that failed.
 *
 * @throws MillraceError what the step failed with.
 */
export function measuredStep(
  program: KernelProgram,
  part: PartMeasure,
  { input, flags, limitBytes, output }: StepInput,
  { clocks, counts }: StepMeasures,
): StepReport {
  clocks.at('busy', part.origin)
  try {
    const report = program.step(input, flags, limitBytes, output)
    clocks.stepped(part, report.measured)
    counts.step(part, report)
    return report
  } catch (thrown) {
    clocks.at('busy', failedVertex(part, program.failedPart))
    throw thrown
  }
}

/** The vertex that a part of a program is: operators are numbered first, then sinks. */
function failedVertex({ origin, operators, sinks }: PartMeasure, failed: number | null): number {
  if (failed === null) return origin
  return operators[failed] ?? sinks[failed - operators.length] ?? UNMEASURED
}
