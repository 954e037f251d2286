import type { TypeOf } from '../../shape.js'
import { CHECKPOINT_SHAPES } from './shapes/checkpoints.js'
import { CLUSTER_SHAPES } from './shapes/cluster.js'
import { JOB_SHAPES } from './shapes/jobs.js'
import type { OperationShape } from './shapes/operation-shape.js'
import { PACKAGE_SHAPES } from './shapes/packages.js'
import { PROFILE_SHAPES } from './shapes/profiles.js'
import { RESCALING_SHAPES } from './shapes/rescaling.js'
import { TASK_MANAGER_SHAPES } from './shapes/task-managers.js'
import { VERTEX_SHAPES } from './shapes/vertices.js'

/**
 * What every operation takes and gives. The description of the API, the checks of tests and the types of the client are made from it.
 */
export const FLINK_SHAPES = {
  ...CLUSTER_SHAPES,
  ...TASK_MANAGER_SHAPES,
  ...PACKAGE_SHAPES,
  ...JOB_SHAPES,
  ...CHECKPOINT_SHAPES,
  ...RESCALING_SHAPES,
  ...VERTEX_SHAPES,
  ...PROFILE_SHAPES,
} as const satisfies Record<string, OperationShape>

/** `METHOD /path` of an operation. */
export type FlinkOperationName = keyof typeof FLINK_SHAPES

/** What an operation gives: the members of its JSON, or a text. */
export type FlinkAnswer<N extends FlinkOperationName> = (typeof FLINK_SHAPES)[N] extends { readonly answer: infer A }
  ? TypeOf<A>
  : string

/** The shape of an operation; `null` for one that has none. */
export function shapeOf(method: string, path: string): OperationShape | null {
  const name = `${method} ${path}`
  return Object.hasOwn(FLINK_SHAPES, name) ? FLINK_SHAPES[name as FlinkOperationName] : null
}
