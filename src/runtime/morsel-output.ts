import type { KernelProgram, StepReport } from '../native/backend.js'
import { STEP_STATUS } from '../native/backend.js'
import { type PhysicalPlan, type ProgramPart, type SinkTarget, UNMEASURED } from '../plan/physical-plan.js'
import type { Segment } from '../spi/sink.js'
import { OUTPUT_BYTES, type OutputArenas } from './arena.js'
import type { NumberedRows, RowCount } from './numbering.js'
import type { ErrorRecords } from './row-errors.js'
import type { WorkerTasks } from './task-meter.js'

/** Encoded bytes of one sink that follow each other. */
interface Piece {
  readonly bytes: Uint8Array
  readonly rows: number
}

/** A segment and the sink table it goes to. */
export interface TargetedSegment {
  readonly target: SinkTarget
  /** Vertex of the plan whose rows they are, or `UNMEASURED`. */
  readonly vertex: number
  readonly segment: Segment
}

const NOTHING = new Uint8Array(0)

/**
 * Collects what a program encodes for one morsel, per sink of the program, and cuts it into segments once the rows are numbered.
 */
export class MorselOutput {
  readonly #program: KernelProgram
  /** The sinks of the plan that are written, and the sinks of the program that write them. */
  readonly #targets: readonly SinkTarget[]
  /** Vertices of the plan, by target. */
  readonly #vertices: readonly number[]
  /** Number of targets that are not for error records. */
  readonly #ownTargets: number
  readonly #sinks: readonly number[]
  /** Sinks of the program that are the logs of its error handlers. */
  readonly #logs: readonly number[]
  readonly #arenas: OutputArenas
  /** By sink of the program; absent for what goes to stages. */
  readonly #pieces = new Map<number, Piece[]>()
  /** By sink of the program: model bytes that reached it and were not taken. */
  readonly #modelBytes: number[] = []
  /** By sink of the program: bytes and rows that were taken away before in this morsel. */
  readonly #taken = new Map<number, { readonly bytes: number; readonly rows: number }>()

