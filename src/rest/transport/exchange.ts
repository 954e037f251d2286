import { MillraceError } from '../../core/error.js'
import { type Refusal, refusal } from '../refusal.js'
import type { Peer, RestRequest } from '../request.js'
import { type BodyStream, isStream, type RestResponse } from '../response.js'
import { isResponse } from '../route.js'
import { type Admission, bodyTooLarge } from '../router.js'
import { BodyReader } from './body-reader.js'
import type { HeadFault } from './framing.js'
import { type ListenerState, overloaded } from './listener-state.js'
import { StreamPump } from './stream-pump.js'

/** An unread rest of a body up to this size is read and dropped, so that the connection can be used again. */
const DROPPED_REST_BYTES = 64 * 1024
const NOTHING = new Uint8Array(0)

/**
 * One request and its answer on one connection: admission, body, handler, deadlines, answer, in that order, and each once. A transport
 * only moves bytes: it feeds the body in and implements the sending.
 */
export abstract class Exchange implements Peer {
  abstract readonly secure: boolean
  abstract readonly localPort: number
  protected readonly state: ListenerState
  protected body: BodyReader | null = null
  #request: RestRequest | null = null
  #length: number | null = null
  #answered = false
  #over = false
  #controller: AbortController | null = null
  #timer: NodeJS.Timeout | null = null
  #reservedBytes = 0
  #pump: StreamPump | null = null

  constructor(state: ListenerState) {
    this.state = state
    state.requestsInFlight += 1
  }

  abstract remoteAddress(): string

  /** Sends an answer whose body is no stream, and calls {@link finished} when it was handed over. */
  protected abstract send(response: RestResponse, isHead: boolean, close: boolean): void
  /** Sends the head of an answer whose length is not known. */
  protected abstract sendHead(response: RestResponse, close: boolean): void
  /** Sends a piece of such an answer. @returns whether the client takes more; if not, {@link drained} is called later. */
  protected abstract sendPiece(piece: Uint8Array | string): boolean
  /** Ends such an answer and calls {@link finished} when it was handed over. */
  protected abstract sendEnd(isHead: boolean): void
  /** Cuts the connection. */
  protected abstract cut(): void
  protected abstract pauseBody(): void
  protected abstract resumeBody(): void

  signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#over && !this.#controller.signal.aborted) this.#controller.abort()
    return this.#controller.signal
  }

  /** Whether an answer was sent or the connection is gone. */
  protected get settled(): boolean {
    return this.#answered || this.#over
  }

  /**
   * Takes a request through to its answer. A body, where there is one, is fed to `this.body` afterwards, unless the request is settled.
   *
   * @param length announced size of the body; `null` without one.
   */
  protected begin(request: RestRequest, length: number | null, chunked: boolean): void {
    this.#request = request
    this.#length = length
    const { handler, limits, requestsInFlight } = this.state
    if (requestsInFlight > limits.requestsInFlight) {
      this.#refuse(overloaded('too many requests at a time'))
      return
    }
    if (chunked || (length !== null && length > 0)) this.body = new BodyReader(this.#bodySource())
    else if (length === 0) request.body = NOTHING
    const admission = handler.admit(request)
    if (!(admission instanceof Promise)) {
      this.#admitted(admission)
      return
    }
    this.body?.hold()
    this.#arm(limits.requestMs, () => this.#late())
    this.#settle(admission, (result) => this.#admitted(result))
  }

  /**
   * Does something; when it throws, the connection is cut. Whatever calls into an exchange goes through here: what is thrown into the
   * library, into a timer or into nobody's promise would end the process.
   */
  guarded(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.state.onFault(error)
      this.cut()
    }
  }

  /** Refuses a request that is none. */
  protected reject(request: RestRequest, fault: HeadFault): void {
    this.#request = request
    this.#refuse(refusal('REQUEST_MALFORMED', fault.message, { close: true }))
  }

  /** The client is gone, or the connection was cut. */
  protected aborted(): void {
    if (this.#over) return
    this.#leave()
    this.#controller?.abort()
    this.body?.fail(new MillraceError('REQUEST_ABORTED', 'the client closed the connection while it sent the body'))
    this.#pump?.stop()
  }

  /** The whole answer was handed over. */
  protected finished(): void {
    if (!this.#over) this.#leave()
  }

  /** The client takes bytes again. */
  protected drained(): void {
    this.#pump?.drained()
  }

  /** Counts bytes that wait in memory for this connection. @returns whether the node has room for them. */
  protected reserve(bytes: number): boolean {
    if (!this.state.memory.take(bytes)) return false
    this.#reservedBytes += bytes
    return true
  }

  /** Cuts the connection unless it is called again, or the exchange ends, within the time that nothing may move. */
  protected expectProgress(): void {
    this.#arm(this.state.limits.noProgressMs, () => this.cut())
  }

  #admitted(admission: Admission | RestResponse): void {
    if (this.settled) return
    this.#disarm()
    if (isResponse(admission)) {
      this.#answer(admission)
      return
    }
    const { kind, limitBytes } = admission.body
    if (this.#length !== null && this.#length > limitBytes) {
      this.#refuse(bodyTooLarge(limitBytes))
      return
    }
    if (this.body === null) {
      this.#dispatch(admission)
      return
    }
    if (kind === 'whole') {
      this.#collect(this.body, admission)
      return
    }
    if (kind === 'none') this.body.drop(limitBytes)
    else if (this.#request !== null) this.#request.bodyStream = this.body.stream(limitBytes)
    if (!this.settled) this.#dispatch(admission)
  }

  #collect(body: BodyReader, admission: Admission): void {
    this.#whenComplete = admission
    const late = refusal('REQUEST_TIMEOUT', 'the body did not arrive in time', { close: true })
    this.#arm(this.state.limits.bodyMs, () => this.#refuse(late))
    body.collect(admission.body.limitBytes)
  }

  /** The route that waits for its body. */
  #whenComplete: Admission | null = null

  #bodySource() {
    return {
      pause: () => this.pauseBody(),
      resume: () => this.resumeBody(),
      hold: (bytes: number) => {
        if (this.reserve(bytes)) return true
        this.#refuse(overloaded('too many bytes wait in memory', true))
        return false
      },
      tooLarge: (limitBytes: number) => {
        if (this.#answered) return this.cut()
        this.body?.fail(new MillraceError('BODY_TOO_LARGE', `the body is larger than ${limitBytes} bytes`))
        this.#refuse(bodyTooLarge(limitBytes))
      },
      complete: (body: Uint8Array) => {
        const admission = this.#whenComplete
        if (this.settled || this.#request === null || admission === null) return
        this.#disarm()
        if (!this.reserve(body.byteLength)) return this.#refuse(overloaded('too many bytes wait in memory'))
        this.#request.body = body
        this.#dispatch(admission)
      },
      waiting: (isWaiting: boolean) => {
        if (this.settled) return
        if (isWaiting) this.expectProgress()
        else this.#disarm()
      },
    }
  }

  /** Tells the handler of an answer without end that the node stops. */
  readonly #stop = (): void => {
    this.#controller ??= new AbortController()
    this.#controller.abort()
  }

  #dispatch(admission: Admission): void {
    if (this.#request === null) return
    if (admission.deadlineMs === 0) this.state.endless.add(this.#stop)
    if (admission.deadlineMs === 0 && this.state.draining) this.#stop()
    const result = admission.run(this.#request)
    if (!(result instanceof Promise)) {
      this.#answer(result)
      return
    }
    const deadlineMs = admission.deadlineMs ?? this.state.limits.requestMs
    // A stream's time is the client's until its last byte; what waits for the client has a timer of its own.
    if (deadlineMs > 0 && this.#request.bodyStream === null) this.#arm(deadlineMs, () => this.#late())
    this.#settle(result, (response) => this.#answer(response))
  }

  #late(): void {
    this.#controller?.abort()
    this.#refuse(overloaded('the request took too long'))
  }

  #settle<T>(promise: Promise<T>, action: (value: T) => void): void {
    promise.then(
      (value) => this.guarded(() => action(value)),
      (error) => this.guarded(() => this.#broken(error)),
    )
  }

  /** A handler must not throw past the router; if it does, the client hears of it and the node goes on. */
  #broken(error: unknown): void {
    this.state.onFault(error)
    this.#refuse(refusal('REQUEST_FAILED', 'the request failed inside the node', { cause: error }))
  }

  #refuse(reason: Refusal): void {
    if (this.settled || this.#request === null) return
    this.#answer(this.state.handler.refuse(this.#request, reason))
  }

  #answer(response: RestResponse): void {
    if (this.settled) {
      // Nobody waits for it any more, but it may hold something open.
      if (isStream(response.body)) this.#stream(response.body).stop()
      return
    }
    this.#disarm()
    this.#answered = true
    if (response.closeWithoutReply === true) {
      this.cut()
      return
    }
    const { body } = response
    try {
      const close = response.close === true || this.state.draining || this.#leavesRest()
      this.body?.discard()
      const isHead = this.#request?.method === 'HEAD'
      if (typeof body !== 'object' || body instanceof Uint8Array) {
        this.send(response, isHead, close)
        return
      }
      this.sendHead(response, close)
      this.#pump = this.#stream(body)
      if (!isHead) void this.#pump.run()
      else {
        this.#pump.stop()
        this.sendEnd(true)
      }
    } catch (error) {
      this.state.onFault(error)
      this.cut()
    }
  }

  /** Whether so much of the body is still to come that it is better not to wait for it. */
  #leavesRest(): boolean {
    if (this.body === null || this.body.ended) return false
    return this.#length === null || this.#length - this.body.arrivedBytes > DROPPED_REST_BYTES
  }

  #stream(body: BodyStream): StreamPump {
    return new StreamPump(body, {
      send: (piece) => this.sendPiece(piece),
      end: () => this.sendEnd(false),
      // The head is out: only a connection that breaks tells the client that something is missing.
      failed: (error) => {
        this.state.onFault(error)
        if (!this.#over) this.cut()
      },
      stalled: (isStalled) => {
        if (isStalled) this.expectProgress()
        else this.#disarm()
      },
    })
  }

  #leave(): void {
    this.#over = true
    this.#disarm()
    const { state } = this
    state.endless.delete(this.#stop)
    state.memory.give(this.#reservedBytes)
    this.#reservedBytes = 0
    state.requestsInFlight -= 1
    if (state.requestsInFlight === 0) state.onIdle?.()
  }

  #arm(timeMs: number, action: () => void): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.guarded(action), timeMs)
    this.#timer.unref()
  }

  #disarm(): void {
    if (this.#timer === null) return
    clearTimeout(this.#timer)
    this.#timer = null
  }
}
