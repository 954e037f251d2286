import { type FlinkOperation, notYet } from '../operation.js'

/** The parallelism of running jobs. */
export const RESCALING_OPERATIONS: readonly FlinkOperation[] = [
  notYet('PATCH /jobs/:jobid/rescaling', 'Changes the parallelism', { query: ['parallelism'] }),
  notYet('GET /jobs/:jobid/rescaling/:triggerid', 'Polls a change of the parallelism'),
  notYet('GET /jobs/:jobid/resource-requirements', 'Bounds of the parallelism'),
  notYet('PUT /jobs/:jobid/resource-requirements', 'Changes the bounds of the parallelism'),
]
