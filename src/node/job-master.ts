import type { SavepointStore } from '../checkpoint/savepoint-store.js'
import { asMillraceErrors, MillraceError } from '../core/error.js'
import type { CheckpointEvent } from '../engine/job-service.js'
import type {
  JobAttempts,
  JobCheckpoints,
  JobEvent,
  JobRequest,
  JobStatus,
  JobView,
  RescaleRequest,
  VertexBounds,
} from './api.js'
import type { AttemptHistory } from './attempt-history.js'
import { AttemptRunner, type AttemptRunnerParts } from './attempt-runner.js'
import { afterCheckpointEvent, type CheckpointMemory, checkpointText, discardedCheckpoints } from './checkpoint-log.js'
import type { NodeClock } from './clock.js'
import type { SampledRun } from './job-attempt.js'
import { canRetry, jobFailure, slotFailure } from './job-failure.js'
import { type JobEffect, type JobFsmEvent, nextJobStep } from './job-fsm.js'
import { type EventDetails, type InboxEntry, JobInbox } from './job-inbox.js'
import { notedProgress, progressAfter } from './job-progress.js'
import type { JobProgress, JobRecord } from './job-record.js'
import { JobRescaler } from './job-rescaler.js'
import { JobSavepoints } from './job-savepoints.js'
import type { JobStore, StoreChange } from './job-store.js'
import { jobView } from './job-view.js'
import type { SlotAnswer, SlotScheduler } from './scheduler.js'

/** What a job works with. */
export interface JobMasterParts {
  readonly store: JobStore
  readonly clock: NodeClock
  readonly scheduler: SlotScheduler
  readonly savepoints: SavepointStore
  /** How much is remembered of its checkpoints. */
  readonly memory: Omit<CheckpointMemory, 'dag'>
  /** The fencing number of the next attempt. */
  readonly nextEpoch: AttemptRunnerParts['nextEpoch']
  readonly plan: AttemptRunnerParts['plan']
  /** Removes all checkpoints of the job, and writes down that this was done. */
  readonly dropCheckpoints: (record: JobRecord, progress: JobProgress) => Promise<void>
  readonly onEvent: (jobId: string, event: JobEvent) => void
  /** A new job is durable. */
  readonly onDurable: (master: JobMaster) => void
  /** The job is over and durable; it gives up everything it has. */
  readonly onEnd: (master: JobMaster) => void
  /** Another node has taken the store over: nothing of this one counts any more. */
  readonly onFenced: (error: MillraceError) => void
}

/** What a batch of events leads to. */
interface JobSteps {
  readonly progress: JobProgress
  readonly effects: readonly JobEffect[]
  readonly meaningful: ReadonlySet<InboxEntry>
}

/** What of checkpoints belongs to the story of a job. */
const KEPT_CHECKPOINT_EVENTS: ReadonlySet<CheckpointEvent['type']> = new Set(['checkpointFailed', 'restored'])
/** Age from which the counters of a running job are read again, in milliseconds. */
const FLOW_AGE_MS = 50
/** Milliseconds after which a store that refused a write is tried again. */
const STORE_RETRY_MS = 1000
/** How long a node that stops waits for an attempt to let go, in milliseconds. */
const LEAVE_MS = 5000
/** How long a node that stops waits for a last checkpoint of a job, in milliseconds. */
const LAST_CHECKPOINT_MS = 3000

/**
 * One job from its acceptance to its end: makes each step of its state machine durable, then visible, then carries it out. What
 * happens while a step is written is dealt with together behind it.
 */
export class JobMaster {
  readonly record: JobRecord
  readonly #parts: JobMasterParts
  readonly #inbox = new JobInbox()
  #progress: JobProgress
  /** What changes beside the state machine, as it is now; the rest of {@link #progress} is as it was last written. */
  #checkpoints: JobCheckpoints
  readonly #runner: AttemptRunner
  /** What people want of its checkpoints. */
  readonly savepoints: JobSavepoints
  readonly #rescaler: JobRescaler
  #pendingReason: string | null
  #view: JobView
  #isDraining = false
  #isDetached = false
  #flowReadMs = 0
  #forgetTimer: () => void = () => undefined
  readonly #ended: Promise<JobView>
  #tellEnd: (view: JobView) => void = () => undefined

