import { asMillraceErrors, MillraceError } from '../core/error.js'
import type { JobCheckpoints, JobEvent, JobFailure, JobFlow, JobStatus, JobView } from './api.js'
import type { NodeClock } from './clock.js'
import type { AttemptOutcome, JobAttempt } from './job-attempt.js'
import { canRetry, jobFailure, slotFailure } from './job-failure.js'
import { type JobEffect, type JobFsmEvent, type JobStep, nextJobStep } from './job-fsm.js'
import { extendTimeline, type JobProgress, type JobRecord } from './job-record.js'
import type { JobStore } from './job-store.js'
import type { SlotAnswer, SlotScheduler } from './scheduler.js'

/** What a job works with. */
export interface JobMasterParts {
  readonly store: JobStore
  readonly clock: NodeClock
  readonly scheduler: SlotScheduler
  /** The fencing number of the next attempt. */
  readonly nextEpoch: () => number
  /** Plans an attempt. @throws MillraceErrors when it cannot be planned. */
  readonly plan: (record: JobRecord, epoch: number) => Promise<JobAttempt>
  readonly onEvent: (jobId: string, event: JobEvent) => void
  /** The job is over and durable; it gives up everything it has. */
  readonly onEnd: (master: JobMaster) => void
}

/** What comes with an event of the state machine for those who read the timeline. */
interface EventDetails {
  readonly failure?: JobFailure
  readonly notes?: readonly Pick<JobEvent, 'kind' | 'text' | 'data'>[]
}

/** Age from which the counters of a running job are read again, in milliseconds. */
const FLOW_AGE_MS = 50

/**
 * One job from its acceptance to its end: makes each step of its state machine durable, then visible, then carries it out. Events
 * are handled one after the other.
 */
export class JobMaster {
  readonly record: JobRecord
  readonly #parts: JobMasterParts
  #progress: JobProgress
  #view: JobView
  #queue: Promise<unknown> = Promise.resolve()
  #attempt: JobAttempt | null = null
  /** Ends when no attempt runs. */
  #running: Promise<void> = Promise.resolve()
  #attemptStartMs = 0
  #flowReadMs = 0
  #forgetTimer: () => void = () => undefined
  #isDetached = false
  readonly #ended: Promise<JobView>
  #tellEnd: (view: JobView) => void = () => undefined

