import type { ServedNode, ServeRequest } from './cli/serve-request.js'
import { MillraceError } from './core/error.js'
import type { JobService } from './engine/job-service.js'

/** Puts the parts of a node together: store, jobs, logs, REST. Loaded by the commands that run a node and by nothing else. */
export async function serve(_request: ServeRequest, _jobs: JobService): Promise<ServedNode> {
  const hint = 'run a job in a process of its own with "seatunnel.sh -m local -c JOB_FILE" or "millrace run JOB_FILE"'
  throw new MillraceError('UNIMPLEMENTED', 'the node that stays running is not in this version yet', { hint })
}
