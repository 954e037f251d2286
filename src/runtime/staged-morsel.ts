import { type BatchFrame, copyFrames } from '../arrow/frame.js'
import { MillraceError } from '../core/error.js'
import { STEP_FLAG, STEP_STATUS, type StepReport } from '../native/backend.js'
import type { ProgramPart } from '../plan/physical-plan.js'
import type { ProcessedBatch } from '../spi/transform.js'
import type { OutputArenas } from './arena.js'
import type { ChainParts, StageParts } from './chain-parts.js'
import { measuredStep, type StepMeasures } from './measured-step.js'
import { MorselOutput } from './morsel-output.js'
import { JobAborted } from './turns.js'

const NOTHING = new Uint8Array(0)

/** A batch that a program gave for a stage. `order` is the place of its rows in the morsel. */
interface StageBatch {
  readonly stage: number
  readonly order: number
  readonly frame: BatchFrame
}

/** A batch that a processor has. */
interface Pending {
  readonly order: number
  readonly result: Promise<ProcessedBatch>
}

/** A stage of one morsel: its parts, what its processor has, and what its program encoded. */
interface StageState {
  readonly parts: StageParts
  readonly pending: Pending[]
  readonly output: MorselOutput
}

/**
 * The stages of one morsel: gives what programs encode for asynchronous transforms to their processors, and the results, in
 * order, to the programs behind. Several batches are under way at the same time, as many as each processor allows.
 *
 * Of several failures the one of the lowest rows counts, also when a later batch failed earlier: what is in front of a failure
 * goes on to the end.
 */
export class StagedMorsel {
  readonly #chain: ChainParts['chain']
  readonly #stages: readonly StageState[]
  readonly #arenas: OutputArenas
  readonly #wait: <T>(result: Promise<T>) => Promise<T>
  readonly #measures: StepMeasures
  readonly #cancel = new AbortController()
  #order = 0
  #failure: { readonly order: number; readonly thrown: unknown; readonly vertex: number } | null = null

