import { pollJobOperation, triggerCheckpoint, triggerSavepoint, triggerStop } from '../changes.js'
import { checkpointConfig, checkpointDetails, checkpointOfVertex, jobCheckpoints } from '../checkpoints.js'
import { answers, type FlinkOperation, notYet, responds } from '../operation.js'

const KEPT = 'results are kept with the job'
const OWN_STORE =
  'the directory that is asked for is not used: savepoints are kept by the node and named by `millrace:/jobs/ID/checkpoints/ID`'

/** Checkpoints and savepoints. */
export const CHECKPOINT_OPERATIONS: readonly FlinkOperation[] = [
  answers('GET /jobs/:jobid/checkpoints', 'Checkpoints of a job', 'approximated', jobCheckpoints, {
    note: 'quantiles are over those that are kept, 100 at most',
  }),
  answers('POST /jobs/:jobid/checkpoints', 'Takes a checkpoint', 'approximated', triggerCheckpoint, {
    status: 202,
    note: `a savepoint is taken; ${KEPT}`,
  }),
  responds(
    'GET /jobs/:jobid/checkpoints/config',
    'How checkpoints are taken',
    'approximated',
    (call, { wire }) => checkpointConfig(call, wire),
    { note: '`mode` is `at_least_once`, which holds for all connectors' },
  ),
  answers('GET /jobs/:jobid/checkpoints/details/:checkpointid', 'A checkpoint', 'approximated', checkpointDetails, {
    note: '`tasks` is empty: what each put in is not kept',
  }),
  answers(
    'GET /jobs/:jobid/checkpoints/details/:checkpointid/subtasks/:vertexid',
    "A vertex's part of a checkpoint",
    'constant',
    checkpointOfVertex,
    { note: 'not kept: 404' },
  ),
  answers('GET /jobs/:jobid/checkpoints/:triggerid', 'Polls a checkpoint', 'exact', pollJobOperation('checkpoint'), {
    note: KEPT,
  }),
  answers('POST /jobs/:jobid/savepoints', 'Takes a savepoint', 'approximated', triggerSavepoint, {
    status: 202,
    note: `${OWN_STORE}; with \`cancel-job\` the job ends as FINISHED`,
  }),
  answers('GET /jobs/:jobid/savepoints/:triggerid', 'Polls a savepoint', 'exact', pollJobOperation('savepoint'), {
    note: KEPT,
  }),
  answers('POST /jobs/:jobid/stop', 'Stops a job with a savepoint', 'approximated', triggerStop, {
    status: 202,
    note: `${OWN_STORE}; \`drain\` changes nothing`,
  }),
  notYet('POST /savepoint-disposal', 'Deletes a savepoint'),
  notYet('GET /savepoint-disposal/:triggerid', 'Polls a deletion'),
]
