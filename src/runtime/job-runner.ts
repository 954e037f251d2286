import { availableParallelism } from 'node:os'
import type { Attempt, EndStatus } from '../checkpoint/checkpoint-state.js'
import type { CheckpointEvent } from '../checkpoint/events.js'
import {
  type CheckpointRecord,
  RECORD_VERSION,
  type RecordedCommit,
  type RecordedCounts,
  type RecordedTotals,
} from '../checkpoint/record.js'
import type { CheckpointSettings } from '../checkpoint/settings.js'
import { asMillraceErrors, MillraceError } from '../core/error.js'
import type { LaneSplit, PhysicalPlan, SplitFeed } from '../plan/physical-plan.js'
import type { Sink } from '../spi/sink.js'
import { Activities, nextRunNumber } from './activity.js'
import { stageMemory } from './chain-parts.js'
import {
  CheckpointCoordinator,
  LONGEST_TIMER_MS,
  type SavepointOptions,
  type TakenSavepoint,
} from './checkpoint-coordinator.js'
import { CheckpointMeter } from './checkpoint-meter.js'
import { JobControl } from './control.js'
import { ErrorBudget } from './error-budget.js'
import { errorFromData } from './error-data.js'
import { commitInfos, recordedLanes } from './job-position.js'
import { type FailedAt, type JobTasks, TaskReader } from './job-tasks.js'
import { LaneState } from './lane-state.js'
import type { PreparedData, RowErrorReport, WorkerMessage, WorkerStart } from './messages.js'
import { addCounts, type FlowCount, type JobMetrics, Meter, meterShape } from './meter.js'
import { type DurableJob, type JobStop, SinkAttempt } from './sink-attempt.js'
import { SplitFeeder } from './split-feed.js'
import { addVertexCounts, TaskMeter } from './task-meter.js'
import { TaskQueue } from './task-queue.js'
import { WorkerPool } from './worker-pool.js'
import { ownThreads, type StartWorker } from './worker-thread.js'

/**
 * How a job ended. A canceled job has no errors; a failed one has the first in row order first and every other cause behind. One that
 * was abandoned stands where a crash would have left it.
 */
export interface JobOutcome {
  readonly status: EndStatus | 'ABANDONED'
  readonly errors: readonly MillraceError[]
  readonly metrics: JobMetrics
  /** Where each of the errors was; `null` for one outside of the vertices. */
  readonly failedAt: readonly (FailedAt | null)[]
}

/** What a job is run with. */
export interface JobRunOptions {
  /** File or URL of the worker's entry. */
  readonly workerEntry: URL
  /** Starts workers in threads other than new ones of {@link workerEntry}. */
  readonly startWorker?: StartWorker | undefined
  /** Number of worker threads at most; the number of cores by default. */
  readonly workers?: number | undefined
  /** Milliseconds that workers have to end when the job is over, before they are ended; 5 seconds when absent. */
  readonly stopGraceMs?: number | undefined
  readonly checkpoints: CheckpointSettings
  /** Wall clock in milliseconds. */
  readonly now: () => number
  /** Absent for a job that ends with its process. */
  readonly durable?: DurableJob | undefined
  /** Sources that find splits while the job runs. */
  readonly feeds?: readonly SplitFeed[]
  /** Gets the rows that failed and were handled. */
  readonly onRowErrors?: (report: RowErrorReport) => void
  readonly onEvent?: (event: CheckpointEvent) => void
}

const NO_COUNTS: RecordedCounts = { sources: [], sinks: [], errorRows: 0 }

/**
 * Runs one physical plan on worker threads. The main thread only passes messages and commits; it stays responsive whatever the
 * workers do.
 */