  constructor(record: JobRecord, progress: JobProgress, parts: JobMasterParts) {
    this.record = record
    this.#parts = parts
    this.#progress = progress
    this.#view = jobView(record, progress)
    this.#ended = new Promise((resolve) => {
      this.#tellEnd = resolve
    })
  }

  /** The job now. The same object while nothing has changed. */
  get view(): JobView {
    const now = this.#parts.clock.now()
    if (this.#attempt !== null && now - this.#flowReadMs >= FLOW_AGE_MS) {
      this.#flowReadMs = now
      this.#view = { ...this.#view, flow: this.#flow() }
    }
    return this.#view
  }

  get status(): JobStatus {
    return this.#view.status
  }

  get timeline(): readonly JobEvent[] {
    return this.#progress.timeline
  }

  get checkpoints(): JobCheckpoints {
    return this.#progress.checkpoints
  }

  get progress(): JobProgress {
    return this.#progress
  }

  /** Ends with the job. */
  get ended(): Promise<JobView> {
    return this.#ended
  }

  /** Queues the job for its slots. */
  queue(): void {
    const { jobId, slots, tagFilter } = this.record
    this.#parts.scheduler.request({ jobId, slots, tagFilter })
  }

  /** What the scheduler says about it. */
  async answer(answer: SlotAnswer): Promise<void> {
    if (answer.type === 'granted') await this.#post({ type: 'slotsGranted' })
    else if (answer.type === 'waiting') await this.#explain(answer.reason)
    else await this.#post({ type: 'slotsRefused' }, { failure: slotFailure(answer.reason) })
  }

  /** Asks the job to end. @throws MillraceError `JOB_STATE` when it is too late for it. */
  async cancel(isForced: boolean, user: string | null): Promise<void> {
    const text = isForced ? 'canceling by force was asked for' : 'canceling was asked for'
    const notes = [{ kind: 'request', text, data: { user } }] as const
    const isDone = await this.#post({ type: 'cancel', isForced }, { notes })
    if (!isDone && this.status !== 'CANCELING') throw this.#tooLate('canceled')
  }

  /** Lets go of a running attempt without ending the job, for a node that stops. */
  async detach(): Promise<void> {
    this.#isDetached = true
    this.#forgetTimer()
    await this.#queue
    this.#attempt?.cancel(true)
    await this.#running
  }

  #tooLate(what: string): MillraceError {
    const { jobId } = this.record
    return new MillraceError('JOB_STATE', `the job '${jobId}' is ${this.status} and cannot be ${what}`)
  }

  /** Handles an event behind those that came before it; gives whether it meant something. */
  #post(event: JobFsmEvent, details: EventDetails = {}): Promise<boolean> {
    const handled = this.#queue.then(() => this.#handle(event, details))
    this.#queue = handled.catch(() => undefined)
    return handled
  }

  async #handle(event: JobFsmEvent, details: EventDetails): Promise<boolean> {
    if (this.#isDetached) return false
    const step = nextJobStep(this.#progress.state, event, this.record.retry)
    if (step === null) return false
    const progress = this.#progressAfter(step, details)
    const { jobId } = this.record
    await this.#parts.store.write([{ type: 'progress', jobId, progress }])
    this.#publish(progress)
    for (const effect of step.effects) this.#carryOut(effect)
    return true
  }

  #progressAfter({ state, passed, effects }: JobStep, { failure, notes = [] }: EventDetails): JobProgress {
    const now = this.#parts.clock.now()
    const before = this.#progress
    let status = before.state.status
    const noted = notes.map((note): JobEvent => ({ ...note, atMs: now, status }))
    const moves = passed.map((next): JobEvent => {
      status = next
      return { atMs: now, kind: 'state', text: `the job is ${next}`, status, data: {} }
    })
    const isStart = effects.some(({ type }) => type === 'startAttempt')
    const isEnd = effects.some(({ type }) => type === 'end')
    return {
      ...before,
      state,
      epoch: isStart ? this.#parts.nextEpoch() : before.epoch,
      startedAtMs: before.startedAtMs ?? (isStart ? now : null),
      finishedAtMs: isEnd ? now : null,
      failure: state.status === 'FAILED' ? (failure ?? before.failure) : null,
      pendingReason: state.status === 'PENDING' ? before.pendingReason : null,
      timeline: extendTimeline(before.timeline, [...noted, ...moves]),
      flow: this.#flow(),
    }
  }

  #publish(progress: JobProgress): void {
    const fresh = progress.timeline.filter((event) => !this.#progress.timeline.includes(event))
    this.#progress = progress
    this.#view = jobView(this.record, progress)
    for (const event of fresh) this.#parts.onEvent(this.record.jobId, event)
  }

  async #explain(reason: string): Promise<void> {
    this.#queue = this.#queue.then(() => {
      if (this.status === 'PENDING') this.#publish({ ...this.#progress, pendingReason: reason })
    })
    await this.#queue
  }

  #carryOut(effect: JobEffect): void {
    switch (effect.type) {
      case 'queue':
        this.queue()
        break
      case 'startAttempt':
        this.#running = this.#runAttempt()
        break
      case 'cancelAttempt':
        this.#attempt?.cancel(effect.isForced)
        break
      case 'takeSavepoint':
        break
      case 'armRetry':
        this.#arm(effect.delayMs, { type: 'retryDue' })
        break
      case 'armCancelDeadline':
        this.#arm(effect.delayMs, { type: 'cancelDue' })
        break
      case 'end':
        this.#end()
    }
  }

  #arm(delayMs: number, event: JobFsmEvent): void {
    this.#forgetTimer()
    this.#forgetTimer = this.#parts.clock.after(delayMs, () => void this.#post(event))
  }

  async #runAttempt(): Promise<void> {
    const { outcome, errors } = await this.#outcomeOfAttempt()
    const notes = errors.map(({ code, message }) => ({ kind: 'error' as const, text: message, data: { code } }))
    const failure = errors.length > 0 ? { failure: jobFailure(errors) } : {}
    const event = { type: 'attemptEnded', outcome, canRetry: canRetry(errors) } as const
    // Not awaited: the attempt is over, whatever becomes of the event.
    void this.#post(event, { notes, ...failure })
  }

  async #outcomeOfAttempt(): Promise<AttemptOutcome> {
    try {
      const attempt = await this.#parts.plan(this.record, this.#progress.epoch)
      if (this.#isDetached) return { outcome: 'CANCELED', errors: [] }
      this.#attempt = attempt
      this.#attemptStartMs = this.#parts.clock.now()
      if (this.#progress.state.status === 'CANCELING') attempt.cancel(this.#progress.state.isForced)
      void this.#post({ type: 'attemptStarted' })
      return await attempt.run()
    } catch (thrown) {
      return { outcome: 'FAILED', errors: asMillraceErrors(thrown) }
    } finally {
      this.#keepFlow()
    }
  }

  /** The counters of the attempt that has ended become those of the job. */
  #keepFlow(): void {
    this.#progress = { ...this.#progress, flow: this.#flow() }
    this.#attempt = null
  }

  #flow(): JobFlow {
    const before = this.#progress.flow
    if (this.#attempt === null) return before
    const elapsedMs = this.#parts.clock.now() - this.#attemptStartMs
    return { ...this.#attempt.flow(), elapsedMs }
  }

  #end(): void {
    this.#forgetTimer()
    this.#parts.scheduler.release(this.record.jobId)
    this.#parts.onEnd(this)
    this.#tellEnd(this.#view)
  }
}

/** A job as clients see it. */
export function jobView(record: JobRecord, progress: JobProgress): JobView {
  const { jobId, jobName, mode, isStartWithSavepoint, createdAtMs, dag, slots } = record
  const { state, startedAtMs, finishedAtMs, flow, failure, pendingReason, epoch } = progress
  const envOptions = new Map(record.envOptions)
  return {
    jobId,
    jobName,
    status: state.status,
    mode,
    envOptions,
    isStartWithSavepoint,
    createdAtMs,
    startedAtMs,
    finishedAtMs,
    dag,
    flow,
    failure,
    pendingReason,
    restarts: state.restarts,
    epoch,
    slots,
  }
}
