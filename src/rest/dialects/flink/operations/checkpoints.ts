import { checkpointConfig } from '../checkpoint-config.js'
import { checkpointDetails, checkpointOfVertex, jobCheckpoints } from '../checkpoints.js'
import { answers, type FlinkOperation, responds } from '../operation.js'
import {
  pollDisposal,
  pollJobOperation,
  triggerCheckpoint,
  triggerDisposal,
  triggerSavepoint,
  triggerStop,
} from '../savepoints.js'

const KEPT = 'results are kept with the job'
const DIRECTORY = 'without a directory the node has one; one that may not be used is refused with 400'

/** Checkpoints and savepoints. */
export const CHECKPOINT_OPERATIONS: readonly FlinkOperation[] = [
  answers('GET /jobs/:jobid/checkpoints', 'Checkpoints of a job', 'approximated', jobCheckpoints, {
    note: 'quantiles are over those that are kept, 100 at most',
  }),
  answers('POST /jobs/:jobid/checkpoints', 'Takes a checkpoint', 'exact', triggerCheckpoint, {
    status: 202,
    note: 'every checkpoint is a full one',
  }),
  responds(
    'GET /jobs/:jobid/checkpoints/config',
    'How checkpoints are taken',
    'approximated',
    (call, { wire }) => checkpointConfig(call, wire),
    { note: '`mode` is worked out from the connectors of the job; there is no change log' },
  ),
  answers('GET /jobs/:jobid/checkpoints/details/:checkpointid', 'A checkpoint', 'approximated', checkpointDetails, {
    note: 'subtasks are acknowledged together, when what all have prepared is durable; what each put in is kept of the last ones only',
  }),
  answers(
    'GET /jobs/:jobid/checkpoints/details/:checkpointid/subtasks/:vertexid',
    "A vertex's part of a checkpoint",
    'approximated',
    checkpointOfVertex,
    { note: 'sizes are those of the parts of the record; nothing has to be aligned' },
  ),
  answers('GET /jobs/:jobid/checkpoints/:triggerid', 'Polls a checkpoint', 'exact', pollJobOperation('checkpoint'), {
    note: KEPT,
  }),
  answers('POST /jobs/:jobid/savepoints', 'Takes a savepoint', 'approximated', triggerSavepoint, {
    status: 202,
    note: `${DIRECTORY}; both formats are taken, there is one, \`NATIVE\``,
  }),
  answers('GET /jobs/:jobid/savepoints/:triggerid', 'Polls a savepoint', 'exact', pollJobOperation('savepoint'), {
    note: KEPT,
  }),
  answers('POST /jobs/:jobid/stop', 'Stops a job with a savepoint', 'approximated', triggerStop, {
    status: 202,
    note: `${DIRECTORY}; with \`drain\` sinks commit as at the end of all data: no row is ever held back`,
  }),
  answers('POST /savepoint-disposal', 'Deletes a savepoint', 'exact', triggerDisposal, {
    note: 'only what this program wrote, where it may, and what no job uses',
  }),
  answers('GET /savepoint-disposal/:triggerid', 'Polls a deletion', 'exact', pollDisposal),
]
