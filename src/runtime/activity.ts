import type { PhysicalPlan } from '../plan/physical-plan.js'

/** What a worker can be at. */
const ACTIVITY = { idle: 0, reading: 1, waiting: 2, writing: 3, preparing: 4 } as const

/** What a worker is at. */
export type Activity = keyof typeof ACTIVITY

const NAMES = Object.keys(ACTIVITY) as readonly Activity[]
const WORDS = 2

/**
 * What every worker is at, in shared memory: when a checkpoint waits, the main thread can say for whom, although a thread that is
 * blocked answers no question.
 */
export class Activities {
  readonly buffer: SharedArrayBuffer
  readonly #words: Int32Array

  constructor(workers: number, buffer: SharedArrayBuffer = new SharedArrayBuffer(workers * WORDS * 4)) {
    this.buffer = buffer
    this.#words = new Int32Array(buffer)
  }

  /** @param index the source, lane or sink that it is about. */
  set(worker: number, activity: Activity, index = 0): void {
    Atomics.store(this.#words, worker * WORDS + 1, index)
    Atomics.store(this.#words, worker * WORDS, ACTIVITY[activity])
  }

  /** What a worker is at, in words. */
  describe(worker: number, plan: PhysicalPlan): string {
    const activity = NAMES[Atomics.load(this.#words, worker * WORDS)] ?? 'idle'
    const index = Atomics.load(this.#words, worker * WORDS + 1)
    const sink = `sink[${index}] (${plan.sinks[index]?.plugin ?? '?'})`
    switch (activity) {
      case 'reading':
        return `worker ${worker} reads and transforms rows of source[${index}] (${plan.sources[index]?.plugin ?? '?'})`
      case 'waiting':
        return `worker ${worker} waits for its turn in subtask ${plan.lanes[index]?.subtask ?? 0} of pipeline ${plan.lanes[index]?.pipeline ?? 0}`
      case 'writing':
        return `worker ${worker} writes into ${sink}`
      case 'preparing':
        return `worker ${worker} prepares the commit of ${sink}`
      case 'idle':
        return `worker ${worker} waits for work`
    }
  }
}
