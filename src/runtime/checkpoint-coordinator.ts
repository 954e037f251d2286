import { advance, initialState, together, wakeMs } from '../checkpoint/checkpoint-fsm.js'
import type {
  Attempt,
  CheckpointAsk,
  CheckpointEffect,
  CheckpointInput,
  CheckpointState,
  EndStatus,
} from '../checkpoint/checkpoint-state.js'
import { recordSizes } from '../checkpoint/codec.js'
import type { CheckpointEvent, CheckpointPart, CheckpointSummary, WorkerShare } from '../checkpoint/events.js'
import type { CheckpointRecord, RecordedCommit } from '../checkpoint/record.js'
import type { CheckpointSettings } from '../checkpoint/settings.js'
import type { CheckpointStore } from '../checkpoint/store.js'
import { asMillraceErrors, MillraceError } from '../core/error.js'
import type { Sink } from '../spi/sink.js'

/** What is asked of a coordinator. */
export interface SavepointOptions {
  /** Whether the job goes on behind it; absent for no. */
  readonly goesOn?: boolean | undefined
  /** Whether a checkpoint like those of the clock is enough; absent for a savepoint. */
  readonly isCheckpoint?: boolean | undefined
  /** Whether the sinks commit as they do at the end of all data, where the job ends behind it; absent for no. */
  readonly isDrained?: boolean | undefined
  /**
   * Keeps the record for itself when everything in it is committed, and says where. When it throws, that is the answer, and a job that
   * was to end with it goes on. Absent: the record is in the store only.
   */
  readonly keep?: ((record: CheckpointRecord) => Promise<string>) | undefined
}

/** What came of it. */
export interface TakenSavepoint extends CheckpointSummary {
  /** What `keep` said; `null` without. */
  readonly location: string | null
}

/** What a coordinator works with. */
export interface CoordinatorParts {
  readonly sinks: readonly Sink[]
  readonly settings: CheckpointSettings
  readonly epoch: number
  readonly workers: number
  readonly lastId: number
  /** `null` for a job that keeps no records. */
  readonly store: CheckpointStore | null
  /** Milliseconds of a clock that never goes back and is near the wall clock. */
  readonly clockMs: () => number
  /** What the workers prepared since the last checkpoint, per sink; all of them rest. */
  commitInfos(): readonly RecordedCommit['infos'][]
  /** The job's position with these commits; all workers rest. */
  record(attempt: Attempt, commits: readonly RecordedCommit[]): CheckpointRecord
  /** What was measured of the parts of a record; the workers may run again. @param sizeOf bytes of a value in a record. */
  measure(record: CheckpointRecord, sizeOf: (value: unknown) => number): readonly CheckpointPart[]
  /** What a worker is at, in words. */
  describe(worker: number): string
  requestBarrier(checkpointId: number): void
  /** The checkpoint is committed. */
  committed(record: CheckpointRecord): void
  resume(checkpointId: number): void
  onError(errors: readonly MillraceError[]): void
  onEvent(event: CheckpointEvent): void
  /** The job is over, but for what is still being done. */
  onEnd(status: EndStatus): void
}

/** Lets the pure state machine of checkpoints act: asks workers, keeps records, commits. */
export class CheckpointCoordinator {
  readonly #parts: CoordinatorParts
  #state: CheckpointState
  #timer: NodeJS.Timeout | null = null
  #work: Promise<void> = Promise.resolve()
  #record: CheckpointRecord | null = null
  #lastError: MillraceError | null = null
  #isAbandoned = false
  /** Whether a record may be durable whose commit is not through: what it names must stay. */
  #keepsPrepared = false
  /** `null` for a job that keeps no records, whose parts have no size. */
  #sizeOf: ((value: unknown) => number) | null = null
  /** Whether the sinks were told that this is the end of all data. */
  #isDrained = false
  /** Who gets the checkpoint that is under way, or the next one when that is being made durable. */
  #waiting: readonly SavepointRequest[] = []
  /** Who gets the one that is being made durable. */
  #taking: readonly SavepointRequest[] = []
  #locations: ReadonlyMap<SavepointRequest, string> = new Map()

  constructor(parts: CoordinatorParts) {
    this.#parts = parts
    const { settings, epoch, workers, lastId, store } = parts
    this.#state = initialState(settings, { epoch, isDurable: store !== null, workers, lastId })
  }

  get endStatus(): EndStatus | null {
    return this.#state.phase.name === 'ended' ? this.#state.phase.status : null
  }

  get keepsPrepared(): boolean {
    return this.#keepsPrepared
  }

  get isDrained(): boolean {
    return this.#isDrained
  }

