import { randomBytes } from 'node:crypto'
import type { CheckpointEvent, CheckpointOverview } from '../checkpoint/events.js'
import { CheckpointHistory } from '../checkpoint/history.js'
import type { CheckpointRecord, RecordedContext, RecordedCounts, RestoreOrigin } from '../checkpoint/record.js'
import type { CheckpointSettings } from '../checkpoint/settings.js'
import type { CheckpointStore } from '../checkpoint/store.js'
import { objectOf } from '../config/document.js'
import { type EnvValues, readEnv } from '../config/env-options.js'
import { stageErrorHandlers } from '../config/error-handler-options.js'
import type { JobDocument } from '../config/job-document.js'
import { ShadeRegistry } from '../config/shade.js'
import { type MillraceError, MillraceErrors } from '../core/error.js'
import type { KernelBackend, ProgramContext } from '../native/backend.js'
import type { SavepointOptions, TakenSavepoint } from '../runtime/checkpoint-coordinator.js'
import { type JobOutcome, JobRunner } from '../runtime/job-runner.js'
import type { JobTasks } from '../runtime/job-tasks.js'
import type { JobMetrics } from '../runtime/meter.js'
import type { StartWorker } from '../runtime/worker-thread.js'
import type { RowLog } from '../spi/context.js'
import type { PluginRegistry } from '../spi/registry.js'
import { type JobDag, jobDag } from './job-dag.js'
import { type JobGraph, jobGraph, jobPipelines, type PipelineDescription } from './job-graph.js'
import { newJobId } from './job-id.js'
import { type JobPolicy, outlineJob, type PlannedJob, type PlanRequest, planJob } from './job-planner.js'
import { fittedRecord } from './missing-state.js'
import { learnDeclaredSecrets, prepareRedacted } from './redacted-job.js'
import { restoredJob, sourceParallelism } from './restore.js'
import { RowErrorLog } from './row-error-log.js'
import { type SinkDelivery, sinkDelivery } from './sink-delivery.js'

export type { CheckpointEvent, CheckpointOverview, CheckpointSummary } from '../checkpoint/events.js'
export type { CheckpointKind, CheckpointRecord, RecordedCounts, RestoreOrigin } from '../checkpoint/record.js'
export type { CheckpointSettings } from '../checkpoint/settings.js'
export type { CheckpointStore } from '../checkpoint/store.js'
export type { SavepointOptions, TakenSavepoint } from '../runtime/checkpoint-coordinator.js'
export type { JobOutcome } from '../runtime/job-runner.js'
export type { FailedAt, JobTasks, LaneTasks } from '../runtime/job-tasks.js'
export type { JobMetrics } from '../runtime/meter.js'
export { isHeldUp, laneClocks, type TaskClock } from '../runtime/task-clocks.js'
export type { TaskCount } from '../runtime/task-meter.js'
export type { RowLog } from '../spi/context.js'
export type { PipelineDescription } from './job-graph.js'
export type { JobPolicy } from './job-planner.js'
export type { SinkDelivery } from './sink-delivery.js'

/** What a service is made of; only the composition root knows these parts. */
export interface JobServiceParts {
  readonly registry: PluginRegistry
  readonly backend: () => KernelBackend
  readonly workerEntry: URL
  /** Starts workers in threads that are kept, for a process that runs many jobs; new ones of {@link workerEntry} when absent. */
  readonly startWorker?: StartWorker | undefined
  /** Wall clock in milliseconds. */
  readonly now: () => number
  readonly zone: string
  /** Worker threads at most; the number of cores when absent. */
  readonly workers?: number | undefined
  /** Milliseconds that the workers of a stopped job have before they are ended; 5 seconds when absent. */
  readonly stopGraceMs?: number | undefined
  /** Kinds of encryption of documents that are sent; with the keys of this process' environment when absent. */
  readonly shades?: ShadeRegistry | undefined
}

