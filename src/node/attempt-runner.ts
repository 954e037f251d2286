import { asMillraceErrors } from '../core/error.js'
import type { CheckpointEvent, SavepointOptions } from '../engine/job-service.js'
import type { JobAttempts, JobCheckpoint, JobEvent, JobFlow, VertexRates } from './api.js'
import {
  type AttemptHistory,
  attemptView,
  beginAttempt,
  bounded,
  endAttempt,
  recovered,
  withLast,
  withTasks,
} from './attempt-history.js'
import type { NodeClock } from './clock.js'
import type { AttemptOutcome, JobAttempt, SampledRun } from './job-attempt.js'
import type { JobRecord } from './job-record.js'
import type { Parallelism } from './job-rescale.js'
import { RateWindow } from './rate-window.js'

/** What an attempt is planned for. */
export interface AttemptRequest {
  readonly epoch: number
  /** Subtasks of its sources; `null` for what the job says. */
  readonly parallelism: Parallelism | null
  readonly onCheckpoint: (event: CheckpointEvent) => void
}

/** What attempts are run with. */
export interface AttemptRunnerParts {
  readonly clock: NodeClock
  /** The fencing number of the next attempt. */
  readonly nextEpoch: () => number
  /** Plans an attempt. @throws MillraceErrors when it cannot be planned. */
  readonly plan: (record: JobRecord, request: AttemptRequest) => Promise<JobAttempt>
  readonly onCheckpoint: (event: CheckpointEvent) => void
  /** The attempt is planned and begins. */
  readonly onStart: () => void
  /** Tells something that is not kept with the job. */
  readonly note: (note: Pick<JobEvent, 'kind' | 'text' | 'data'>) => void
  /** Whether the node has let go of the job. */
  readonly isDetached: () => boolean
  readonly isCanceling: () => boolean
}

/** Runs the attempts of one job, one after the other, and keeps the job's counters over all of them. */
export class AttemptRunner {
  readonly #record: JobRecord
  readonly #parts: AttemptRunnerParts
  #attempt: JobAttempt | null = null
  #flow: JobFlow
  #history: AttemptHistory
  #rates = new RateWindow()
  /** What the last attempt did when it ended. */
  #lastRates: readonly VertexRates[] = []
  #startedAtMs = 0
  /** Ends when no attempt runs. */
  #running: Promise<unknown> = Promise.resolve()

  /** @param before what earlier attempts have done. */
  constructor(
    record: JobRecord,
    before: { readonly flow: JobFlow; readonly attempts: AttemptHistory },
    parts: AttemptRunnerParts,
  ) {
    this.#record = record
    this.#flow = before.flow
    this.#history = recovered(before.attempts)
    this.#parts = parts
  }

  get isRunning(): boolean {
    return this.#attempt !== null
  }

  /** Ends when no attempt runs. */
  get running(): Promise<unknown> {
    return this.#running
  }