  /** Ends when nothing is being kept or committed. */
  async settled(): Promise<void> {
    for (let work = this.#work; ; work = this.#work) {
      await work
      if (work === this.#work) return
    }
  }

  start(): void {
    this.#advance({ type: 'started' })
  }

  answered(checkpointId: number, share: Omit<WorkerShare, 'preparedAfterMs'>): void {
    this.#advance({ type: 'answered', checkpointId, ...share })
  }

  cancel(): void {
    this.#advance({ type: 'cancelAsked' })
  }

  failed(errors: readonly MillraceError[]): void {
    this.#fault(errors)
    this.#advance({ type: 'failed' })
  }

  /** Takes a savepoint or a checkpoint. @throws MillraceError `SAVEPOINT_REFUSED`, or what `keep` throws. */
  savepoint(options: SavepointOptions): Promise<TakenSavepoint> {
    const { goesOn = false, isCheckpoint = false, isDrained = false, keep = null } = options
    const ask: CheckpointAsk = {
      kind: isCheckpoint ? 'periodic' : 'savepoint',
      goesOn,
      isDrained: isDrained && !goesOn,
    }
    const result = new Promise<TakenSavepoint>((fulfill, refuse) => {
      this.#waiting = [...this.#waiting, { ask, keep, fulfill, refuse }]
    })
    if (this.#isAbandoned) this.#refuseSavepoint('the job was left')
    this.#advance({ type: 'savepointAsked', ask })
    return result
  }

  /** Nothing is kept and nothing is committed any more, as after a crash. */
  abandon(): void {
    this.#isAbandoned = true
    this.#keepsPrepared = true
    this.#refuseSavepoint('the job was left')
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #fault(errors: readonly MillraceError[]): void {
    this.#lastError ??= errors[0] ?? null
    this.#parts.onError(errors)
  }

  #advance(input: CheckpointInput): void {
    if (this.#isAbandoned) return
    const { state, effects } = advance(this.#state, input, this.#parts.clockMs())
    this.#state = state
    for (const effect of effects) this.#apply(effect)
    this.#arm()
  }

  #arm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    const due = wakeMs(this.#state)
    this.#timer = null
    if (due === null) return
    const waitMs = Math.max(0, Math.ceil(due - this.#parts.clockMs()))
    this.#timer = setTimeout(() => this.#advance({ type: 'tick' }), Math.min(waitMs, LONGEST_TIMER_MS))
  }

  #apply(effect: CheckpointEffect): void {
    const atMs = this.#parts.clockMs()
    switch (effect.type) {
      case 'triggered': {
        const { checkpointId, kind } = effect
        this.#lastError = null
        this.#parts.onEvent({ type: 'checkpointTriggered', checkpointId, kind, atMs })
        break
      }
      case 'requestBarrier':
        this.#parts.requestBarrier(effect.checkpointId)
        break
      case 'resume':
        this.#parts.resume(effect.checkpointId)
        break
      case 'persist':
        this.#taking = this.#waiting
        this.#waiting = []
        this.#do(() => this.#persist(effect.attempt))
        break
      case 'commit':
        this.#do(() => this.#commit(effect.attempt))
        break
      case 'completed':
        this.#completed(effect.summary, atMs)
        break
      case 'dropped':
        this.#dropped(effect.attempt, atMs)
        break
      case 'slow':
      case 'timedOut':
        this.#late(effect, atMs)
        break
      case 'savepointRefused':
        this.#refuseSavepoint(effect.reason)
        break
      case 'savepointTaken':
        for (const request of this.#taking) {
          request.fulfill({ ...effect.summary, location: this.#locations.get(request) ?? null })
        }
        this.#taking = []
        break
      case 'end':
        this.#parts.onEnd(effect.status)
    }
  }

  #completed(summary: CheckpointSummary, atMs: number): void {
    const [record, sizeOf] = [this.#record, this.#sizeOf]
    const parts = record === null || sizeOf === null ? [] : this.#parts.measure(record, sizeOf)
    const [location = null] = this.#locations.values()
    this.#parts.onEvent({ type: 'checkpointCompleted', atMs, ...summary, parts, location })
  }

  /** One step after the other. A step tells its faults itself; whatever else happens in it must not leave the job waiting for it. */
  #do(step: () => Promise<void>): void {
    this.#work = this.#work.then(step).catch((thrown: unknown) => {
      const { phase } = this.#state
      this.#fault(asMillraceErrors(thrown))
      if (!('attempt' in phase)) return
      const { checkpointId } = phase.attempt
      this.#advance({ type: phase.name === 'committing' ? 'commitFailed' : 'persistFailed', checkpointId })
    })
  }

  /** The sinks decide what they will commit; then everything is in one durable record. */
  async #persist(attempt: Attempt): Promise<void> {
    const { checkpointId } = attempt
    const { sinks, store } = this.#parts
    try {
      const infos = this.#parts.commitInfos()
      const commits: RecordedCommit[] = []
      for (const [index, { committer }] of sinks.entries()) {
        const own = infos[index] ?? []
        const settled = (await committer.settle?.(checkpointId, own, isLast(attempt))) ?? null
        commits.push({ infos: own, settled })
      }
      // Whoever stops the job before this point gets a job without this checkpoint, whoever comes later one with it.
      if (this.#isStopping) {
        this.#advance({ type: 'persistFailed', checkpointId })
        return
      }
      this.#record = this.#parts.record(attempt, commits)
      const sizeBytes = store === null ? 0 : await this.#save(store, this.#record)
      if (store !== null) this.#sizeOf ??= await recordSizes()
      this.#advance({ type: 'persisted', checkpointId, sizeBytes })
    } catch (thrown) {
      this.#fault(asMillraceErrors(thrown))
      this.#advance({ type: 'persistFailed', checkpointId })
    }
  }

  get #isStopping(): boolean {
    return this.#isAbandoned || this.#state.isCanceled || this.#state.hasFailed
  }