  constructor(program: KernelProgram, part: ProgramPart, arenas: OutputArenas) {
    const { targets, errorTargets } = part
    const behindOwn = part.program.sinks.length
    const firstLog = behindOwn + errorTargets.length
    this.#program = program
    this.#targets = [...targets, ...errorTargets]
    this.#vertices = this.#targets.map(
      (_, index) => (index < targets.length ? part.measure.sinks[index] : undefined) ?? UNMEASURED,
    )
    this.#ownTargets = targets.length
    this.#sinks = [...targets.keys(), ...errorTargets.map((_, index) => behindOwn + index)]
    this.#logs = (part.program.errorHandlers ?? []).map((_, handler) => firstLog + handler)
    this.#arenas = arenas
    for (const sink of [...this.#sinks, ...this.#logs]) this.#pieces.set(sink, [])
  }

  /** Where the rows lead that are numbered: sinks of the plan, those of error records last. */
  get targets(): readonly SinkTarget[] {
    return this.#targets
  }

  /**
   * Keeps the parts of a report whose output began at the front of the arenas' free space. What is for stages is not kept: its
   * space is free again unless something that is kept is behind it.
   */
  add(report: StepReport, free: Uint8Array): void {
    let used = 0
    for (const { sink, rows, offset, length } of report.parts) {
      const pieces = this.#pieces.get(sink)
      if (pieces === undefined) continue
      pieces.push({ bytes: free.subarray(offset, offset + length), rows })
      used = Math.max(used, offset + length)
    }
    this.#arenas.use(used)
    for (const [sink, bytes] of report.sinkModelBytes.entries())
      this.#modelBytes[sink] = (this.#modelBytes[sink] ?? 0) + bytes
  }

  /** Takes the model bytes that reached each target so far; nothing where they are not counted. */
  takeModelBytes(): readonly { readonly target: SinkTarget; readonly vertex: number; readonly bytes: number }[] {
    // Sinks of the program behind its own are stages and error records.
    const taken = this.#modelBytes.splice(0)
    return taken.flatMap((bytes, sink) => {
      const target = sink < this.#ownTargets ? this.#targets[sink] : undefined
      return target === undefined ? [] : [{ target, vertex: this.#vertices[sink] ?? UNMEASURED, bytes }]
    })
  }

  /** After a report whose output was full: a larger arena for a row that did not fit, else another one where this one is used. */
  makeRoom(report: StepReport): void {
    if (report.parts.length === 0) this.#arenas.enlarge()
    else if (report.parts.some(({ sink }) => this.#pieces.has(sink))) this.#arenas.next()
  }

  /** Rows waiting to be numbered, per target. */
  counts(): readonly (readonly RowCount[])[] {
    return this.#sinks.map((sink) => {
      if (this.#program.holdsRows[sink] === true) {
        return this.#program.held(sink).map(({ keys, rows }) => ({ partition: keys, rows }))
      }
      const rows = (this.#pieces.get(sink) ?? []).reduce((sum, piece) => sum + piece.rows, 0)
      return rows === 0 ? [] : [{ partition: [], rows }]
    })
  }

  /** Takes the records that error handlers gave for the log; they are valid until the arenas are used again. */
  takeErrors(): readonly ErrorRecords[] {
    return this.#logs.map((sink, handler) => {
      const pieces = this.#pieces.get(sink) ?? []
      this.#pieces.set(sink, [])
      const rows = pieces.reduce((sum, piece) => sum + piece.rows, 0)
      return { handler, rows, bytes: pieces.map((piece) => piece.bytes) }
    })
  }

  /** The segments of all sinks, encoding what was held. Ends this output: what follows in the morsel is collected anew. */
  segments(
    counts: readonly (readonly RowCount[])[],
    numbered: readonly (readonly NumberedRows[])[],
    clocks: WorkerTasks,
  ): readonly TargetedSegment[] {
    const all: TargetedSegment[] = []
    for (const [index, target] of this.#targets.entries()) {
      const sink = this.#sinks[index] ?? index
      const rowCounts = counts[index] ?? []
      const cuts = numbered[index] ?? []
      const isHeld = this.#program.holdsRows[sink] === true
      const vertex = this.#vertices[index] ?? UNMEASURED
      if (isHeld && cuts.length > 0) clocks.at('busy', vertex)
      const segments = isHeld ? this.#encodeHeld(sink, rowCounts, cuts) : this.#cutStreamed(sink, cuts)
      for (const segment of segments) all.push({ target, vertex, segment })
    }
    return all
  }

  #encodeHeld(sink: number, counts: readonly RowCount[], cuts: readonly NumberedRows[]): readonly Segment[] {
    return cuts.map((cut) => {
      const bytes: Uint8Array[] = []
      for (let status: number = STEP_STATUS.outputFull; status === STEP_STATUS.outputFull; ) {
        const free = this.#arenas.free()
        const report = this.#program.flush(sink, cut.count, cut.firstRow, cut.rows, free)
        const length = report.parts.reduce((end, part) => Math.max(end, part.offset + part.length), 0)
        if (length > 0) bytes.push(free.subarray(0, length))
        this.#arenas.use(length)
        status = report.status
        if (status === STEP_STATUS.outputFull) this.#arenas.enlarge()
      }
      const { fileIndex, firstRow, rows } = cut
      const partition = counts[cut.count]?.partition ?? []
      return { partition, fileIndex, firstRow, rows, bytes, metadata: this.#program.takeMetadata(sink) }
    })
  }

  #cutStreamed(sink: number, cuts: readonly NumberedRows[]): readonly Segment[] {
    const pieces = this.#pieces.get(sink) ?? []
    const taken = this.#taken.get(sink) ?? { bytes: 0, rows: 0 }
    const length = pieces.reduce((sum, piece) => sum + piece.bytes.length, 0)
    let rows = 0
    let from = 0
    const segments = cuts.map((cut, index) => {
      rows += cut.rows
      const isLast = index === cuts.length - 1
      const to = isLast ? length : this.#program.rowEnd(sink, taken.rows + rows - 1) - taken.bytes
      const bytes = slicePieces(pieces, from, to)
      from = to
      return {
        partition: [],
        fileIndex: cut.fileIndex,
        firstRow: cut.firstRow,
        rows: cut.rows,
        bytes,
        metadata: NOTHING,
      }
    })
    this.#pieces.set(sink, [])
    this.#taken.set(sink, { bytes: taken.bytes + length, rows: taken.rows + rows })
    return segments
  }
}

function slicePieces(pieces: readonly Piece[], from: number, to: number): readonly Uint8Array[] {
  const slices: Uint8Array[] = []
  let offset = 0
  for (const { bytes } of pieces) {
    const start = Math.max(from - offset, 0)
    const end = Math.min(to - offset, bytes.length)
    if (start < end) slices.push(bytes.subarray(start, end))
    offset += bytes.length
  }
  return slices
}

/** Rows after which a new file begins, per sink of a chain. */
export function rowsPerFile(plan: PhysicalPlan, target: SinkTarget): number | null {
  return plan.sinks[target.sink]?.tables[target.table]?.rowsPerFile ?? null
}

/** Encoded bytes that a morsel may collect before it must wait for its turn and write. */
export const COLLECT_LIMIT_BYTES = 4 * OUTPUT_BYTES
