import { MillraceError } from '../core/error.js'
import { END_STATES, type JobDag, type JobEvent, type RescaleRequest, type VertexBounds } from './api.js'
import type { JobFsmEvent } from './job-fsm.js'
import type { EventDetails } from './job-inbox.js'
import {
  areSameBounds,
  boundsWith,
  dagWith,
  fittingParallelism,
  fixedReason,
  isSame,
  ownBounds,
  parallelismOf,
  parallelismText,
  type WantedParallelism,
  wantedBy,
} from './job-parallelism.js'
import type { JobProgress, JobRecord, JobRequirements } from './job-record.js'
import type { Parallelism } from './job-rescale.js'
import type { SlotScheduler } from './scheduler.js'
import { slotsNeeded } from './slots-needed.js'

/** What a rescaler works with. */
export interface RescalerParts {
  readonly record: JobRecord
  readonly scheduler: SlotScheduler
  /** The job as it is durable. */
  readonly progress: () => JobProgress
  /** Hands something to the state machine; ends with whether it meant something. */
  readonly add: (event: JobFsmEvent | null, details: EventDetails, isRequest: boolean) => Promise<boolean>
}

/** Somebody waits for another parallelism. */
interface Waiter {
  fulfill(): void
  refuse(error: MillraceError): void
}

/** Looks after the parallelism of one job: what is asked for, the slots for it, and who waits for it. */
export class JobRescaler {
  readonly #parts: RescalerParts
  #waiters: readonly Waiter[] = []
  /** Slots that are held for a request which is not durable yet. */
  #reservedSlots = 0
  #pending: string | null = null

  constructor(parts: RescalerParts) {
    this.#parts = parts
  }

  /** Why the job has not what was asked for; `null` when it has. */
  get pending(): string | null {
    return this.#pending
  }

