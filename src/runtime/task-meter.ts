import type { StepMeasure } from '../native/backend.js'
import { type PartMeasure, type PhysicalPlan, UNMEASURED } from '../plan/physical-plan.js'

/** Words of one vertex in one lane: see {@link TaskCount}. */
const WORD = {
  recordsIn: 0,
  bytesIn: 1,
  recordsOut: 2,
  bytesOut: 3,
  batches: 4,
  busy: 5,
  outside: 6,
  turn: 7,
  fused: 8,
} as const
const WORDS = 9
/** Words of a lane in front of those of its vertices: first and last activity, and pieces that were begun and not done. */
const LANE_WORDS = 3
/** Words that say what a worker is at. */
const PRESENT = { change: 0, lane: 1, vertex: 2, phase: 3 } as const
const PRESENT_WORDS = 4
const NO_LANE = -1

/**
 * What the time of a worker that has a morsel in hand counts as, for the vertex that it is put down to:
 *
 * - `busy`: the vertex works;
 * - `outside`: a source waits for what it reads from, for a split that is not due, or for its read limit;
 * - `turn`: the rows of a source wait until those before them are through;
 * - `fused`: the vertex and all behind it work in one call, and which of them is not known.
 */
export type TaskPhase = 'busy' | 'outside' | 'turn' | 'fused'

/** What one subtask of a vertex did in an attempt. Times in milliseconds, summed over workers; see {@link TaskPhase}. */
export interface TaskCount {
  readonly recordsIn: number
  /** Bytes by SeaTunnel's size model, as `bytesOut`. */
  readonly bytesIn: number
  readonly recordsOut: number
  readonly bytesOut: number
  /** Batches that left the vertex; for a sink, runs of rows that were written. */
  readonly batches: number
  readonly busyMs: number
  readonly outsideMs: number
  readonly turnMs: number
  readonly fusedMs: number
}

/** What one lane did in an attempt. Times of the clock that `performance.timeOrigin` starts, in milliseconds; `null` for never. */
export interface LaneCount {
  readonly firstMs: number | null
  readonly lastMs: number | null
  /** Pieces of it that workers have in hand, or failed at. */
  readonly open: number
  /** By vertex of the plan, of those that the lane has. */
  readonly tasks: ReadonlyMap<number, TaskCount>
  /** What workers are at now, in this lane. */
  readonly present: readonly { readonly vertex: number; readonly phase: TaskPhase }[]
}

/** Where the words of a plan's lanes are in a worker's block. */
interface Layout {
  /** First word of every lane. */
  readonly lanes: readonly number[]
  /** Vertices of every lane. */
  readonly vertices: readonly (readonly number[])[]
  /** By vertex: its place among those of its lanes. */
  readonly places: readonly number[]
  readonly words: number
}

function layoutOf({ lanes, vertices }: PhysicalPlan): Layout {
  const places: number[] = []
  const ofPipeline = new Map<number, number[]>()
  for (const [vertex, { pipeline }] of vertices.entries()) {
    const known = ofPipeline.get(pipeline) ?? []
    ofPipeline.set(pipeline, known)
    places.push(known.push(vertex) - 1)
  }
  let words = 0
  const ofLanes = lanes.map(({ pipeline }) => ofPipeline.get(pipeline) ?? [])
  const starts = ofLanes.map((own) => {
    words += LANE_WORDS + own.length * WORDS
    return words - LANE_WORDS - own.length * WORDS
  })
  return { lanes: starts, vertices: ofLanes, places, words }
}

/** A clock that all threads of the process share, in milliseconds. */
export function processClockMs(): number {
  return performance.timeOrigin + performance.now()
}

/**
 * What the vertices of a job did in each of its lanes, in shared memory: one block per worker, written by that worker alone and summed by
 * the reader. A lane has words for each of its vertices, however many tables they have.
 *
 * The time that a worker has a morsel in hand is put down without a gap: whatever it does ends one phase and begins the next. The phase that
 * has not ended counts as well: a worker that is blocked in a write for minutes is seen to be.
 */
export class TaskMeter {
  readonly buffer: SharedArrayBuffer
  readonly #layout: Layout
  readonly #workers: number
  readonly #words: Float64Array
  readonly #present: Int32Array

