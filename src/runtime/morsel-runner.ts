import { MillraceError } from '../core/error.js'
import { type KernelProgram, STEP_FLAG, STEP_STATUS, type StepReport } from '../native/backend.js'
import type { Chain, PhysicalPlan } from '../plan/physical-plan.js'
import type { MorselInput } from '../spi/source.js'
import { InputBuffer, OutputArenas } from './arena.js'
import { type LaneState, targetKey } from './lane-state.js'
import type { WorkerMeter } from './meter.js'
import { COLLECT_LIMIT_BYTES, MorselOutput, rowsPerFile, type TargetedSegment } from './morsel-output.js'
import { type NumberedRows, numberRows, type RowCount } from './numbering.js'
import type { RowErrors } from './row-errors.js'
import type { MorselPosition } from './turns.js'
import type { Writers } from './writers.js'

/** Everything one morsel is run with. */
export interface MorselWork {
  readonly source: number
  readonly lane: number
  readonly state: LaneState
  readonly chain: Chain
  readonly program: KernelProgram
  readonly input: MorselInput
  readonly position: MorselPosition
  /** Whether nothing of the split follows; asked once, when all rows of the morsel are decoded. */
  readonly isLast: (unused: Uint8Array) => Promise<boolean>
}

/** What one morsel read. */
export interface MorselResult {
  readonly rows: number
  readonly bytes: number
  readonly isLast: boolean
}

type Write = () => Promise<void>

/** Rows that a program may hold, in bytes, before they are numbered and encoded in the middle of a morsel. */
const HELD_LIMIT_BYTES = 128 * 1024 * 1024

/**
 * Runs morsels in one worker: bytes in, one native call per step, bytes out in the order of the lane.
 *
 * A morsel decodes and encodes without regard to others. Then, in its rows turn, its rows get their numbers; rows that waited for
 * them are encoded; in its bytes turn the encoded segments get their places; the writes themselves run outside of any turn.
 */
export class MorselRunner {
  readonly #plan: PhysicalPlan
  readonly #writers: Writers
  readonly #meter: WorkerMeter
  readonly #rowErrors: RowErrors
  readonly #hasErrorHandlers: boolean
  readonly #whileWaiting: () => Promise<void>
  readonly #checkAborted: () => void
  readonly #input: InputBuffer
  readonly #arenas = new OutputArenas()

  constructor(environment: {
    readonly plan: PhysicalPlan
    readonly writers: Writers
    readonly meter: WorkerMeter
    readonly rowErrors: RowErrors
    readonly valueLimitBytes: number
    /** Called while a turn is waited for: a checkpoint may be due. */
    readonly whileWaiting: () => Promise<void>
    /** Throws when the job is being stopped. */
    readonly checkAborted: () => void
  }) {
    this.#plan = environment.plan
    this.#writers = environment.writers
    this.#meter = environment.meter
    this.#rowErrors = environment.rowErrors
    this.#hasErrorHandlers = environment.plan.errorHandlers.length > 0
    this.#whileWaiting = environment.whileWaiting
    this.#checkAborted = environment.checkAborted
    this.#input = new InputBuffer(environment.valueLimitBytes)
  }

