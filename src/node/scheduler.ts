/** How slots are given out. */
export interface SlotSettings {
  /** The number of slots is not bounded; such a node never lets a job wait for them. */
  readonly isDynamic: boolean
  /** Slots of the node when they are bounded. */
  readonly slots: number
  /** What becomes of a job that finds no room. */
  readonly strategy: 'REJECT' | 'WAIT'
  /** Jobs that run at a time; others wait, whatever the strategy. */
  readonly maxJobs: number
}

/** What a job needs to run. */
export interface SlotRequest {
  readonly jobId: string
  readonly slots: number
  /** Attributes that the node must have. */
  readonly tagFilter: readonly (readonly [string, string])[]
}

/** What the scheduler tells about a job that waits for slots. */
export type SlotAnswer =
  | { readonly type: 'granted' }
  | { readonly type: 'waiting'; readonly reason: string }
  | { readonly type: 'refused'; readonly reason: string }
  /** Slots have become free that a running job has waited for. */
  | { readonly type: 'room' }

/** Gives slots to jobs in the order in which they come: the first that finds no room holds up those behind it. */
export class SlotScheduler {
  readonly #settings: SlotSettings
  readonly #tags: () => ReadonlyMap<string, string>
  readonly #answer: (jobId: string, answer: SlotAnswer) => void
  readonly #held = new Map<string, number>()
  readonly #queue: SlotRequest[] = []
  readonly #reasons = new Map<string, string>()
  /** Running jobs that would take more slots. */
  readonly #growing = new Set<string>()
  #assigned = 0

  constructor(
    settings: SlotSettings,
    tags: () => ReadonlyMap<string, string>,
    answer: (jobId: string, answer: SlotAnswer) => void,
  ) {
    this.#settings = settings
    this.#tags = tags
    this.#answer = answer
  }

  /** Slots that there are: with dynamic slots those that jobs hold. */
  get total(): number {
    return this.#settings.isDynamic ? this.#assigned : this.#settings.slots
  }

  get unassigned(): number {
    return Math.max(0, this.total - this.#assigned)
  }

  /** Jobs that wait. */
  get waiting(): number {
    return this.#queue.length
  }

  /** Puts a job at the end of the queue. The answer comes at once where it is known, and again when it changes. */
  request(request: SlotRequest): void {
    this.#queue.push(request)
    this.#serve()
  }

  /** Gives slots to a job that had them before the node was started again, whether there is room or not. */
  restore(request: SlotRequest): void {
    this.#hold(request)
  }

  /** Slots that a running job can have. Those that wait for slots go before it. */
  roomFor(jobId: string): number {
    const free = this.#settings.isDynamic ? Number.POSITIVE_INFINITY : this.waiting > 0 ? 0 : this.unassigned
    return (this.#held.get(jobId) ?? 0) + free
  }

  /** Gives a running job other slots, whether there is room or not. */
  resize(jobId: string, slots: number): void {
    const held = this.#held.get(jobId)
    if (held === undefined || held === slots) return
    this.#held.set(jobId, slots)
    this.#assigned += slots - held
    if (slots < held) this.#serve()
  }

  /** Whether a running job wants to be told when slots become free. */
  setGrowing(jobId: string, isGrowing: boolean): void {
    if (isGrowing) this.#growing.add(jobId)
    else this.#growing.delete(jobId)
  }

  /** Takes back the slots of a job, or its place in the queue. */
  release(jobId: string): void {
    const held = this.#held.get(jobId)
    if (held !== undefined) {
      this.#held.delete(jobId)
      this.#assigned -= held
    }
    const place = this.#queue.findIndex((request) => request.jobId === jobId)
    if (place >= 0) this.#queue.splice(place, 1)
    this.#reasons.delete(jobId)
    this.#growing.delete(jobId)
    this.#serve()
  }

  /** Looks at the queue again after the tags of the node have changed. */
  tagsChanged(): void {
    this.#serve()
  }

  #serve(): void {
    for (;;) {
      const head = this.#queue[0]
      if (head === undefined) {
        this.#tellRoom()
        return
      }
      if (this.#isFull) break
      const obstacle = this.#obstacle(head)
      if (obstacle !== null && this.#waits) break
      this.#queue.shift()
      this.#reasons.delete(head.jobId)
      if (obstacle === null) this.#hold(head)
      this.#answer(head.jobId, obstacle === null ? { type: 'granted' } : { type: 'refused', reason: obstacle })
    }
    for (const [index, request] of this.#queue.entries()) this.#explain(request, index)
  }

  #tellRoom(): void {
    if (this.unassigned > 0) for (const jobId of this.#growing) this.#answer(jobId, { type: 'room' })
  }

  /** Jobs that can never fit wait too, as the original lets them: an administrator can cancel them. */
  get #waits(): boolean {
    return this.#settings.strategy === 'WAIT' && !this.#settings.isDynamic
  }

  get #isFull(): boolean {
    return this.#held.size >= this.#settings.maxJobs
  }

  #hold({ jobId, slots }: SlotRequest): void {
    this.#held.set(jobId, slots)
    this.#assigned += slots
  }

  /** What keeps a job from running, as one clause; `null` for nothing. */
  #obstacle({ slots, tagFilter }: SlotRequest): string | null {
    const tags = this.#tags()
    const missing = tagFilter.find(([key, value]) => tags.get(key) !== value)
    if (missing !== undefined) {
      const has = tags.get(missing[0])
      const found = has === undefined ? 'has no such tag' : `has '${has}'`
      return `the job asks for a node with the tag '${missing[0]}' of value '${missing[1]}', and this one ${found}`
    }
    if (this.#settings.isDynamic || slots <= this.unassigned) return null
    return `the job needs ${slots} slots, and ${this.unassigned} of ${this.total} are free`
  }

  #explain(request: SlotRequest, index: number): void {
    const full = this.#isFull ? `${this.#held.size} jobs run, and the node runs no more at a time` : null
    const obstacle = index === 0 ? (full ?? this.#obstacle(request)) : null
    const reason = obstacle ?? `${index} ${index === 1 ? 'job waits' : 'jobs wait'} before it`
    if (this.#reasons.get(request.jobId) === reason) return
    this.#reasons.set(request.jobId, reason)
    this.#answer(request.jobId, { type: 'waiting', reason })
  }
}
