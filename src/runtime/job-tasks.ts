import type { LaneSplit, PhysicalPlan, PlannedVertex } from '../plan/physical-plan.js'
import type { JobControl } from './control.js'
import type { LaneState } from './lane-state.js'
import type { WorkerMessage } from './messages.js'
import { type LaneCount, processClockMs, type TaskMeter } from './task-meter.js'
import type { TaskQueue } from './task-queue.js'

/** Where a row failed. */
export interface FailedAt {
  readonly pipeline: number
  readonly subtask: number
  /** Number of the vertex in the job's graph; `null` where it is not known. */
  readonly vertex: number | null
}

/** What the subtasks of a job have done in this attempt. */
export interface JobTasks {
  /** When this was read, as the other times in milliseconds of the wall clock; of an attempt that is over, its end. */
  readonly atMs: number
  /** When the workers were started; `null` before that. */
  readonly startedAtMs: number | null
  readonly vertices: readonly PlannedVertex[]
  readonly lanes: readonly LaneTasks[]
  /** By source: splits that nobody has begun. */
  readonly unassignedSplits: readonly number[]
}

/** What the subtasks of one lane have done. */
export interface LaneTasks extends LaneCount {
  readonly pipeline: number
  readonly subtask: number
  /** Whether it has read and written everything that it will ever get. */
  readonly isThrough: boolean
}

/** What tasks are read from. */
interface TaskReaderParts {
  readonly plan: PhysicalPlan
  readonly meter: TaskMeter
  readonly lanes: readonly LaneState[]
  /** Splits of every lane, with those that came later. */
  readonly splits: readonly (readonly LaneSplit[])[]
  readonly tasks: TaskQueue
  readonly control: JobControl
  /** Whether lanes may get more splits. */
  readonly isFed: boolean
  /** Wall clock in milliseconds. */
  readonly clockMs: () => number
}

/** Reads what the subtasks of one attempt do, while its workers do it. */
export class TaskReader {
  readonly #parts: TaskReaderParts
  /** Of the clock that all threads share. */
  #startedMs: number | null = null
  #endedMs: number | null = null

  constructor(parts: TaskReaderParts) {
    this.#parts = parts
  }

  /** The workers are started. */
  started(): void {
    this.#startedMs = processClockMs()
  }

  /** The attempt is over: nothing changes any more. */
  ended(): void {
    this.#endedMs = processClockMs()
  }

  read(): JobTasks {
    const { plan, meter, clockMs } = this.#parts
    const nowMs = this.#endedMs ?? processClockMs()
    const offsetMs = clockMs() - processClockMs()
    const wall = (ms: number): number => Math.round(ms + offsetMs)
    const known = (ms: number | null): number | null => (ms === null ? null : wall(ms))
    return {
      atMs: wall(nowMs),
      startedAtMs: known(this.#startedMs),
      vertices: plan.vertices,
      unassignedSplits: this.#unassignedSplits(),
      lanes: meter.read(nowMs).map((count, index): LaneTasks => {
        const { pipeline = 0, subtask = 0 } = plan.lanes[index] ?? {}
        const isThrough = count.open === 0 && this.#isThrough(index)
        return { ...count, firstMs: known(count.firstMs), lastMs: known(count.lastMs), pipeline, subtask, isThrough }
      }),
    }
  }

  /** Where a worker failed; `null` outside of a lane. */
  placeOf({ lane, vertex }: Extract<WorkerMessage, { type: 'failed' }>): FailedAt | null {
    const { plan } = this.#parts
    const planned = plan.lanes[lane]
    if (planned === undefined) return null
    return { pipeline: planned.pipeline, subtask: planned.subtask, vertex: plan.vertices[vertex]?.id ?? null }
  }

  #unassignedSplits(): readonly number[] {
    const { plan, tasks, control, splits } = this.#parts
    const counts = plan.sources.map(() => 0)
    for (const { lane, split } of tasks.untaken(control.takenTasks)) {
      const source = splits[lane]?.[split]?.source ?? -1
      if (counts[source] !== undefined) counts[source] += 1
    }
    return counts
  }

  #isThrough(lane: number): boolean {
    const { plan, lanes, splits, isFed } = this.#parts
    if (isFed || !plan.isBounded) return false
    return (lanes[lane]?.bytesTurns.position.split ?? 0) >= (splits[lane]?.length ?? 0)
  }
}
