import { Worker } from 'node:worker_threads'
import { MillraceError } from '../../core/error.js'
import type { SandboxReply, SandboxRequest, SandboxStart } from './messages.js'

/** What the user's code may use. */
export interface SandboxLimits {
  /** Milliseconds per request. */
  readonly timeMs: number
  /** Megabytes of objects. */
  readonly memoryMb: number
}

/** An answer that is no failure. */
export type SandboxAnswer = Exclude<SandboxReply, { kind: 'failed' | 'ready' }>

/** The thread of the user's code, seen from the thread that uses it. Requests are answered one behind the other. */
export class Sandbox {
  readonly #worker: Worker
  readonly #limits: SandboxLimits
  /** The request before, or the start of the thread. */
  #last: Promise<unknown>
  #ended: MillraceError | null = null
  #settle: ((reply: SandboxReply | MillraceError) => void) | null = null

  constructor(start: SandboxStart, limits: SandboxLimits) {
    this.#limits = limits
    this.#worker = new Worker(new URL('./sandbox.js', import.meta.url), {
      workerData: start,
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: limits.memoryMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
    })
    // Until the thread is ready no time is counted.
    this.#last = new Promise((resolve) => {
      this.#settle = resolve
    })
    this.#worker.on('message', (reply: SandboxReply) => this.#settle?.(reply))
    this.#worker.on('error', (error: NodeJS.ErrnoException) => this.#end(this.#deathOf(error)))
    this.#worker.on('exit', () => this.#end(new MillraceError('SCRIPT_FAILED', 'the thread of the user code ended')))
  }

  /**
   * Asks the sandbox.
   *
   * @throws MillraceError `SCRIPT_LIMIT` when the time or the memory is used up: the sandbox is gone then; `SCRIPT_FAILED` when the
   *   code does not compile. The signal's reason when it is aborted; the sandbox is gone then too.
   */
  ask(request: SandboxRequest, signal: AbortSignal): Promise<SandboxAnswer> {
    const reply = this.#last.then(() => this.#exchange(request, signal))
    this.#last = reply.catch(() => undefined)
    return reply
  }

  async #exchange(request: SandboxRequest, signal: AbortSignal): Promise<SandboxAnswer> {
    signal.throwIfAborted()
    if (this.#ended !== null) throw this.#ended
    const { timeMs } = this.#limits
    const late = setTimeout(
      () => this.#end(new MillraceError('SCRIPT_LIMIT', `the user code took longer than '${timeMs}' ms`)),
      timeMs,
    )
    const abort = (): void => this.#end(new MillraceError('SCRIPT_FAILED', 'the user code was stopped'))
    signal.addEventListener('abort', abort, { once: true })
    try {
      const reply = await new Promise<SandboxReply | MillraceError>((resolve) => {
        this.#settle = resolve
        this.#worker.postMessage(request)
      })
      signal.throwIfAborted()
      if (reply instanceof MillraceError) throw reply
      if (reply.kind === 'failed')
        throw new MillraceError('SCRIPT_FAILED', `the user code does not run: ${reply.error}`)
      if (reply.kind === 'ready') throw new Error('the sandbox was started twice')
      return reply
    } finally {
      clearTimeout(late)
      signal.removeEventListener('abort', abort)
      this.#settle = null
    }
  }

  #deathOf(error: NodeJS.ErrnoException): MillraceError {
    const { memoryMb } = this.#limits
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
      return new MillraceError('SCRIPT_LIMIT', `the user code holds more than '${memoryMb}' MB`, {
        hint: "raise 'memory_limit_mb', or keep less between rows",
      })
    }
    return new MillraceError('SCRIPT_FAILED', `the thread of the user code failed: ${error.message}`, { cause: error })
  }

  #end(reason: MillraceError): void {
    this.#ended ??= reason
    this.#settle?.(this.#ended)
    void this.#worker.terminate()
  }

  /** Ends the thread, whatever it does. */
  async close(): Promise<void> {
    this.#ended ??= new MillraceError('SCRIPT_FAILED', 'the user code was stopped')
    await this.#worker.terminate()
  }
}
