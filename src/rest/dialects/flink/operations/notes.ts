/** What is said of answers with states of tasks. */
export const TASKS_TOGETHER =
  'all tasks of a job begin and end together; an attempt after the first begins when it is due'
/** What is said of answers with counters of tasks. */
export const COUNTERS =
  'sources and sinks count, at their outer side; transforms do not, and single subtasks of several do not: they have 0 and `…-complete: false`; busy time is `NaN`'
/** What is said of metrics of the process. */
export const ONE_PROCESS = 'the node is the one task manager and the job manager: both report the same process'
/** Operations that no page of the documentation names. */
export const UNDOCUMENTED = { isUndocumented: true } as const
/** Names of metrics. */
export const GET = ['get'] as const
/** Names of metrics and aggregates. */
export const AGGREGATED = ['get', 'agg'] as const
/** Path of a vertex. */
export const VERTEX = '/jobs/:jobid/vertices/:vertexid'