  /** Slots of the job as it stands: while its parallelism changes, those of the wider one. */
  get slots(): number {
    const { record, progress } = this.#parts
    const { parallelism = null, rescale } = progress().state
    const all = rescale === undefined ? [parallelism] : [parallelism, rescale.target, rescale.before]
    return Math.max(this.#reservedSlots, ...all.map((each) => slotsNeeded(dagWith(record.dag, each))))
  }

  get #dag() {
    return dagWith(this.#parts.record.dag, this.#parts.progress().state.parallelism ?? null)
  }

  /** See `NodeService.rescale`. @throws MillraceError `JOB_STATE`, `RESCALE_REFUSED`, and what it failed with. */
  async rescale({ parallelism, user, requestId }: RescaleRequest): Promise<void> {
    const id = requestId ?? null
    try {
      const target = this.#targetOf(parallelism)
      const data = { user, parallelism: parallelismText(target), ...(id === null ? {} : { requestId: id }) }
      const text = `parallelism ${parallelism} was asked for`
      const details: EventDetails = { notes: [{ kind: 'request', text, data }], requirements: null }
      if (isSame(target, parallelismOf(this.#dag))) return await this.#keep(details, target, id)
      const slots = this.#slotsFor(target)
      if (slots === null) throw refusal(this.#shortage([...target]))
      const done = this.#wait()
      if (!(await this.#ask(target, id, slots, details))) {
        this.#dropWaiter(done.waiter)
        throw this.#unable()
      }
      await done.promise
    } catch (thrown) {
      if (id !== null && thrown instanceof MillraceError) this.#remember(thrown, id)
      throw thrown
    }
  }

  /** See `NodeService.bounds`. */
  bounds(): readonly VertexBounds[] {
    return this.#parts.progress().requirements?.bounds ?? ownBounds(this.#dag)
  }

  /** See `NodeService.setBounds`. @throws MillraceError `JOB_STATE`, `RESCALE_REFUSED` */
  async setBounds(bounds: readonly VertexBounds[], user: string | null): Promise<void> {
    const { state, requirements: before } = this.#parts.progress()
    if (state.rescale !== undefined) throw this.#unable()
    // Who asks for the same again does not press a button once more.
    if (before != null && areSameBounds(bounds, before.asked)) return
    const dag = this.#dag
    requirePossible(dag, bounds)
    const wanted = wantedBy(dag, this.bounds(), bounds)
    const most = wanted.map((each) => each.most)
    const isMet = isSame(most, parallelismOf(dag))
    const requirements: JobRequirements = {
      asked: bounds,
      bounds: boundsWith(dag, wanted, bounds),
      wanted: isMet ? null : wanted,
    }
    const text = 'other bounds of the parallelism were asked for'
    const data = { user, parallelism: parallelismText(most) }
    const details: EventDetails = { notes: [{ kind: 'request', text, data }], requirements }
    const target = isMet ? null : this.#possible(wanted)
    if (target !== null && (await this.#ask(target.parallelism, null, target.slots, details))) return
    // As the job is now it cannot be done; it is done as soon as it can.
    if (!(await this.#parts.add(null, details, true))) throw this.#unable()
  }

  /** To be called behind every change: slots follow, whoever waits is told, what is wanted is done when it can. */
  changed(news: readonly JobEvent[]): void {
    for (const { kind, data, text } of news) {
      // Of requests that came to nothing at once, whoever made them was told.
      if (kind !== 'rescale' || (data.stage !== 'done' && data.stage !== 'failed')) continue
      const waiters = this.#waiters
      this.#waiters = []
      for (const { fulfill, refuse } of waiters) {
        if (data.stage === 'done') fulfill()
        else refuse(new MillraceError('RESCALE_REFUSED', text, { hint: 'the job goes on as it was' }))
      }
    }
    this.#follow()
  }

  /** Slots have become free, or the job has come to a state in which it can have them. */
  #follow(): void {
    const { record, scheduler, progress } = this.#parts
    const { state, requirements } = progress()
    if (END_STATES.has(state.status) || state.status === 'PENDING') return
    scheduler.resize(record.jobId, this.slots)
    const wanted = requirements?.wanted ?? null
    const isOpen = wanted !== null && state.status === 'RUNNING' && state.rescale === undefined
    if (!isOpen || this.#reservedSlots > 0) {
      if (wanted === null) this.#setPending(null)
      return
    }
    const target = this.#possible(wanted)
    const most = wanted.map((each) => each.most)
    this.#setPending(target !== null && isSame(target.parallelism, most) ? null : this.#shortage(most))
    if (target !== null) void this.#ask(target.parallelism, null, target.slots, {})
  }

  /** Looks again whether there is room for what is wanted. */
  room(): void {
    this.#follow()
  }

  /** Nobody hears of it any more. */
  close(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const { refuse } of waiters) refuse(new MillraceError('NODE_STOPPING', 'the node is stopping'))
  }

  #setPending(reason: string | null): void {
    this.#pending = reason
    this.#parts.scheduler.setGrowing(this.#parts.record.jobId, reason !== null)
  }

  /** Hands a change to the state machine, with the slots for it held until it is durable. */
  async #ask(target: Parallelism, requestId: string | null, slots: number, details: EventDetails): Promise<boolean> {
    this.#reservedSlots = slots
    this.#parts.scheduler.resize(this.#parts.record.jobId, this.slots)
    try {
      return await this.#parts.add({ type: 'rescale', target, requestId }, details, true)
    } catch (thrown) {
      // Whoever asked is told; what is wanted is tried again by itself.
      if (details.notes !== undefined) throw thrown
      return false
    } finally {
      this.#reservedSlots = 0
      this.#parts.scheduler.resize(this.#parts.record.jobId, this.slots)
    }
  }

  /** @throws MillraceError `JOB_STATE`, `RESCALE_REFUSED` when no source can have another one. */
  #targetOf(parallelism: number): Parallelism {
    const { state } = this.#parts.progress()
    if (state.status !== 'RUNNING' || state.rescale !== undefined) throw this.#unable()
    const dag = this.#dag
    const current = parallelismOf(dag)
    const reasons = current.map((_, source) => fixedReason(dag, source))
    if (reasons.every((reason) => reason !== null) && current.some((subtasks) => subtasks !== parallelism))
      throw refusal(reasons[0] ?? '')
    return current.map((subtasks, source) => (reasons[source] === null ? parallelism : subtasks))
  }

  /** The job has what is asked for. */
  async #keep(details: EventDetails, target: Parallelism, requestId: string | null): Promise<void> {
    const parallelism = parallelismText(target)
    const data = { parallelism, stage: 'kept', ...(requestId === null ? {} : { requestId }) }
    const done = { kind: 'rescale', text: `the job runs with parallelism ${parallelism}`, data } as const
    await this.#parts.add(null, { ...details, notes: [...(details.notes ?? []), done] }, true)
  }

  /** The slots that a parallelism needs; `null` when the job cannot have them. */
  #slotsFor(target: Parallelism): number | null {
    const { record, scheduler } = this.#parts
    const slots = slotsNeeded(dagWith(record.dag, target))
    return slots <= scheduler.roomFor(record.jobId) ? slots : null
  }

  /** What of the wanted parallelism the job can have now; `null` when it is no other than it has. */
  #possible(
    wanted: readonly WantedParallelism[],
  ): { readonly parallelism: Parallelism; readonly slots: number } | null {
    const { record, scheduler, progress } = this.#parts
    if (progress().state.status !== 'RUNNING') return null
    const found = fittingParallelism(record.dag, wanted, scheduler.roomFor(record.jobId))
    if (found === null || isSame(found, parallelismOf(this.#dag))) return null
    return { parallelism: found, slots: slotsNeeded(dagWith(record.dag, found)) }
  }

  #shortage(target: Parallelism): string {
    const { record, scheduler } = this.#parts
    const needed = slotsNeeded(dagWith(record.dag, target))
    const room = scheduler.roomFor(record.jobId)
    return `parallelism ${parallelismText(target)} needs ${needed} slots, and the job can have ${room} of ${scheduler.total}`
  }

  #wait(): { readonly promise: Promise<void>; readonly waiter: Waiter } {
    let waiter: Waiter = { fulfill: () => undefined, refuse: () => undefined }
    const promise = new Promise<void>((fulfill, refuse) => {
      waiter = { fulfill, refuse }
    })
    // Who asked may be gone before it is answered.
    promise.catch(() => undefined)
    this.#waiters = [...this.#waiters, waiter]
    return { promise, waiter }
  }

  #dropWaiter(waiter: Waiter): void {
    this.#waiters = this.#waiters.filter((each) => each !== waiter)
  }

  /** A request that was refused at once is found again too. */
  #remember({ code, message }: MillraceError, requestId: string): void {
    const { state, timeline } = this.#parts.progress()
    const isKnown = timeline.some(({ kind, data }) => kind === 'rescale' && data.requestId === requestId)
    if (isKnown || END_STATES.has(state.status)) return
    const data = { stage: 'refused', code, requestId }
    void this.#parts.add(null, { notes: [{ kind: 'rescale', text: message, data }] }, false)
  }

  #unable(): MillraceError {
    const { record, progress } = this.#parts
    const { status, rescale } = progress().state
    const state = rescale === undefined ? status : 'changing its parallelism'
    return new MillraceError('JOB_STATE', `the job '${record.jobId}' is ${state} and cannot be rescaled`)
  }
}

/** @throws MillraceError `RESCALE_REFUSED` when a vertex is to have more than it has, and cannot. */
function requirePossible({ vertices }: JobDag, bounds: readonly VertexBounds[]): void {
  for (const { id, parallelism, fixedParallelism } of vertices) {
    const upper = bounds.find(({ vertex }) => vertex === id)?.upper ?? 0
    if (fixedParallelism !== undefined && upper > parallelism) throw refusal(fixedParallelism)
  }
}

function refusal(reason: string): MillraceError {
  return new MillraceError('RESCALE_REFUSED', `the parallelism cannot be changed: ${reason}`)
}
