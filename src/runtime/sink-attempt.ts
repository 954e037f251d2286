import type { CheckpointRecord, RecordedContext, RecordedPlugin, RestoreOrigin } from '../checkpoint/record.js'
import type { CheckpointStore } from '../checkpoint/store.js'
import { asMillraceErrors, MillraceError } from '../core/error.js'
import type { Sink } from '../spi/sink.js'

/** Who stopped a job before its end: somebody who wants it gone, or a node that will go on with it. */
export type JobStop = 'CANCELED' | 'ABANDONED'

/** What makes a job durable. */
export interface DurableJob {
  readonly store: CheckpointStore
  /** Number of the attempt, from 1. */
  readonly epoch: number
  /** What this attempt goes on behind; the plan has its splits. `null` for the beginning. */
  readonly restoreFrom: CheckpointRecord | null
  /** Where the record comes from; absent when an earlier attempt of this job left it. */
  readonly origin?: RestoreOrigin | undefined
  readonly context: RecordedContext
  readonly plugins: readonly RecordedPlugin[]
  /** Subtasks of every source. */
  readonly parallelism: readonly number[]
}

/**
 * The sinks of one attempt of a job at its two ends: they are opened, or take over where another attempt was, and what is not
 * committed is removed, or left for a later attempt.
 */
export class SinkAttempt {
  readonly #jobId: string
  readonly #sinks: readonly Sink[]
  readonly #onRestored: (record: CheckpointRecord) => void
  #lastCheckpointId = 0
  #isDurable = false
  /** Whether what an earlier attempt prepared is not committed yet. */
  #owesCommit = false

  constructor(jobId: string, sinks: readonly Sink[], onRestored: (record: CheckpointRecord) => void) {
    this.#jobId = jobId
    this.#sinks = sinks
    this.#onRestored = onRestored
  }

  /** Highest id that a checkpoint of the job ever had, those whose records are damaged included. */
  get lastCheckpointId(): number {
    return this.#lastCheckpointId
  }

  /**
   * @param stopped asked before every step: what is there must not be touched for a job that was stopped, but what an earlier
   *   attempt had to commit and to remove is done unless another one will do it.
   * @returns `atEnd` when the job was at its end and only had to be committed again.
   */
  async begin(durable: DurableJob | null, stopped: () => JobStop | null): Promise<'open' | 'atEnd'> {
    if (durable !== null) await this.#takeOver(durable, () => stopped() === 'ABANDONED')
    const restored = durable?.restoreFrom ?? null
    if (restored !== null) return restored.kind === 'final' && !this.#owesCommit ? 'atEnd' : 'open'
    // Opening a sink may drop data.
    for (const { committer } of this.#sinks) if (stopped() === null) await committer.open()
    return 'open'
  }

  async #takeOver({ store, epoch, restoreFrom, origin }: DurableJob, isAbandoned: () => boolean): Promise<void> {
    this.#isDurable = true
    if (restoreFrom !== null && origin === undefined && restoreFrom.epoch >= epoch) {
      throw new MillraceError(
        'CHECKPOINT_FENCED',
        `attempt '${epoch}' cannot go on behind attempt '${restoreFrom.epoch}'`,
      )
    }
    await store.claim(this.#jobId, epoch)
    const stored = await store.list(this.#jobId)
    const committedId = restoreFrom === null ? 0 : await store.committedId(this.#jobId)
    const ids = [restoreFrom?.checkpointId ?? 0, ...stored.map(({ checkpointId }) => checkpointId)]
    // Behind what an earlier life of the job committed too: its number must not stand for a checkpoint of this one.
    this.#lastCheckpointId = Math.max(...ids, origin === undefined ? 0 : committedId)
    // Records of an earlier life of the job must not be taken for this one's.
    if (restoreFrom === null) await store.discard(this.#jobId)
    else {
      const isCommitted = origin === undefined ? restoreFrom.checkpointId <= committedId : origin.isCommitted
      await this.#resume(restoreFrom, isCommitted, isAbandoned)
    }
    // Whoever names an older one wants it so: what was committed behind it is not ours to remove.
    const isNewest = restoreFrom === null || origin !== undefined || restoreFrom.checkpointId === this.#lastCheckpointId
    const newestKept = isNewest ? null : restoreFrom.checkpointId
    for (const { committer } of this.#sinks) if (!isAbandoned()) await committer.sweep?.(newestKept)
  }

  /** Commits what the record holds, once more unless it is known that this was done. */
  async #resume(record: CheckpointRecord, isCommitted: boolean, isAbandoned: () => boolean): Promise<void> {
    const { checkpointId, kind, commits } = record
    this.#owesCommit = !isCommitted
    for (const [index, { committer }] of this.#sinks.entries()) {
      if (isAbandoned()) return
      const { infos, settled } = commits[index] ?? { infos: [], settled: null }
      await committer.resume?.(settled)
      if (!isCommitted) await committer.commit(checkpointId, infos, kind === 'final')
    }
    this.#owesCommit = false
    this.#onRestored(record)
  }

  /**
   * Ends the attempt. What went wrong is given, not thrown.
   *
   * @param isLeft whether what was prepared is left for a later attempt.
   */
  async end(isLeft: boolean): Promise<readonly MillraceError[]> {
    const errors: MillraceError[] = []
    for (const { committer } of this.#sinks) {
      const isKept = this.#isDurable && (isLeft || this.#owesCommit)
      await (isKept ? committer.leave?.() : committer.abort())?.catch((thrown: unknown) => {
        errors.push(...asMillraceErrors(thrown))
      })
    }
    return errors
  }
}
