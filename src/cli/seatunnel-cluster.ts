import { asMillraceErrors } from '../core/error.js'
import { type ArgumentOption, parseArguments } from './arguments.js'
import { type CliEnvironment, EXIT } from './environment.js'
import { SEATUNNEL_CLUSTER_USAGE, STOP_SEATUNNEL_CLUSTER_USAGE } from './seatunnel-usage.js'

/** Options of `seatunnel-cluster.sh`. @source SeaTunnel `ServerCommandArgs` */
const OPTIONS: readonly ArgumentOption[] = [
  { names: ['--cluster', '-cn'], kind: 'value', doc: '' },
  { names: ['--daemon', '-d'], kind: 'flag', doc: '' },
  { names: ['--role', '-r'], kind: 'value', doc: '' },
  { names: ['--help', '-h'], kind: 'flag', doc: '' },
]
const ROLES: ReadonlySet<string> = new Set(['master', 'worker', 'master_and_worker'])

const NO_NODE =
  'error[UNIMPLEMENTED]: the node that stays running is not in this version yet\n' +
  '  hint: run a job in a process of its own with "seatunnel.sh -m local -c JOB_FILE" or "millrace run JOB_FILE"\n'

/** The starter of `seatunnel-cluster.sh`: help and the check of its arguments; the node itself is not in this version. */
export async function seatunnelCluster(argv: readonly string[], { out, err }: CliEnvironment): Promise<number> {
  try {
    const given = parseArguments(OPTIONS, argv)
    if (given.has('--help')) {
      out(SEATUNNEL_CLUSTER_USAGE)
      return EXIT.usage
    }
    const role = given.value('--role')
    if (role !== null && !ROLES.has(role)) {
      err(`Unknown node role: ${role}\n`)
      return EXIT.failed
    }
  } catch (thrown) {
    err(`${asMillraceErrors(thrown)[0]?.message}\n`)
    out(SEATUNNEL_CLUSTER_USAGE)
    return EXIT.usage
  }
  err(NO_NODE)
  return EXIT.failed
}

/** The stopper of `stop-seatunnel-cluster.sh`: there is no node to stop in this version. */
export async function stopSeatunnelCluster(argv: readonly string[], { out, err }: CliEnvironment): Promise<number> {
  if (argv.includes('-h') || argv.includes('--help')) {
    out(STOP_SEATUNNEL_CLUSTER_USAGE)
    return EXIT.usage
  }
  err(NO_NODE)
  return EXIT.failed
}