export class JobRunner {
  /** What samples of its threads carry. */
  readonly runNumber = nextRunNumber()
  readonly #plan: PhysicalPlan
  readonly #sinks: readonly Sink[]
  readonly #options: JobRunOptions
  readonly #durable: DurableJob | null
  readonly #control: JobControl
  readonly #lanes: readonly LaneState[]
  /** Splits of every lane, with those that came later. */
  readonly #splits: readonly LaneSplit[][]
  readonly #meter: Meter
  readonly #taskMeter: TaskMeter
  readonly #reader: TaskReader
  readonly #errorBudget: ErrorBudget
  readonly #activities: Activities
  readonly #stageMemory: SharedArrayBuffer
  readonly #workerCount: number
  /** `null` when the plan has all splits. */
  readonly #feeder: SplitFeeder | null
  readonly #pool: WorkerPool
  readonly #attempt: SinkAttempt
  readonly #errors: MillraceError[] = []
  readonly #clockMs: () => number
  readonly #checkpointMeter = new CheckpointMeter()
  #coordinator: CheckpointCoordinator | null = null
  /** Ends when there is a coordinator, or will never be one; `null` before the job is run. */
  #opening: Promise<void> | null = null
  #tellOpened: () => void = () => undefined
  #stopped: JobStop | null = null
  #prepared: PreparedData[] = []
  readonly #failedAt = new Map<MillraceError, FailedAt>()
  /** Subtasks that earlier attempts had and this one has not. */
  #gone: readonly RecordedTotals[] = []
  #committed: RecordedCounts

