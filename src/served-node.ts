import type { ServedNode, ServeRequest } from './cli/serve-request.js'
import { MillraceError } from './core/error.js'

/** Puts the parts of a node together: jobs, logs, REST. */
export async function serveNode(_request: ServeRequest): Promise<ServedNode> {
  const hint = 'run a job in a process of its own with "seatunnel.sh -m local -c JOB_FILE" or "millrace run JOB_FILE"'
  throw new MillraceError('UNIMPLEMENTED', 'the node that stays running is not in this version yet', { hint })
}
