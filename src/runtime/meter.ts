import type { PhysicalPlan } from '../plan/physical-plan.js'
import type { VertexCount } from './task-meter.js'

/** Counters of one table at one source or sink. */
export interface TableCount {
  /** Full name of the table. */
  readonly table: string
  readonly rows: number
  /** Bytes on the wire: read by the source, or encoded for the sink. */
  readonly bytes: number
  /** Bytes by SeaTunnel's size model of values; 0 unless the job counts them. */
  readonly modelBytes: number
}

/** Counters of one source or sink. */
export interface FlowCount {
  readonly rows: number
  readonly bytes: number
  /** What the sums are made of, in the order of the plan's tables. */
  readonly tables: readonly TableCount[]
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
  /** What entered and left the vertices of the plan, in their order; empty where they are not measured. */
  readonly vertices: readonly VertexCount[]
}

/** What is counted: full names of the tables of every source and sink. */
export interface MeterShape {
  readonly workers: number
  readonly sources: readonly (readonly string[])[]
  readonly sinks: readonly (readonly string[])[]
}

/** Rows, wire bytes and model bytes. */
const WORDS_PER_TABLE = 3

/** Where the tables of each source or sink begin, counted in tables. */
function firstTables(flows: readonly (readonly string[])[], start: number): readonly number[] {
  let next = start
  return flows.map((tables) => {
    next += tables.length
    return next - tables.length
  })
}

/**
 * Counters in shared memory: one block per worker, written by that worker only and summed by the reader, so that counting costs
 * no atomic operation.
 */
export class Meter {
  readonly buffer: SharedArrayBuffer
  readonly #words: Float64Array
  readonly #shape: MeterShape
  readonly #sources: readonly number[]
  readonly #sinks: readonly number[]
  readonly #stride: number

  constructor(shape: MeterShape, buffer?: SharedArrayBuffer) {
    this.#shape = shape
    this.#sources = firstTables(shape.sources, 0)
    this.#sinks = firstTables(shape.sinks, shape.sources.flat().length)
    const tables = shape.sources.flat().length + shape.sinks.flat().length
    this.#stride = tables * WORDS_PER_TABLE + 2
    this.buffer = buffer ?? new SharedArrayBuffer(this.#stride * shape.workers * 8)
    this.#words = new Float64Array(this.buffer)
  }

  /** The counters of one worker. */
  worker(worker: number): WorkerMeter {
    const words = this.#words.subarray(worker * this.#stride, (worker + 1) * this.#stride)
    return new WorkerMeter(words, this.#sources, this.#sinks)
  }

  /** The sums over all workers. */
  read(): WorkMetrics {
    const sums = new Float64Array(this.#stride)
    for (let start = 0; start < this.#words.length; start += this.#stride)
      for (let index = 0; index < this.#stride; index += 1)
        sums[index] = (sums[index] ?? 0) + (this.#words[start + index] ?? 0)
    const flow = (tables: readonly string[], first: number): FlowCount =>
      flowCount(
        tables.map((table, index) => {
          const [rows = 0, bytes = 0, modelBytes = 0] = sums.subarray((first + index) * WORDS_PER_TABLE)
          return { table, rows, bytes, modelBytes }
        }),
      )
    return {
      sources: this.#shape.sources.map((tables, index) => flow(tables, this.#sources[index] ?? 0)),
      sinks: this.#shape.sinks.map((tables, index) => flow(tables, this.#sinks[index] ?? 0)),
      blockedMs: sums[this.#stride - 2] ?? 0,
      writeMs: sums[this.#stride - 1] ?? 0,
    }
  }
}

function flowCount(tables: readonly TableCount[]): FlowCount {
  let rows = 0
  let bytes = 0
  for (const table of tables) {
    rows += table.rows
    bytes += table.bytes
  }
  return { rows, bytes, tables }
}

/** Counters of a source or sink that an earlier attempt left; without tables where it did not count them. */
export interface EarlierCount {
  readonly rows: number
  readonly bytes: number
  readonly tables?: readonly TableCount[] | undefined
}

/**
 * Counters over two attempts. Sources and sinks go by their place, their tables by place and name: a table that is not read any more
 * still counts in the sums.
 */
export function addCounts(before: readonly EarlierCount[], counts: readonly FlowCount[]): readonly FlowCount[] {
  return counts.map((count, index) => {
    const earlier = before[index]
    if (earlier === undefined) return count
    const tables = count.tables.map((each, at) => {
      const same = earlier.tables?.[at]
      if (same === undefined || same.table !== each.table) return each
      const { table, rows, bytes, modelBytes } = each
      return { table, rows: rows + same.rows, bytes: bytes + same.bytes, modelBytes: modelBytes + same.modelBytes }
    })
    return { rows: count.rows + earlier.rows, bytes: count.bytes + earlier.bytes, tables }
  })
}

/** What is counted of a plan: sinks of error records are not. */
export function meterShape({ sources, sinks }: PhysicalPlan, workers: number): MeterShape {
  return {
    workers,
    sources: sources.map(({ chains }) => chains.map((chain) => chain.program.input.schema.table)),
    sinks: sinks.filter((sink) => sink.isForErrors !== true).map(({ tables }) => tables.map(({ table }) => table)),
  }
}

/** The counters that one worker writes. */
export class WorkerMeter {
  readonly #words: Float64Array
  readonly #sources: readonly number[]
  readonly #sinks: readonly number[]

  constructor(words: Float64Array, sources: readonly number[], sinks: readonly number[]) {
    this.#words = words
    this.#sources = sources
    this.#sinks = sinks
  }

  addRead(source: number, table: number, read: { rows: number; bytes: number; modelBytes: number }): void {
    const index = ((this.#sources[source] ?? 0) + table) * WORDS_PER_TABLE
    this.#add(index, read.rows)
    this.#add(index + 1, read.bytes)
    this.#add(index + 2, read.modelBytes)
  }

  addWritten(sink: number, table: number, rows: number, bytes: number): void {
    const index = ((this.#sinks[sink] ?? 0) + table) * WORDS_PER_TABLE
    this.#add(index, rows)
    this.#add(index + 1, bytes)
  }

  addModelWritten(sink: number, table: number, modelBytes: number): void {
    this.#add(((this.#sinks[sink] ?? 0) + table) * WORDS_PER_TABLE + 2, modelBytes)
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
