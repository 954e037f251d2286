import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { asMillraceErrors, MillraceError } from '../core/error.js'
import type { PhysicalPlan, SplitFeed } from '../plan/physical-plan.js'
import type { CommitInfo, Sink } from '../spi/sink.js'
import { stageMemory } from './chain-parts.js'
import { JobControl } from './control.js'
import { ErrorBudget } from './error-budget.js'
import { errorFromData } from './error-data.js'
import { LaneState, targetKey } from './lane-state.js'
import type { PreparedData, RowErrorReport, WorkerMessage, WorkerStart } from './messages.js'
import { type JobMetrics, Meter, meterShape } from './meter.js'
import { totalRows } from './numbering.js'
import { SplitFeeder } from './split-feed.js'
import { TaskQueue } from './task-queue.js'

/** How a job ended. A canceled job has no errors; a failed one has the first in row order first and every other cause behind. */
export interface JobOutcome {
  readonly status: 'FINISHED' | 'CANCELED' | 'FAILED' | 'SAVEPOINT_DONE' | 'ABANDONED'
  readonly errors: readonly MillraceError[]
  readonly metrics: JobMetrics
}

/** What a job is run with. */
export interface JobRunOptions {
  /** File or URL of the worker's entry. */
  readonly workerEntry: URL
  /** Number of worker threads at most; the number of cores by default. */
  readonly workers?: number | undefined
  /** Milliseconds between checkpoints; `null` for none but the last. */
  readonly checkpointIntervalMs: number | null
  /** Sources that find splits while the job runs. */
  readonly feeds?: readonly SplitFeed[]
  /** Gets the rows that failed and were handled. */
  readonly onRowErrors?: (report: RowErrorReport) => void
}

/**
 * Runs one physical plan on worker threads. The main thread only passes messages and commits; it stays responsive whatever the
 * workers do.
 */
export class JobRunner {
  readonly #plan: PhysicalPlan
  readonly #sinks: readonly Sink[]
  readonly #options: JobRunOptions
  readonly #control = new JobControl()
  readonly #lanes: readonly LaneState[]
  readonly #meter: Meter
  readonly #errorBudget: ErrorBudget
  readonly #stageMemory: SharedArrayBuffer
  readonly #workerCount: number
  /** `null` when the plan has all splits. */
  readonly #feeder: SplitFeeder | null
  readonly #workers: Worker[] = []
  readonly #errors: MillraceError[] = []
  #canceled = false
  /** Whether the last commit is through: whatever comes after it comes too late. */
  #isCommitted = false
  #checkpointId = 0
  #prepared: PreparedData[] = []
  /** Workers that prepared the checkpoint that is under way. */
  #arrivedWorkers = 0
  #endedWorkers = 0
  #isCheckpointing = false
  #timer: NodeJS.Timeout | null = null
  #commits: Promise<void> = Promise.resolve()

  constructor(plan: PhysicalPlan, sinks: readonly Sink[], options: JobRunOptions) {
    this.#plan = plan
    this.#sinks = sinks
    this.#options = options
    const tasks = new TaskQueue(plan)
    const feeds = options.feeds ?? []
    this.#feeder = feeds.length === 0 ? null : new SplitFeeder(feeds, tasks, this.#control)
    this.#control.allowTasks(tasks.length)
    const most = options.workers ?? availableParallelism()
    this.#workerCount = Math.max(1, this.#feeder === null ? Math.min(most, tasks.length) : most)
    this.#stageMemory = stageMemory(plan)
    this.#lanes = plan.lanes.map(() => new LaneState(this.#control))
    this.#meter = new Meter(meterShape(plan, this.#workerCount))
    this.#errorBudget = new ErrorBudget(plan.errorHandlers)
  }

