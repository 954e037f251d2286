import { resolve } from 'node:path'
import { PROFILE_NAMES, PROFILE_VARIABLE, type ProfileName } from '../config/millrace-options.js'
import { loadNodeConfig, type NodeConfig } from '../config/node-config.js'
import { MillraceError } from '../core/error.js'
import type { ArgumentOption, ParsedArguments } from './arguments.js'
import { type CommandSurface, readArguments } from './command.js'
import { type CliEnvironment, EXIT } from './environment.js'
import { ErrorReporter } from './error-report.js'
import {
  type ConfigPlaces,
  hazelcastFile,
  homeFolder,
  logFile,
  NODE_ROLES,
  type NodeRole,
  seatunnelFile,
  splitProperties,
} from './node-files.js'
import type { ServeRequest } from './serve-request.js'

/** Largest port number. */
const PORT_LIMIT = 65_535

const OPTIONS: readonly ArgumentOption[] = [
  { names: ['--data'], kind: 'value', value: 'DIR', doc: 'Where jobs and their state are kept.' },
  { names: ['--logs'], kind: 'value', value: 'DIR', doc: 'Where log files go.' },
  { names: ['--host'], kind: 'value', value: 'ADDRESS', doc: 'Address to listen on; loopback by default.' },
  { names: ['--port'], kind: 'value', value: 'N', doc: 'Port of REST v1, 5801 by default; 0 takes a free one.' },
  { names: ['--http-port'], kind: 'value', value: 'N', doc: 'Port of REST v2; "off" for none.' },
  { names: ['--flink-port'], kind: 'value', value: 'N', doc: 'Port of Flink\'s REST API; "off" for no such API.' },
  { names: ['--config'], kind: 'value', value: 'FILE', doc: 'seatunnel.yaml.' },
  { names: ['--hazelcast'], kind: 'value', value: 'FILE', doc: 'hazelcast.yaml.' },
  { names: ['--cluster', '-cn'], kind: 'value', value: 'NAME', doc: 'Name that clients must give.' },
  { names: ['--role', '-r'], kind: 'value', value: 'ROLE', doc: 'master, worker or master_and_worker.' },
  { names: ['--profile'], kind: 'value', value: 'NAME', doc: 'REST of SeaTunnel default, 2.3.4 or 2.3.9.' },
  {
    names: ['--flink-dashboard'],
    kind: 'value',
    value: 'DIR',
    doc: "Files of Flink's dashboard, for the port of its REST API.",
  },
  { names: ['--users'], kind: 'value', value: 'FILE', doc: 'File of users; see "millrace users".' },
  { names: ['--insecure'], kind: 'flag', doc: 'Lets it listen beyond loopback without authentication.' },
  { names: ['--allow-root'], kind: 'flag', doc: 'Lets it listen beyond loopback as root.' },
]

/** Arguments of `millrace serve`. */
export const SERVE_SURFACE: CommandSurface = {
  name: 'serve',
  summary:
    'Runs a node until it is stopped: REST v1 and v2, durable jobs. Settings come from seatunnel.yaml and hazelcast.yaml.',
  operand: '',
  options: OPTIONS,
}

/** Runs a node in this process until a signal stops it. Running jobs resume at the next start. */
export async function serveCommand(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const { properties, rest } = splitProperties(argv, environment.variables)
  const given = readArguments(SERVE_SURFACE, rest, environment)
  if (typeof given === 'number') return given
  return runNode(serveRequest(given, properties, environment), environment)
}

/**
 * The settings of a node: files, over them the command line.
 *
 * @throws MillraceErrors with every fault of the files, `CLI_USAGE` for values of options.
 */
export function serveRequest(
  given: ParsedArguments,
  properties: ReadonlyMap<string, string>,
  environment: CliEnvironment,
): ServeRequest {
  const { variables, workingFolder, installation, version, now } = environment
  const places: ConfigPlaces = { variables, properties, workingFolder, installation }
  const role = roleOf(given.value('--role') ?? 'master_and_worker')
  const { config, files } = configOf(given, places, role)
  new ErrorReporter(environment).warnings(config.warnings)
  const folder = (option: string, variable: string, name: string): string => {
    const named = given.value(option) ?? variables.get(variable) ?? ''
    if (named !== '') return resolve(workingFolder, named)
    const home = homeFolder(places)
    // An installation may be read-only or replaced by an update: only a home that the user named gets state.
    return home === null ? resolve(workingFolder, `millrace-${name}`) : resolve(home, name)
  }
  const users = given.value('--users') ?? variables.get('MILLRACE_USERS') ?? ''
  return {
    config,
    files,
    role,
    dataFolder: folder('--data', 'MILLRACE_DATA', 'data'),
    logsFolder: properties.get('seatunnel.logs.path') ?? folder('--logs', 'MILLRACE_LOGS', 'logs'),
    logProperties: logFile(places)?.text ?? null,
    properties,
    variables,
    host: given.value('--host') ?? variables.get('MILLRACE_HOST') ?? null,
    profile: profileOf(given.value('--profile') ?? variables.get(PROFILE_VARIABLE) ?? config.millrace.profile),
    usersFile: users === '' ? null : resolve(workingFolder, users),
    isInsecure: given.has('--insecure'),
    isRootAllowed: given.has('--allow-root'),
    version,
    now,
  }
}

