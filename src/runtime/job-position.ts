import type { RecordedLane, RecordedTotals } from '../checkpoint/record.js'
import type { LaneSplit, PhysicalPlan } from '../plan/physical-plan.js'
import type { CommitInfo } from '../spi/sink.js'
import { type LaneState, type PerTarget, targetKey } from './lane-state.js'
import type { PreparedData } from './messages.js'
import { type RowTotals, totalRows } from './numbering.js'

/**
 * What all workers prepared, gathered per sink, table and subtask. To be called while they rest.
 *
 * @param gone subtasks that the job had before: their rows count, and they have nothing to commit any more.
 */
export function commitInfos(
  plan: PhysicalPlan,
  lanes: readonly LaneState[],
  gone: readonly RecordedTotals[],
  prepared: readonly PreparedData[],
): readonly (readonly CommitInfo[])[] {
  return plan.sinks.map((sink, sinkIndex) => {
    const infos: CommitInfo[] = []
    for (const table of sink.tables.keys()) {
      const key = targetKey(sinkIndex, table)
      for (const [laneIndex, lane] of plan.lanes.entries()) {
        const own = prepared
          .filter((entry) => entry.sink === sinkIndex && entry.table === table && entry.lane === laneIndex)
          .map((entry) => entry.prepared)
        const state = lanes[laneIndex]
        const rows = totalRows(state?.rowTotals.read()?.[key] ?? null)
        infos.push({
          table,
          subtask: lane.subtask,
          prepared: own,
          state: state?.writerStates.read()?.[key] ?? null,
          rows,
        })
      }
      for (const { subtask, rowTotals } of gone) {
        const rows = totalRows((rowTotals as PerTarget<RowTotals> | null)?.[key] ?? null)
        if (rows > 0) infos.push({ table, subtask, prepared: [], state: null, rows })
      }
    }
    return infos
  })
}

/**
 * Where every lane stands: the splits from the one on whose turn it is. To be called while all workers rest, when nothing is between
 * the two turns of a lane.
 */
export function recordedLanes(
  plan: PhysicalPlan,
  lanes: readonly LaneState[],
  splits: readonly (readonly LaneSplit[])[],
): readonly RecordedLane[] {
  return plan.lanes.map(({ pipeline, subtask }, index): RecordedLane => {
    const state = lanes[index]
    const { split, morsel } = state?.rowsTurns.position ?? { split: 0, morsel: 0 }
    return {
      pipeline,
      subtask,
      splits: splitsFrom(splits[index] ?? [], split, morsel),
      rowTotals: state?.rowTotals.read() ?? null,
      firstErrors: state?.firstErrors.read() ?? null,
    }
  })
}

/** The splits from one on, of which this attempt has delivered some morsels. */
function splitsFrom(splits: readonly LaneSplit[], split: number, morsels: number): readonly LaneSplit[] {
  const [first, ...others] = splits.slice(split)
  if (first === undefined) return []
  return [morsels === 0 ? first : { ...first, deliveredMorsels: (first.deliveredMorsels ?? 0) + morsels }, ...others]
}
