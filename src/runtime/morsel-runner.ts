import { type KernelProgram, STEP_FLAG, STEP_STATUS, type StepReport } from '../native/backend.js'
import type { PhysicalPlan } from '../plan/physical-plan.js'
import type { MorselInput } from '../spi/source.js'
import type { Activity } from './activity.js'
import type { InputBuffer, OutputArenas, WorkerMemory } from './arena.js'
import type { ChainParts } from './chain-parts.js'
import { type LaneState, targetKey } from './lane-state.js'
import { measuredStep } from './measured-step.js'
import type { WorkerMeter } from './meter.js'
import { fillInput, skipMorsel } from './morsel-input.js'
import { COLLECT_LIMIT_BYTES, MorselOutput, rowsPerFile, type TargetedSegment } from './morsel-output.js'
import { type NumberedRows, numberRows, type RowCount } from './numbering.js'
import type { RowErrors } from './row-errors.js'
import { StagedMorsel } from './staged-morsel.js'
import { StepCounts } from './step-counts.js'
import type { WorkerTasks } from './task-meter.js'
import type { MorselPosition } from './turns.js'
import type { Writers } from './writers.js'

/** Everything one morsel is run with. */
export interface MorselWork {
  readonly source: number
  /** Index of the table within the source. */
  readonly table: number
  readonly lane: number
  readonly state: LaneState
  readonly parts: ChainParts
  readonly input: MorselInput
  readonly position: MorselPosition
  /** Whether nothing of the split follows; asked once, when all rows of the morsel are decoded. */
  readonly isLast: (unused: Uint8Array) => Promise<boolean>
}

/** A morsel while it is run. */
interface RunningMorsel {
  readonly work: MorselWork
  /** What its programs encode for sinks: the chain's first one and those behind its stages. */
  readonly outputs: readonly MorselOutput[]
  /** `null` for a chain without asynchronous transforms. */
  readonly stages: StagedMorsel | null
  /** Rows that were decoded and not counted for the limits of error handlers. */
  uncountedRows: number
  /** Whether a part of it was written already: no checkpoint may come in between any more. */
  isPartlyWritten: boolean
}

/** What one morsel read. */
export interface MorselResult {
  readonly rows: number
  readonly bytes: number
  /** By SeaTunnel's size model; 0 unless it is counted. */
  readonly modelBytes: number
  readonly isLast: boolean
}

/** What is left to be done for a segment that has its place. */
interface Write {
  readonly sink: number
  readonly vertex: number
  run(): Promise<void>
}

/** Rows that a program may hold, in bytes, before they are numbered and encoded in the middle of a morsel. */
const HELD_LIMIT_BYTES = 128 * 1024 * 1024