  constructor(plan: PhysicalPlan, workers: number, buffer?: SharedArrayBuffer) {
    this.#layout = layoutOf(plan)
    this.#workers = workers
    const words = (this.#layout.words + 1) * workers
    this.buffer = buffer ?? new SharedArrayBuffer(words * 8 + workers * PRESENT_WORDS * 4)
    this.#words = new Float64Array(this.buffer, 0, words)
    this.#present = new Int32Array(this.buffer, words * 8, workers * PRESENT_WORDS)
    if (buffer === undefined)
      for (let worker = 0; worker < workers; worker += 1) this.#present[worker * PRESENT_WORDS + PRESENT.lane] = NO_LANE
  }

  /** What one worker writes. @param show told what it is at, whenever that changes. */
  worker(worker: number, clockMs: () => number = processClockMs, show: ShowTask = () => undefined): WorkerTasks {
    const length = this.#layout.words + 1
    const words = this.#words.subarray(worker * length, (worker + 1) * length)
    const present = this.#present.subarray(worker * PRESENT_WORDS, (worker + 1) * PRESENT_WORDS)
    return new WorkerTasks(words, present, this.#layout, clockMs, show)
  }

  /** What every lane did until a time of the clock that workers write with. */
  read(nowMs: number = processClockMs()): readonly LaneCount[] {
    const { lanes, vertices, words } = this.#layout
    const sums = new Float64Array(words)
    const present: { readonly lane: number; readonly vertex: number; readonly phase: TaskPhase }[] = []
    for (let worker = 0; worker < this.#workers; worker += 1) {
      const own = this.#words.subarray(worker * (words + 1), worker * (words + 1) + words)
      const now = this.#presentOf(worker)
      for (let index = 0; index < words; index += 1) sums[index] = (sums[index] ?? 0) + (own[index] ?? 0)
      if (now === null) continue
      const { lane, vertex, phase } = now
      present.push({ lane, vertex, phase })
      const at = this.#at(now.lane, now.vertex)
      if (at !== -1) sums[at + WORD[now.phase]] = (sums[at + WORD[now.phase]] ?? 0) + Math.max(0, nowMs - now.sinceMs)
    }
    return lanes.map((start, lane): LaneCount => {
      const own = vertices[lane] ?? []
      const tasks = own.map((vertex, place) => [vertex, countOf(sums, start + LANE_WORDS + place * WORDS)] as const)
      return {
        ...this.#times(start),
        tasks: new Map(tasks),
        present: present.filter((each) => each.lane === lane).map(({ vertex, phase }) => ({ vertex, phase })),
      }
    })
  }

  /** Sums of rows, bytes and batches over all lanes, by vertex of the plan. */
  totals(): readonly VertexCount[] {
    const { lanes, vertices, places, words } = this.#layout
    const sums = places.map(() => ({ recordsIn: 0, bytesIn: 0, recordsOut: 0, bytesOut: 0 }))
    for (let worker = 0; worker < this.#workers; worker += 1) {
      for (const [lane, start] of lanes.entries()) {
        const base = worker * (words + 1) + start
        if (this.#words[base] === 0) continue
        for (const [place, vertex] of (vertices[lane] ?? []).entries()) {
          const at = base + LANE_WORDS + place * WORDS
          const sum = sums[vertex]
          if (sum === undefined) continue
          sum.recordsIn += this.#words[at + WORD.recordsIn] ?? 0
          sum.bytesIn += this.#words[at + WORD.bytesIn] ?? 0
          sum.recordsOut += this.#words[at + WORD.recordsOut] ?? 0
          sum.bytesOut += this.#words[at + WORD.bytesOut] ?? 0
        }
      }
    }
    return sums
  }

  /** What the words in front of a lane say over all workers. */
  #times(start: number): Pick<LaneCount, 'firstMs' | 'lastMs' | 'open'> {
    let first = Number.POSITIVE_INFINITY
    let [last, open] = [0, 0]
    for (let worker = 0; worker < this.#workers; worker += 1) {
      const base = worker * (this.#layout.words + 1) + start
      const firstMs = this.#words[base] ?? 0
      if (firstMs > 0) first = Math.min(first, firstMs)
      last = Math.max(last, this.#words[base + 1] ?? 0)
      open += this.#words[base + 2] ?? 0
    }
    return { firstMs: Number.isFinite(first) ? first : null, lastMs: last === 0 ? null : last, open }
  }

  /** What a worker is at; `null` without a morsel, and in the moment in which it changes. */
  #presentOf(worker: number) {
    const base = worker * PRESENT_WORDS
    const change = Atomics.load(this.#present, base)
    const lane = Atomics.load(this.#present, base + PRESENT.lane)
    const vertex = Atomics.load(this.#present, base + PRESENT.vertex)
    const phase = TASK_PHASES[Atomics.load(this.#present, base + PRESENT.phase)] ?? 'busy'
    const sinceMs = this.#words[worker * (this.#layout.words + 1) + this.#layout.words] ?? 0
    if (lane === NO_LANE || change % 2 !== 0 || change !== Atomics.load(this.#present, base)) return null
    return { lane, vertex, phase, sinceMs }
  }

  #at(lane: number, vertex: number): number {
    return wordOf(this.#layout, lane, vertex)
  }
}

/** Rows and bytes of a vertex. */
export interface VertexCount {
  readonly recordsIn: number
  readonly bytesIn: number
  readonly recordsOut: number
  readonly bytesOut: number
}

/** Counts over two attempts, by vertex of the plan. */
export function addVertexCounts(
  before: readonly VertexCount[] | undefined,
  counts: readonly VertexCount[],
): readonly VertexCount[] {
  return counts.map((count, vertex) => {
    const earlier = before?.[vertex]
    if (earlier === undefined) return count
    return {
      recordsIn: count.recordsIn + earlier.recordsIn,
      bytesIn: count.bytesIn + earlier.bytesIn,
      recordsOut: count.recordsOut + earlier.recordsOut,
      bytesOut: count.bytesOut + earlier.bytesOut,
    }
  })
}

/** All phases, in the order of their numbers in shared memory. */
export const TASK_PHASES: readonly TaskPhase[] = ['busy', 'outside', 'turn', 'fused']

/** The first word of a vertex in a lane; -1 where it is not measured. */
function wordOf({ lanes, places }: Layout, lane: number, vertex: number): number {
  const place = places[vertex]
  return place === undefined ? -1 : (lanes[lane] ?? 0) + LANE_WORDS + place * WORDS
}

function countOf(words: Float64Array, at: number): TaskCount {
  const of = (word: number): number => words[at + word] ?? 0
  return {
    recordsIn: of(WORD.recordsIn),
    bytesIn: of(WORD.bytesIn),
    recordsOut: of(WORD.recordsOut),
    bytesOut: of(WORD.bytesOut),
    batches: of(WORD.batches),
    busyMs: of(WORD.busy),
    outsideMs: of(WORD.outside),
    turnMs: of(WORD.turn),
    fusedMs: of(WORD.fused),
  }
}

/** What the time of a worker is put down to; lane -1 for nothing. */
export interface Held {
  readonly lane: number
  readonly phase: TaskPhase
  readonly vertex: number
}

/** @param phase index into {@link TASK_PHASES}. */
type ShowTask = (lane: number, vertex: number, phase: number) => void

/** The clocks and counters that one worker writes. */
export class WorkerTasks {
  readonly #words: Float64Array
  readonly #present: Int32Array
  readonly #layout: Layout
  readonly #clockMs: () => number
  readonly #show: ShowTask
  #lane = NO_LANE
  #vertex = UNMEASURED
  #phase: TaskPhase = 'busy'
  #sinceMs = 0

  constructor(words: Float64Array, present: Int32Array, layout: Layout, clockMs: () => number, show: ShowTask) {
    this.#show = show
    this.#words = words
    this.#present = present
    this.#layout = layout
    this.#clockMs = clockMs
  }

  /** The vertex that time is put down to now. */
  get vertex(): number {
    return this.#vertex
  }

  /** Takes a piece of a lane into the hand: time counts from here on. */
  begin(lane: number, phase: TaskPhase, vertex: number): void {
    this.#sinceMs = this.#clockMs()
    const first = this.#layout.lanes[lane] ?? 0
    if (this.#words[first] === 0) this.#words[first] = this.#sinceMs
    this.#words[first + 2] = (this.#words[first + 2] ?? 0) + 1
    this.#lane = lane
    this.#set(phase, vertex)
  }

  /** Lets the lane go. @param isDone whether the piece is through, and not given up. */
  end(isDone = true): void {
    if (this.#lane === NO_LANE) return
    this.#count(this.#clockMs())
    const first = this.#layout.lanes[this.#lane] ?? 0
    this.#words[first + 1] = this.#sinceMs
    if (isDone) this.#words[first + 2] = (this.#words[first + 2] ?? 0) - 1
    this.#lane = NO_LANE
    this.#set('busy', UNMEASURED)
  }

  /** What time is put down to now, for {@link take}. */
  get held(): Held {
    return { lane: this.#lane, phase: this.#phase, vertex: this.#vertex }
  }

  /** Puts time down to something else, also of another lane, which does not begin or end by that. */
  take({ lane, phase, vertex }: Held): void {
    if (this.#lane !== NO_LANE) this.#count(this.#clockMs())
    else this.#sinceMs = this.#clockMs()
    this.#lane = lane
    this.#set(phase, vertex)
  }

  /** What was done so far belongs to the phase before; what comes now belongs to this one. Nothing without a lane. */
  at(phase: TaskPhase, vertex: number): void {
    if (this.#lane === NO_LANE || (phase === this.#phase && vertex === this.#vertex)) return
    this.#count(this.#clockMs())
    this.#set(phase, vertex)
  }

  /**
   * Puts the time since the last change down to the vertices of a step that has just ended.
   *
   * @param measured how long its parts took; without that nobody knows which of them it was.
   */
  stepped(part: PartMeasure, measured: StepMeasure | undefined): void {
    if (this.#lane === NO_LANE) return
    const nowMs = this.#clockMs()
    let leftMs = nowMs - this.#sinceMs
    this.#sinceMs = nowMs
    if (measured === undefined || !hasClock(measured)) {
      this.#add(part.origin, WORD.fused, leftMs)
    } else {
      leftMs -= this.#addAll(part.operators, measured.operatorNanos)
      leftMs -= this.#addAll(part.sinks, measured.sinkNanos)
      this.#add(part.origin, WORD.busy, Math.max(0, leftMs))
    }
    this.#words[this.#layout.words] = nowMs
  }

  /** Counts rows that entered and left a vertex in the lane in hand. */
  count(vertex: number, counted: VertexCount & { readonly batches: number }): void {
    this.#add(vertex, WORD.recordsIn, counted.recordsIn)
    this.#add(vertex, WORD.bytesIn, counted.bytesIn)
    this.#add(vertex, WORD.recordsOut, counted.recordsOut)
    this.#add(vertex, WORD.bytesOut, counted.bytesOut)
    this.#add(vertex, WORD.batches, counted.batches)
  }

  /** Adds the nanoseconds of parts to their vertices; gives their sum in milliseconds. */
  #addAll(vertices: readonly number[], nanos: readonly number[]): number {
    let sum = 0
    for (let index = 0; index < nanos.length; index += 1) {
      const ms = (nanos[index] ?? 0) / 1e6
      if (ms === 0) continue
      this.#add(vertices[index] ?? UNMEASURED, WORD.busy, ms)
      sum += ms
    }
    return sum
  }

  #count(nowMs: number): void {
    this.#add(this.#vertex, WORD[this.#phase], nowMs - this.#sinceMs)
    this.#sinceMs = nowMs
  }

  #add(vertex: number, word: number, value: number): void {
    const at = wordOf(this.#layout, this.#lane, vertex)
    if (at !== -1) this.#words[at + word] = (this.#words[at + word] ?? 0) + value
  }

  #set(phase: TaskPhase, vertex: number): void {
    this.#phase = phase
    this.#vertex = vertex
    this.#publish()
  }

  /** Shows readers what the worker is at; in between the number of changes is odd. */
  #publish(): void {
    const present = this.#present
    Atomics.add(present, PRESENT.change, 1)
    Atomics.store(present, PRESENT.lane, this.#lane)
    Atomics.store(present, PRESENT.vertex, this.#vertex)
    const phase = TASK_PHASES.indexOf(this.#phase)
    Atomics.store(present, PRESENT.phase, phase)
    this.#words[this.#layout.words] = this.#sinceMs
    Atomics.add(present, PRESENT.change, 1)
    this.#show(this.#lane, this.#vertex, phase)
  }
}

/** Whether the build that took the step has a clock: no step takes no time at all. */
function hasClock({ decodeNanos, operatorNanos, sinkNanos }: StepMeasure): boolean {
  return decodeNanos > 0 || operatorNanos.some((nanos) => nanos > 0) || sinkNanos.some((nanos) => nanos > 0)
}