  constructor(record: JobRecord, progress: JobProgress, parts: JobMasterParts) {
    this.record = record
    this.#parts = parts
    this.#progress = progress
    this.#checkpoints = progress.checkpoints
    this.#runner = this.#attemptRunner(progress)
    this.savepoints = new JobSavepoints({
      jobId: record.jobId,
      clock: parts.clock,
      savepoints: parts.savepoints,
      take: (options) => this.#runner.savepoint(options),
      isRunning: () => this.#runner.isRunning,
      running: () => this.#runner.running,
      progress: () => this.#progress,
      add: (event, details) => this.#add(event, details, true),
      post: (event, details) => void this.#post(event, details),
    })
    this.#rescaler = new JobRescaler({
      record,
      scheduler: parts.scheduler,
      progress: () => this.#progress,
      add: (event, details, isRequest) => this.#add(event, details, isRequest),
    })
    this.#pendingReason = progress.pendingReason
    this.#view = jobView(record, progress)
    this.#ended = new Promise((resolve) => {
      this.#tellEnd = resolve
    })
  }

  /** The job now. The same object while nothing has changed. */
  get view(): JobView {
    if (!this.#runner.isRunning) return this.#view
    const now = this.#parts.clock.now()
    if (now - this.#flowReadMs >= FLOW_AGE_MS) {
      this.#flowReadMs = now
      this.#view = { ...this.#view, flow: this.#runner.flow() }
    }
    return this.#view
  }

  get status(): JobStatus {
    return this.#progress.state.status
  }

  get timeline(): readonly JobEvent[] {
    return this.#progress.timeline
  }

  get checkpoints(): JobCheckpoints {
    return this.#checkpoints
  }

  get requests(): readonly JobRequest[] {
    return this.#progress.requests
  }

  get sampled(): SampledRun | null {
    return this.#runner.sampled
  }

  get attempts(): JobAttempts {
    return this.#runner.attempts()
  }

  /** The attempts in the form in which they are kept. */
  get attemptHistory(): AttemptHistory {
    return this.#runner.history()
  }

  /** Looks at what the job does, for its rates. */
  sample(): void {
    this.#runner.sample()
  }

  get progress(): JobProgress {
    return this.#progress
  }

  get isRunning(): boolean {
    return this.#runner.isRunning
  }

  /** Ends with the job, or with the node. */
  get ended(): Promise<JobView> {
    return this.#ended
  }

  /**
   * Puts a new job into the queue for slots and makes it durable, with what the queue says at once.
   *
   * @throws MillraceError `STORE_FAILED`; then there is no such job.
   */
  async begin(): Promise<void> {
    this.#isDraining = true
    this.#queue()
    const entries = this.#inbox.take()
    const steps = this.#stepThrough(entries)
    await this.#parts.store.write([{ type: 'job', record: this.record, progress: steps.progress }])
    this.#parts.onDurable(this)
    for (const event of this.#progress.timeline) this.#parts.onEvent(this.record.jobId, event)
    this.#publish(steps, entries)
    this.#isDraining = false
    void this.#drain()
  }

  /** Goes on with a job that the node found in its store. */
  async recover(): Promise<void> {
    const { jobId, tagFilter } = this.record
    const { slots } = this.#rescaler
    if (this.status !== 'PENDING') this.#parts.scheduler.restore({ jobId, slots, tagFilter })
    const text = `the node was started again, the job was ${this.status}`
    const requests = this.savepoints.found()
    await this.#post({ type: 'recovered' }, { notes: [{ kind: 'recovery', text, data: {} }], requests })
  }

  /** What the scheduler says about it. */
  answer(answer: SlotAnswer): void {
    if (answer.type === 'room') this.#rescaler.room()
    else if (answer.type === 'granted') void this.#post({ type: 'slotsGranted' })
    else if (answer.type === 'refused') {
      void this.#post({ type: 'slotsRefused' }, { failure: slotFailure(answer.reason) })
    } else {
      this.#pendingReason = answer.reason
      this.#view = { ...this.#view, pendingReason: answer.reason }
    }
  }

  /** Asks the job to end. @throws MillraceError `JOB_STATE` when it is too late for it, `STORE_FAILED`. */
  async cancel(isForced: boolean, user: string | null): Promise<void> {
    const text = isForced ? 'canceling by force was asked for' : 'canceling was asked for'
    const isDone = await this.#request({ type: 'cancel', isForced }, text, { user })
    if (!isDone && this.status !== 'CANCELING') throw this.#unable('canceled')
  }

  /** See `NodeService.rescale`. */
  rescale(request: RescaleRequest): Promise<void> {
    return this.#rescaler.rescale(request)
  }

  /** See `NodeService.bounds`. */
  bounds(): readonly VertexBounds[] {
    return this.#rescaler.bounds()
  }

  /** See `NodeService.setBounds`. */
  setBounds(bounds: readonly VertexBounds[], user: string | null): Promise<void> {
    return this.#rescaler.setBounds(bounds, user)
  }

  /** Writes down what a running job has done so far. */
  async save(): Promise<void> {
    if (this.#runner.isRunning) await this.#post(null)
  }

  /** Lets go of a running attempt without ending the job, for a node that stops; with a last checkpoint where that is quick. */
  async detach(isFenced = false): Promise<void> {
    this.#isDetached = true
    this.#forgetTimer()
    this.#inbox.close()
    this.#rescaler.close()
    if (this.#runner.isRunning) {
      const { clock } = this.#parts
      const isLate = new Promise((resolve) => clock.after(LAST_CHECKPOINT_MS, () => resolve(null)))
      const options = { goesOn: false, isCheckpoint: true }
      if (!isFenced) await Promise.race([this.#runner.savepoint(options).catch(() => null), isLate])
      this.#runner.abandon()
    }
    // What hangs is left behind: its number is too low by the next start.
    const isTooLate = new Promise<void>((resolve) => void this.#parts.clock.after(LEAVE_MS, resolve))
    await Promise.race([this.#runner.running, isTooLate])
    // Nobody waits for a node that is gone.
    this.#tellEnd(this.#view)
  }

  #unable(what: string): MillraceError {
    return new MillraceError('JOB_STATE', `the job '${this.record.jobId}' is ${this.status} and cannot be ${what}`)
  }

  #queue(): void {
    const { jobId, slots, tagFilter } = this.record
    this.#parts.scheduler.request({ jobId, slots, tagFilter })
  }

  #request(event: JobFsmEvent, text: string, data: JobEvent['data']): Promise<boolean> {
    return this.#add(event, { notes: [{ kind: 'request', text, data }] }, true)
  }

  /** Deals with something that has happened. Never rejects. */
  #post(event: JobFsmEvent | null, details: EventDetails = {}): Promise<boolean> {
    return this.#add(event, details, false)
  }

  #add(event: JobFsmEvent | null, details: EventDetails, isRequest: boolean): Promise<boolean> {
    if (this.#isDetached) return Promise.resolve(false)
    const handled = this.#inbox.add(event, details, isRequest)
    void this.#drain()
    return handled
  }

  /** Deals with everything in the inbox, one write for all that is there. */
  async #drain(): Promise<void> {
    if (this.#isDraining || this.#inbox.isEmpty) return
    this.#isDraining = true
    while (!this.#inbox.isEmpty && !this.#isDetached) {
      const entries = this.#inbox.take()
      const steps = this.#stepThrough(entries)
      try {
        if (steps.progress !== this.#progress) await this.#parts.store.write([this.#change(steps)])
      } catch (thrown) {
        await this.#refused(entries, asMillraceErrors(thrown)[0] as MillraceError)
        continue
      }
      if (this.#isDetached) for (const { resolve } of entries) resolve(false)
      else this.#publish(steps, entries)
    }
    this.#isDraining = false
  }

  /** The text of an ended job is not kept: what goes on from its checkpoints brings its own. */
  #change({ progress, effects }: JobSteps): StoreChange {
    const { record } = this
    if (effects.some(({ type }) => type === 'end')) return { type: 'job', record: { ...record, text: '' }, progress }
    return { type: 'progress', jobId: record.jobId, progress }
  }

  /** The store does not take a change, so nothing has changed; it is tried again for as long as it takes. */
  async #refused(entries: readonly InboxEntry[], error: MillraceError): Promise<void> {
    this.#inbox.putBack(entries, error)
    if (error.code === 'NODE_LOCKED') {
      this.#isDetached = true
      return this.#parts.onFenced(error)
    }
    this.#note({ kind: 'warning', text: error.message, data: { code: error.code } })
    await new Promise<void>((resolve) => {
      this.#parts.clock.after(STORE_RETRY_MS, resolve)
    })
  }

  /** What the entries lead to together. The same progress when they lead to nothing. */
  #stepThrough(entries: readonly InboxEntry[]): JobSteps {
    let progress = this.#progress
    const effects: JobEffect[] = []
    const meaningful = new Set<InboxEntry>()
    const atMs = this.#parts.clock.now()
    const { firstEpoch } = this.record
    const now = { atMs, nextEpoch: (last: number) => (last === 0 ? firstEpoch : this.#parts.nextEpoch()) }
    for (const entry of entries) {
      const step = entry.event === null ? null : nextJobStep(progress.state, entry.event, this.record.retry)
      if (step === null && entry.event !== null) continue
      meaningful.add(entry)
      progress =
        step === null ? notedProgress(progress, entry.details, atMs) : progressAfter(progress, step, entry.details, now)
      effects.push(...(step?.effects ?? []))
    }
    if (progress === this.#progress) return { progress, effects, meaningful }
    const pendingReason = progress.state.status === 'PENDING' ? this.#pendingReason : null
    if (progress.hasLeftovers) this.#checkpoints = discardedCheckpoints(this.#checkpoints)
    progress = {
      ...progress,
      flow: this.#runner.flow(),
      attempts: this.#runner.history(),
      checkpoints: this.#checkpoints,
      pendingReason,
    }
    return { progress, effects, meaningful }
  }

  #publish({ progress, effects, meaningful }: JobSteps, entries: readonly InboxEntry[]): void {
    const known = new Set(this.#progress.timeline)
    this.#progress = progress
    if (progress.state.status !== 'PENDING') this.#pendingReason = null
    const news = progress.timeline.filter((event) => !known.has(event))
    this.#rescaler.changed(news)
    const { pending: rescalePending } = this.#rescaler
    const now = { ...progress, flow: this.#runner.flow(), pendingReason: this.#pendingReason, rescalePending }
    this.#view = jobView(this.record, now, this.#view)
    for (const event of news) this.#parts.onEvent(this.record.jobId, event)
    for (const effect of effects) this.#carryOut(effect)
    for (const entry of entries) entry.resolve(meaningful.has(entry))
  }

  #carryOut(effect: JobEffect): void {
    switch (effect.type) {
      case 'queue':
        this.#queue()
        break
      case 'startAttempt':
        void this.#runAttempt()
        break
      case 'cancelAttempt':
        this.#runner.cancel(effect.isForced)
        break
      case 'takeSavepoint':
        void this.savepoints.takeLast()
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

  #attemptRunner(before: JobProgress): AttemptRunner {
    const { clock, nextEpoch, plan } = this.#parts
    return new AttemptRunner(this.record, before, {
      clock,
      nextEpoch,
      plan,
      onCheckpoint: (event) => this.#checkpointEvent(event),
      onStart: () => void this.#post({ type: 'attemptStarted' }),
      note: (note) => this.#note(note),
      isDetached: () => this.#isDetached,
      isCanceling: () => this.status === 'CANCELING',
    })
  }

  async #runAttempt(): Promise<void> {
    const { epoch, state } = this.#progress
    const { outcome, errors, failedTasks } = await this.#runner.run(epoch, state.parallelism ?? null)
    const attempt = this.#runner.history().attempts.at(-1)?.number ?? 0
    const notes = errors.map(({ code, message }, index) => {
      return { kind: 'error' as const, text: message, data: { code, attempt, ...failedTasks[index] } }
    })
    const failure = errors.length > 0 ? { failure: jobFailure(errors) } : {}
    const event = { type: 'attemptEnded', outcome, canRetry: canRetry(errors) } as const
    // Not awaited: the attempt is over, whatever becomes of the event.
    void this.#post(event, { notes, ...failure })
  }

  #checkpointEvent(event: CheckpointEvent): void {
    const memory = { ...this.#parts.memory, dag: this.record.dag }
    this.#checkpoints = afterCheckpointEvent(this.#checkpoints, event, memory)
    const kept = 'kind' in event ? { checkpointKind: event.kind } : {}
    const data = { checkpoint: event.checkpointId, type: event.type, ...kept }
    const kind = event.type === 'checkpointSlow' ? 'warning' : 'checkpoint'
    const note = { kind, text: checkpointText(event), data } as const
    // Checkpoints that go well come and go, and have their own history.
    if (KEPT_CHECKPOINT_EVENTS.has(event.type)) void this.#post(null, { notes: [note] })
    else this.#note(note)
  }

  /** Tells something that is not kept with the job. */
  #note(note: Pick<JobEvent, 'kind' | 'text' | 'data'>): void {
    this.#parts.onEvent(this.record.jobId, { ...note, atMs: this.#parts.clock.now(), status: this.status })
  }

  #end(): void {
    this.#forgetTimer()
    // It did not end in the time that it had. Whatever it still does, its number is too low to commit.
    this.#runner.abandon()
    this.#parts.scheduler.release(this.record.jobId)
    this.#parts.onEnd(this)
    this.#tellEnd(this.#view)
    if (!this.#progress.hasLeftovers) return
    // Not before the attempt has ended: it may be keeping one more. What cannot be removed now is removed at the next start.
    const removed = this.#runner.running.then(() => this.#parts.dropCheckpoints(this.record, this.#progress))
    removed.catch(() => undefined)
  }
}
