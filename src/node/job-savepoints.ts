import { checkpointLocation } from '../checkpoint/location.js'
import type { SavepointStore } from '../checkpoint/savepoint-store.js'
import { asMillraceErrors, MillraceError } from '../core/error.js'
import { newJobId } from '../engine/job-id.js'
import type { SavepointOptions } from '../engine/job-service.js'
import { type CheckpointRequest, END_STATES, type JobCheckpoint, type JobRequest, type StopRequest } from './api.js'
import type { NodeClock } from './clock.js'
import type { JobFsmEvent } from './job-fsm.js'
import type { EventDetails } from './job-inbox.js'
import type { JobProgress } from './job-record.js'
import { failedRequest, newRequest, openStops, requestsFound } from './job-requests.js'

/** What the savepoints of a job need of it. */
export interface JobSavepointsParts {
  readonly jobId: string
  readonly clock: NodeClock
  readonly savepoints: SavepointStore
  /** Takes one of the attempt that runs; `null` when none does. @throws MillraceError when there can be none. */
  readonly take: (options: SavepointOptions) => Promise<JobCheckpoint | null>
  /** Whether an attempt runs. */
  readonly isRunning: () => boolean
  /** Ends when no attempt runs. */
  readonly running: () => Promise<unknown>
  readonly progress: () => JobProgress
  /** Makes a request durable; gives whether its event meant something. @throws MillraceError `STORE_FAILED`. */
  readonly add: (event: JobFsmEvent | null, details: EventDetails) => Promise<boolean>
  /** Deals with something that has happened. */
  readonly post: (event: JobFsmEvent | null, details: EventDetails) => void
}

/** The savepoints and checkpoints that people want of one job. Every request is durable before anything comes of it, and found again by its id. */
export class JobSavepoints {
  readonly #parts: JobSavepointsParts
  /** Requests that are not durable yet, by their ids. */
  readonly #asking = new Map<string, Promise<JobRequest>>()
  /** What is being taken of a job that goes on, by the ids of the requests. */
  readonly #taking = new Map<string, Promise<JobCheckpoint>>()

  constructor(parts: JobSavepointsParts) {
    this.#parts = parts
  }

