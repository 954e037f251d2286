import type { ThreadSample } from '../native/sampler.js'
import { type PhysicalPlan, UNMEASURED } from '../plan/physical-plan.js'
import { TASK_PHASES, type TaskPhase } from './task-meter.js'

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

/** Words of a thread that samples of it carry. All 0 while it works for no job. */
const TAG = { threadId: 0, run: 1, lane: 2, vertex: 3, phase: 4 } as const

/** What a thread works at, in words that every sample of the thread carries; nothing in a thread that is not sampled. */
export class ThreadTag {
  readonly #words: Int32Array | null

  /** @param threadId the thread's number among those of JavaScript. */
  constructor(words: Int32Array | null, threadId = 0) {
    this.#words = words
    if (words !== null) words[TAG.threadId] = threadId
  }

  /** The thread works for a run of a job from now on; 0 for none. */
  run(number: number): void {
    if (this.#words !== null) this.#words[TAG.run] = number
  }

  /** @param lane lane in hand, -1 for none. @param vertex index into the plan's vertices. @param phase index into {@link TASK_PHASES}. */
  at(lane: number, vertex: number, phase: number): void {
    if (this.#words === null) return
    this.#words[TAG.lane] = lane + 1
    this.#words[TAG.vertex] = vertex + 1
    this.#words[TAG.phase] = phase
  }
}

/** Where a thread was when a sample of it was taken. */
export interface ThreadPlace {
  /** Number of the thread among those of JavaScript. */
  readonly threadId: number
  /** Run of a job that it worked for; 0 for none. */
  readonly run: number
  /** Lane in hand, or -1. */
  readonly lane: number
  /** Index into the plan's vertices, or `UNMEASURED`. */
  readonly vertex: number
  /** `null` without a lane. */
  readonly phase: TaskPhase | null
}

/** Where the thread of a sample was. Within a program the program knows better than the host for whom it worked. */
export function threadPlace({ tag, owner }: Pick<ThreadSample, 'tag' | 'owner'>): ThreadPlace {
  const word = (name: keyof typeof TAG): number => tag[TAG[name]] ?? 0
  const lane = word('lane') - 1
  const isBusy = owner > 0
  return {
    threadId: word('threadId'),
    run: word('run'),
    lane,
    vertex: lane === -1 ? UNMEASURED : (isBusy ? owner : word('vertex')) - 1,
    phase: lane === -1 ? null : isBusy ? 'busy' : (TASK_PHASES[word('phase')] ?? 'busy'),
  }
}

/** Number that a job has while it runs, for {@link ThreadTag.run}: never used twice in a process. */
export function nextRunNumber(): number {
  lastRun = (lastRun % MAX_RUN) + 1
  return lastRun
}

const MAX_RUN = 2 ** 31 - 1
let lastRun = 0
