import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { RootDatabase } from 'lmdb'
import { MillraceError } from '../core/error.js'
import { type DataOwner, isRunning, thisProcess } from './data-owner.js'
import { progressOf, type StoredProgress, storedProgress } from './job-codec.js'
import type { JobProgress, JobRecord } from './job-record.js'
import type { JobStore, StoreChange, StoredJob } from './job-store.js'
import { requireWholeFile } from './lmdb-file.js'

/** Version of the keys and values below; a store of a later one is refused. */
const LAYOUT = 1
const META = 'meta'
const JOB = 'job'
const PROGRESS = 'progress'
const SIGN = 'sign'
const FOLDER = 'jobs'

/** File that holds the jobs of a data folder. */
export function storeFile(dataFolder: string): string {
  return join(dataFolder, FOLDER, 'data.mdb')
}
/** Sorts behind every job id. */
const BEHIND_IDS = '~'

/** Facts of the store as a whole. */
interface StoreMeta {
  readonly layout: number
  /** Openings so far. */
  readonly epoch: number
  /** Who has it open; `null` after it was closed. */
  readonly owner: DataOwner | null
}

/** How long an owner that cannot be asked is watched for a sign of life, in milliseconds. */
const WATCH_MS = 12_000
const WATCH_STEP_MS = 250
/** Milliseconds between two signs of life. */
const SIGN_OF_LIFE_MS = 4000

/**
 * Jobs in an LMDB environment below the data folder. Only one process has it: what another one writes after this one opened it is
 * refused, and the other way round.
 */
export class LmdbJobStore implements JobStore {
  readonly epoch: number
  readonly lost: Promise<MillraceError>
  readonly #database: RootDatabase
  readonly #signs: NodeJS.Timeout
  /** Writes under way: the environment must not be closed beneath them. */
  readonly #pending = new Set<Promise<unknown>>()
  #tellLost: (error: MillraceError) => void = () => undefined
  #isClosed = false

  private constructor(database: RootDatabase, epoch: number) {
    this.#database = database
    this.epoch = epoch
    this.lost = new Promise((resolve) => {
      this.#tellLost = resolve
    })
    this.#signs = setInterval(() => void this.#giveSign(), SIGN_OF_LIFE_MS)
    this.#signs.unref()
  }

