/** What is said of answers with counters of tasks. */
export const COUNTERS =
  'rows and bytes of a vertex over all attempts, those of a subtask and all times in its attempt; see [What is measured](#what-is-measured)'
/** What is said of answers about one attempt. */
export const KEPT_ATTEMPTS = 'of the last 16 attempts'
/** What is said of metrics of tasks. */
export const TASK_METRICS = 'those that are measured; rates over the last minute'
/** What is said of metrics of the process. */
export const ONE_PROCESS = 'the node is the one task manager and the job manager: both report the same process'
/** Operations that no page of the documentation names. */
export const UNDOCUMENTED = { isUndocumented: true } as const
/** Path of a vertex. */
export const VERTEX = '/jobs/:jobid/vertices/:vertexid'
