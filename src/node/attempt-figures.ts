import { type JobTasks, type LaneTasks, laneClocks } from '../engine/job-service.js'
import type { SubtaskFigures, TaskFigures, VertexFigures } from './attempt-api.js'

/** Numbers of one subtask as they are kept: times (-1 for none), counts, clocks. */
const FIELDS = 10
const NEVER = -1

/** Figures of one vertex as they are kept: {@link FIELDS} whole numbers for each subtask, or for all of them together. */
export interface KeptFigures {
  readonly vertex: number
  /** 0 where only the sum was kept. */
  readonly subtasks: number
  readonly numbers: readonly number[]
}

/** What an attempt has done, in the form in which it is kept. */
export function keptFigures(tasks: JobTasks): readonly KeptFigures[] {
  const { startedAtMs, atMs, vertices, lanes } = tasks
  if (startedAtMs === null) return []
  const numbers = vertices.map((): number[] => [])
  for (const lane of lanes) {
    const endedAtMs = lane.isThrough ? (lane.lastMs ?? startedAtMs) : null
    const clocks = laneClocks(vertices, lane.tasks, Math.max(0, (endedAtMs ?? atMs) - startedAtMs))
    for (const [vertex, count] of lane.tasks) {
      const { busyMs, backPressuredMs, idleMs } = clocks.get(vertex) ?? NO_CLOCK
      const { recordsIn, bytesIn, recordsOut, bytesOut, batches } = count
      numbers[vertex]?.push(...[lane.firstMs ?? NEVER, endedAtMs ?? NEVER, recordsIn, bytesIn, recordsOut, bytesOut])
      numbers[vertex]?.push(...[batches, busyMs, idleMs, backPressuredMs].map(Math.round))
    }
  }
  return vertices.map(({ id }, vertex) => {
    const own = numbers[vertex] ?? []
    return { vertex: id, subtasks: own.length / FIELDS, numbers: own }
  })
}

const NO_CLOCK = { busyMs: 0, idleMs: 0, backPressuredMs: 0 }

/** Figures without those of single subtasks. */
export function foldedFigures({ vertex, subtasks, numbers }: KeptFigures): KeptFigures {
  if (subtasks <= 1) return { vertex, subtasks: 0, numbers }
  const sums = numbers.slice(0, FIELDS)
  for (let at = FIELDS; at < numbers.length; at += 1) sums[at % FIELDS] = (sums[at % FIELDS] ?? 0) + (numbers[at] ?? 0)
  return { vertex, subtasks: 0, numbers: [NEVER, NEVER, ...sums.slice(2)] }
}

/** Figures as they are shown. */
export function vertexFigures({ vertex, subtasks, numbers }: KeptFigures): VertexFigures {
  const all = Array.from({ length: Math.max(1, subtasks) }, (_, index) => subtaskFigures(numbers, index * FIELDS))
  return { vertex, sum: sumOf(all), subtasks: subtasks === 0 ? null : all }
}

function subtaskFigures(numbers: readonly number[], at: number): SubtaskFigures {
  const [firstAtMs, endedAtMs, recordsIn, bytesIn, recordsOut, bytesOut, batches, busyMs, idleMs, backPressuredMs] =
    numbers.slice(at, at + FIELDS)
  return {
    firstAtMs: timeOf(firstAtMs),
    endedAtMs: timeOf(endedAtMs),
    recordsIn: recordsIn ?? 0,
    bytesIn: bytesIn ?? 0,
    recordsOut: recordsOut ?? 0,
    bytesOut: bytesOut ?? 0,
    batches: batches ?? 0,
    busyMs: busyMs ?? 0,
    idleMs: idleMs ?? 0,
    backPressuredMs: backPressuredMs ?? 0,
  }
}

function timeOf(kept: number | undefined): number | null {
  return kept === undefined || kept === NEVER ? null : kept
}

/** The sum of the figures of several tasks. */
export function sumOf(tasks: readonly TaskFigures[]): TaskFigures {
  const sum = (of: (task: TaskFigures) => number): number => tasks.reduce((total, task) => total + of(task), 0)
  return {
    recordsIn: sum((task) => task.recordsIn),
    bytesIn: sum((task) => task.bytesIn),
    recordsOut: sum((task) => task.recordsOut),
    bytesOut: sum((task) => task.bytesOut),
    batches: sum((task) => task.batches),
    busyMs: sum((task) => task.busyMs),
    idleMs: sum((task) => task.idleMs),
    backPressuredMs: sum((task) => task.backPressuredMs),
  }
}

/** Lanes whose subtasks a vertex of the plan has. */
export function lanesOf(tasks: JobTasks, vertex: number): readonly LaneTasks[] {
  return tasks.lanes.filter((lane) => lane.tasks.has(vertex))
}