  /** @throws MillraceError the failure of the morsel's lowest row; JobAborted when the job is stopped. */
  async run(work: MorselWork): Promise<MorselResult> {
    this.#input.reset()
    this.#arenas.reset()
    const output = new MorselOutput(work.program, work.chain, this.#arenas)
    work.program.begin(work.input.arguments)
    const read = await this.#decode(work, output)
    const isLast = await work.isLast(this.#input.unread)
    this.#meter.addRead(work.source, read.rows, read.bytes)
    await this.#deliver(work, output, { passTurns: true, isLast })
    return { ...read, isLast }
  }

  async #decode(work: MorselWork, output: MorselOutput): Promise<{ readonly rows: number; readonly bytes: number }> {
    let rows = 0
    let bytes = 0
    let ended = false
    const holdsRows = work.program.holdsRows.includes(true)
    for (;;) {
      this.#checkAborted()
      const free = this.#arenas.free()
      const flags = work.input.flags | (ended ? STEP_FLAG.endOfFile : 0)
      const report = work.program.step(this.#input.unread, flags, work.input.limitBytes - bytes, free)
      output.add(report, free)
      this.#input.consume(report.consumed)
      rows += report.rowsRead
      if (this.#hasErrorHandlers) this.#rowErrors.addRows(report.rowsRead)
      bytes += report.consumed
      if (holdsRows && work.program.memoryBytes() > HELD_LIMIT_BYTES) {
        await this.#deliver(work, output, { passTurns: false, isLast: false })
        this.#arenas.reset()
      }
      if (report.status === STEP_STATUS.done) return { rows, bytes }
      if (report.status === STEP_STATUS.outputFull) await this.#makeRoom(work, output, report)
      else ended = await this.#fill(work, report, ended)
    }
  }

  /** Gets more input; `true` when there is none. */
  async #fill(work: MorselWork, report: StepReport, ended: boolean): Promise<boolean> {
    if (report.wantedRanges.length > 0) {
      const length = report.wantedRanges.reduce((sum, [, bytes]) => sum + bytes, 0)
      await work.input.readRanges(report.wantedRanges, this.#input.exactly(length))
      return ended
    }
    if (ended) {
      throw new MillraceError(
        'PROGRAM_INVALID',
        `a decoder wants more than its input has, '${this.#input.unread.length}' bytes are left`,
      )
    }
    // A record that has no end yet is looked through from its beginning again: it gets as much again every time, so that a long
    // one costs no more than its length.
    const wanted = this.#input.unread.length
    for (let filled = 0; filled === 0 || (filled < wanted && !this.#input.isAtLimit); ) {
      const read = await work.input.read(this.#input.room())
      if (read === 0) return filled === 0
      this.#input.filled(read)
      filled += read
    }
    return false
  }

  /** The current arena is full: take another one, or wait for the turn and write when enough was collected. */
  async #makeRoom(work: MorselWork, output: MorselOutput, report: StepReport): Promise<void> {
    if (report.parts.length === 0) {
      this.#arenas.enlarge()
      return
    }
    if (this.#arenas.usedBytes < COLLECT_LIMIT_BYTES) {
      this.#arenas.next()
      return
    }
    await this.#deliver(work, output, { passTurns: false, isLast: false })
    this.#arenas.reset()
  }

  async #deliver(
    work: MorselWork,
    output: MorselOutput,
    end: { readonly passTurns: boolean; readonly isLast: boolean },
  ): Promise<void> {
    const { rowsTurns, bytesTurns } = work.state
    await this.#waited(() => rowsTurns.wait(work.position, this.#whileWaiting))
    if (this.#hasErrorHandlers) this.#rowErrors.take(output.takeErrors(), work.state)
    const counts = output.counts()
    const numbered = this.#number(work, counts)
    if (end.passTurns) rowsTurns.pass(work.position, end.isLast)
    const segments = output.segments(counts, numbered)
    // Between the two turns nothing is in a checkpoint's way: a worker that has numbered rows always goes on to place them.
    await this.#waited(() => bytesTurns.wait(work.position, async () => undefined))
    const writes = await this.#place(work, segments)
    if (end.passTurns) bytesTurns.pass(work.position, end.isLast)
    const started = performance.now()
    for (const write of writes) await write()
    this.#meter.addWriteMs(performance.now() - started)
    for (const { target, segment } of segments) {
      if (this.#plan.sinks[target.sink]?.isForErrors === true) continue
      const length = segment.bytes.reduce((sum, bytes) => sum + bytes.length, 0)
      this.#meter.addWritten(target.sink, segment.rows, length)
    }
  }

  #number(work: MorselWork, counts: readonly (readonly RowCount[])[]): readonly (readonly NumberedRows[])[] {
    if (counts.every((rows) => rows.length === 0)) return counts.map(() => [])
    const record = work.state.rowTotals
    const totals = { ...(record.read() ?? {}) }
    const numbered = work.chain.targets.map((target, sink) => {
      const key = targetKey(target.sink, target.table)
      const result = numberRows(totals[key] ?? {}, counts[sink] ?? [], rowsPerFile(this.#plan, target))
      totals[key] = result.totals
      return result.numbered
    })
    record.write(totals)
    return numbered
  }

  async #place(work: MorselWork, segments: readonly TargetedSegment[]): Promise<readonly Write[]> {
    if (segments.length === 0) return []
    const record = work.state.writerStates
    const states = { ...(record.read() ?? {}) }
    const writes: Write[] = []
    for (const { target, segment } of segments) {
      const key = targetKey(target.sink, target.table)
      const writer = await this.#writers.get(target.sink, target.table, work.lane)
      const placed = await writer.place(segment, states[key] ?? writer.initialState)
      states[key] = placed.state
      if (placed.write !== null) writes.push(placed.write)
    }
    record.write(states)
    return writes
  }

  async #waited(wait: () => Promise<void>): Promise<void> {
    const started = performance.now()
    await wait()
    this.#meter.addBlockedMs(performance.now() - started)
  }
}