  /** @throws MillraceError `JOB_STATE`, `SAVEPOINT_LOCATION`, `STORE_FAILED`. */
  begin(request: CheckpointRequest): Promise<JobRequest> {
    const id = request.requestId ?? newJobId(this.#parts.clock.now())
    return this.#once(id, () => this.#begin(id, request))
  }

  /** As {@link begin}, and ends with what came of it. @throws MillraceError also `SAVEPOINT_REFUSED`, `CHECKPOINT_FAILED`. */
  async take(request: CheckpointRequest): Promise<JobCheckpoint> {
    const { id, failure, checkpointId } = await this.begin(request)
    const taking = this.#taking.get(id)
    if (taking !== undefined) return taking
    const known = this.#parts.progress().checkpoints.history.find((each) => each.id === checkpointId)
    if (known !== undefined) return known
    throw new MillraceError('CHECKPOINT_FAILED', failure?.text ?? `nothing is known of the savepoint '${checkpointId}'`)
  }

  /** Lets the job end with a savepoint. @throws MillraceError `JOB_STATE` when there can be none, `SAVEPOINT_LOCATION`, `STORE_FAILED`. */
  async stop({ user, requestId, stop = {} }: StopRequest): Promise<void> {
    const id = requestId ?? newJobId(this.#parts.clock.now())
    await this.#once(id, () => this.#stop(id, user, { directory: null, isCanceled: false, isDrained: false, ...stop }))
  }

  /** Takes the savepoint that the job, or its attempt, is to end with. Never rejects. */
  async takeLast(): Promise<void> {
    const { take, post, progress } = this.#parts
    const stops = openStops(progress().requests)
    const [first] = stops
    const isDrained = first !== undefined && stops.every(({ stop }) => stop?.isDrained === true)
    // An attempt that another one follows has nothing to keep for itself.
    const options: SavepointOptions =
      first === undefined ? { isCheckpoint: true } : { isDrained, keep: this.#keep(first.stop?.directory ?? null) }
    try {
      const taken = await take({ goesOn: false, ...options })
      if (taken === null || first === undefined) return
      const requests = openStops(progress().requests)
      post(null, { requests: requests.map((each) => ({ ...each, ...this.#resultOf(taken) })) })
    } catch (thrown) {
      // What ends the attempt says more than that there is no savepoint because of it.
      if (first === undefined) await this.#parts.running()
      this.#failLast(asMillraceErrors(thrown))
    }
  }

  #failLast(errors: readonly MillraceError[]): void {
    const { post, progress, clock } = this.#parts
    const { requests, state } = progress()
    const [reason] = errors
    if (reason === undefined) return
    const notes = errors.map(({ code, message }) => ({ kind: 'error' as const, text: message, data: { code } }))
    // A change of the parallelism says itself why it came to nothing.
    const told = state.status === 'DOING_SAVEPOINT' ? { notes } : {}
    const failed = openStops(requests).map((each) => failedRequest(each, reason, clock.now()))
    post({ type: 'savepointFailed' }, { ...told, reason, requests: failed })
  }

  /** What became of requests that were under way when the node was stopped. */
  found(): readonly JobRequest[] {
    const { requests, state } = this.#parts.progress()
    return requestsFound(requests, state.status, this.#parts.clock.now())
  }

  /** Asks at most once for each id. */
  #once(id: string, ask: () => Promise<JobRequest>): Promise<JobRequest> {
    const known = this.#parts.progress().requests.find((each) => each.id === id)
    if (known !== undefined) return Promise.resolve(known)
    const asking = this.#asking.get(id)
    if (asking !== undefined) return asking
    const asked = ask().finally(() => this.#asking.delete(id))
    this.#asking.set(id, asked)
    return asked
  }

  async #begin(id: string, { user, isCheckpoint = false, directory = null }: CheckpointRequest): Promise<JobRequest> {
    const { savepoints, clock, add, isRunning, progress } = this.#parts
    if (!isCheckpoint) savepoints.requireDirectory(directory)
    const kind = isCheckpoint ? 'checkpoint' : 'savepoint'
    if (progress().state.status !== 'RUNNING' || !isRunning()) throw this.#unable(`give a ${kind}`)
    const request = newRequest({ id, kind, askedAtMs: clock.now() })
    const note = { kind: 'request' as const, text: `a ${kind} was asked for`, data: { user, requestId: id } }
    if (!(await add(null, { notes: [note], requests: [request] }))) throw this.#unable(`give a ${kind}`)
    const keep = isCheckpoint ? undefined : this.#keep(directory)
    const taking = this.#run(request, { goesOn: true, isCheckpoint, keep }).finally(() => this.#taking.delete(id))
    this.#taking.set(id, taking)
    // Whoever waits hears of it; everybody else asks for the request.
    taking.catch(() => undefined)
    return request
  }

  async #run(request: JobRequest, options: SavepointOptions): Promise<JobCheckpoint> {
    const { take, clock } = this.#parts
    const { id: requestId, kind } = request
    try {
      const taken = await take(options)
      if (taken === null) throw this.#unable(`give a ${kind}`)
      const result = { ...request, ...this.#resultOf(taken), endedAtMs: clock.now() }
      const { location } = result
      this.#remember(result, `checkpoint ${taken.id} is the ${kind}`, { requestId, checkpoint: taken.id, location })
      return taken
    } catch (thrown) {
      const error = asMillraceErrors(thrown)[0] as MillraceError
      const { code, message } = error
      this.#remember(failedRequest(request, error, clock.now()), message, { requestId, code })
      throw error
    }
  }

  async #stop(id: string, user: string | null, stop: NonNullable<JobRequest['stop']>): Promise<JobRequest> {
    const { savepoints, clock, add, progress } = this.#parts
    savepoints.requireDirectory(stop.directory)
    const request = newRequest({ id, kind: 'stop', askedAtMs: clock.now(), stop })
    const text = 'a stop with a savepoint was asked for'
    const note = { kind: 'request' as const, text, data: { user, requestId: id, isStop: true } }
    const details = { notes: [note], requests: [request] }
    const isDone = await add({ type: 'stopWithSavepoint', endsCanceled: stop.isCanceled }, details)
    // Another stop is under way: this one gets what comes of it.
    const isJoined = !isDone && progress().state.status === 'DOING_SAVEPOINT' && (await add(null, details))
    if (isDone || isJoined) return request
    throw this.#unable('be stopped with a savepoint')
  }

  #keep(directory: string | null): SavepointOptions['keep'] {
    const { savepoints, clock } = this.#parts
    return (record) => savepoints.write(directory, record, clock.now())
  }

  #resultOf({ id, location }: JobCheckpoint): Pick<JobRequest, 'checkpointId' | 'location'> {
    return { checkpointId: id, location: location ?? checkpointLocation(this.#parts.jobId, id) }
  }

  /** Keeps with the job what came of a request. An ended job is not written any more. */
  #remember(request: JobRequest, text: string, data: Readonly<Record<string, string | number | null>>): void {
    const { post, progress } = this.#parts
    if (END_STATES.has(progress().state.status)) return
    post(null, { notes: [{ kind: 'request', text, data }], requests: [request] })
  }

  #unable(what: string): MillraceError {
    const { jobId, progress } = this.#parts
    return new MillraceError('JOB_STATE', `the job '${jobId}' is ${progress().state.status} and cannot ${what}`)
  }
}
