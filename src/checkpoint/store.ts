import { MillraceError } from '../core/error.js'
import { decodeRecord, encodeRecord } from './codec.js'
import type { CheckpointRecord } from './record.js'
import type { CheckpointStorage } from './storage.js'

/** A record as a listing shows it. */
export interface StoredCheckpoint {
  readonly checkpointId: number
  readonly sizeBytes: number
}

/** The newest record that can be read. */
export interface LatestCheckpoint {
  readonly record: CheckpointRecord
  readonly sizeBytes: number
  /** `CHECKPOINT_CORRUPT` for every newer one that cannot: the job goes back behind them. */
  readonly skipped: readonly MillraceError[]
}

/** Where the records of jobs are kept. A record is there as a whole or not at all. */
export interface CheckpointStore {
  /**
   * Says that only attempts from this one on may save records of the job. To be called before an attempt begins.
   *
   * @throws MillraceError `CHECKPOINT_FENCED` when a later attempt said so before, `CHECKPOINT_FAILED` when it cannot be kept.
   */
  claim(jobId: string, epoch: number): Promise<void>
  /**
   * Keeps a record; when this returns, it survives a loss of power. Older ones beyond the retained number are removed.
   *
   * @returns its size in bytes.
   * @throws MillraceError `CHECKPOINT_FENCED` when a later attempt has claimed the job, `CHECKPOINT_FAILED` when it cannot be kept.
   */
  save(record: CheckpointRecord): Promise<number>
  /**
   * The newest record of a job that is whole; `null` when it has none.
   *
   * @throws MillraceError `CHECKPOINT_CORRUPT` when it has some and none is whole, `CHECKPOINT_FAILED` when they cannot be read.
   */
  latest(jobId: string): Promise<LatestCheckpoint | null>
  /**
   * Notes that everything up to a checkpoint is committed, so that a later attempt need not do it again: by then, somebody may have
   * taken away what was committed. A mere help; it is lost without harm.
   */
  markCommitted(jobId: string, checkpointId: number): Promise<void>
  /** The checkpoint of the last {@link markCommitted}; 0 when it is not known. @throws MillraceError `CHECKPOINT_FAILED`. */
  committedId(jobId: string): Promise<number>
  /** One record. @throws MillraceError `CHECKPOINT_CORRUPT` when it is damaged or absent, `CHECKPOINT_FAILED`. */
  load(jobId: string, checkpointId: number): Promise<CheckpointRecord>
  /** The records of a job, oldest first, damaged ones too. */
  list(jobId: string): Promise<readonly StoredCheckpoint[]>
  /** Removes the records of a job that begins anew; who may save stays as it is. @throws MillraceError `CHECKPOINT_FAILED`. */
  discard(jobId: string): Promise<void>
  /** Removes everything that is kept of a job; nothing to remove is no error. */
  remove(jobId: string): Promise<void>
}

/** Records are kept at least so often: the newest may turn out to be damaged. */
export const LEAST_RETAINED = 2
const SUFFIX = '.checkpoint'
const EPOCH_NAME = 'epoch'
const COMMITTED_NAME = 'committed'
const ID_DIGITS = 16

/** Keeps records as files of a storage, one folder per job. */
export class FileCheckpointStore implements CheckpointStore {
  readonly #storage: CheckpointStorage
  readonly #maxRetained: number

  /** @param maxRetained records kept per job; two are always kept. */
  constructor(storage: CheckpointStorage, settings: { readonly maxRetained: number }) {
    this.#storage = storage
    this.#maxRetained = Math.max(LEAST_RETAINED, settings.maxRetained)
  }

  async claim(jobId: string, epoch: number): Promise<void> {
    const claimed = await this.#requireEpoch(jobId, epoch)
    if (claimed < epoch) await this.#storage.put(jobFolder(jobId), EPOCH_NAME, Buffer.from(String(epoch)))
  }

  async save(record: CheckpointRecord): Promise<number> {
    const { jobId, epoch, checkpointId } = record
    const bytes = await encodeRecord(record)
    await this.#requireEpoch(jobId, epoch)
    await this.#put(jobFolder(jobId), nameOf(checkpointId), bytes)
    await this.#retire(jobId)
    return bytes.length
  }

