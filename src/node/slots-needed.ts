import type { JobDag } from '../engine/job-dag.js'

/** Sinks without a committer of their own. */
const PLAIN_SINKS: ReadonlySet<string> = new Set(['console', 'assert', 'socket'])

/**
 * Slots that a job takes: one per subtask, and one for each coordinator, which every source and every sink with a committer has.
 *
 * @source SeaTunnel `PhysicalPlanGenerator` (one slot per task group)
 */
export function slotsNeeded({ vertices }: JobDag): number {
  const subtasks = vertices.filter(({ kind }) => kind === 'source').reduce((sum, each) => sum + each.parallelism, 0)
  const coordinators = vertices.filter(({ kind, plugins }) => {
    return kind === 'source' || (kind === 'sink' && !PLAIN_SINKS.has(plugins[0]?.toLowerCase() ?? ''))
  })
  return Math.max(1, subtasks + coordinators.length)
}