function configOf(
  given: ParsedArguments,
  places: ConfigPlaces,
  role: NodeRole,
): Pick<ServeRequest, 'config' | 'files'> {
  const seatunnel = seatunnelFile(places, given.value('--config'))
  const hazelcast = hazelcastFile(places, role, given.value('--hazelcast'))
  const members = places.variables.get('ST_DOCKER_MEMBER_LIST') ?? ''
  const loaded = loadNodeConfig({
    ...(seatunnel === undefined ? {} : { seatunnel }),
    ...(hazelcast === undefined ? {} : { hazelcast }),
    properties: places.properties,
    ...(members === '' ? {} : { memberList: members }),
  })
  const port = portOf(given, '--port')
  const http = optionalPortOf(given, '--http-port')
  const flink = optionalPortOf(given, '--flink-port')
  const dashboard = given.value('--flink-dashboard') ?? loaded.millrace.flinkDashboard
  const config: NodeConfig = {
    ...loaded,
    engine: {
      ...loaded.engine,
      ...(http === null ? {} : { httpEnabled: http.isOn, httpPort: http.port ?? loaded.engine.httpPort }),
    },
    millrace: {
      ...loaded.millrace,
      ...(flink === null ? {} : { flinkEnabled: flink.isOn, flinkPort: flink.port ?? loaded.millrace.flinkPort }),
      flinkDashboard: dashboard === null ? null : resolve(places.workingFolder, dashboard),
    },
    hazelcast: {
      ...loaded.hazelcast,
      clusterName: given.value('--cluster') ?? loaded.hazelcast.clusterName,
      ...(port === null ? {} : { port, portAutoIncrement: false }),
    },
  }
  return { config, files: { seatunnel: seatunnel?.file ?? null, hazelcast: hazelcast?.file ?? null } }
}

/** A port that `off` leaves out; `null` where nothing is said of it. */
function optionalPortOf(
  given: ParsedArguments,
  name: string,
): { readonly isOn: boolean; readonly port: number | null } | null {
  const text = given.value(name)
  if (text === null) return null
  return text === 'off' ? { isOn: false, port: null } : { isOn: true, port: portOf(given, name) }
}

function profileOf(text: string): ProfileName {
  const profile = PROFILE_NAMES.find((each) => each === text)
  if (profile === undefined) throw usage(`'--profile' is one of ${PROFILE_NAMES.join(', ')}, not '${text}'`)
  return profile
}

function roleOf(text: string): NodeRole {
  const role = NODE_ROLES.find((each) => each === text)
  if (role === undefined) throw usage(`'--role' is one of ${NODE_ROLES.join(', ')}, not '${text}'`)
  return role
}

function portOf(given: ParsedArguments, option: string): number | null {
  const text = given.value(option)
  if (text === null) return null
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= PORT_LIMIT) return port
  throw usage(`'${option}' is a port from 0 to ${PORT_LIMIT}, not '${text}'`)
}

function usage(message: string): MillraceError {
  return new MillraceError('CLI_USAGE', message)
}

/** Starts the node, says where it listens, and waits for what stops it. A second signal ends the process at once. */
export async function runNode(request: ServeRequest, environment: CliEnvironment): Promise<number> {
  const startMs = environment.now()
  let forgetSignals = (): void => {}
  const signaled = new Promise<string>((stop) => {
    forgetSignals = environment.onSignal((signal) => stop(`signal ${signal}`))
  })
  const node = await environment.serve(request)
  for (const line of node.exposure) node.log('INFO', line)
  if (request.role !== 'master_and_worker') {
    node.log('WARN', `one node does what masters and workers do together; '${request.role}' chooses its files only`)
  }
  node.log('INFO', `node is ready after ${environment.now() - startMs} ms, data in ${request.dataFolder}`)
  environment.ready()
  const reason = await Promise.race([signaled, node.stopAsked])
  node.log('INFO', `node is stopped by ${reason}; running jobs resume at the next start`)
  await node.close()
  forgetSignals()
  return EXIT.ok
}
