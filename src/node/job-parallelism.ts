import type { JobDag, JobVertex } from '../engine/job-dag.js'
import type { VertexBounds } from './api.js'
import type { Parallelism } from './job-rescale.js'
import { slotsNeeded } from './slots-needed.js'

/** What of the parallelism of one source is wanted: as much as there is room for, and not less than the least. */
export interface WantedParallelism {
  readonly least: number
  readonly most: number
}

/** The source, by its place, that the rows of every pipeline come from. */
function sourcesOf({ vertices }: JobDag): ReadonlyMap<number, number> {
  return new Map(vertices.filter(({ kind }) => kind === 'source').map(({ pipeline, index }) => [pipeline, index]))
}

/** Subtasks of every source. */
export function parallelismOf({ vertices }: JobDag): Parallelism {
  const parallelism: number[] = []
  for (const { kind, index, parallelism: subtasks } of vertices) if (kind === 'source') parallelism[index] = subtasks
  return Array.from(parallelism, (subtasks) => subtasks ?? 1)
}

/** What was asked for last of every graph. */
const known = new WeakMap<JobDag, { readonly parallelism: Parallelism; readonly dag: JobDag }>()

/**
 * A graph with another parallelism; `null` for its own. The same object for the same parallelism as before, so that what is made of
 * it can be kept.
 */
export function dagWith(dag: JobDag, parallelism: Parallelism | null): JobDag {
  if (parallelism === null || isSame(parallelism, parallelismOf(dag))) return dag
  const last = known.get(dag)
  if (last !== undefined && isSame(last.parallelism, parallelism)) return last.dag
  const made = changedDag(dag, parallelism)
  known.set(dag, { parallelism, dag: made })
  return made
}

function changedDag(dag: JobDag, parallelism: Parallelism): JobDag {
  return {
    ...dag,
    vertices: dag.vertices.map((vertex) => ({ ...vertex, parallelism: widest(dag, vertex, parallelism) })),
  }
}

/** What the sources of a vertex have; of several, where ways meet in its block, the most. */
function widest(dag: JobDag, { kind, index }: JobVertex, bySource: readonly number[]): number {
  const sources = sourcesOf(dag)
  const places = dag.vertices.filter((each) => each.kind === kind && each.index === index)
  return Math.max(1, ...places.map(({ pipeline }) => bySource[sources.get(pipeline) ?? -1] ?? 1))
}

/** Whether two are the same; both are of the same job. */
export function isSame(one: Parallelism, other: Parallelism): boolean {
  return one.length === other.length && one.every((subtasks, source) => subtasks === other[source])
}

/** Why the parallelism of a source cannot be changed; `null` when it can. */
export function fixedReason({ vertices }: JobDag, source: number): string | null {
  return vertices.find(({ kind, index }) => kind === 'source' && index === source)?.fixedParallelism ?? null
}

/** The bounds of every vertex of a job for which nobody has asked for others: what it has, or less. */
export function ownBounds({ vertices }: JobDag): readonly VertexBounds[] {
  return vertices.map(({ id, parallelism }) => ({ vertex: id, lower: 1, upper: parallelism }))
}

/**
 * What bounds of vertices ask of the sources. All vertices of a pipeline share the parallelism of its source: the upper bound rules
 * that is another one than before, the largest of them where there are several, and none of the lower bounds may be above it.
 *
 * @param dag    the graph as it runs.
 * @param before the bounds that held.
 * @param bounds those that hold from now on, of every vertex.
 */
export function wantedBy(
  dag: JobDag,
  before: readonly VertexBounds[],
  bounds: readonly VertexBounds[],
): readonly WantedParallelism[] {
  const sources = sourcesOf(dag)
  const upperBefore = new Map(before.map(({ vertex, upper }) => [vertex, upper]))
  return parallelismOf(dag).map((current, source) => {
    const pipelines = new Set([...sources].filter(([, index]) => index === source).map(([pipeline]) => pipeline))
    const members = new Set(dag.vertices.filter(({ pipeline }) => pipelines.has(pipeline)).map(({ id }) => id))
    const own = bounds.filter(({ vertex }) => members.has(vertex))
    const changed = own.filter(({ vertex, upper }) => upper !== upperBefore.get(vertex))
    const least = Math.max(1, ...own.map(({ lower }) => lower))
    if (fixedReason(dag, source) !== null) return { least: current, most: current }
    const most = changed.length === 0 ? current : Math.max(...changed.map(({ upper }) => upper))
    return { least, most: Math.max(least, most) }
  })
}

/** Bounds as they hold: all vertices of a pipeline have the upper one that rules. */
export function boundsWith(
  dag: JobDag,
  wanted: readonly WantedParallelism[],
  bounds: readonly VertexBounds[],
): readonly VertexBounds[] {
  const most = wanted.map((each) => each.most)
  const uppers = new Map(dag.vertices.map((vertex) => [vertex.id, widest(dag, vertex, most)]))
  return bounds.map((each) => ({ ...each, upper: uppers.get(each.vertex) ?? each.upper }))
}

/** Whether two say the same of every vertex. */
export function areSameBounds(one: readonly VertexBounds[], other: readonly VertexBounds[]): boolean {
  const byVertex = new Map(other.map((each) => [each.vertex, each]))
  return (
    one.length === other.length &&
    one.every(({ vertex, lower, upper }) => {
      const found = byVertex.get(vertex)
      return found?.lower === lower && found.upper === upper
    })
  )
}

/** The largest parallelism that is wanted and has room; `null` when not even the least has. */
export function fittingParallelism(
  dag: JobDag,
  wanted: readonly WantedParallelism[],
  freeSlots: number,
): Parallelism | null {
  const chosen = wanted.map(({ most }) => most)
  while (slotsNeeded(changedDag(dag, chosen)) > freeSlots) {
    const spare = wanted.map(({ least }, source) => (chosen[source] ?? 0) - least)
    const widest = spare.indexOf(Math.max(...spare))
    if ((spare[widest] ?? 0) <= 0) return null
    chosen[widest] = (chosen[widest] ?? 1) - 1
  }
  return chosen
}

/** A parallelism for people: one number where all sources have the same. */
export function parallelismText(parallelism: Parallelism): string {
  return [...new Set(parallelism)].length === 1 ? String(parallelism[0]) : parallelism.join(', ')
}
