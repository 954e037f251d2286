import type { PlannedVertex } from '../plan/physical-plan.js'
import type { TaskCount, TaskPhase } from './task-meter.js'

/** How a subtask spent a time, in milliseconds; the three add up to it. */
export interface TaskClock {
  readonly busyMs: number
  readonly idleMs: number
  readonly backPressuredMs: number
}

/** What of a count is time of workers. */
type WorkerTime = Pick<TaskCount, 'busyMs' | 'outsideMs' | 'turnMs' | 'fusedMs'>

/**
 * How the subtask of every vertex of one lane spent a time.
 *
 * A worker takes a morsel from the source through the transforms into the sinks in one go, so that at any moment one vertex works for it:
 *
 * - the vertex that works is *busy*;
 * - those in front of it are *back-pressured*: they have rows to give and cannot;
 * - those behind it, and beside it in another branch, are *idle*;
 * - while the source waits for the outside, all are idle;
 * - while the rows wait for their turn behind those before them, the source and the transforms are back-pressured and the sinks idle;
 * - a call of which is not known who works in it is the work of all the vertices in it.
 *
 * Several workers may serve one lane: then the time of all of them is made to fit into `wallMs`. What is left of that, when no worker has
 * anything of the lane in hand, is idle.
 *
 * @param vertices all vertices of the plan.
 * @param counts what the vertices of the lane did in that time, by index into `vertices`.
 */
export function laneClocks(
  vertices: readonly PlannedVertex[],
  counts: ReadonlyMap<number, WorkerTime>,
  wallMs: number,
): ReadonlyMap<number, TaskClock> {
  let workerMs = 0
  for (const { busyMs, outsideMs, turnMs, fusedMs } of counts.values())
    workerMs += busyMs + outsideMs + turnMs + fusedMs
  const scale = workerMs > wallMs ? wallMs / workerMs : 1
  const clocks = new Map<number, TaskClock>()
  for (const vertex of counts.keys()) {
    let [busyMs, backPressuredMs] = [0, 0]
    for (const [at, count] of counts) {
      busyMs += count.fusedMs * share(vertices, vertex, 'fused', at)[0]
      backPressuredMs += count.fusedMs * share(vertices, vertex, 'fused', at)[1]
      busyMs += count.busyMs * share(vertices, vertex, 'busy', at)[0]
      backPressuredMs += count.busyMs * share(vertices, vertex, 'busy', at)[1]
      backPressuredMs += count.turnMs * share(vertices, vertex, 'turn', at)[1]
    }
    busyMs *= scale
    backPressuredMs *= scale
    clocks.set(vertex, { busyMs, backPressuredMs, idleMs: Math.max(0, wallMs - busyMs - backPressuredMs) })
  }
  return clocks
}

/** Whether a worker that is at a phase of one vertex keeps another one from giving its rows away. */
export function isHeldUp(
  vertices: readonly PlannedVertex[],
  vertex: number,
  present: { readonly vertex: number; readonly phase: TaskPhase },
): boolean {
  return share(vertices, vertex, present.phase, present.vertex)[1] === 1
}

/** Whether a phase of the vertex `at` is busy time of `vertex`, and whether it is back-pressured time: 0 or 1. */
function share(
  vertices: readonly PlannedVertex[],
  vertex: number,
  phase: TaskPhase,
  at: number,
): readonly [busy: number, backPressured: number] {
  const { source, kind, behind } = vertices[vertex] ?? NOTHING
  const worker = vertices[at] ?? NOTHING
  switch (phase) {
    case 'busy':
      return vertex === at ? [1, 0] : [0, behind.includes(at) ? 1 : 0]
    case 'fused':
      return vertex === at || worker.behind.includes(vertex) ? [1, 0] : [0, behind.includes(at) ? 1 : 0]
    case 'turn':
      return [0, source === worker.source && kind !== 'sink' ? 1 : 0]
    case 'outside':
      return [0, 0]
  }
}

const NOTHING: PlannedVertex = { id: 0, kind: 'sink', source: -1, pipeline: -1, behind: [] }