  /**
   * @param begun the arguments of the morsel, which operators behind a stage may read too.
   * @param wait waits for a result; throws when the job is being stopped.
   */
  constructor(
    parts: ChainParts,
    arenas: OutputArenas,
    begun: string,
    wait: <T>(result: Promise<T>) => Promise<T>,
    measures: StepMeasures,
  ) {
    this.#measures = measures
    this.#chain = parts.chain
    this.#arenas = arenas
    this.#wait = wait
    this.#stages = parts.stages.map((each) => {
      each.program.begin(begun)
      return { parts: each, pending: [], output: new MorselOutput(each.program, each.stage, arenas) }
    })
  }

  /** What the programs behind the stages encoded for sinks. */
  get outputs(): readonly MorselOutput[] {
    return this.#stages.map((stage) => stage.output)
  }

  /** Bytes that the programs behind the stages hold. */
  memoryBytes(): number {
    return this.#stages.reduce((sum, { parts }) => sum + parts.program.memoryBytes(), 0)
  }

  /**
   * Hands on what the chain's first program encoded for stages. Waits while a processor has as many batches as it takes.
   *
   * @throws what failed, when nothing in front of it is under way any more.
   */
  async take(report: StepReport, output: Uint8Array): Promise<void> {
    for (const batch of this.#batches(this.#chain, report, output, null)) await this.#start(batch)
    if (this.#failure !== null) await this.drain()
  }

  /** Waits until no processor has a batch. @throws the failure of the lowest rows. */
  async drain(): Promise<void> {
    for (const stage of this.#stages) while (stage.pending.length > 0) await this.#collect(stage)
    if (this.#failure === null) return
    // Where it failed, and not what was done since then.
    this.#measures.clocks.at('busy', this.#failure.vertex)
    throw this.#failure.thrown
  }

  /** Ends the morsel after its last row. @throws the failure of the lowest rows. */
  async finish(): Promise<void> {
    for (const stage of this.#stages) {
      while (stage.pending.length > 0) await this.#collect(stage)
      await this.#attempt(this.#order, () => this.#run(stage, this.#order, NOTHING, STEP_FLAG.endOfFile))
    }
    await this.drain()
  }

  /** The failure that counts when the rows behind everything that was taken failed: one of earlier rows, if there is one. */
  async failureBefore(thrown: unknown): Promise<unknown> {
    try {
      if (!(thrown instanceof JobAborted)) await this.drain()
      return thrown
    } catch (earlier) {
      return earlier
    }
  }

  /** Tells the processors that nobody waits any more. */
  cancel(): void {
    this.#cancel.abort()
  }

  /** Batches of a report in the order of their rows; they take the order of the batch they come from, or new ones. */
  #batches(part: ProgramPart, report: StepReport, output: Uint8Array, order: number | null): readonly StageBatch[] {
    const first = part.targets.length
    return report.parts
      .filter(({ sink }) => sink >= first && sink < first + part.outlets.length)
      .flatMap(({ sink, offset, length }) => {
        const stage = part.outlets[sink - first] ?? 0
        const frames = copyFrames(output.subarray(offset, offset + length))
        return frames.map((frame) => ({ stage, frame, order: order ?? this.#nextOrder() }))
      })
  }

  #nextOrder(): number {
    this.#order += 1
    return this.#order
  }

  async #start({ stage, order, frame }: StageBatch): Promise<void> {
    const state = this.#stages[stage]
    if (state === undefined) throw new Error(`the chain has no stage ${stage}`)
    const { processor } = state.parts
    while (state.pending.length >= processor.batchesInFlight) await this.#collect(state)
    if (this.#isBehindFailure(order)) return
    this.#measures.clocks.at('busy', state.parts.stage.measure.origin)
    const result = processor.process(frame, this.#cancel.signal)
    // It is waited for later, or never when an earlier one fails.
    result.catch(() => undefined)
    state.pending.push({ order, result })
  }

  #isBehindFailure(order: number): boolean {
    return this.#failure !== null && order >= this.#failure.order
  }

  /** Takes the oldest result of a stage and runs the program behind it. */
  async #collect(stage: StageState): Promise<void> {
    const oldest = stage.pending.shift()
    if (oldest === undefined || this.#isBehindFailure(oldest.order)) return
    await this.#attempt(oldest.order, async () => {
      // Batches of several stages may be under way; it is this one's that is waited for.
      this.#measures.clocks.at('busy', stage.parts.stage.measure.origin)
      const { frame, failure } = await this.#wait(oldest.result)
      if (frame.rows > 0) await this.#run(stage, oldest.order, frame.bytes, 0)
      if (failure !== null) throw failure
    })
  }

  /** A failure of earlier rows takes the place of one that was seen before it. */
  async #attempt(order: number, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      if (thrown instanceof JobAborted) throw thrown
      const { vertex } = this.#measures.clocks
      if (!this.#isBehindFailure(order)) this.#failure = { order, thrown, vertex }
    }
  }

  async #run(stage: StageState, order: number, bytes: Uint8Array, flags: number): Promise<void> {
    const { program, stage: part } = stage.parts
    for (let unread = bytes; ; ) {
      const free = this.#arenas.free()
      const step = { input: unread, flags, limitBytes: Number.POSITIVE_INFINITY, output: free }
      const report = measuredStep(program, part.measure, step, this.#measures)
      stage.output.add(report, free)
      unread = unread.subarray(report.consumed)
      for (const batch of this.#batches(part, report, free, order)) await this.#start(batch)
      if (report.status === STEP_STATUS.done) return
      if (report.status === STEP_STATUS.outputFull) stage.output.makeRoom(report)
      else if (unread.length === 0 && report.consumed === 0) return
      else if (report.consumed === 0) {
        throw new MillraceError(
          'PROGRAM_INVALID',
          `a transform gave a batch that is cut off at '${unread.length}' bytes`,
        )
      }
    }
  }
}