/** What makes a job durable: it can go on in another process. */
export interface JobCheckpoints {
  readonly store: CheckpointStore
  /** Number of this attempt, from 1; higher than that of every attempt before it, also after a restart of the node. */
  readonly epoch: number
  /**
   * The record to go on behind, mostly `latest(jobId)` of the store, asked for after `claim(jobId, epoch)`; `null` for the job's beginning. What earlier attempts left
   * staged is removed in both cases.
   */
  readonly restoreFrom: CheckpointRecord | null
  /** Set for a record that somebody named, of this job or another one: where it comes from. */
  readonly origin?: RestoreOrigin | undefined
  /**
   * The node's settings. `intervalMs` holds for STREAMING jobs whose `env` has none; what `env` says of `checkpoint.interval`,
   * `checkpoint.timeout` and `min-pause` goes before.
   */
  readonly settings: CheckpointSettings
}

/** What a job is submitted with. */
export interface JobRequest {
  readonly document: JobDocument
  readonly jobId?: string | undefined
  /** Overrides `job.name`. */
  readonly jobName?: string | undefined
  /** Subtasks of the sources by their places, in the place of what the job says; `null` or absent for that. */
  readonly sourceParallelism?: readonly (number | null)[] | undefined
  /** Worker threads at most; what the service was made with when absent. */
  readonly workers?: number | undefined
  /** Gets every warning as it is found, also of a job that is refused. */
  readonly warn?: ((warning: MillraceError) => void) | undefined
  /** Gets a line for rows that fail and are handled while the job runs; their number in a second is limited. */
  readonly rowError?: ((line: string) => void) | undefined
  /** Whether bytes by SeaTunnel's size model are counted and vertices measured, as a node does; it costs a look at every text. */
  readonly countsBytes?: boolean | undefined
  /** What the job may do; absent for everything. */
  readonly policy?: JobPolicy | undefined
  /** Where rows that sinks print go to; standard output alone when absent. */
  readonly rowLog?: RowLog | undefined
  /** Absent for a job that lives no longer than its process: its files still appear as a whole, or not at all. */
  readonly checkpoints?: JobCheckpoints | undefined
}

/** What checking a job found. */
export interface JobCheck {
  /** What keeps the job from running, in the order of the text. */
  readonly faults: readonly MillraceError[]
  readonly warnings: readonly MillraceError[]
}

/** What a job would be made of. */
export interface OutlinedDag {
  readonly name: string
  readonly mode: 'BATCH' | 'STREAMING'
  readonly dag: JobDag
  readonly warnings: readonly MillraceError[]
}

/** A job that was accepted and not started. */
export interface PreparedJob {
  readonly id: string
  readonly name: string
  readonly planned: PlannedJob
  readonly warnings: readonly MillraceError[]
  /** The parts that read and write independently of each other. */
  readonly pipelines: readonly PipelineDescription[]
  /** What every sink promises when the job goes on after a failure. */
  readonly delivery: readonly SinkDelivery[]
  /** What will run, for people and tools. */
  graph(): JobGraph
  /** What samples of its threads carry; see {@link threadPlace}. */
  readonly runNumber: number
  /** Runs the job to its end; call it once. Never rejects. */
  run(): Promise<JobOutcome>
  /** Stops it: {@link run} ends with `CANCELED`, or with `FINISHED` when the last commit had begun. May be called again. */
  cancel(): void
  /**
   * Takes a checkpoint and ends the job behind it: {@link run} then ends with `SAVEPOINT_DONE`. With `goesOn` the job runs on. Calls
   * that come before it is made durable share it, and the job ends when one of them wants it; later ones get the next one. A job that is
   * being opened is waited for.
   *
   * With `waits` a job that is being opened is waited for.
   *
   * @throws MillraceError `SAVEPOINT_REFUSED` when the job keeps no checkpoints, does not run yet or any more, or ends by itself
   *   meanwhile; otherwise what the checkpoint failed with.
   */
  savepoint(options?: SavepointOptions): Promise<TakenSavepoint>
  /**
   * Leaves a durable job as a crash would, so that a later attempt goes on with it: {@link run} ends with `ABANDONED`. For a node
   * that is stopped.
   */
  abandon(): void
  /** What was done so far, over all attempts; what is not in a checkpoint yet counts too. */
  metrics(): JobMetrics
  /** What the subtasks of every vertex have done in this attempt; see {@link JobRequest.countsBytes}. */
  tasks(): JobTasks
  /** What the last checkpoint that was committed holds, over all attempts. */
  committedMetrics(): RecordedCounts
  checkpoints(): CheckpointOverview
  /** When it takes checkpoints: what it says itself, and what its node says for the rest. */
  readonly checkpointSettings: CheckpointSettings
  /** Whether each row is seen once in every sink however often the job goes on behind a checkpoint. */
  readonly isExactlyOnce: boolean
  /** Gets everything that happens to checkpoints from now on; the result ends it. */
  onEvent(listener: (event: CheckpointEvent) => void): () => void
}

