import type { PhysicalPlan } from '../plan/physical-plan.js'

/** Counters of one source or sink. */
export interface FlowCount {
  readonly rows: number
  readonly bytes: number
}

/** What the workers of a job have done so far. Times in milliseconds, summed over workers. */
export interface WorkMetrics {
  readonly sources: readonly FlowCount[]
  readonly sinks: readonly FlowCount[]
  /** Time workers spent waiting for their turn. */
  readonly blockedMs: number
  /** Time workers spent in writes. */
  readonly writeMs: number
}

/** What a job has done so far. */
export interface JobMetrics extends WorkMetrics {
  /** Rows that failed and were handled. */
  readonly errorRows: number
}

/**
 * Counters in shared memory: one block per worker, written by that worker only and summed by the reader, so that counting costs
 * no atomic operation.
 */
export class Meter {
  readonly buffer: SharedArrayBuffer
  readonly #words: Float64Array
  readonly #sources: number
  readonly #sinks: number
  readonly #stride: number

  constructor(
    shape: { readonly workers: number; readonly sources: number; readonly sinks: number },
    buffer?: SharedArrayBuffer,
  ) {
    this.#sources = shape.sources
    this.#sinks = shape.sinks
    this.#stride = (shape.sources + shape.sinks) * 2 + 2
    this.buffer = buffer ?? new SharedArrayBuffer(this.#stride * shape.workers * 8)
    this.#words = new Float64Array(this.buffer)
  }

  /** The counters of one worker. */
  worker(worker: number): WorkerMeter {
    return new WorkerMeter(this.#words.subarray(worker * this.#stride, (worker + 1) * this.#stride), this.#sources)
  }

  /** The sums over all workers. */
  read(): WorkMetrics {
    const sums = new Float64Array(this.#stride)
    for (const [index, value] of this.#words.entries())
      sums[index % this.#stride] = (sums[index % this.#stride] ?? 0) + value
    const flow = (index: number): FlowCount => ({ rows: sums[index * 2] ?? 0, bytes: sums[index * 2 + 1] ?? 0 })
    const last = (this.#sources + this.#sinks) * 2
    return {
      sources: Array.from({ length: this.#sources }, (_, index) => flow(index)),
      sinks: Array.from({ length: this.#sinks }, (_, index) => flow(this.#sources + index)),
      blockedMs: sums[last] ?? 0,
      writeMs: sums[last + 1] ?? 0,
    }
  }
}

/** Counts that another attempt had in front of these. */
export function addCounts(before: readonly FlowCount[], counts: readonly FlowCount[]): readonly FlowCount[] {
  return counts.map(({ rows, bytes }, index) => ({
    rows: rows + (before[index]?.rows ?? 0),
    bytes: bytes + (before[index]?.bytes ?? 0),
  }))
}

/** What is counted of a plan: sinks of error records are not. */
export function meterShape(
  { sources, sinks }: PhysicalPlan,
  workers: number,
): { readonly workers: number; readonly sources: number; readonly sinks: number } {
  return { workers, sources: sources.length, sinks: sinks.filter((sink) => sink.isForErrors !== true).length }
}

/** The counters that one worker writes. */
export class WorkerMeter {
  readonly #words: Float64Array
  readonly #sources: number

  constructor(words: Float64Array, sources: number) {
    this.#words = words
    this.#sources = sources
  }

  addRead(source: number, rows: number, bytes: number): void {
    this.#add(source * 2, rows)
    this.#add(source * 2 + 1, bytes)
  }

  addWritten(sink: number, rows: number, bytes: number): void {
    this.#add((this.#sources + sink) * 2, rows)
    this.#add((this.#sources + sink) * 2 + 1, bytes)
  }

  addBlockedMs(ms: number): void {
    this.#add(this.#words.length - 2, ms)
  }

  addWriteMs(ms: number): void {
    this.#add(this.#words.length - 1, ms)
  }

  #add(index: number, value: number): void {
    this.#words[index] = (this.#words[index] ?? 0) + value
  }
}
