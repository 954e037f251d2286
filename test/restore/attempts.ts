import assert from 'node:assert/strict'
import type { CheckpointRecord } from '../../src/checkpoint/record.js'
import type { CheckpointSettings } from '../../src/checkpoint/settings.js'
import { MemoryCheckpointStorage } from '../../src/checkpoint/storage.js'
import { type CheckpointStore, FileCheckpointStore } from '../../src/checkpoint/store.js'
import { parseJobFile } from '../../src/config/job-document.js'
import type { MillraceError } from '../../src/core/error.js'
import type { CheckpointEvent, JobOutcome, PreparedJob } from '../../src/engine/job-service.js'
import type { SinkCommitter } from '../../src/spi/sink.js'
import { testService } from '../jobs/harness.js'

/** Where an attempt is left as a crash would leave it: around the record of its n-th checkpoint, or between two sinks that commit it. */
export const CRASH_POINTS = ['before the record', 'behind the record', 'in the commit', 'behind the commit'] as const
export type CrashPoint = (typeof CRASH_POINTS)[number]

/** A crash: at which checkpoint of the attempt, counted from 1, and where in it. */
export interface Crash {
  readonly checkpoint: number
  readonly point: CrashPoint
}

/** Settings of a node that leave everything to the job. */
const SETTINGS: CheckpointSettings = { intervalMs: 10, minPauseMs: -1, timeoutMs: 60_000, onTimeout: 'warn' }

/** The attempts of one durable job, which share a store. */
export class Attempts {
  readonly jobId: string
  readonly store: CheckpointStore
  readonly events: CheckpointEvent[] = []
  readonly #jobs: PreparedJob[] = []
  epoch = 0
  readonly #text: string
  readonly #workers: number
  readonly #settings: CheckpointSettings

  constructor(
    text: string,
    parts: {
      readonly jobId?: string
      readonly store?: CheckpointStore
      readonly workers?: number
      readonly settings?: Partial<CheckpointSettings>
    } = {},
  ) {
    this.#text = text
    this.jobId = parts.jobId ?? '4711'
    this.store = parts.store ?? new FileCheckpointStore(new MemoryCheckpointStorage(), { maxRetained: 3 })
    this.#workers = parts.workers ?? 2
    this.#settings = { ...SETTINGS, ...parts.settings }
  }

  /** Plans the next attempt behind the newest record. */
  async prepare(
    changes: {
      readonly text?: string
      readonly restoreFrom?: CheckpointRecord
      readonly store?: CheckpointStore
      /** Subtasks of the sources, in the place of what the job says. */
      readonly parallelism?: readonly number[]
    } = {},
  ): Promise<PreparedJob> {
    this.epoch += 1
    const { epoch } = this
    await this.store.claim(this.jobId, epoch)
    const restoreFrom = changes.restoreFrom ?? (await this.store.latest(this.jobId))?.record ?? null
    const text = changes.text ?? this.#text
    const document = parseJobFile({ text, file: 'job.conf', variables: new Map(), environment: new Map() })
    const job = await testService(this.#workers).prepare({
      document,
      jobId: this.jobId,
      sourceParallelism: changes.parallelism,
      checkpoints: { store: changes.store ?? this.store, epoch, restoreFrom, settings: this.#settings },
    })
    job.onEvent((event) => void this.events.push(event))
    this.#jobs.push(job)
    return job
  }

  /** Ends what runs still: a test that fails must not leave threads behind. */
  close(): void {
    for (const job of this.#jobs) job.abandon()
  }

  /** Runs the next attempt until it crashes or ends. */
  async run(crash: Crash | null = null, parallelism?: readonly number[]): Promise<JobOutcome> {
    const chosen = parallelism === undefined ? {} : { parallelism }
    if (crash === null) return (await this.prepare(chosen)).run()
    let checkpoints = 0
    const crashing: { job: PreparedJob | null } = { job: null }
    const at = (point: CrashPoint): void => {
      if (point === crash.point && checkpoints === crash.checkpoint) crashing.job?.abandon()
    }
    const store: CheckpointStore = {
      claim: (jobId, epoch) => this.store.claim(jobId, epoch),
      latest: (jobId) => this.store.latest(jobId),
      load: (jobId, id) => this.store.load(jobId, id),
      list: (jobId) => this.store.list(jobId),
      discard: (jobId) => this.store.discard(jobId),
      remove: (jobId) => this.store.remove(jobId),
      markCommitted: (jobId, id) => this.store.markCommitted(jobId, id),
      committedId: (jobId) => this.store.committedId(jobId),
      save: async (record) => {
        checkpoints += 1
        at('before the record')
        if (crash.point === 'before the record' && checkpoints === crash.checkpoint)
          throw new Error('the attempt is over')
        const sizeBytes = await this.store.save(record)
        at('behind the record')
        return sizeBytes
      },
    }
    const job = await this.prepare({ store, ...chosen })
    crashing.job = job
    const [first] = job.planned.sinks
    const last = job.planned.sinks.at(-1)
    if (first !== undefined) afterCommit(first.committer, () => at('in the commit'))
    if (last !== undefined) afterCommit(last.committer, () => at('behind the commit'))
    return job.run()
  }

  /** Runs attempts that crash as they are told, again and again, and then one to the end. */
  async finish(crashes: readonly Crash[]): Promise<JobOutcome> {
    for (const crash of crashes) {
      const outcome = await this.run(crash)
      if (outcome.status === 'FINISHED') return outcome
      assert.deepEqual([outcome.status, texts(outcome.errors)], ['ABANDONED', []], JSON.stringify(crash))
    }
    return this.run()
  }
}

/** Calls something when a sink has committed. */
function afterCommit(committer: SinkCommitter, call: () => void): void {
  const commit = committer.commit.bind(committer)
  committer.commit = async (...checkpoint) => {
    await commit(...checkpoint)
    call()
  }
}

/** Errors as texts, for messages of tests. */
export function texts(errors: readonly MillraceError[]): readonly string[] {
  return errors.map((error) => `${error.code} ${error.message}`)
}

/** Waits for something that a job tells. */
export function until(test: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (test()) resolve()
      else if (performance.now() > deadline) reject(new Error('it does not come'))
      else setImmediate(look)
    }
    look()
  })
}

/** Rows of some 100 bytes, so that a limit of rows cuts a file into several morsels. */
export function wideRows(count: number): string {
  return Array.from({ length: count }, (_, id) => `${id},name ${id} ${'x'.repeat(90)}`).join('\n')
}