  /** A record that may not survive is not kept: it must not be found later either. */
  async #put(folder: string, name: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.#storage.put(folder, name, bytes)
    } catch (thrown) {
      await this.#storage.remove(folder, name).catch(() => undefined)
      throw thrown
    }
  }

  async latest(jobId: string): Promise<LatestCheckpoint | null> {
    const skipped: MillraceError[] = []
    for (const { checkpointId, sizeBytes } of (await this.list(jobId)).toReversed()) {
      try {
        return { record: await this.load(jobId, checkpointId), sizeBytes, skipped }
      } catch (thrown) {
        if (!(thrown instanceof MillraceError) || thrown.code !== 'CHECKPOINT_CORRUPT') throw thrown
        skipped.push(thrown)
      }
    }
    const [first] = skipped
    if (first === undefined) return null
    throw new MillraceError(
      'CHECKPOINT_CORRUPT',
      `none of the '${skipped.length}' checkpoints of job '${jobId}' is whole`,
      {
        hint: 'start the job from its beginning, or bring the files back from a copy',
        cause: first,
      },
    )
  }

  async markCommitted(jobId: string, checkpointId: number): Promise<void> {
    await this.#storage.put(jobFolder(jobId), COMMITTED_NAME, Buffer.from(String(checkpointId)))
  }

  async committedId(jobId: string): Promise<number> {
    const bytes = await this.#storage.get(jobFolder(jobId), COMMITTED_NAME)
    const text = bytes === null ? '' : Buffer.from(bytes).toString('latin1')
    return /^\d{1,15}$/.test(text) ? Number(text) : 0
  }

  async load(jobId: string, checkpointId: number): Promise<CheckpointRecord> {
    const bytes = await this.#storage.get(jobFolder(jobId), nameOf(checkpointId))
    if (bytes === null)
      throw new MillraceError('CHECKPOINT_CORRUPT', `checkpoint '${checkpointId}' of job '${jobId}' is gone`)
    const record = await decodeRecord(bytes, `checkpoint '${checkpointId}' of job '${jobId}'`)
    if (record.jobId === jobId && record.checkpointId === checkpointId) return record
    const message = `checkpoint '${checkpointId}' of job '${jobId}' holds '${record.checkpointId}' of '${record.jobId}'`
    throw new MillraceError('CHECKPOINT_CORRUPT', message)
  }

  async list(jobId: string): Promise<readonly StoredCheckpoint[]> {
    const files = await this.#storage.list(jobFolder(jobId))
    return files
      .flatMap(({ name, sizeBytes }) => {
        const id = idOf(name)
        return id === null ? [] : [{ checkpointId: id, sizeBytes }]
      })
      .sort((left, right) => left.checkpointId - right.checkpointId)
  }

  async discard(jobId: string): Promise<void> {
    // First of all: numbers of the job's next life may begin below it.
    await this.#storage.remove(jobFolder(jobId), COMMITTED_NAME)
    for (const { checkpointId } of await this.list(jobId)) {
      await this.#storage.remove(jobFolder(jobId), nameOf(checkpointId))
    }
  }

  async remove(jobId: string): Promise<void> {
    await this.#storage.removeFolder(jobFolder(jobId))
  }

  /** The epoch that has claimed the job; 0 when none has. */
  async #requireEpoch(jobId: string, epoch: number): Promise<number> {
    const bytes = await this.#storage.get(jobFolder(jobId), EPOCH_NAME)
    const text = bytes === null ? '0' : Buffer.from(bytes).toString('latin1')
    if (!/^\d{1,15}$/.test(text)) {
      throw new MillraceError('CHECKPOINT_FAILED', `the number of the last attempt of job '${jobId}' cannot be read`)
    }
    if (Number(text) <= epoch) return Number(text)
    throw new MillraceError(
      'CHECKPOINT_FENCED',
      `attempt '${epoch}' of job '${jobId}' was replaced by attempt '${text}'`,
    )
  }

  /** Records that are no longer needed only take space: what keeps them from being removed is no failure of the new one. */
  async #retire(jobId: string): Promise<void> {
    try {
      const files = await this.list(jobId)
      for (const { checkpointId } of files.slice(0, -this.#maxRetained)) {
        await this.#storage.remove(jobFolder(jobId), nameOf(checkpointId))
      }
    } catch {}
  }
}

function nameOf(checkpointId: number): string {
  return `${String(checkpointId).padStart(ID_DIGITS, '0')}${SUFFIX}`
}

function idOf(name: string): number | null {
  const digits = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : ''
  return /^\d{16}$/.test(digits) ? Number(digits) : null
}

/** A job's folder: its id is a number mostly, but it comes from outside. */
function jobFolder(jobId: string): string {
  return encodeURIComponent(jobId).replaceAll('.', '%2E')
}
