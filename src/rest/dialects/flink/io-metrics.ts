import type { JobVertex, JobView } from '../../../node/api.js'

/** Rows and bytes of one vertex; `null` where the node does not count. */
export interface VertexFlow {
  readonly read: Counted | null
  readonly write: Counted | null
}

interface Counted {
  readonly records: number
  readonly bytes: number
}

/**
 * What a vertex has done. A source reads from the outside what it passes on, a sink writes to the outside what it got; what passes the
 * transforms between them is not counted.
 */
export function vertexFlow({ flow }: JobView, { id, kind }: JobVertex): VertexFlow {
  if (kind === 'transform') return { read: null, write: null }
  let [records, bytes] = [0, 0]
  for (const table of kind === 'source' ? flow.sources : flow.sinks) {
    if (table.vertex !== id) continue
    records += table.rows
    bytes += table.bytes
  }
  return { read: { records, bytes }, write: { records, bytes } }
}

/** What the subtasks of a vertex have done: known where there is but one. */
export function subtaskFlow(view: JobView, vertex: JobVertex): VertexFlow {
  return vertex.parallelism === 1 ? vertexFlow(view, vertex) : { read: null, write: null }
}

/** Counters as Flink has them; what is not known is 0 and not complete. */
export function ioMetrics({ read, write }: VertexFlow) {
  return {
    'read-bytes': read?.bytes ?? 0,
    'read-bytes-complete': read !== null,
    'write-bytes': write?.bytes ?? 0,
    'write-bytes-complete': write !== null,
    'read-records': read?.records ?? 0,
    'read-records-complete': read !== null,
    'write-records': write?.records ?? 0,
    'write-records-complete': write !== null,
    'accumulated-backpressured-time': 0,
    'accumulated-idle-time': 0,
    // The one of the three that can say that it is not measured.
    'accumulated-busy-time': 'NaN',
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

/** A number that every one of some subtasks has. */
export function sameForAll(value: number, count: number): Statistics {
  return { p25: value, min: value, avg: value, median: value, max: value, sum: value * count, p95: value, p75: value }
}

/** A number of which the sum over some subtasks is known; their own values only when there is one. */
function ofSum(sum: number, count: number): Statistics {
  if (count === 1) return sameForAll(sum, 1)
  return { ...sameForAll(0, count), sum, avg: Math.trunc(sum / count) }
}

/** The counters of a vertex over its subtasks. */
export function aggregatedMetrics(view: JobView, vertex: JobVertex) {
  const { read, write } = vertexFlow(view, vertex)
  const count = vertex.parallelism
  return {
    'write-records': ofSum(write?.records ?? 0, count),
    'accumulated-backpressured-time': sameForAll(0, count),
    'accumulated-idle-time': sameForAll(0, count),
    'write-bytes': ofSum(write?.bytes ?? 0, count),
    'read-bytes': ofSum(read?.bytes ?? 0, count),
    'read-records': ofSum(read?.records ?? 0, count),
    'accumulated-busy-time': sameForAll(0, count),
  }
}