/** What a runner works with. */
export interface RunnerEnvironment {
  readonly plan: PhysicalPlan
  readonly writers: Writers
  readonly meter: WorkerMeter
  readonly clocks: WorkerTasks
  readonly rowErrors: RowErrors
  readonly valueLimitBytes: number
  /** The thread's own; it is renewed for this job. */
  readonly memory: WorkerMemory
  /** Told what the runner is at, and for which source, lane or sink. */
  readonly activity: (activity: Activity, index: number) => void
  /** Called while a turn is waited for: a checkpoint may be due. */
  readonly whileWaiting: () => Promise<void>
  /** Throws when the job is being stopped. */
  readonly checkAborted: () => void
  /** Waits for a result without blocking the thread, calling `whileWaiting` whenever the doorbell rings. */
  readonly waitAwake: <T>(result: Promise<T>, whileWaiting: () => Promise<void>) => Promise<T>
}

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
  readonly #clocks: WorkerTasks
  /** What passed the vertices of the morsel that is run. */
  readonly #counts: StepCounts
  readonly #rowErrors: RowErrors
  readonly #hasErrorHandlers: boolean
  readonly #activity: RunnerEnvironment['activity']
  readonly #whileWaiting: () => Promise<void>
  readonly #checkAborted: () => void
  readonly #waitAwake: RunnerEnvironment['waitAwake']
  readonly #input: InputBuffer
  readonly #arenas: OutputArenas

  constructor(environment: RunnerEnvironment) {
    this.#plan = environment.plan
    this.#writers = environment.writers
    this.#meter = environment.meter
    this.#clocks = environment.clocks
    this.#counts = new StepCounts(environment.plan.vertices.length)
    this.#rowErrors = environment.rowErrors
    this.#hasErrorHandlers = environment.plan.errorHandlers.length > 0
    this.#activity = environment.activity
    this.#whileWaiting = environment.whileWaiting
    this.#checkAborted = environment.checkAborted
    this.#waitAwake = environment.waitAwake
    environment.memory.renew(environment.valueLimitBytes)
    this.#input = environment.memory.input
    this.#arenas = environment.memory.arenas
  }

  /** @throws MillraceError the failure of the morsel's lowest row; JobAborted when the job is stopped. */
  async run(work: MorselWork): Promise<MorselResult> {
    this.#input.reset()
    this.#arenas.reset()
    this.#counts.reset()
    const { chain, program, stages } = work.parts
    this.#clocks.at('busy', chain.measure.origin)
    const output = new MorselOutput(program, chain, this.#arenas)
    program.begin(work.input.arguments)
    if (stages.length > 0) return this.#runStaged(work, output)
    return this.#finish({ work, outputs: [output], stages: null, uncountedRows: 0, isPartlyWritten: false })
  }

  /** Decodes a morsel and drops its rows; gives the bytes of the next one that it read, valid until the next call. */
  async skip(decoder: KernelProgram, input: MorselInput): Promise<Uint8Array> {
    this.#input.reset()
    this.#arenas.reset()
    return skipMorsel(decoder, input, { buffer: this.#input, output: this.#arenas.free(), step: this.#checkAborted })
  }

  async #runStaged(work: MorselWork, output: MorselOutput): Promise<MorselResult> {
    // A checkpoint may be due while results are waited for, as long as nothing of the morsel was written.
    const whileWaiting = async (): Promise<void> =>
      morsel.isPartlyWritten ? this.#checkAborted() : await this.#whileWaiting()
    const wait = <T>(result: Promise<T>): Promise<T> => this.#waitAwake(result, whileWaiting)
    const measures = { clocks: this.#clocks, counts: this.#counts }
    const stages = new StagedMorsel(work.parts, this.#arenas, work.input.arguments, wait, measures)
    const morsel: RunningMorsel = {
      work,
      outputs: [output, ...stages.outputs],
      stages,
      uncountedRows: 0,
      isPartlyWritten: false,
    }
    try {
      return await this.#finish(morsel)
    } catch (thrown) {
      throw await stages.failureBefore(thrown)
    } finally {
      stages.cancel()
    }
  }

  async #finish(morsel: RunningMorsel): Promise<MorselResult> {
    const { work, stages } = morsel
    const { origin } = work.parts.chain.measure
    const read = await this.#decode(morsel)
    if (stages !== null) await stages.finish()
    this.#clocks.at('outside', origin)
    const isLast = await work.isLast(this.#input.unread)
    await this.#deliver(morsel, { passTurns: true, isLast })
    // What is in a checkpoint is counted, and nothing else: only what was delivered.
    this.#meter.addRead(work.source, work.table, read)
    this.#counts.read(origin, read)
    this.#counts.deliver(this.#clocks)
    this.#clocks.at('outside', origin)
    return { ...read, isLast }
  }

  async #decode(morsel: RunningMorsel): Promise<Omit<MorselResult, 'isLast'>> {
    const { work, outputs, stages } = morsel
    const { program, chain } = work.parts
    const { origin } = chain.measure
    let rows = 0
    let bytes = 0
    let modelBytes = 0
    let ended = false
    const holdsRows = program.holdsRows.includes(true)
    this.#activity('reading', work.source)
    for (;;) {
      this.#checkAborted()
      const free = this.#arenas.free()
      const flags = work.input.flags | (ended ? STEP_FLAG.endOfFile : 0)
      const step = { input: this.#input.unread, flags, limitBytes: work.input.limitBytes - bytes, output: free }
      const report = measuredStep(program, chain.measure, step, { clocks: this.#clocks, counts: this.#counts })
      if (report.rowsRead > 0) this.#counts.batch(origin)
      outputs[0]?.add(report, free)
      this.#input.consume(report.consumed)
      rows += report.rowsRead
      morsel.uncountedRows += report.rowsRead
      bytes += report.consumed
      modelBytes += report.modelBytesRead
      if (stages !== null) await this.#handOn(morsel, stages, report, free)
      if (holdsRows && program.memoryBytes() > HELD_LIMIT_BYTES) await this.#deliverSoFar(morsel)
      if (report.status === STEP_STATUS.done) return { rows, bytes, modelBytes }
      if (report.status === STEP_STATUS.outputFull) {
        await this.#makeRoom(morsel, report)
        continue
      }
      this.#clocks.at('outside', origin)
      ended = await fillInput(this.#input, work.input, report, ended)
    }
  }

  /** Gives to stages what is for them, and writes when what came back is too much to be kept. */
  async #handOn(morsel: RunningMorsel, stages: StagedMorsel, report: StepReport, free: Uint8Array): Promise<void> {
    await stages.take(report, free)
    const isTooMuch = this.#arenas.usedBytes >= COLLECT_LIMIT_BYTES || stages.memoryBytes() > HELD_LIMIT_BYTES
    if (isTooMuch) await this.#deliverSoFar(morsel)
  }

  /** The current arena is full: take another one, or wait for the turn and write when enough was collected. */
  async #makeRoom(morsel: RunningMorsel, report: StepReport): Promise<void> {
    if (this.#arenas.usedBytes < COLLECT_LIMIT_BYTES || report.parts.length === 0) {
      morsel.outputs[0]?.makeRoom(report)
      return
    }
    await this.#deliverSoFar(morsel)
  }

  /** Writes what was collected in the middle of a morsel. */
  async #deliverSoFar(morsel: RunningMorsel): Promise<void> {
    // While a turn is waited for the thread may be blocked: nothing must be under way then.
    if (morsel.stages !== null) await morsel.stages.drain()
    await this.#deliver(morsel, { passTurns: false, isLast: false })
    morsel.isPartlyWritten = true
    this.#arenas.reset()
  }

  async #deliver(morsel: RunningMorsel, end: { readonly passTurns: boolean; readonly isLast: boolean }): Promise<void> {
    const { work, outputs } = morsel
    const { rowsTurns, bytesTurns } = work.state
    const { origin } = work.parts.chain.measure
    this.#activity('waiting', work.lane)
    this.#clocks.at('turn', origin)
    await this.#waited(() => rowsTurns.wait(work.position, this.#whileWaiting))
    if (this.#hasErrorHandlers) {
      this.#rowErrors.addRows(morsel.uncountedRows)
      morsel.uncountedRows = 0
      this.#rowErrors.take(
        outputs.flatMap((output) => output.takeErrors()),
        work.state,
      )
    }
    const counts = outputs.map((output) => output.counts())
    const numbered = this.#number(work, outputs, counts)
    if (end.passTurns) rowsTurns.pass(work.position, end.isLast)
    const segments = outputs.flatMap((output, index) =>
      output.segments(counts[index] ?? [], numbered[index] ?? [], this.#clocks),
    )
    this.#clocks.at('turn', origin)
    // Between the two turns nothing is in a checkpoint's way: a worker that has numbered rows always goes on to place them.
    await this.#waited(() => bytesTurns.wait(work.position, async () => undefined))
    const writes = await this.#place(work, segments)
    if (end.passTurns) bytesTurns.pass(work.position, end.isLast)
    const started = performance.now()
    for (const write of writes) {
      this.#activity('writing', write.sink)
      this.#clocks.at('busy', write.vertex)
      await write.run()
    }
    this.#meter.addWriteMs(performance.now() - started)
    for (const { target, vertex, segment } of segments) {
      if (this.#plan.sinks[target.sink]?.isForErrors === true) continue
      const length = segment.bytes.reduce((sum, bytes) => sum + bytes.length, 0)
      this.#meter.addWritten(target.sink, target.table, segment.rows, length)
      StepCounts.written(this.#clocks, vertex, segment.rows, 0)
    }
    for (const { target, vertex, bytes } of outputs.flatMap((output) => output.takeModelBytes())) {
      this.#meter.addModelWritten(target.sink, target.table, bytes)
      StepCounts.written(this.#clocks, vertex, 0, bytes)
    }
  }

  /** Numbers the rows of every output's targets; `counts` and the result have one list per output and target. */
  #number(
    work: MorselWork,
    outputs: readonly MorselOutput[],
    counts: readonly (readonly (readonly RowCount[])[])[],
  ): readonly (readonly (readonly NumberedRows[])[])[] {
    if (counts.every((ofOutput) => ofOutput.every((rows) => rows.length === 0)))
      return counts.map((ofOutput) => ofOutput.map(() => []))
    const record = work.state.rowTotals
    const totals = { ...(record.read() ?? {}) }
    const numbered = outputs.map((output, index) =>
      output.targets.map((target, sink) => {
        const key = targetKey(target.sink, target.table)
        const result = numberRows(totals[key] ?? {}, counts[index]?.[sink] ?? [], rowsPerFile(this.#plan, target))
        totals[key] = result.totals
        return result.numbered
      }),
    )
    record.write(totals)
    return numbered
  }

  async #place(work: MorselWork, segments: readonly TargetedSegment[]): Promise<readonly Write[]> {
    if (segments.length === 0) return []
    const record = work.state.writerStates
    const states = { ...(record.read() ?? {}) }
    const writes: Write[] = []
    for (const { target, vertex, segment } of segments) {
      const key = targetKey(target.sink, target.table)
      this.#activity('writing', target.sink)
      this.#clocks.at('busy', vertex)
      const writer = await this.#writers.get(target.sink, target.table, work.lane)
      const placed = await writer.place(segment, states[key] ?? writer.initialState)
      states[key] = placed.state
      if (placed.write !== null) writes.push({ sink: target.sink, vertex, run: placed.write })
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
