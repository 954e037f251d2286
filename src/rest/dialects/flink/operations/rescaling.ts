import { answers, type FlinkOperation } from '../operation.js'
import { changeRequirements, pollRescaling, requirements, triggerRescaling } from '../rescaling.js'

/** The parallelism of running jobs. */
export const RESCALING_OPERATIONS: readonly FlinkOperation[] = [
  answers('PATCH /jobs/:jobid/rescaling', 'Changes the parallelism', 'exact', triggerRescaling, {
    note: 'works for every job: a savepoint, and the job goes on behind it; vertices that are fixed stay as they are',
  }),
  answers('GET /jobs/:jobid/rescaling/:triggerid', 'Polls a change of the parallelism', 'exact', pollRescaling, {
    note: 'results are kept with the job',
  }),
  answers('GET /jobs/:jobid/resource-requirements', 'Bounds of the parallelism', 'exact', requirements, {
    note: 'works for every job',
  }),
  answers(
    'PUT /jobs/:jobid/resource-requirements',
    'Changes the bounds of the parallelism',
    'approximated',
    changeRequirements,
    {
      note: 'vertices of a pipeline share one parallelism: the upper bound that is changed rules, the largest of several, and becomes that of all; `-1` is as much as there are slots or processors; more than there are slots for waits',
    },
  ),
]
