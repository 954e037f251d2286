import { randomBytes } from 'node:crypto'
import { type ConfigObject, toJsonText } from '../config/document.js'
import { readEnv } from '../config/env-options.js'
import type { JobDocument } from '../config/job-document.js'
import { decryptDocument, encryptDocument } from '../config/shade.js'
import { valuesOrThrow } from '../config/validate.js'
import { asMillraceErrors, type MillraceError } from '../core/error.js'
import type { KernelBackend, ProgramContext } from '../native/backend.js'
import { type JobOutcome, JobRunner } from '../runtime/job-runner.js'
import type { JobMetrics } from '../runtime/meter.js'

export type { JobMetrics } from '../runtime/meter.js'

import type { PluginRegistry } from '../spi/registry.js'
import { newJobId } from './job-id.js'
import { type PlannedJob, planJob } from './job-planner.js'

/** What a service is made of; only the composition root knows these parts. */
export interface JobServiceParts {
  readonly registry: PluginRegistry
  readonly backend: () => KernelBackend
  readonly workerEntry: URL
  /** Wall clock in milliseconds. */
  readonly now: () => number
  readonly zone: string
  /** Worker threads at most; the number of cores when absent. */
  readonly workers?: number | undefined
}

/** What a job is submitted with. */
export interface JobRequest {
  readonly document: JobDocument
  readonly jobId?: string | undefined
  /** Overrides `job.name`. */
  readonly jobName?: string | undefined
}

/** A job that was accepted and not started. */
export interface PreparedJob {
  readonly id: string
  readonly name: string
  readonly planned: PlannedJob
  readonly warnings: readonly MillraceError[]
  /** Runs the job to its end; call it once. Never rejects. */
  run(): Promise<JobOutcome>
  /** Stops it. */
  cancel(): void
  metrics(): JobMetrics
}

/** One value may not be longer than this unless `value.limitBytes` says otherwise. */
const VALUE_LIMIT_BYTES = 64 * 1024 * 1024
/** Interval of checkpoints in streaming jobs that do not name one, in milliseconds. */
const STREAMING_CHECKPOINT_INTERVAL_MS = 30_000

/** The only way in: every entry point hands its job documents here. */
export class JobService {
  readonly #parts: JobServiceParts

  constructor(parts: JobServiceParts) {
    this.#parts = parts
  }

  /**
   * Checks and plans a job: everything that can be known without moving a row.
   *
   * @throws MillraceErrors with every fault of the document.
   */
  async prepare({ document, jobId, jobName }: JobRequest): Promise<PreparedJob> {
    const { registry, backend, workerEntry, now, workers } = this.#parts
    const validated = readEnv(document.env)
    const env = valuesOrThrow(validated)
    const id = jobId ?? newJobId(now())
    const name = jobName ?? env.jobName
    const planned = await planJob({
      document,
      jobId: id,
      jobName: name,
      jobMode: env.jobMode,
      parallelism: env.parallelism,
      readLimit: { rowsPerSecond: env.readLimitRowsPerSecond, bytesPerSecond: env.readLimitBytesPerSecond },
      program: this.#programContext(),
      backend: backend(),
      registry,
    })
    const interval = env.checkpointIntervalMs ?? (env.jobMode === 'STREAMING' ? STREAMING_CHECKPOINT_INTERVAL_MS : null)
    const runner = new JobRunner(planned.plan, planned.sinks, { workerEntry, workers, checkpointIntervalMs: interval })
    return {
      id,
      name,
      planned,
      warnings: [...validated.warnings, ...planned.warnings],
      run: () => runner.run(),
      cancel: () => runner.cancel(),
      metrics: () => runner.metrics(),
    }
  }

  /** Every fault that shows without running anything; empty when there is none. */
  async check(document: JobDocument): Promise<readonly MillraceError[]> {
    try {
      await this.prepare({ document })
      return []
    } catch (thrown) {
      return asMillraceErrors(thrown)
    }
  }

  /** The document as pretty JSON with its secrets encrypted or decrypted by the shade that its `env` names. */
  convertSecrets(root: ConfigObject, direction: 'encrypt' | 'decrypt'): string {
    return toJsonText((direction === 'encrypt' ? encryptDocument(root) : decryptDocument(root)).root, 4)
  }

  #programContext(): ProgramContext {
    return {
      zone: this.#parts.zone,
      nowMicros: this.#parts.now() * 1000,
      seed: Number(randomBytes(6).readUIntBE(0, 6)),
      valueLimitBytes: VALUE_LIMIT_BYTES,
      subtask: 0,
    }
  }
}