/** Checkpoints of jobs that no node runs. */
const LOCAL_SETTINGS: CheckpointSettings = {
  intervalMs: 30_000,
  minPauseMs: -1,
  timeoutMs: 30_000,
  onTimeout: 'warn',
}

/** The only way in: every entry point hands its job documents here. */
export class JobService {
  readonly #parts: JobServiceParts

  /** What documents that are sent are decrypted with. */
  readonly shades: ShadeRegistry

  constructor(parts: JobServiceParts) {
    this.#parts = parts
    this.shades = parts.shades ?? new ShadeRegistry()
  }

  /**
   * Checks and plans a job: everything that can be known without moving a row.
   *
   * Everything that the job says, now and while it runs, is free of the document's secrets.
   *
   * @throws MillraceErrors with every fault of the document.
   */
  async prepare(request: JobRequest): Promise<PreparedJob> {
    await this.learnSecrets(request.document)
    return prepareRedacted(request, (each) => this.#prepare(each))
  }

  /**
   * Tells the document's redactor what its plug-ins declare as secret; before that it knows those that are called so. For whoever
   * shows a document that is not prepared yet. Never rejects.
   */
  learnSecrets(document: JobDocument): Promise<void> {
    return learnDeclaredSecrets(document, this.#parts.registry)
  }

  /**
   * What a job would be made of, by its document alone. No plug-in is made, so nothing outside of the process is touched, and which
   * tables there are is not known.
   *
   * @throws MillraceErrors with every fault that shows without.
   */
  async outline(request: Pick<JobRequest, 'document' | 'jobName'>): Promise<OutlinedDag> {
    const { redactor } = request.document
    await this.learnSecrets(request.document)
    try {
      const { planRequest, warnings } = this.#read(request)
      const outlined = await outlineJob(planRequest)
      const all = [...warnings, ...outlined.warnings].map((warning) => redactor.error(warning))
      const { jobName: name, jobMode: mode } = planRequest
      return { name, mode, dag: jobDag(outlined), warnings: all }
    } catch (thrown) {
      throw redactor.thrown(thrown)
    }
  }

  /** What a job is planned from. */
  #read({ document, jobId, jobName, warn, rowLog, countsBytes, policy, checkpoints, sourceParallelism }: JobRequest) {
    const { registry, backend, now } = this.#parts
    const validated = readEnv(document.env)
    for (const warning of validated.warnings) warn?.(warning)
    const env = validated.values ?? defaultEnv(document)
    const planRequest: PlanRequest = {
      document,
      jobId: jobId ?? newJobId(now()),
      jobName: jobName ?? env.jobName,
      jobMode: env.jobMode,
      parallelism: env.parallelism,
      sourceParallelism,
      countsBytes,
      policy,
      rowLog,
      readLimit: { rowsPerSecond: env.readLimitRowsPerSecond, bytesPerSecond: env.readLimitBytesPerSecond },
      program: this.#programContext(env.valueLimitBytes, checkpoints?.restoreFrom?.context),
      backend: backend(),
      registry,
      epoch: checkpoints?.epoch ?? null,
      errorHandlers: stageErrorHandlers(env),
      earlierFaults: validated.faults,
      ...(warn === undefined ? {} : { warn }),
    }
    return { env, planRequest, warnings: validated.warnings }
  }

  async #prepare(request: JobRequest): Promise<PreparedJob> {
    const { workers, rowError, checkpoints } = request
    const { workerEntry, startWorker, now } = this.#parts
    const { env, planRequest, warnings } = this.#read(request)
    const { jobId: id, jobName: name, program } = planRequest
    const restoreFrom = checkpoints?.restoreFrom ?? null
    const job = await planJob(planRequest)
    const recorded = restoreFrom === null ? null : fittedRecord(job, restoreFrom, checkpoints?.origin)
    const planned = recorded === null ? job : restoredJob(job, recorded, checkpoints?.origin !== undefined)
    const rowErrors = new RowErrorLog(rowError ?? (() => undefined), now)
    const history = new CheckpointHistory()
    const settings = checkpointSettings(env, checkpoints?.settings)
    const listeners = new Set<(event: CheckpointEvent) => void>([(event) => history.add(event)])
    const runner = new JobRunner(planned.plan, planned.sinks, {
      workerEntry,
      startWorker,
      workers: workers ?? this.#parts.workers,
      stopGraceMs: this.#parts.stopGraceMs,
      checkpoints: settings,
      now,
      durable: checkpoints && {
        ...checkpoints,
        restoreFrom: recorded,
        context: recordedContext(program),
        plugins: planned.plugins,
        parallelism: sourceParallelism(planned),
      },
      feeds: planned.feeds,
      onRowErrors: (report) => rowErrors.take(report),
      onEvent: (event) => {
        for (const listener of listeners) listener(event)
      },
    })
    return {
      id,
      name,
      planned,
      warnings: [...warnings, ...planned.warnings],
      // What there is to read in all, also where a part of it was read by earlier attempts.
      pipelines: jobPipelines(job),
      delivery: sinkDelivery(planned),
      graph: () => jobGraph(planned),
      runNumber: runner.runNumber,
      run: async () => {
        const outcome = await runner.run()
        rowErrors.end()
        return outcome
      },
      cancel: () => runner.cancel(),
      savepoint: (options = {}) => runner.savepoint(options),
      abandon: () => runner.abandon(),
      metrics: () => runner.metrics(),
      tasks: () => runner.tasks(),
      committedMetrics: () => runner.committedMetrics(),
      checkpoints: () => history.overview(),
      checkpointSettings: settings,
      isExactlyOnce:
        planned.unreplayable.size === 0 && planned.sinks.every(({ isAtLeastOnce }) => isAtLeastOnce !== true),
      onEvent: (listener) => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    }
  }

