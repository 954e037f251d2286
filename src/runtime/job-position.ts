import type { RecordedLane } from '../checkpoint/record.js'
import type { LaneSplit, PhysicalPlan } from '../plan/physical-plan.js'
import type { CommitInfo } from '../spi/sink.js'
import { type LaneState, targetKey } from './lane-state.js'
import type { PreparedData } from './messages.js'
import { totalRows } from './numbering.js'

/** What all workers prepared, gathered per sink, table and subtask. To be called while they rest. */
export function commitInfos(
  plan: PhysicalPlan,
  lanes: readonly LaneState[],
  prepared: readonly PreparedData[],
): readonly (readonly CommitInfo[])[] {
  return plan.sinks.map((sink, sinkIndex) => {
    const infos: CommitInfo[] = []
    for (const table of sink.tables.keys()) {
      for (const [laneIndex, lane] of plan.lanes.entries()) {
        const own = prepared
          .filter((entry) => entry.sink === sinkIndex && entry.table === table && entry.lane === laneIndex)
          .map((entry) => entry.prepared)
        const state = lanes[laneIndex]
        const key = targetKey(sinkIndex, table)
        const rows = totalRows(state?.rowTotals.read()?.[key] ?? null)
        infos.push({
          table,
          subtask: lane.subtask,
          prepared: own,
          state: state?.writerStates.read()?.[key] ?? null,
          rows,
        })
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
      splits: splits[index]?.slice(split) ?? [],
      deliveredMorsels: morsel,
      rowTotals: state?.rowTotals.read() ?? null,
      firstErrors: state?.firstErrors.read() ?? null,
    }
  })
}