  constructor(plan: PhysicalPlan, sinks: readonly Sink[], options: JobRunOptions) {
    this.#plan = plan
    this.#sinks = sinks
    this.#options = options
    this.#durable = options.durable ?? null
    this.#control = new JobControl()
    const tasks = new TaskQueue(plan)
    const feeds = options.feeds ?? []
    this.#splits = plan.lanes.map((lane) => [...lane.splits])
    this.#feeder = feeds.length === 0 ? null : new SplitFeeder(feeds, tasks, this.#control, this.#splits)
    this.#control.allowTasks(tasks.length)
    const most = options.workers ?? availableParallelism()
    this.#workerCount = Math.max(1, this.#feeder === null ? Math.min(most, tasks.length) : most)
    this.#stageMemory = stageMemory(plan)
    this.#lanes = plan.lanes.map(() => new LaneState(this.#control))
    this.#meter = new Meter(meterShape(plan, this.#workerCount))
    this.#taskMeter = new TaskMeter(plan, this.#workerCount)
    this.#errorBudget = new ErrorBudget(plan.errorHandlers)
    this.#activities = new Activities(this.#workerCount)
    const listener = {
      message: (message: WorkerMessage) => this.#receive(message),
      died: (cause: Error) => this.#died(cause),
    }
    this.#pool = new WorkerPool(options.startWorker ?? ownThreads(options.workerEntry), listener, options.stopGraceMs)
    this.#clockMs = steadyClock(options.now)
    this.#reader = new TaskReader({
      plan,
      meter: this.#taskMeter,
      lanes: this.#lanes,
      splits: this.#splits,
      tasks,
      control: this.#control,
      isFed: this.#feeder !== null,
      clockMs: this.#clockMs,
    })
    this.#attempt = new SinkAttempt(plan.jobId, sinks, ({ checkpointId, kind }) => {
      const location = options.durable?.origin?.location ?? null
      options.onEvent?.({ type: 'restored', checkpointId, kind, atMs: this.#clockMs(), location })
    })
    const restored = this.#durable?.restoreFrom ?? null
    this.#committed = restored?.counts ?? NO_COUNTS
    if (restored !== null) this.#restoreState(restored)
  }

  #restoreState(record: CheckpointRecord): void {
    const gone: RecordedTotals[] = []
    for (const { pipeline, subtask, rowTotals, firstErrors } of [...record.lanes, ...record.gone]) {
      const index = this.#plan.lanes.findIndex((lane) => lane.pipeline === pipeline && lane.subtask === subtask)
      const totals = { pipeline, subtask, rowTotals, firstErrors }
      if (index < 0) gone.push(totals)
      else this.#lanes[index]?.restore(totals)
    }
    this.#gone = gone
    this.#errorBudget.restore(record.errorBudget)
  }

  /** What was done so far, over all attempts. */
  metrics(): JobMetrics {
    const { sources, sinks, ...own } = this.#meter.read()
    const before = this.#durable?.restoreFrom?.counts ?? NO_COUNTS
    return {
      ...own,
      sources: addCounts(before.sources, sources),
      sinks: addCounts(before.sinks, sinks),
      errorRows: this.#errorBudget.errorRows,
      vertices: addVertexCounts(before.vertices, this.#taskMeter.totals()),
    }
  }

  /** What the subtasks of every vertex have done in this attempt. Empty lanes of a job that is not measured. */
  tasks(): JobTasks {
    return this.#reader.read()
  }

  /** What the last checkpoint that was committed holds, over all attempts. */
  committedMetrics(): RecordedCounts {
    const { sources, sinks, errorRows } = this.#committed
    const shape = this.#meter.read()
    return { sources: withZeros(sources, shape.sources), sinks: withZeros(sinks, shape.sinks), errorRows }
  }

  /** Stops the job; {@link run} then ends with `CANCELED`, unless its last commit has begun. */
  cancel(): void {
    this.#stopped ??= 'CANCELED'
    this.#coordinator?.cancel()
    // While a job is opened nothing runs yet; it stops before its first row.
    if (this.#coordinator === null) this.#control.abort()
  }

  /**
   * Takes a checkpoint behind which the job ends or goes on; of a job that is being opened, when that is done.
   *
   * @throws MillraceError `SAVEPOINT_REFUSED` when there can be none, or what `keep` throws.
   */
  async savepoint(options: SavepointOptions): Promise<TakenSavepoint> {
    if (this.#coordinator === null) await this.#opened()
    if (this.#coordinator !== null) return this.#coordinator.savepoint(options)
    throw new MillraceError('SAVEPOINT_REFUSED', 'there is no savepoint of the job: it does not run yet')
  }

  /** A job that takes over from another attempt may take its time for it, but not more than a checkpoint. */
  async #opened(): Promise<void> {
    if (this.#opening === null) return
    let timer: NodeJS.Timeout | undefined
    const isLate = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(this.#options.checkpoints.timeoutMs, LONGEST_TIMER_MS))
    })
    await Promise.race([this.#opening, isLate])
    clearTimeout(timer)
  }

  /** Leaves the job as a crash would. */
  abandon(): void {
    this.#stopped = 'ABANDONED'
    this.#coordinator?.abandon()
    this.#control.abort()
    this.#pool.terminate()
  }

  /** Runs the job to its end. Never rejects: what went wrong is in the outcome. */
  async run(): Promise<JobOutcome> {
    this.#opening = new Promise((resolve) => {
      this.#tellOpened = resolve
    })
    try {
      if ((await this.#attempt.begin(this.#durable, () => this.#stopped)) === 'atEnd') {
        await this.#attempt.end(true)
        return { status: 'FINISHED', errors: [], metrics: this.metrics(), failedAt: [] }
      }
      if (this.#stopped === null) await this.#runWorkers()
    } catch (thrown) {
      this.#errors.push(...asMillraceErrors(thrown))
      this.#control.abort()
    } finally {
      this.#reader.ended()
      this.#tellOpened()
      this.#feeder?.stop()
      this.#pool.close()
    }
    return this.#end()
  }

  async #end(): Promise<JobOutcome> {
    const status = this.#status()
    // Whatever failed since the job was stopped failed because of that.
    if (status === 'CANCELED' || status === 'ABANDONED') this.#errors.length = 0
    const isLeft = status === 'ABANDONED' || this.#coordinator?.keepsPrepared === true
    // Behind the end of all data the sinks have nothing left to end.
    const isAtEnd = status === 'FINISHED' || (status === 'SAVEPOINT_DONE' && this.#coordinator?.isDrained === true)
    if (!isAtEnd) this.#errors.push(...(await this.#attempt.end(isLeft)))
    const failedAt = this.#errors.map((error) => this.#failedAt.get(error) ?? null)
    return { status, errors: this.#errors, metrics: this.metrics(), failedAt }
  }

  #status(): JobOutcome['status'] {
    if (this.#stopped === 'ABANDONED') return 'ABANDONED'
    const status = this.#coordinator?.endStatus ?? this.#stopped
    return status === 'CANCELED' || (status !== null && this.#errors.length === 0) ? status : 'FAILED'
  }

  async #runWorkers(): Promise<void> {
    const lastId = this.#attempt.lastCheckpointId
    const coordinator = this.#coordinate(lastId)
    this.#coordinator = coordinator
    coordinator.start()
    this.#reader.started()
    this.#tellOpened()
    for (let worker = 0; worker < this.#workerCount; worker += 1) this.#startWorker(worker, lastId)
    this.#feeder?.start((failure) => coordinator.failed(asMillraceErrors(failure)))
    await this.#pool.ended()
    await coordinator.settled()
  }

  #coordinate(lastId: number): CheckpointCoordinator {
    const { checkpoints: settings, onEvent } = this.#options
    return new CheckpointCoordinator({
      sinks: this.#sinks,
      settings,
      epoch: this.#durable?.epoch ?? 1,
      workers: this.#workerCount,
      lastId,
      store: this.#durable?.store ?? null,
      clockMs: this.#clockMs,
      commitInfos: () => commitInfos(this.#plan, this.#lanes, this.#gone, this.#takePrepared()),
      record: (attempt, commits) => this.#record(attempt, commits),
      measure: (record, sizeOf) => this.#checkpointMeter.parts(record, sizeOf),
      describe: (worker) => this.#activities.describe(worker, this.#plan),
      requestBarrier: (checkpointId) => {
        this.#checkpointMeter.asked()
        this.#control.requestCheckpoint(checkpointId)
      },
      committed: ({ counts }) => {
        this.#committed = counts
        for (const lane of this.#lanes) lane.writerStates.clear()
      },
      resume: (checkpointId) => this.#control.resumeAfter(checkpointId),
      onError: (errors) => void this.#errors.push(...errors),
      onEvent: (event) => onEvent?.(event),
      onEnd: (status) => {
        if (status !== 'FINISHED') this.#control.abort()
        this.#pool.expectEnd()
      },
    })
  }

  #takePrepared(): readonly PreparedData[] {
    const prepared = this.#prepared
    this.#prepared = []
    return prepared
  }

  #record(
    { checkpointId, kind, triggeredMs, preparedMs }: Attempt,
    commits: readonly RecordedCommit[],
  ): CheckpointRecord {
    this.#checkpointMeter.take()
    const { jobId, jobName } = this.#plan
    const { sources, sinks, errorRows, vertices } = this.metrics()
    return {
      version: RECORD_VERSION,
      jobId,
      jobName,
      epoch: this.#durable?.epoch ?? 1,
      checkpointId,
      kind,
      triggeredMs,
      preparedMs,
      context: this.#durable?.context ?? { zone: '', nowMicros: 0, seed: 0 },
      plugins: this.#durable?.plugins ?? [],
      lanes: recordedLanes(this.#plan, this.#lanes, this.#splits),
      gone: this.#gone,
      parallelism: this.#durable?.parallelism ?? null,
      discoveries: this.#feeder?.states ?? [],
      commits,
      errorBudget: this.#errorBudget.counts(),
      counts: { sources, sinks, errorRows, vertices },
    }
  }

  #startWorker(worker: number, lastCheckpointId: number): void {
    const feed = this.#feeder?.port() ?? null
    const workerData: WorkerStart = {
      worker,
      workers: this.#workerCount,
      run: this.runNumber,
      plan: this.#plan,
      control: this.#control.buffer,
      meter: this.#meter.buffer,
      taskMeter: this.#taskMeter.buffer,
      errorBudget: this.#errorBudget.buffer,
      activities: this.#activities.buffer,
      lanes: this.#lanes.map((lane) => lane.buffers),
      feed,
      stageMemory: this.#stageMemory,
      lastCheckpointId,
    }
    this.#pool.start(workerData, feed === null ? [] : [feed])
  }

  #died(cause: Error): void {
    const message = `a worker thread ended unexpectedly: ${cause.message}`
    if (this.#coordinator?.endStatus == null && this.#stopped !== 'ABANDONED') {
      this.#coordinator?.failed([new MillraceError('WORKER_DIED', message, { cause })])
    }
  }

  #receive(message: WorkerMessage): void {
    switch (message.type) {
      case 'failed': {
        const [error, place] = [errorFromData(message.error), this.#reader.placeOf(message)]
        if (place !== null) this.#failedAt.set(error, place)
        this.#coordinator?.failed([error])
        break
      }
      case 'rowErrors':
        this.#options.onRowErrors?.(message.report)
        break
      case 'prepared':
        this.#prepared.push(...message.prepared)
        this.#coordinator?.answered(message.checkpointId, this.#checkpointMeter.prepared(message))
        break
      case 'aborted':
    }
  }
}

/** Counts with zeros for what was not counted yet. */
function withZeros(counts: RecordedCounts['sources'], shape: readonly FlowCount[]): RecordedCounts['sources'] {
  return shape.map(({ tables }, index) => {
    const zeros = tables.map(({ table }) => ({ table, rows: 0, bytes: 0, modelBytes: 0 }))
    return counts[index] ?? { rows: 0, bytes: 0, tables: zeros }
  })
}

/** A clock that begins with the wall clock and never goes back. */
function steadyClock(now: () => number): () => number {
  const offset = now() - performance.now()
  return () => Math.round(offset + performance.now())
}
