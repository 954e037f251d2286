import { blockPath } from '../plan/logical-dag.js'
import type { PlannedJob } from './job-planner.js'

/** How often the rows of a durable job are seen in one of its sinks. */
export interface SinkDelivery {
  /** Path of the sink in the document, for example `sink[0]`. */
  readonly sink: string
  readonly plugin: string
  /** `EXACTLY_ONCE`: a row is visible when its checkpoint is committed. `AT_LEAST_ONCE`: it may be before, and again after a restore. */
  readonly guarantee: 'EXACTLY_ONCE' | 'AT_LEAST_ONCE'
}

/** What the sinks of a job promise, in the order of the document; sinks of error records are left out. */
export function sinkDelivery({ dag, sinks }: Pick<PlannedJob, 'dag' | 'sinks'>): readonly SinkDelivery[] {
  return dag.sinks.map(({ block }, index) => ({
    sink: blockPath(block),
    plugin: block.pluginName,
    guarantee: sinks[index]?.isAtLeastOnce === true ? 'AT_LEAST_ONCE' : 'EXACTLY_ONCE',
  }))
}
