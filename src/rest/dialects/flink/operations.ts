import type { FlinkOperation } from './operation.js'
import { CHECKPOINT_OPERATIONS } from './operations/checkpoints.js'
import { CLUSTER_OPERATIONS } from './operations/cluster.js'
import { JOB_OPERATIONS } from './operations/jobs.js'
import { PACKAGE_OPERATIONS } from './operations/packages.js'
import { PROFILE_OPERATIONS } from './operations/profiles.js'
import { RESCALING_OPERATIONS } from './operations/rescaling.js'
import { TASK_MANAGER_OPERATIONS } from './operations/task-managers.js'
import { VERTEX_OPERATIONS } from './operations/vertices.js'

/** Every operation of Flink's REST API of the lines 2.0 to 2.2, and those that its clients call beside them. */
export const FLINK_OPERATIONS: readonly FlinkOperation[] = [
  ...CLUSTER_OPERATIONS,
  ...TASK_MANAGER_OPERATIONS,
  ...PACKAGE_OPERATIONS,
  ...JOB_OPERATIONS,
  ...CHECKPOINT_OPERATIONS,
  ...RESCALING_OPERATIONS,
  ...VERTEX_OPERATIONS,
  ...PROFILE_OPERATIONS,
]
