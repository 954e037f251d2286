import type { JobView, TaskFigures } from '../../../node/api.js'
import type { Task, TIMED_STATES, VertexCounts } from './tasks.js'

/** Rows and bytes that passed a vertex or task, and how it spent its time; `null` where that is not known. */
export interface Flow {
  readonly read: Counted | null
  readonly write: Counted | null
  readonly times: Pick<TaskFigures, 'busyMs' | 'idleMs' | 'backPressuredMs'> | null
}

interface Counted {
  readonly records: number
  readonly bytes: number
}

/**
 * What a vertex has done: rows and bytes over all attempts, times of the present one. A source reads from the outside what it passes on, a
 * sink writes to the outside what it gets.
 */
export function vertexFlow({ flow }: JobView, { vertex, total, figures, hasRun }: VertexCounts): Flow {
  const times = figures ?? (hasRun ? null : NO_TIME)
  const tables = vertex.kind === 'source' ? flow.sources : flow.sinks
  if (total !== null) return { ...countedFlow(total), times }
  if (vertex.kind === 'transform') return { read: null, write: null, times }
  let [records, bytes] = [0, 0]
  for (const table of tables) {
    if (table.vertex !== vertex.id) continue
    records += table.rows
    bytes += table.bytes
  }
  return { read: { records, bytes }, write: { records, bytes }, times }
}

/** What a task did in its attempt. */
export function taskFlow({ figures, hasRun }: Pick<Task, 'figures' | 'hasRun'>): Flow {
  if (figures === null) return { read: null, write: null, times: hasRun ? null : NO_TIME }
  return { ...countedFlow(figures), times: figures }
}

/** What has not begun has spent no time. */
const NO_TIME = { busyMs: 0, idleMs: 0, backPressuredMs: 0 }

function countedFlow({
  recordsIn,
  bytesIn,
  recordsOut,
  bytesOut,
}: Pick<TaskFigures, 'recordsIn' | 'bytesIn' | 'recordsOut' | 'bytesOut'>) {
  return { read: { records: recordsIn, bytes: bytesIn }, write: { records: recordsOut, bytes: bytesOut } }
}

/** Counters as Flink has them; what is not known is 0 and not complete. */
export function ioMetrics({ read, write, times }: Flow) {
  return {
    'read-bytes': read?.bytes ?? 0,
    'read-bytes-complete': read !== null,
    'write-bytes': write?.bytes ?? 0,
    'write-bytes-complete': write !== null,
    'read-records': read?.records ?? 0,
    'read-records-complete': read !== null,
    'write-records': write?.records ?? 0,
    'write-records-complete': write !== null,
    'accumulated-backpressured-time': times?.backPressuredMs ?? 0,
    'accumulated-idle-time': times?.idleMs ?? 0,
    // The one of the three that can say that it is not measured.
    'accumulated-busy-time': times?.busyMs ?? 'NaN',
  }
}

/** Distribution of one number over the subtasks of a vertex. */
export interface Statistics {
  readonly p25: number
  readonly min: number
  readonly avg: number
  readonly median: number
  readonly max: number
  readonly sum: number
  readonly p95: number
  readonly p75: number
}

/** How numbers are distributed, in whole numbers. Of none all are 0. */
export function statistics(values: readonly number[]): Statistics {
  const sorted = values.toSorted((left, right) => left - right)
  const sum = values.reduce((total, value) => total + value, 0)
  const at = (part: number): number => Math.trunc(percentile(sorted, part))
  return {
    p25: at(0.25),
    min: sorted[0] ?? 0,
    avg: values.length === 0 ? 0 : Math.trunc(sum / values.length),
    median: at(0.5),
    max: sorted.at(-1) ?? 0,
    sum,
    p95: at(0.95),
    p75: at(0.75),
  }
}

/**
 * The value below which a part of sorted numbers lies, between two of them in a straight line.
 *
 * @source Apache Commons Math `Percentile`, with which Flink counts
 */
export function percentile(sorted: readonly number[], part: number): number {
  const position = part * (sorted.length + 1)
  const below = Math.floor(position)
  if (below < 1) return sorted[0] ?? 0
  const [low, high] = [sorted[below - 1] ?? 0, sorted[below]]
  return high === undefined ? (sorted.at(-1) ?? 0) : low + (position - below) * (high - low)
}

/** Counters, times and lengths of states over the subtasks of a vertex. */
export function aggregated(tasks: readonly Task[], timed: typeof TIMED_STATES) {
  const over = (of: (figures: TaskFigures) => number): Statistics =>
    statistics(tasks.map(({ figures }) => (figures === null ? 0 : of(figures))))
  return {
    metrics: {
      'write-records': over(({ recordsOut }) => recordsOut),
      'accumulated-backpressured-time': over(({ backPressuredMs }) => backPressuredMs),
      'accumulated-idle-time': over(({ idleMs }) => idleMs),
      'write-bytes': over(({ bytesOut }) => bytesOut),
      'read-bytes': over(({ bytesIn }) => bytesIn),
      'read-records': over(({ recordsIn }) => recordsIn),
      'accumulated-busy-time': over(({ busyMs }) => busyMs),
    },
    'status-duration': Object.fromEntries(
      timed.map((state) => [state, statistics(tasks.map(({ times }) => times.lengths[state]))]),
    ),
  }
}
