import type { MessagePort } from 'node:worker_threads'
import { asMillraceErrors, MillraceError } from '../core/error.js'
import type { KernelBackend } from '../native/backend.js'
import { type LaneSplit, type PhysicalPlan, UNMEASURED } from '../plan/physical-plan.js'
import type { PluginRegistry } from '../spi/registry.js'
import type { MorselInput, SourceReader } from '../spi/source.js'
import { Activities, type Activity, ThreadTag } from './activity.js'
import type { WorkerMemory } from './arena.js'
import { ChainCache, hasStages } from './chain-parts.js'
import { JobControl } from './control.js'
import { ErrorBudget } from './error-budget.js'
import { errorData } from './error-data.js'
import { LaneState } from './lane-state.js'
import { type PreparedData, sharedNowMs, type WorkerMessage, type WorkerStart } from './messages.js'
import { Meter, meterShape, type WorkerMeter } from './meter.js'
import { MorselRunner, type MorselWork } from './morsel-runner.js'
import { ReadLimiter } from './read-limiter.js'
import { RowErrors } from './row-errors.js'
import { SplitReceiver } from './split-feed.js'
import { processClockMs, TaskMeter, type WorkerTasks } from './task-meter.js'
import { type Task, TaskQueue } from './task-queue.js'
import { JobAborted } from './turns.js'
import { Writers } from './writers.js'

/** Longest interval that a timer takes. */
const KEEP_ALIVE_MS = 2 ** 31 - 1

/** Where a failed morsel stands, for ordering failures. */
interface Place {
  readonly lane: number
  readonly split: number
  readonly morsel: number
  /** Vertex of the plan that worked; absent where none did. */
  readonly vertex?: number
}

/**
 * One worker of a job: takes tasks until there are none, prepares commits when asked, and ends when the job does. Blocks its
 * thread while it waits; what it must know comes through shared memory.
 */
export class WorkerLoop {
  readonly #start: WorkerStart
  readonly #port: Pick<MessagePort, 'postMessage'>
  readonly #registry: PluginRegistry
  readonly #control: JobControl
  readonly #tasks: TaskQueue
  /** Splits of every lane, with those that came later. */
  readonly #splits: readonly LaneSplit[][]
  /** `null` when the plan has all splits. */
  readonly #feed: SplitReceiver | null
  readonly #lanes: readonly LaneState[]
  readonly #meter: WorkerMeter
  readonly #clocks: WorkerTasks
  /** By sink of the plan: the first vertex that it is. */
  readonly #sinkVertices: readonly number[]
  readonly #writers: Writers
  readonly #runner: MorselRunner
  readonly #limiter: ReadLimiter
  readonly #chains: ChainCache
  /** Whether results are waited for with the thread awake: it must neither block nor end meanwhile. */
  readonly #isAwake: boolean
  readonly #activities: Activities
  readonly #tag: ThreadTag
  readonly #readers = new Map<number, SourceReader>()
  #preparedCheckpoint: number

