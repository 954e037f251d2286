import { isHeldUp, type JobTasks, type LaneTasks, laneClocks, type TaskCount } from '../engine/job-service.js'
import type { TaskRates, VertexRates } from './attempt-api.js'

/** How far back rates look, in milliseconds. */
export const RATE_WINDOW_MS = 60_000
/** Milliseconds between two looks at a job that runs. */
export const SAMPLE_INTERVAL_MS = 10_000

/** What a task had done when it was looked at. */
type Sample = Pick<
  TaskCount,
  'recordsIn' | 'bytesIn' | 'recordsOut' | 'bytesOut' | 'busyMs' | 'outsideMs' | 'turnMs' | 'fusedMs'
>

const FIELDS = ['recordsIn', 'bytesIn', 'recordsOut', 'bytesOut', 'busyMs', 'outsideMs', 'turnMs', 'fusedMs'] as const

/** Samples of all tasks of an attempt, flat: lane by lane, in the order in which lanes have their vertices. */
interface Sampled {
  readonly atMs: number
  readonly numbers: Float64Array
}

/**
 * What the tasks of one attempt do in a second, over the last minute. The attempt is looked at now and then; rates are the difference to what
 * was found a minute ago, or to nothing at its start.
 */
export class RateWindow {
  readonly #samples: Sampled[] = []

  /** Keeps what the attempt has done by now. */
  sample(tasks: JobTasks): void {
    if (tasks.startedAtMs === null) return
    const oldest = tasks.atMs - RATE_WINDOW_MS
    // Of those that are old enough the newest is needed.
    while ((this.#samples[1]?.atMs ?? Number.POSITIVE_INFINITY) <= oldest) this.#samples.shift()
    const counts = tasks.lanes.flatMap((lane) => [...lane.tasks.values()])
    const numbers = new Float64Array(counts.length * FIELDS.length)
    for (const [index, count] of counts.entries())
      for (const [at, field] of FIELDS.entries()) numbers[index * FIELDS.length + at] = count[field]
    this.#samples.push({ atMs: tasks.atMs, numbers })
  }

  /** What the attempt does now. */
  rates(tasks: JobTasks): readonly VertexRates[] {
    const { startedAtMs, atMs, vertices, lanes } = tasks
    if (startedAtMs === null) return []
    const oldest = atMs - RATE_WINDOW_MS
    const base = this.#samples.findLast((sample) => sample.atMs <= oldest)
    const fromMs = Math.max(startedAtMs, base?.atMs ?? startedAtMs)
    const wallMs = Math.max(1, atMs - fromMs)
    const all = vertices.map((): TaskRates[] => [])
    let index = 0
    for (const lane of lanes) {
      const done = new Map<number, Sample>()
      for (const [vertex, count] of lane.tasks) done.set(vertex, difference(count, base?.numbers, index++))
      const clocks = laneClocks(vertices, done, wallMs)
      for (const [vertex, each] of done) {
        const { busyMs, idleMs, backPressuredMs } = clocks.get(vertex) ?? NO_CLOCK
        const perSecond = (value: number): number => (value * 1000) / wallMs
        all[vertex]?.push({
          recordsIn: perSecond(each.recordsIn),
          bytesIn: perSecond(each.bytesIn),
          recordsOut: perSecond(each.recordsOut),
          bytesOut: perSecond(each.bytesOut),
          busyMs: perSecond(busyMs),
          idleMs: perSecond(idleMs),
          backPressuredMs: perSecond(backPressuredMs),
          isBackPressured: isStuck(tasks, lane, vertex),
        })
      }
    }
    return vertices.map(({ id }, vertex) => ({ vertex: id, subtasks: all[vertex] ?? [] }))
  }
}

const NO_CLOCK = { busyMs: 0, idleMs: 0, backPressuredMs: 0 }

/** What was done since a sample; what a step had in hand then may have become the work of another vertex. */
function difference(count: Sample, before: Float64Array | undefined, index: number): Sample {
  const values = FIELDS.map((field, at) => Math.max(0, count[field] - (before?.[index * FIELDS.length + at] ?? 0)))
  const of = (at: number): number => values[at] ?? 0
  return {
    recordsIn: of(0),
    bytesIn: of(1),
    recordsOut: of(2),
    bytesOut: of(3),
    busyMs: of(4),
    outsideMs: of(5),
    turnMs: of(6),
    fusedMs: of(7),
  }
}

function isStuck({ vertices }: JobTasks, { present }: LaneTasks, vertex: number): boolean {
  return present.length > 0 && present.every((each) => isHeldUp(vertices, vertex, each))
}
