import type { StepReport } from '../native/backend.js'
import type { PartMeasure } from '../plan/physical-plan.js'
import type { WorkerTasks } from './task-meter.js'

/** Words of one vertex. */
const WORD = { recordsIn: 0, bytesIn: 1, recordsOut: 2, bytesOut: 3, batches: 4 } as const
const WORDS = 5

/**
 * Rows, bytes and batches that passed the vertices of a plan while one morsel is run. They are kept here until the morsel is delivered,
 * because a checkpoint counts nothing else: at the sinks that may be in several parts.
 */
export class StepCounts {
  readonly #words: Float64Array
  /** Vertices of which something was counted. */
  readonly #touched = new Set<number>()

  constructor(vertices: number) {
    this.#words = new Float64Array(vertices * WORDS)
  }

  /** Forgets what was not delivered. */
  reset(): void {
    if (this.#touched.size === 0) return
    this.#words.fill(0)
    this.#touched.clear()
  }

  /** Takes what a step says of its taps. */
  step({ taps }: PartMeasure, { measured }: StepReport): void {
    if (measured === undefined) return
    for (let tap = 0; tap < taps.length; tap += 1) {
      const { vertex, isOut } = taps[tap] ?? NO_TAP
      const rows = measured.tapRows[tap] ?? 0
      if (rows === 0) continue
      this.#add(vertex, isOut ? WORD.recordsOut : WORD.recordsIn, rows)
      this.#add(vertex, isOut ? WORD.bytesOut : WORD.bytesIn, measured.tapBytes[tap] ?? 0)
      if (isOut) this.#add(vertex, WORD.batches, 1)
    }
  }

  /** A source gave rows of one piece of its input away. */
  batch(source: number): void {
    this.#add(source, WORD.batches, 1)
  }

  /** What a source took from the outside it gives away. */
  read(source: number, { rows, modelBytes }: { readonly rows: number; readonly modelBytes: number }): void {
    this.#add(source, WORD.recordsIn, rows)
    this.#add(source, WORD.bytesIn, modelBytes)
    this.#add(source, WORD.recordsOut, rows)
    this.#add(source, WORD.bytesOut, modelBytes)
  }

  /** Counts what a sink gave to the outside, in the lane in hand: it is delivered. */
  static written(clocks: WorkerTasks, sink: number, rows: number, modelBytes: number): void {
    const batches = rows > 0 ? 1 : 0
    clocks.count(sink, { recordsIn: rows, bytesIn: modelBytes, recordsOut: rows, bytesOut: modelBytes, batches })
  }

  /** The morsel is delivered: counts it in the lane in hand. */
  deliver(clocks: WorkerTasks): void {
    for (const vertex of this.#touched) {
      const at = vertex * WORDS
      const of = (word: number): number => this.#words[at + word] ?? 0
      clocks.count(vertex, {
        recordsIn: of(WORD.recordsIn),
        bytesIn: of(WORD.bytesIn),
        recordsOut: of(WORD.recordsOut),
        bytesOut: of(WORD.bytesOut),
        batches: of(WORD.batches),
      })
    }
    this.reset()
  }

  #add(vertex: number, word: number, value: number): void {
    if (vertex < 0 || value === 0) return
    this.#touched.add(vertex)
    const at = vertex * WORDS + word
    this.#words[at] = (this.#words[at] ?? 0) + value
  }
}

const NO_TAP = { vertex: -1, isOut: false } as const