  constructor(
    start: WorkerStart,
    port: Pick<MessagePort, 'postMessage'>,
    backend: KernelBackend,
    registry: PluginRegistry,
    memory: WorkerMemory,
    tag = new ThreadTag(null),
  ) {
    const { plan } = start
    this.#start = start
    this.#port = port
    this.#registry = registry
    this.#isAwake = hasStages(plan)
    this.#activities = new Activities(start.workers, start.activities)
    this.#preparedCheckpoint = start.lastCheckpointId
    const { worker, workers, stageMemory: shared } = start
    this.#chains = new ChainCache({ plan, backend, registry, worker, workers, shared })
    this.#control = new JobControl(start.control)
    this.#tasks = new TaskQueue(plan)
    this.#splits = plan.lanes.map((lane) => [...lane.splits])
    this.#feed = start.feed === null ? null : new SplitReceiver(start.feed, this.#tasks, this.#splits)
    this.#lanes = start.lanes.map((buffers) => new LaneState(this.#control, buffers))
    this.#meter = new Meter(meterShape(plan, start.workers), start.meter).worker(start.worker)
    this.#tag = tag
    const tasks = new TaskMeter(plan, start.workers, start.taskMeter)
    this.#clocks = tasks.worker(start.worker, processClockMs, (lane, vertex, phase) => tag.at(lane, vertex, phase))
    this.#sinkVertices = sinkVertices(plan)
    const budget = new ErrorBudget(plan.errorHandlers, start.errorBudget)
    this.#writers = new Writers(plan, registry, () => this.#preparedCheckpoint + 1)
    this.#limiter = new ReadLimiter(plan.readLimit, this.#control)
    this.#runner = new MorselRunner({
      plan,
      writers: this.#writers,
      meter: this.#meter,
      clocks: this.#clocks,
      rowErrors: new RowErrors(budget, (report) => this.#post({ type: 'rowErrors', report })),
      valueLimitBytes: plan.sources[0]?.chains[0]?.program.context.valueLimitBytes ?? 0,
      memory,
      activity: (activity, index) => this.#is(activity, index),
      whileWaiting: () => this.#pausePoint(),
      checkAborted: () => this.#checkAborted(),
      waitAwake: (result, whileWaiting) => this.#waitAwake(result, whileWaiting),
    })
  }

  /** Runs until the job ends. Every outcome is told to the main thread; nothing is thrown. */
  async run(): Promise<void> {
    this.#tag.run(this.#start.run)
    const keepAlive = this.#isAwake ? setInterval(() => undefined, KEEP_ALIVE_MS) : null
    try {
      for (;;) {
        await this.#pausePoint()
        const task = await this.#nextTask()
        if (task === null) break
        await this.#runTask(task)
      }
      if (this.#start.plan.isBounded) await this.#prepare(this.#preparedCheckpoint + 1, true)
      else await this.#idle()
    } catch (thrown) {
      if (thrown instanceof JobAborted) this.#post({ type: 'aborted' })
      else this.#fail(thrown, { lane: -1, split: -1, morsel: -1 })
    } finally {
      await this.#close()
      if (keepAlive !== null) clearInterval(keepAlive)
      this.#tag.run(0)
    }
  }

  /** The next task, or `null` when all are taken and no more can come. */
  async #nextTask(): Promise<Task | null> {
    this.#is('idle')
    for (;;) {
      const heard = this.#control.listen()
      const number = this.#control.takeTask()
      this.#feed?.receive()
      if (number !== null) return this.#tasks.task(number)
      if (this.#feed === null) return null
      await this.#pausePoint()
      this.#control.waitForRing(heard)
    }
  }

  async #runTask(task: Task): Promise<void> {
    const entry = this.#splits[task.lane]?.[task.split]
    const state = this.#lanes[task.lane]
    if (entry === undefined || state === undefined) throw new Error('the task is not in the plan')
    // Turns count the morsels of this attempt.
    const morsel = task.morsel === null ? 0 : task.morsel - task.delivered
    const place = { lane: task.lane, split: task.split, morsel }
    try {
      await this.#runSplit(task, entry, state, place)
      this.#clocks.end()
    } catch (thrown) {
      if (thrown instanceof JobAborted) throw thrown
      const { vertex } = this.#clocks
      this.#clocks.at('turn', vertex)
      await this.#failInTurn(thrown, { ...place, vertex }, state)
    } finally {
      this.#clocks.end(false)
    }
  }

  /** @param place where it stands; its morsel is kept up to date. */
  async #runSplit(task: Task, entry: LaneSplit, state: LaneState, place: Place & { morsel: number }): Promise<void> {
    const { lanes, sources } = this.#start.plan
    const subtask = lanes[task.lane]?.subtask ?? 0
    const first = task.morsel ?? 0
    const origin = sources[entry.source]?.chains[entry.split.table]?.measure.origin ?? UNMEASURED
    this.#clocks.begin(task.lane, 'outside', origin)
    if (first === 0) await this.#sleep(entry.split.delayMs)
    this.#is('reading', entry.source)
    const reader = await this.#reader(entry.source)
    let input: MorselInput | null = await reader.open(entry.split, entry.subtask ?? subtask, first)
    if (task.morsel === null && task.delivered > 0) input = await this.#skip(input, task, entry)
    while (input !== null) {
      const current: MorselInput = input
      let following: MorselInput | null = null
      this.#clocks.at('outside', origin)
      await this.#limiter.waitUntilAllowed(state.readClock, () => this.#pausePoint())
      const work: MorselWork = {
        source: entry.source,
        table: entry.split.table,
        lane: task.lane,
        state,
        parts: await this.#chains.get(entry.source, entry.split.table, subtask),
        input: current,
        position: { split: task.split, morsel: place.morsel },
        isLast: async (unused) => {
          if (task.morsel !== null) return task.morsel + 1 === entry.split.morsels
          following = await current.next(unused)
          return following === null
        },
      }
      const read = await this.#runner.run(work)
      this.#limiter.charge(state.readClock, read)
      await current.close()
      input = following
      place.morsel += 1
      if (input !== null) await this.#pausePoint()
    }
  }

  /**
   * The input behind the morsels of a sequential split that an earlier attempt delivered. They are decoded again, because only the
   * decoder knows where they end, and go nowhere.
   *
   * @throws MillraceError `RESTORE_REFUSED` when the split has no more than those.
   */
  async #skip(first: MorselInput, task: Task, { source, split }: LaneSplit): Promise<MorselInput> {
    const subtask = this.#start.plan.lanes[task.lane]?.subtask ?? 0
    const decoder = this.#chains.decoder(source, split.table, subtask)
    try {
      let input: MorselInput | null = first
      for (let morsel = 0; input !== null && morsel < task.delivered; morsel += 1) {
        const current: MorselInput = input
        input = await current.next(await this.#runner.skip(decoder, current))
        await current.close()
        await this.#pausePoint()
      }
      if (input !== null) return input
    } finally {
      decoder.close()
    }
    throw new MillraceError('RESTORE_REFUSED', `'${split.id}' ends in front of where the job stood in it`, {
      hint: 'the data was changed since the checkpoint; start the job from its beginning',
    })
  }

  #is(activity: Activity, index = 0): void {
    this.#activities.set(this.#start.worker, activity, index)
  }

  /** Of several failures of a lane the first in row order is the job's: a failed morsel waits until all before it are through. */
  async #failInTurn(thrown: unknown, place: Place, state: LaneState): Promise<never> {
    const held = state.rowsTurns.position
    const hasTurn = held.split > place.split || (held.split === place.split && held.morsel > place.morsel)
    if (!hasTurn) await state.rowsTurns.wait(place, () => this.#pausePoint())
    this.#fail(thrown, place)
    throw new JobAborted()
  }

  #fail(thrown: unknown, place: Place): void {
    this.#control.abort()
    const split = this.#splits[place.lane]?.[place.split]?.split.id ?? ''
    for (const error of asMillraceErrors(thrown)) {
      this.#post({
        type: 'failed',
        error: errorData(error),
        lane: place.lane,
        split,
        vertex: place.vertex ?? UNMEASURED,
      })
    }
  }

  async #reader(source: number): Promise<SourceReader> {
    const known = this.#readers.get(source)
    if (known !== undefined) return known
    const planned = this.#start.plan.sources[source]
    if (planned === undefined) throw new Error(`the plan has no source ${source}`)
    const factory = await this.#registry.load('source', planned.plugin)
    const reader = await factory.createReader(planned.readerConfig)
    this.#readers.set(source, reader)
    return reader
  }

  /** Between two morsels: a checkpoint that was asked for is prepared, and the worker rests until it is over. */
  async #pausePoint(): Promise<void> {
    this.#checkAborted()
    const requested = this.#control.requestedCheckpoint
    if (requested > this.#preparedCheckpoint) await this.#prepare(requested, false)
  }

  async #prepare(checkpointId: number, isLast: boolean): Promise<void> {
    const sinceMs = sharedNowMs()
    const { held } = this.#clocks
    const prepared = await this.#preparedData()
    // Rows in hand wait for the checkpoint to be over.
    this.#clocks.take({ ...held, phase: 'turn' })
    this.#preparedCheckpoint = checkpointId
    const tookMs = sharedNowMs() - sinceMs
    this.#post({ type: 'prepared', worker: this.#start.worker, checkpointId, prepared, isLast, sinceMs, tookMs })
    if (isLast) return
    await this.#resumed(checkpointId)
    this.#clocks.take(held)
  }

  /** What all writers have prepared. A failure is that of the sink which failed, whatever else the worker was at. */
  async #preparedData(): Promise<readonly PreparedData[]> {
    let place: Place = { lane: -1, split: -1, morsel: -1 }
    try {
      return await this.#writers.prepareCommit((sink, lane) => {
        const vertex = this.#sinkVertices[sink] ?? UNMEASURED
        place = { lane, split: -1, morsel: -1, vertex }
        this.#is('preparing', sink)
        this.#clocks.take({ lane, phase: 'busy', vertex })
      })
    } catch (thrown) {
      this.#fail(thrown, place)
      throw new JobAborted()
    }
  }

  async #resumed(checkpointId: number): Promise<void> {
    for (;;) {
      const heard = this.#control.listen()
      const ring = this.#isAwake ? this.#control.ringed() : null
      this.#checkAborted()
      if (this.#control.resumedCheckpoint >= checkpointId) return
      // Requests of asynchronous transforms may be under way: they must not look late because the thread was blocked.
      if (ring === null) this.#control.waitForRing(heard)
      else await ring
    }
  }

  /** Waits for a result with the thread awake; `whileWaiting` is called at every ring, and may throw to give up. */
  async #waitAwake<T>(result: Promise<T>, whileWaiting: () => Promise<void>): Promise<T> {
    let isSettled = false
    const settle = (): void => {
      isSettled = true
    }
    const settled = result.then(settle, settle)
    for (;;) {
      const ring = this.#control.ringed()
      await whileWaiting()
      if (isSettled) return result
      await Promise.race([settled, ring])
    }
  }

  /** A job without an end lives on after its last split, with checkpoints, until it is stopped. */
  async #idle(): Promise<never> {
    for (;;) {
      const heard = this.#control.listen()
      await this.#pausePoint()
      this.#control.waitForRing(heard)
    }
  }

  async #sleep(delayMs: number): Promise<void> {
    const until = performance.now() + delayMs
    for (;;) {
      const heard = this.#control.listen()
      const leftMs = until - performance.now()
      if (leftMs <= 0) return
      await this.#pausePoint()
      this.#control.waitForRing(heard, leftMs)
    }
  }

  #checkAborted(): void {
    if (this.#control.isAborted) throw new JobAborted()
  }

  #post(message: WorkerMessage): void {
    this.#port.postMessage(message)
  }

  async #close(): Promise<void> {
    try {
      await this.#chains.close()
      for (const reader of this.#readers.values()) await reader.close()
      await this.#writers.close()
      this.#feed?.close()
    } catch (thrown) {
      // A handle that a panic took with it cannot be closed; the failure itself was reported before.
      if (!(thrown instanceof MillraceError && thrown.code === 'HANDLE_CLOSED')) {
        this.#fail(thrown, { lane: -1, split: -1, morsel: -1 })
      }
    }
  }
}

/** The first vertex that each sink of a plan is; nothing where it is not measured. */
function sinkVertices({ sources }: PhysicalPlan): readonly number[] {
  const found: number[] = []
  for (const { targets, measure } of sources
    .flatMap(({ chains }) => chains)
    .flatMap((chain) => [chain, ...chain.stages]))
    for (const [index, { sink }] of targets.entries()) found[sink] ??= measure.sinks[index] ?? UNMEASURED
  return found
}
