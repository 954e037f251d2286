import { join, resolve } from 'node:path'
import { asMillraceErrors } from '../core/error.js'
import { type ArgumentOption, type ParsedArguments, parseArguments } from './arguments.js'
import { startDaemon } from './daemon.js'
import { type CliEnvironment, EXIT } from './environment.js'
import { homeFolder, NODE_ROLES, splitProperties } from './node-files.js'
import { SEATUNNEL_CLUSTER_USAGE } from './seatunnel-usage.js'
import { runNode, serveRequest } from './serve-command.js'
import { SERVER_CLASS } from './server-class.js'

/** Options of `seatunnel-cluster.sh`, and behind them those that only ours has. @source SeaTunnel `ServerCommandArgs` */
const OPTIONS: readonly ArgumentOption[] = [
  { names: ['--cluster', '-cn'], kind: 'value', doc: '' },
  { names: ['--daemon', '-d'], kind: 'flag', doc: '' },
  { names: ['--role', '-r'], kind: 'value', doc: '' },
  { names: ['--help', '-h'], kind: 'flag', doc: '' },
  { names: ['--data'], kind: 'value', doc: '' },
  { names: ['--logs'], kind: 'value', doc: '' },
  { names: ['--host'], kind: 'value', doc: '' },
  { names: ['--port'], kind: 'value', doc: '' },
  { names: ['--http-port'], kind: 'value', doc: '' },
  { names: ['--flink-port'], kind: 'value', doc: '' },
  { names: ['--profile'], kind: 'value', doc: '' },
  { names: ['--users'], kind: 'value', doc: '' },
  { names: ['--insecure'], kind: 'flag', doc: '' },
  { names: ['--allow-root'], kind: 'flag', doc: '' },
]

/** Where the output of a node in the background goes, by role. @source SeaTunnel `seatunnel-cluster.sh` */
const OUTPUT_FILES: ReadonlyMap<string, string> = new Map([
  ['master', 'seatunnel-engine-master.out'],
  ['worker', 'seatunnel-engine-worker.out'],
  ['master_and_worker', 'seatunnel-server.out'],
])

/** The starter of `seatunnel-cluster.sh`: a node in this process, or with `-d` in the background. */
export async function seatunnelCluster(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const { out, err } = environment
  const { properties, rest } = splitProperties(argv, environment.variables)
  let given: ParsedArguments
  try {
    given = parseArguments(OPTIONS, rest)
  } catch (thrown) {
    err(`${asMillraceErrors(thrown)[0]?.message}\n`)
    out(SEATUNNEL_CLUSTER_USAGE)
    return EXIT.usage
  }
  const [unknown] = [...given.unknown, ...given.rest]
  if (unknown !== undefined) {
    err(`Was passed main parameter '${unknown}' but no main parameter was defined in your arg class\n`)
    out(SEATUNNEL_CLUSTER_USAGE)
    return EXIT.usage
  }
  if (given.has('--help')) {
    out(SEATUNNEL_CLUSTER_USAGE)
    return EXIT.usage
  }
  const role = given.value('--role') ?? 'master_and_worker'
  if (!NODE_ROLES.some((each) => each === role)) {
    err(`Unknown node role: ${role}\n`)
    return EXIT.failed
  }
  try {
    return await start(given, role, argv, properties, environment)
  } catch (thrown) {
    const missing = asMillraceErrors(thrown).flatMap(({ message }) => /file '(.+)' does not exist/.exec(message) ?? [])
    if (missing[1] === undefined) throw thrown
    err(`Error: File ${missing[1]} does not exist.\n`)
    return EXIT.failed
  }
}

async function start(
  given: ParsedArguments,
  role: string,
  argv: readonly string[],
  properties: ReadonlyMap<string, string>,
  environment: CliEnvironment,
): Promise<number> {
  // Read here too when it goes to the background: faults of the files are shown to who starts it.
  const request = serveRequest(given, properties, environment)
  environment.out(`start ${role} node\n`)
  if (!given.has('--daemon')) return runNode(request, environment)
  const logs = homeFolder(environment) === null ? request.logsFolder : resolve(homeFolder(environment) ?? '', 'logs')
  const file = join(logs, OUTPUT_FILES.get(role) ?? 'seatunnel-server.out')
  const inForeground = argv.filter((argument) => argument !== '-d' && argument !== '--daemon')
  return startDaemon([SERVER_CLASS, ...inForeground], file, environment)
}