  /** What the job has done so far. The same object while no attempt runs. */
  flow(): JobFlow {
    if (this.#attempt === null) return this.#flow
    const elapsedMs = this.#flow.elapsedMs + this.#parts.clock.now() - this.#startedAtMs
    return { ...this.#attempt.flow(), elapsedMs }
  }

  /** The attempts and what they have done so far, as it is kept with the job. The same object while no attempt runs. */
  history(): AttemptHistory {
    if (this.#attempt === null) return this.#history
    return bounded(withTasks(this.#history, this.#attempt.tasks(), this.#attempt.totals()))
  }

  /** How samples of its threads are known; `null` while no attempt runs. */
  get sampled(): SampledRun | null {
    return this.#attempt?.sampled ?? null
  }

  /** The attempts and what they have done so far. */
  attempts(): JobAttempts {
    const attempt = this.#attempt
    if (attempt === null) return { ...endedAttempts(this.#history), rates: this.#lastRates }
    const tasks = attempt.tasks()
    const { totals, attempts } = withTasks(this.#history, tasks, attempt.totals())
    const unassigned = tasks.vertices
      .filter(({ kind }) => kind === 'source')
      .map(({ id, source }) => [id, tasks.unassignedSplits[source] ?? 0] as const)
    const rates = this.#rates
    return {
      totals,
      attempts: attempts.map(attemptView),
      get rates() {
        return rates.rates(tasks)
      },
      unassignedSplits: new Map(unassigned),
    }
  }

  /** Looks at what the attempt does, for its rates. */
  sample(): void {
    if (this.#attempt !== null) this.#rates.sample(this.#attempt.tasks())
  }

  /** Runs one attempt to its end. Never rejects. */
  run(epoch: number, parallelism: Parallelism | null): Promise<AttemptOutcome> {
    const outcome = this.#run(epoch, parallelism)
    this.#running = outcome
    return outcome
  }

  cancel(isForced: boolean): void {
    this.#attempt?.cancel(isForced)
  }

  abandon(): void {
    this.#attempt?.abandon()
  }

  /** Takes a savepoint behind which the attempt goes on or ends; `null` when none runs. @throws MillraceError when there can be none. */
  async savepoint(options: SavepointOptions): Promise<JobCheckpoint | null> {
    return (await this.#attempt?.savepoint(options)) ?? null
  }

  async #run(epoch: number, parallelism: Parallelism | null): Promise<AttemptOutcome> {
    const { clock } = this.#parts
    this.#history = beginAttempt(this.#history, epoch, clock.now())
    const ended = await this.#runToEnd(epoch, parallelism)
    const { outcome, failedTasks } = ended
    const failedTask = failedTasks.find((task) => task !== null) ?? null
    this.#history = endAttempt(this.#history, { outcome, failedTask, atMs: clock.now() })
    return ended
  }

  async #runToEnd(epoch: number, parallelism: Parallelism | null): Promise<AttemptOutcome> {
    const { plan, onCheckpoint, onStart, clock, isDetached, isCanceling } = this.#parts
    try {
      const attempt = await plan(this.#record, { epoch, parallelism, onCheckpoint })
      if (isDetached()) return { outcome: 'ABANDONED', errors: [], failedTasks: [] }
      if (isCanceling()) {
        await attempt.sweep()
        return { outcome: 'CANCELED', errors: [], failedTasks: [] }
      }
      this.#attempt = attempt
      this.#startedAtMs = clock.now()
      this.#history = withLast(this.#history, { startedAtMs: this.#startedAtMs })
      this.#rates = new RateWindow()
      onStart()
      const ended = await attempt.run()
      this.#keepFlow()
      if (ended.outcome === 'ABANDONED' && isCanceling() && !isDetached()) await this.#sweep(parallelism)
      return ended
    } catch (thrown) {
      return { outcome: 'FAILED', errors: asMillraceErrors(thrown), failedTasks: [] }
    } finally {
      this.#keepFlow()
    }
  }

  /** The counters of the attempt that has ended become those of the job. */
  #keepFlow(): void {
    this.#flow = this.flow()
    this.#history = this.history()
    if (this.#attempt !== null) this.#lastRates = this.#rates.rates(this.#attempt.tasks())
    this.#attempt = null
  }

  /** Takes away what an attempt left that was ended by force; the job does not wait for it longer than for the attempt itself. */
  async #sweep(parallelism: Parallelism | null): Promise<void> {
    const { plan, nextEpoch, note } = this.#parts
    try {
      const attempt = await plan(this.#record, { epoch: nextEpoch(), parallelism, onCheckpoint: () => undefined })
      await attempt.sweep()
    } catch (thrown) {
      const reason = asMillraceErrors(thrown)[0]?.message ?? ''
      note({ kind: 'warning', text: `what the job left could not be taken away: ${reason}`, data: {} })
    }
  }
}

/** The attempts of a job of which none runs. */
export function endedAttempts({ totals, attempts }: AttemptHistory): JobAttempts {
  return { totals, attempts: attempts.map(attemptView), rates: [], unassignedSplits: new Map() }
}
