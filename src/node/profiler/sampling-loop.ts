import type { ThreadSample, ThreadSampler } from '../../native/sampler.js'
import { type ThreadPlace, threadPlace } from '../../runtime/activity.js'
import type { NodeClock } from '../clock.js'
import { CpuSamples, type JavaScriptStack } from './cpu-profile.js'
import type { JavaScriptProfiles } from './isolate-profiles.js'
import { NativeNames } from './native-frames.js'

/** What a thread did at one moment. */
export interface StackSample {
  /** Number that the operating system has given the thread. */
  readonly thread: number
  /** What it worked at. */
  readonly place: ThreadPlace
  readonly isRunning: boolean
  /** The outermost first. */
  readonly frames: readonly string[]
}

/** What a time gave. */
export interface SampleChunk {
  /** Of worker threads, in the order of time. */
  readonly samples: readonly StackSample[]
  /** JavaScript alone, by Node.js' number of the thread and in the order of time; of the main thread only when it is wanted. */
  readonly stacks: ReadonlyMap<number, readonly JavaScriptStack[]>
}

/** Who wants samples. */
export interface SampleListener {
  /** Milliseconds between two samples of a thread. */
  readonly intervalMs: number
  /** Samples of each thread, all together. */
  readonly ticks: number
  /** Whether the main thread is sampled too. */
  readonly isMainWanted: boolean
  onChunk(chunk: SampleChunk): void
}

interface Subscription {
  readonly listener: SampleListener
  ticksLeft: number
  pending: ThreadSample[]
  readonly end: () => void
  /** The first tick has asked for the first samples; they come with the next one. */
  hasAsked: boolean
}

/** Samples that V8 takes between two of ours, so that what runs in JavaScript is known for about the same time. */
const JAVA_SCRIPT_SAMPLES = 10
/** How far the JavaScript of a sample may be from it, and more for the call that is in the kernels right now. */
const NEAR_MICROS = 5_000
const NEAR_IN_KERNELS_MICROS = 200_000
/** Samples of a thread are put together with its JavaScript at least so often: profiles grow. */
const ROLL_MS = 10_000

/**
 * Takes samples of all worker threads while somebody wants them. At every tick the main thread asks for samples and takes those of the
 * tick before: it waits for no thread.
 */
export class SamplingLoop {
  readonly #sampler: ThreadSampler
  readonly #profiles: JavaScriptProfiles
  readonly #clock: NodeClock
  readonly #names: NativeNames
  readonly #subscriptions = new Set<Subscription>()
  #isRunning = false

  constructor(sampler: ThreadSampler, profiles: JavaScriptProfiles, clock: NodeClock) {
    this.#sampler = sampler
    this.#profiles = profiles
    this.#clock = clock
    this.#names = new NativeNames(sampler)
  }

  /** Samples for a listener; ends when it has all that it wants. Never rejects. */
  sample(listener: SampleListener): Promise<void> {
    return new Promise((resolve) => {
      const { ticks } = listener
      this.#subscriptions.add({ listener, ticksLeft: ticks, pending: [], end: resolve, hasAsked: false })
      if (!this.#isRunning) void this.#run()
    })
  }

  /** Ends what is under way; listeners get nothing more. */
  close(): void {
    for (const subscription of this.#subscriptions) subscription.ticksLeft = 0
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    // What an earlier time left is not of now.
    this.#sampler.take()
    while (this.#subscriptions.size > 0) {
      const listeners = [...this.#subscriptions].map(({ listener }) => listener)
      const intervalMs = Math.min(...listeners.map((listener) => listener.intervalMs))
      await this.#profiles.start(
        Math.round((intervalMs * 1000) / JAVA_SCRIPT_SAMPLES),
        listeners.some(({ isMainWanted }) => isMainWanted),
      )
      await this.#tickUntilRoll()
      const profiles = await this.#profiles.stop()
      const stacks = new Map([...profiles].map(([threadId, profile]) => [threadId, new CpuSamples(profile)]))
      for (const subscription of [...this.#subscriptions]) this.#deliver(subscription, stacks)
    }
    this.#isRunning = false
  }

  /** Ticks until a listener has what it wants, or a while is over. */
  async #tickUntilRoll(): Promise<void> {
    const rollMs = this.#clock.now() + ROLL_MS
    const dueMs = new Map<Subscription, number>()
    for (;;) {
      const now = this.#clock.now()
      const samples = this.#sampler.take()
      let isAsking = false
      let nextMs = rollMs
      for (const subscription of this.#subscriptions) {
        subscription.pending.push(...samples)
        const due = dueMs.get(subscription) ?? now
        if (now >= due) {
          if (subscription.hasAsked) subscription.ticksLeft -= 1
          subscription.hasAsked = true
          isAsking ||= subscription.ticksLeft > 0
          dueMs.set(subscription, now + subscription.listener.intervalMs)
        }
        nextMs = Math.min(nextMs, dueMs.get(subscription) ?? now)
      }
      if (now >= rollMs || [...this.#subscriptions].some(({ ticksLeft }) => ticksLeft <= 0)) return
      if (isAsking) this.#sampler.request(this.#sampler.threads())
      await this.#sleep(nextMs - now)
    }
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(Math.max(1, delayMs), resolve)
    })
  }

  #deliver(subscription: Subscription, stacks: ReadonlyMap<number, CpuSamples>): void {
    const { listener, pending } = subscription
    subscription.pending = []
    this.#names.learn(pending.flatMap(({ frames }) => frames))
    const samples = pending.map((sample) => this.#merged(sample, stacks))
    listener.onChunk({ samples, stacks: new Map([...stacks].map(([threadId, { stacks: own }]) => [threadId, own])) })
    if (subscription.ticksLeft > 0) return
    this.#subscriptions.delete(subscription)
    subscription.end()
  }

  /** Hangs what the thread did natively under the JavaScript that it did it for. */
  #merged(sample: ThreadSample, stacks: ReadonlyMap<number, CpuSamples>): StackSample {
    const place = threadPlace(sample)
    const native = this.#names.stack(sample.frames)
    const within = native.isInKernels ? NEAR_IN_KERNELS_MICROS : NEAR_MICROS
    const known = stacks.get(place.threadId)
    const stack = known?.near(sample.atMicros, native.isInKernels, within) ?? null
    const outer = stack === null || stack.frames.length === 0 ? [`worker.${place.phase ?? 'wait'}`] : stack.frames
    return {
      thread: sample.thread,
      place,
      isRunning: sample.isRunning,
      frames: [...outer, ...native.frames],
    }
  }
}
