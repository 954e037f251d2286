import type { LaneSplit, PhysicalPlan } from '../plan/physical-plan.js'

/** One piece of work: a morsel, or a whole sequential split. */
export interface Task {
  readonly lane: number
  /** Index of the split in its lane. */
  readonly split: number
  /** Index of the morsel; `null` for a sequential split, whose morsels the worker makes itself. */
  readonly morsel: number | null
  /** Morsels of the split that were delivered before; those of a sequential split are read again and dropped. */
  readonly delivered: number
}

interface Run {
  readonly lane: number
  readonly split: number
  readonly isSequential: boolean
  readonly delivered: number
  /** Number of the run's first task. */
  readonly first: number
}

/**
 * All tasks of a plan by number: split by split, over all lanes, so that lanes go forward together. Splits that come later are
 * numbered behind them.
 */
export class TaskQueue {
  readonly #runs: Run[] = []
  readonly #splitCounts: number[]
  #length = 0

  constructor(plan: PhysicalPlan) {
    this.#splitCounts = plan.lanes.map(() => 0)
    const deepest = Math.max(0, ...plan.lanes.map((lane) => lane.splits.length))
    for (let split = 0; split < deepest; split += 1) {
      for (const [lane, { splits }] of plan.lanes.entries()) {
        const entry = splits[split]
        if (entry === undefined) continue
        this.append(lane, [entry])
      }
    }
  }

  /** Number of tasks. */
  get length(): number {
    return this.#length
  }

  /** Appends splits to a lane. */
  append(lane: number, splits: readonly LaneSplit[]): void {
    for (const { split, deliveredMorsels: delivered = 0 } of splits) {
      const index = this.#splitCounts[lane] ?? 0
      this.#runs.push({ lane, split: index, isSequential: split.morsels === null, delivered, first: this.#length })
      this.#splitCounts[lane] = index + 1
      this.#length += split.morsels === null ? 1 : split.morsels - delivered
    }
  }

  /** Lane and split of the runs of which no task below a number is one: nobody has begun them. */
  *untaken(taken: number): Iterable<Pick<Task, 'lane' | 'split'>> {
    for (let index = this.#runs.length - 1; index >= 0; index -= 1) {
      const run = this.#runs[index]
      if (run === undefined || run.first < taken) return
      yield run
    }
  }

  /** The task of a number, or `null` behind the last. */
  task(number: number): Task | null {
    if (number >= this.length) return null
    let low = 0
    let high = this.#runs.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#runs[middle]?.first ?? 0) <= number) low = middle
      else high = middle - 1
    }
    const run = this.#runs[low]
    if (run === undefined) return null
    const { lane, split, delivered, isSequential } = run
    if (isSequential) return { lane, split, morsel: null, delivered }
    return { lane, split, morsel: delivered + number - run.first, delivered }
  }
}