  /**
   * Opens the store of a data folder, which is made when it is not there.
   *
   * @throws MillraceError `NODE_LOCKED` when a running node has it, `UNIMPLEMENTED` when a later version wrote it, `STORE_FAILED`.
   */
  static async open(dataFolder: string): Promise<LmdbJobStore> {
    const folder = join(dataFolder, FOLDER)
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      requireWholeFile(join(folder, 'data.mdb'))
      const { open } = await import('lmdb')
      const database = open({
        path: folder,
        encoding: 'msgpack',
        useVersions: true,
        // A change is durable when its promise ends, not some time later.
        overlappingSync: false,
        // The batches of a turn have a promise of their own, whose failure nobody could hear.
        eventTurnBatching: false,
        ...({ permissionsMode: 0o600 } as object),
      })
      try {
        return new LmdbJobStore(database, await takeOver(database, dataFolder))
      } catch (error) {
        await database.close()
        throw error
      }
    } catch (thrown) {
      throw thrown instanceof MillraceError ? thrown : storeFailure(`open '${dataFolder}'`, thrown)
    }
  }

  *jobs(): Iterable<StoredJob> {
    for (const { value } of this.#database.getRange({ start: [JOB], end: [JOB, BEHIND_IDS] })) {
      const record = value as JobRecord
      const progress = this.#database.get([PROGRESS, record.jobId]) as StoredProgress | undefined
      if (progress !== undefined) yield { record, progress: progressOf(progress) }
    }
  }

  async write(changes: readonly StoreChange[]): Promise<void> {
    if (this.#isClosed) throw storeFailure('write a job', 'it is closed')
    let isOurs: boolean
    try {
      isOurs = await this.#ifOurs(() => {
        for (const change of changes) this.#apply(change)
      })
    } catch (thrown) {
      throw storeFailure('write a job', thrown)
    }
    if (!isOurs) throw takenOver()
  }

  /** Writes when no other node has opened the store; gives whether that was so. */
  async #ifOurs(write: () => void): Promise<boolean> {
    const written = this.#database.ifVersion(META, this.epoch, write)
    this.#pending.add(written)
    try {
      return await written
    } catch (thrown) {
      throw await commitCause(thrown)
    } finally {
      this.#pending.delete(written)
    }
  }

  #apply(change: StoreChange): void {
    switch (change.type) {
      case 'job':
        alone(this.#database.put([JOB, change.record.jobId], change.record))
        this.#putProgress(change.record.jobId, change.progress)
        break
      case 'progress':
        this.#putProgress(change.jobId, change.progress)
        break
      case 'remove':
        alone(this.#database.remove([JOB, change.jobId]))
        alone(this.#database.remove([PROGRESS, change.jobId]))
    }
  }

  #putProgress(jobId: string, progress: JobProgress): void {
    alone(this.#database.put([PROGRESS, jobId], storedProgress(progress)))
  }

  /** Shows nodes that cannot look at this process that it lives, and finds out whether one of them took it for dead. */
  async #giveSign(): Promise<void> {
    const at = Date.now()
    const isOurs = await this.#ifOurs(() => alone(this.#database.put(SIGN, at))).catch(() => true)
    if (!isOurs) this.#tellLost(takenOver())
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#signs)
    const { epoch } = this
    const meta: StoreMeta = { layout: LAYOUT, epoch, owner: null }
    await this.#ifOurs(() => alone(this.#database.put(META, meta, epoch))).catch(() => false)
    await Promise.allSettled(this.#pending)
    await this.#database.close()
  }
}

/** A part of a change: the change as a whole says what became of it. */
function alone(part: Promise<boolean>): void {
  part.catch(() => undefined)
}

/** Why a change was not written: the package rejects with an error that only names another promise. */
async function commitCause(thrown: unknown): Promise<unknown> {
  const { commitError } = (thrown ?? {}) as { readonly commitError?: unknown }
  if (!(commitError instanceof Promise)) return thrown
  return commitError.then(
    () => thrown,
    (cause: unknown) => cause,
  )
}

function takenOver(): MillraceError {
  return new MillraceError('NODE_LOCKED', 'another node has opened the data folder; this one may write no more')
}

/** Makes this process the owner; gives the new epoch. */
async function takeOver(database: RootDatabase, dataFolder: string): Promise<number> {
  let sign: unknown = database.get(SIGN)
  for (let watchedMs = 0; ; watchedMs += WATCH_STEP_MS) {
    const taken = database.transactionSync((): number | DataOwner => {
      const meta = database.get(META) as StoreMeta | undefined
      if (meta !== undefined && meta.layout > LAYOUT) throw laterLayout(meta.layout, dataFolder)
      const owner = meta?.owner ?? null
      const lives = owner === null ? false : isRunning(owner)
      if (owner !== null && (lives === true || (lives === null && watchedMs < WATCH_MS))) return owner
      const epoch = (meta?.epoch ?? 0) + 1
      database.putSync(META, { layout: LAYOUT, epoch, owner: thisProcess() } satisfies StoreMeta, epoch)
      return epoch
    })
    if (typeof taken === 'number') return taken
    const now: unknown = database.get(SIGN)
    if (isRunning(taken) === true || now !== sign) throw locked(taken, dataFolder)
    sign = now
    await new Promise((resolve) => setTimeout(resolve, WATCH_STEP_MS))
  }
}

function locked({ pid }: DataOwner, dataFolder: string): MillraceError {
  const hint = 'stop that node first, or give this one a data folder of its own'
  return new MillraceError('NODE_LOCKED', `the node with process id '${pid}' has the data folder '${dataFolder}'`, {
    hint,
  })
}

function laterLayout(layout: number, dataFolder: string): MillraceError {
  const message = `the data folder '${dataFolder}' has layout '${layout}', this program knows '${LAYOUT}'`
  return new MillraceError('UNIMPLEMENTED', message, { hint: 'start the release that wrote it' })
}

function storeFailure(what: string, cause: unknown): MillraceError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const hint = 'look at the space and the rights of the data folder'
  return new MillraceError('STORE_FAILED', `the store cannot ${what}: ${reason}`, { cause, hint })
}
