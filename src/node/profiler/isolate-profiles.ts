import type { Session } from 'node:inspector'
import type { CpuProfile } from './cpu-profile.js'

/** The main thread among the threads of JavaScript, by Node.js' number. */
export const MAIN_THREAD = 0

/** Milliseconds that the threads have to answer; one that is busy in a long native call is left out. */
const ANSWER_LIMIT_MS = 2_000

/** Profiles of JavaScript. */
export interface JavaScriptProfiles {
  /**
   * Starts profiles of all threads but, unless it is wanted, the calling one. Threads that begin later have none. Never rejects.
   */
  start(intervalMicros: number, isMainWanted: boolean): Promise<void>
  /** Ends them; the profiles by Node.js' number of the thread. Never rejects. */
  stop(): Promise<ReadonlyMap<number, CpuProfile>>
}

interface Worker {
  readonly sessionId: string
  readonly threadId: number
}

interface Pending {
  readonly sessionId: string
  readonly settle: (result: unknown) => void
}

/**
 * Profiles of all threads of JavaScript by the inspector, from the main thread: a thread is interrupted to be told so, and nothing of what
 * it runs has to know. The inspector is loaded with the first one, and left when no profile is taken.
 */
export class IsolateProfiles implements JavaScriptProfiles {
  #session: Session | null = null
  readonly #workers = new Map<string, Worker>()
  readonly #pending = new Map<number, Pending>()
  #lastId = 0

  async start(intervalMicros: number, isMainWanted: boolean): Promise<void> {
    const session = await this.#connect()
    if (session === null) return
    const commands = [
      ['Profiler.enable', {}],
      ['Profiler.setSamplingInterval', { interval: intervalMicros }],
      ['Profiler.start', {}],
    ] as const
    const own = isMainWanted ? commands.map(([method, parameters]) => post(session, method, parameters)) : []
    const others = [...this.#workers.values()].flatMap((worker) =>
      commands.map(([method, parameters]) => this.#tell(session, worker, method, parameters)),
    )
    await Promise.all([...own, ...others])
  }

  async stop(): Promise<ReadonlyMap<number, CpuProfile>> {
    const session = this.#session
    const profiles = new Map<number, CpuProfile>()
    if (session === null) return profiles
    const keep = (threadId: number, answer: unknown): void => {
      const profile = profileOf(answer)
      if (profile !== null) profiles.set(threadId, profile)
    }
    await Promise.all([
      post(session, 'Profiler.stop', {}).then((answer) => keep(MAIN_THREAD, answer)),
      ...[...this.#workers.values()].map(async (worker) =>
        keep(worker.threadId, await this.#tell(session, worker, 'Profiler.stop', {})),
      ),
    ])
    await Promise.all([...this.#workers.values()].map((worker) => this.#tell(session, worker, 'Profiler.disable', {})))
    await this.#disconnect(session)
    return profiles
  }

  async #connect(): Promise<Session | null> {
    if (this.#session !== null) return this.#session
    try {
      const { Session } = await import('node:inspector')
      const session = new Session()
      session.connect()
      this.#session = session
      this.#listen(session)
      await post(session, 'NodeWorker.enable', { waitForDebuggerOnStart: false })
      return session
    } catch {
      // A build of Node.js without inspector: there are no frames of JavaScript then.
      return null
    }
  }

  #listen(session: Session): void {
    session.on('NodeWorker.attachedToWorker', ({ params }) => {
      const threadId = Number(/(\d+)\D*$/.exec(params.workerInfo.title)?.[1] ?? Number.NaN)
      this.#workers.set(params.sessionId, { sessionId: params.sessionId, threadId })
    })
    session.on('NodeWorker.detachedFromWorker', ({ params }) => {
      this.#workers.delete(params.sessionId)
      for (const { sessionId, settle } of [...this.#pending.values()]) if (sessionId === params.sessionId) settle(null)
    })
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      const answer = JSON.parse(params.message) as { readonly id?: number; readonly result?: unknown }
      if (answer.id !== undefined) this.#pending.get(answer.id)?.settle(answer.result ?? null)
    })
  }

  /** Sends a command to a worker; `null` when it ends or does not answer in time. */
  #tell(session: Session, { sessionId }: Worker, method: string, params: object): Promise<unknown> {
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((resolve) => {
      const settle = (result: unknown): void => {
        clearTimeout(timer)
        this.#pending.delete(id)
        resolve(result)
      }
      const timer = setTimeout(() => settle(null), ANSWER_LIMIT_MS)
      timer.unref()
      this.#pending.set(id, { sessionId, settle })
      const message = JSON.stringify({ id, method, params })
      session.post('NodeWorker.sendMessageToWorker', { sessionId, message }, (error) => {
        if (error !== null) settle(null)
      })
    })
  }

  async #disconnect(session: Session): Promise<void> {
    await post(session, 'Profiler.disable', {})
    await post(session, 'NodeWorker.disable', {})
    session.disconnect()
    this.#session = null
    this.#workers.clear()
    for (const { settle } of [...this.#pending.values()]) settle(null)
  }
}

/** Sends a command to the inspector of this thread; `null` when it fails. */
function post(session: Session, method: string, parameters: object): Promise<unknown> {
  return new Promise((resolve) => {
    session.post(method, parameters, (error, result) => resolve(error === null ? (result ?? null) : null))
  })
}

function profileOf(answer: unknown): CpuProfile | null {
  if (typeof answer !== 'object' || answer === null || !('profile' in answer)) return null
  return answer.profile as CpuProfile
}
