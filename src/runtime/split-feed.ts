import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { RecordedDiscovery } from '../checkpoint/record.js'
import type { LaneSplit, SplitFeed } from '../plan/physical-plan.js'
import type { SplitDiscovery } from '../spi/source.js'
import type { JobControl } from './control.js'
import type { TaskQueue } from './task-queue.js'

/** Splits that a lane gets while the job runs. */
interface FeedMessage {
  readonly lane: number
  readonly splits: readonly LaneSplit[]
}

/**
 * The main thread's end: looks for splits again and again, hands them to every worker, and then says how many tasks there are.
 * A worker that may take a task therefore has the split in its port already.
 */
export class SplitFeeder {
  readonly #feeds: readonly SplitFeed[]
  readonly #tasks: TaskQueue
  readonly #control: JobControl
  readonly #lanes: readonly LaneSplit[][]
  readonly #states = new Map<SplitFeed, RecordedDiscovery>()
  readonly #ports: MessagePort[] = []
  readonly #timers = new Set<NodeJS.Timeout>()
  #isStopped = false

  /** @param lanes splits of every lane; what is found is appended. */
  constructor(feeds: readonly SplitFeed[], tasks: TaskQueue, control: JobControl, lanes: readonly LaneSplit[][]) {
    this.#feeds = feeds
    this.#tasks = tasks
    this.#control = control
    this.#lanes = lanes
    for (const feed of feeds) this.#keepState(feed)
  }

  /** What the sources have given out: just what the lanes have, also while a source is looking. */
  get states(): readonly RecordedDiscovery[] {
    return [...this.#states.values()]
  }

  #keepState(feed: SplitFeed): void {
    this.#states.set(feed, { source: feed.source, state: feed.discovery.state() })
  }

  /** A port for one more worker, to be handed to it when it is started. */
  port(): MessagePort {
    const { port1, port2 } = new MessageChannel()
    port1.unref()
    this.#ports.push(port1)
    return port2
  }

  /** Begins to look; `onFailure` gets the failure that ends it. */
  start(onFailure: (failure: unknown) => void): void {
    for (const feed of this.#feeds) this.#schedule(feed, feed.discovery, onFailure)
  }

  stop(): void {
    this.#isStopped = true
    for (const timer of this.#timers) clearTimeout(timer)
    for (const port of this.#ports) port.close()
  }

  #schedule(feed: SplitFeed, discovery: SplitDiscovery, onFailure: (failure: unknown) => void): void {
    if (this.#isStopped) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      discovery
        .discover()
        .then((subtasks) => {
          this.#give(feed, subtasks)
          this.#schedule(feed, discovery, onFailure)
        })
        .catch((thrown: unknown) => {
          if (!this.#isStopped) onFailure(thrown)
        })
    }, discovery.intervalMs)
    this.#timers.add(timer)
  }

  #give(feed: SplitFeed, subtasks: Awaited<ReturnType<SplitDiscovery['discover']>>): void {
    if (this.#isStopped) return
    for (const [subtask, found] of subtasks.entries()) {
      const lane = feed.lanes[subtask]
      const splits = found.filter((split) => split.morsels !== 0).map((split) => ({ source: feed.source, split }))
      if (lane === undefined || splits.length === 0) continue
      const message: FeedMessage = { lane, splits }
      this.#lanes[lane]?.push(...splits)
      this.#tasks.append(lane, splits)
      for (const port of this.#ports) port.postMessage(message)
    }
    this.#keepState(feed)
    this.#control.allowTasks(this.#tasks.length)
  }
}

/** A worker's end. */
export class SplitReceiver {
  readonly #port: MessagePort
  readonly #tasks: TaskQueue
  readonly #lanes: readonly LaneSplit[][]

  /** @param lanes splits of every lane; what comes is appended. */
  constructor(port: MessagePort, tasks: TaskQueue, lanes: readonly LaneSplit[][]) {
    this.#port = port
    this.#tasks = tasks
    this.#lanes = lanes
  }

  /** Takes in what has come. All workers get the same splits in the same order, so that they number tasks alike. */
  receive(): void {
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) {
      const { lane, splits } = next.message as FeedMessage
      this.#lanes[lane]?.push(...splits)
      this.#tasks.append(lane, splits)
    }
  }

  close(): void {
    this.#port.close()
  }
}
