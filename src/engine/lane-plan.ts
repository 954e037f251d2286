import type { CheckpointRecord, RecordedLane } from '../checkpoint/record.js'
import type { Lane, LaneSplit } from '../plan/physical-plan.js'

/** A lane without its work. */
type LanePlace = Pick<Lane, 'pipeline' | 'subtask'>

/**
 * The lanes of a job that goes on behind a record: the splits that are left, on the subtasks that there are now.
 *
 * The splits of a source whose parallelism is what it was stay where they are. Those of another one are dealt out anew, in turns:
 * first the first one of every lane that there was, then the second ones. A split stays whole, so its rows keep their order; it
 * keeps the subtask that it was made for and what was delivered of it.
 *
 * @param places      the lanes of the plan, in their order.
 * @param parallelism subtasks of every source now.
 */
export function restoredLanes(
  places: readonly LanePlace[],
  parallelism: readonly number[],
  record: Pick<CheckpointRecord, 'lanes' | 'parallelism'>,
): readonly Lane[] {
  return [...new Set(places.map(({ pipeline }) => pipeline))].flatMap((pipeline) => {
    const isOwn = (each: LanePlace): boolean => each.pipeline === pipeline
    return restoredPipeline(places.filter(isOwn), parallelism, record.lanes.filter(isOwn), record.parallelism)
  })
}

function restoredPipeline(
  places: readonly LanePlace[],
  parallelism: readonly number[],
  before: readonly RecordedLane[],
  parallelismBefore: readonly number[] | null,
): readonly Lane[] {
  const sources = [...new Set(before.flatMap(({ splits }) => splits.map(({ source }) => source)))].sort((a, b) => a - b)
  const isChanged = (source: number): boolean => {
    const [was, is] =
      parallelismBefore === null ? [before.length, places.length] : [parallelismBefore[source], parallelism[source]]
    // Wherever its splits were, none may be left on a lane that it has not.
    const isBeyond = ({ subtask, splits }: RecordedLane): boolean =>
      subtask >= (parallelism[source] ?? 1) && splits.some((split) => split.source === source)
    return was !== is || before.some(isBeyond)
  }
  if (!sources.some(isChanged)) {
    return places.map((place) => ({ ...place, splits: splitsOf(before, place.subtask) }))
  }
  const dealt = sources.map((source) => {
    return isChanged(source)
      ? dealtOut(before, source, Math.min(parallelism[source] ?? 1, places.length))
      : places.map(({ subtask }) => splitsOf(before, subtask).filter((split) => split.source === source))
  })
  return places.map((place, index) => ({ ...place, splits: dealt.flatMap((lanes) => lanes[index] ?? []) }))
}

function splitsOf(lanes: readonly RecordedLane[], subtask: number): readonly LaneSplit[] {
  return lanes.find((lane) => lane.subtask === subtask)?.splits ?? []
}

/** The splits of one source over so many lanes. */
function dealtOut(before: readonly RecordedLane[], source: number, lanes: number): readonly (readonly LaneSplit[])[] {
  const own = before.map(({ subtask, splits }) =>
    splits.filter((split) => split.source === source).map((split): LaneSplit => ({ subtask, ...split })),
  )
  const deepest = Math.max(0, ...own.map(({ length }) => length))
  const inTurns = Array.from({ length: deepest }, (_, depth) => own.flatMap((splits) => splits[depth] ?? [])).flat()
  return Array.from({ length: lanes }, (_, lane) => inTurns.filter((_split, index) => index % lanes === lane))
}