  /** What was done so far. */
  metrics(): JobMetrics {
    return { ...this.#meter.read(), errorRows: this.#errorBudget.errorRows }
  }

  /** Stops the job; {@link run} then ends with `CANCELED`. */
  cancel(): void {
    this.#canceled = true
    this.#control.abort()
  }

  /** Runs the job to its end. Never rejects: what went wrong is in the outcome. */
  async run(): Promise<JobOutcome> {
    try {
      // A canceled job must not touch what is there: opening a sink may drop data.
      for (const sink of this.#sinks) if (!this.#canceled) await sink.committer.open()
      if (!this.#canceled) await this.#runWorkers()
      await this.#commits
    } catch (thrown) {
      this.#errors.push(toError(thrown))
      this.#control.abort()
    } finally {
      if (this.#timer !== null) clearInterval(this.#timer)
      this.#feeder?.stop()
      await Promise.all(this.#workers.map((worker) => worker.terminate()))
    }
    return this.#end()
  }

  async #end(): Promise<JobOutcome> {
    const isCanceled = this.#canceled && !this.#isCommitted
    const status = this.#errors.length > 0 ? 'FAILED' : isCanceled ? 'CANCELED' : 'FINISHED'
    if (status !== 'FINISHED') {
      for (const sink of this.#sinks) {
        await sink.committer.abort().catch((thrown: unknown) => this.#errors.push(toError(thrown)))
      }
    }
    return { status, errors: this.#errors, metrics: this.metrics() }
  }

  async #runWorkers(): Promise<void> {
    const ends = Array.from({ length: this.#workerCount }, (_, worker) => this.#startWorker(worker))
    if (this.#options.checkpointIntervalMs !== null) {
      this.#timer = setInterval(() => this.#requestCheckpoint(), this.#options.checkpointIntervalMs)
    }
    this.#feeder?.start((failure) => {
      this.#errors.push(...asMillraceErrors(failure))
      this.#control.abort()
    })
    await Promise.all(ends)
  }

  /** Starts a worker; the promise ends when it has exited. */
  #startWorker(index: number): Promise<void> {
    const feed = this.#feeder?.port() ?? null
    const workerData: WorkerStart = {
      worker: index,
      workers: this.#workerCount,
      plan: this.#plan,
      control: this.#control.buffer,
      meter: this.#meter.buffer,
      errorBudget: this.#errorBudget.buffer,
      lanes: this.#lanes.map((lane) => lane.buffers),
      feed,
      stageMemory: this.#stageMemory,
    }
    const transferList = feed === null ? [] : [feed]
    const worker = new Worker(this.#options.workerEntry, { workerData, transferList, stdout: false, stderr: false })
    this.#workers.push(worker)
    return new Promise((resolve) => {
      let hasEnded = false
      worker.on('message', (message: WorkerMessage) => {
        hasEnded ||= isEnd(message)
        this.#receive(message)
      })
      worker.on('error', (error) => {
        hasEnded = true
        this.#died(error)
      })
      worker.on('exit', (code) => {
        if (!hasEnded) this.#died(new Error(`exit code ${code}`))
        resolve()
      })
    })
  }

  #died(cause: Error): void {
    this.#errors.push(
      new MillraceError('WORKER_DIED', `a worker thread ended unexpectedly: ${cause.message}`, { cause }),
    )
    this.#control.abort()
  }

  #receive(message: WorkerMessage): void {
    if (message.type === 'failed') {
      this.#errors.push(errorFromData(message.error))
      this.#control.abort()
      return
    }
    if (message.type === 'rowErrors') {
      this.#options.onRowErrors?.(message.report)
      return
    }
    if (message.type === 'aborted') return
    this.#prepared.push(...message.prepared)
    if (message.isLast) this.#endedWorkers += 1
    else this.#arrivedWorkers += 1
    const isLast = this.#endedWorkers === this.#workerCount
    if (isLast || (this.#isCheckpointing && this.#arrivedWorkers + this.#endedWorkers === this.#workerCount)) {
      this.#allPrepared(isLast)
    }
  }

  #requestCheckpoint(): void {
    if (this.#isCheckpointing || this.#control.isAborted || this.#endedWorkers === this.#workerCount) return
    this.#isCheckpointing = true
    this.#checkpointId += 1
    this.#control.requestCheckpoint(this.#checkpointId)
  }

  #allPrepared(isLast: boolean): void {
    const checkpointId = isLast && !this.#isCheckpointing ? this.#checkpointId + 1 : this.#checkpointId
    const infos = this.#commitInfos()
    this.#prepared = []
    this.#arrivedWorkers = 0
    this.#commits = this.#commits
      .then(() => this.#commit(checkpointId, infos, isLast))
      .catch((thrown: unknown) => {
        this.#errors.push(toError(thrown))
        this.#control.abort()
      })
      .finally(() => {
        this.#isCheckpointing = false
      })
  }

  async #commit(checkpointId: number, infos: readonly (readonly CommitInfo[])[], isLast: boolean): Promise<void> {
    if (this.#errors.length > 0 || this.#canceled) return
    for (const [index, sink] of this.#sinks.entries())
      await sink.committer.commit(checkpointId, infos[index] ?? [], isLast)
    this.#isCommitted = isLast
    for (const lane of this.#lanes) lane.writerStates.clear()
    this.#control.resumeAfter(checkpointId)
  }

  /** What all workers prepared, gathered per sink, table and subtask. */
  #commitInfos(): readonly (readonly CommitInfo[])[] {
    return this.#plan.sinks.map((sink, sinkIndex) => {
      const infos: CommitInfo[] = []
      for (const table of sink.tables.keys()) {
        for (const [laneIndex, lane] of this.#plan.lanes.entries()) {
          const prepared = this.#prepared
            .filter((entry) => entry.sink === sinkIndex && entry.table === table && entry.lane === laneIndex)
            .map((entry) => entry.prepared)
          const state = this.#lanes[laneIndex]
          const key = targetKey(sinkIndex, table)
          const rows = totalRows(state?.rowTotals.read()?.[key] ?? null)
          infos.push({ table, subtask: lane.subtask, prepared, state: state?.writerStates.read()?.[key] ?? null, rows })
        }
      }
      return infos
    })
  }
}

/** Whether a worker tells nothing more. */
function isEnd(message: WorkerMessage): boolean {
  return message.type === 'prepared' ? message.isLast : message.type !== 'rowErrors'
}

function toError(thrown: unknown): MillraceError {
  if (thrown instanceof MillraceError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new MillraceError('JOB_FAILED', message, { cause: thrown })
}