  async #save(store: CheckpointStore, record: CheckpointRecord): Promise<number> {
    try {
      const sizeBytes = await store.save(record)
      this.#keepsPrepared = true
      return sizeBytes
    } catch (thrown) {
      // The record may be there all the same, and a later attempt would commit it.
      const stored = await store.list(record.jobId).catch(() => null)
      this.#keepsPrepared = stored === null || stored.some(({ checkpointId }) => checkpointId === record.checkpointId)
      throw thrown
    }
  }

  async #commit(attempt: Attempt): Promise<void> {
    const { checkpointId } = attempt
    try {
      const record = this.#record
      if (record?.checkpointId !== checkpointId) throw new Error(`checkpoint ${checkpointId} has no record`)
      for (const [index, { committer }] of this.#parts.sinks.entries()) {
        if (this.#isAbandoned) return
        await committer.commit(checkpointId, record.commits[index]?.infos ?? [], isLast(attempt))
      }
      this.#keepsPrepared = false
      this.#isDrained = isLast(attempt)
      this.#parts.committed(record)
      await this.#keepSavepoints(record)
      const asked = this.#taking.reduce<CheckpointAsk | null>((known, { ask }) => together(known, ask), null)
      this.#advance({ type: 'committed', checkpointId, asked })
      if (!this.#isAbandoned) await this.#parts.store?.markCommitted(record.jobId, checkpointId).catch(() => undefined)
    } catch (thrown) {
      this.#fault(asMillraceErrors(thrown))
      this.#advance({ type: 'commitFailed', checkpointId })
    }
  }

  /** Keeps the record for those who asked for it, once everything in it is committed. Whoever cannot have it is told so at once. */
  async #keepSavepoints(record: CheckpointRecord): Promise<void> {
    const locations = new Map<SavepointRequest, string>()
    this.#locations = locations
    for (const request of this.#taking) {
      if (request.keep === null || this.#isAbandoned) continue
      try {
        locations.set(request, await request.keep(record))
      } catch (thrown) {
        // The sinks are at their end: there is nothing to go on with but another attempt.
        if (this.#isDrained) throw thrown
        this.#taking = this.#taking.filter((each) => each !== request)
        request.refuse(asMillraceErrors(thrown)[0] as MillraceError)
      }
    }
  }

  #dropped({ checkpointId, kind, triggeredMs }: Attempt, atMs: number): void {
    const message = `checkpoint '${checkpointId}' was given up because the job ended`
    const error = this.#lastError ?? new MillraceError('CHECKPOINT_FAILED', message)
    const durationMs = atMs - triggeredMs
    this.#parts.onEvent({ type: 'checkpointFailed', checkpointId, kind, atMs, durationMs, error })
  }

  #late(
    { type, attempt, waitingFor }: Extract<CheckpointEffect, { readonly type: 'slow' | 'timedOut' }>,
    atMs: number,
  ): void {
    const { checkpointId, triggeredMs } = attempt
    const waitedMs = atMs - triggeredMs
    const isCommitting = this.#state.phase.name === 'committing'
    const step = isCommitting ? 'the sinks commit' : 'the record is being kept'
    const holders = waitingFor.length > 0 ? waitingFor.map((worker) => this.#parts.describe(worker)) : [step]
    if (type === 'slow') {
      this.#parts.onEvent({ type: 'checkpointSlow', checkpointId, atMs, waitedMs, holders })
      return
    }
    const message = `checkpoint '${checkpointId}' was not through after '${Math.round(waitedMs)}' ms: ${holders.join('; ')}`
    this.#fault([new MillraceError('CHECKPOINT_TIMEOUT', message, { hint: 'raise checkpoint.timeout' })])
  }

  #refuseSavepoint(reason: string): void {
    const requests = [...this.#taking, ...this.#waiting]
    this.#taking = []
    this.#waiting = []
    for (const { refuse } of requests) {
      refuse(new MillraceError('SAVEPOINT_REFUSED', `there is no savepoint of the job: ${reason}`))
    }
  }
}

/** Whether nothing comes behind a checkpoint: the sinks commit as at the end. */
function isLast({ kind, asked }: Attempt): boolean {
  return kind === 'final' || asked?.isDrained === true
}

/** Longest interval that a timer takes. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Somebody waits for a savepoint. */
interface SavepointRequest {
  readonly ask: CheckpointAsk
  readonly keep: ((record: CheckpointRecord) => Promise<string>) | null
  fulfill(taken: TakenSavepoint): void
  refuse(error: MillraceError): void
}