  /** Everything that shows without running anything. Never rejects. */
  async check(document: JobDocument): Promise<JobCheck> {
    const warnings: MillraceError[] = []
    try {
      await this.prepare({ document, warn: (warning) => warnings.push(warning) })
      return { faults: [], warnings }
    } catch (thrown) {
      return { faults: document.redactor.thrown(thrown).errors, warnings }
    }
  }

  /** @param recorded what earlier attempts of the job computed their rows with. */
  #programContext(valueLimitBytes: number, recorded: RecordedContext | undefined): ProgramContext {
    const own = recorded ?? {
      zone: this.#parts.zone,
      nowMicros: this.#parts.now() * 1000,
      seed: Number(randomBytes(6).readUIntBE(0, 6)),
    }
    return { ...own, valueLimitBytes, subtask: 0 }
  }
}

function recordedContext({ zone, nowMicros, seed }: ProgramContext): RecordedContext {
  return { zone, nowMicros, seed }
}

/** When a job takes checkpoints: what it says itself goes before what its node says. */
function checkpointSettings(env: EnvValues, node: CheckpointSettings | undefined): CheckpointSettings {
  const { intervalMs, minPauseMs, timeoutMs, onTimeout } = node ?? LOCAL_SETTINGS
  return {
    intervalMs: env.checkpointIntervalMs ?? (env.jobMode === 'STREAMING' ? intervalMs : null),
    minPauseMs: env.minPauseMs >= 0 ? env.minPauseMs : minPauseMs,
    timeoutMs: env.checkpointTimeoutMs ?? timeoutMs,
    onTimeout,
  }
}

/** The values of an `env` that says nothing, for going on behind a faulty one. */
function defaultEnv(document: JobDocument): EnvValues {
  const { values, faults } = readEnv(objectOf([], document.env.position))
  if (values === null) throw new MillraceErrors(faults)
  return values
}
