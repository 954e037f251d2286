import { asMillraceErrors, MillraceError, MillraceErrors } from '../core/error.js'
import { type ArgumentOption, type ParsedArguments, parseArguments } from './arguments.js'
import { convertedSecrets } from './convert-secrets.js'
import { type CliEnvironment, EXIT } from './environment.js'
import { ErrorReporter } from './error-report.js'
import { readJobFile } from './job-file.js'
import { splitProperties } from './node-files.js'
import { type ClientCall, jobFileRequest, logShades } from './seatunnel-call.js'
import { failureReport } from './seatunnel-failure.js'
import { runLocal } from './seatunnel-local.js'
import { ClientLog, LOGGER } from './seatunnel-log.js'
import { SEATUNNEL_CLIENT_USAGE } from './seatunnel-usage.js'

/** Options of `seatunnel.sh`; help is {@link SEATUNNEL_CLIENT_USAGE}. @source SeaTunnel `ClientCommandArgs` */
const OPTIONS: readonly ArgumentOption[] = [
  { names: ['--config', '-c'], kind: 'value', doc: '' },
  { names: ['--variable', '-i'], kind: 'value', doc: '' },
  { names: ['--master', '-m'], kind: 'value', doc: '' },
  { names: ['--deploy-mode', '-e'], kind: 'value', doc: '' },
  { names: ['--name', '-n'], kind: 'value', doc: '' },
  { names: ['--cluster', '-cn'], kind: 'value', doc: '' },
  { names: ['--async'], kind: 'flag', doc: '' },
  { names: ['--close-job', '-cj'], kind: 'flag', doc: '' },
  { names: ['--set-job-id'], kind: 'value', doc: '' },
  { names: ['--restore', '-r'], kind: 'value', doc: '' },
  { names: ['--savepoint', '-s'], kind: 'value', doc: '' },
  { names: ['--cancel-job', '-can'], kind: 'values', doc: '' },
  { names: ['--job-id', '-j'], kind: 'value', doc: '' },
  { names: ['--list', '-l'], kind: 'flag', doc: '' },
  { names: ['--metrics'], kind: 'value', doc: '' },
  { names: ['--get_running_job_metrics'], kind: 'flag', doc: '' },
  { names: ['--check'], kind: 'flag', doc: '' },
  { names: ['--encrypt'], kind: 'flag', doc: '' },
  { names: ['--decrypt'], kind: 'flag', doc: '' },
  { names: ['--help', '-h'], kind: 'flag', doc: '' },
]

/** What asks a running node. */
const QUESTIONS = [
  '--list',
  '--get_running_job_metrics',
  '--job-id',
  '--cancel-job',
  '--metrics',
  '--savepoint',
] as const
const DEPLOY_MODE_RULE = '*'.repeat(90)

/** The client of `seatunnel.sh`: same options, same exit codes, same log lines and figures. */
export async function seatunnelClient(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const { out, err } = environment
  const log = new ClientLog(environment)
  const { properties, rest } = splitProperties(argv, environment.variables)
  let given: ParsedArguments
  try {
    given = parseArguments(OPTIONS, rest)
    requireKnown(given)
    requireNumber(given, '--set-job-id')
  } catch (thrown) {
    err(`${asMillraceErrors(thrown)[0]?.message}\n`)
    out(SEATUNNEL_CLIENT_USAGE)
    return EXIT.usage
  }
  const isLocal = masterOf(given)
  if (typeof isLocal === 'string') {
    err(`Exception in thread "main" java.lang.IllegalArgumentException: ${isLocal}\n`)
    return EXIT.failed
  }
  if (given.has('--deploy-mode')) {
    const advice = '-e and --deploy-mode deprecated in 2.3.1, please use -m and --master instead of it'
    log.warn(LOGGER.master, `\n${DEPLOY_MODE_RULE}\n${advice}\n${DEPLOY_MODE_RULE}`)
  }
  if (argv.length === 0 || given.has('--help')) {
    out(SEATUNNEL_CLIENT_USAGE)
    return EXIT.usage
  }
  return execute({ given, properties, environment, log, document: null }, isLocal)
}

/** Unknown options are passed over, unless jobs are canceled. @source SeaTunnel `CommandLineUtils.parse` */
function requireKnown(given: ParsedArguments): void {
  const [unknown] = given.unknown
  if (unknown === undefined || !given.has('--cancel-job')) return
  throw new MillraceError(
    'CLI_USAGE',
    `Was passed main parameter '${unknown}' but no main parameter was defined in your arg class`,
  )
}

function requireNumber(given: ParsedArguments, name: string): void {
  const text = given.value(name)
  if (text === null || /^[+-]?\d{1,19}$/.test(text)) return
  throw new MillraceError('CLI_USAGE', `"${name}": couldn't convert "${text}" to a long`)
}

/** Whether the job runs in this process; a text is the message for a master that is not known. */
function masterOf(given: ParsedArguments): boolean | string {
  const mode = given.value('--master') ?? given.value('--deploy-mode') ?? 'cluster'
  const name = mode.toUpperCase()
  if (name === 'LOCAL' || name === 'CLUSTER') return name === 'LOCAL'
  return `No enum constant org.apache.seatunnel.core.starter.enums.MasterType.${name}`
}

/** Does what was asked; every failure ends in the banner and exit code 1. */
async function execute(call: ClientCall, isLocal: boolean): Promise<number> {
  const { given, environment, log } = call
  try {
    if (given.has('--check')) return await check(call)
    if (given.has('--encrypt') || given.has('--decrypt')) return convert(call)
    if (QUESTIONS.some((name) => given.has(name)) || !isLocal) return await withNode(call)
    if (given.has('--restore')) {
      const hint = 'hand the job to a node: leave "-m local" out'
      throw new MillraceError('UNIMPLEMENTED', "'--restore' needs the state that a node keeps", { hint })
    }
    return await runLocal(call)
  } catch (thrown) {
    failureReport(thrown, call.document, log, environment.err)
    return EXIT.failed
  }
}

/** Asks a node or hands it a job, when there is one of the cluster's name. */
async function withNode(call: ClientCall): Promise<number> {
  const { given, environment, log, properties } = call
  // Loaded here: a job in this process does not wait for them.
  const [{ nodeApi }, { clientSettings }, { runRemote }, { ask, questionOf }] = await Promise.all([
    import('./node-options.js'),
    import('./client-settings.js'),
    import('./seatunnel-remote.js'),
    import('./seatunnel-queries.js'),
  ])
  const question = questionOf(call)
  const onChange = (state: 'lost' | 'back'): void => {
    if (state === 'lost') log.warn(LOGGER.connection, 'Connection to the node is lost, trying to reach it again')
    else log.info(LOGGER.connection, 'Connected to the node again')
  }
  const api = nodeApi(null, { environment, properties, onChange })
  try {
    const node = await api.node()
    const name = given.value('--cluster') ?? clientSettings({ ...environment, properties }).clusterName
    if (node.clusterName !== name) {
      const other =
        'Authentication failed. The configured cluster name on the client does not match the one configured in the cluster'
      log.warn(LOGGER.connection, `${other}: '${name}' is not '${node.clusterName}' at ${api.connection.address}`)
      throw new MillraceError('CLI_USAGE', 'Unable to connect to any cluster.', {
        hint: 'give the name of the cluster with -cn',
      })
    }
    return await (question === null ? runRemote(call, api) : ask(question, call, api, node))
  } finally {
    api.connection.close()
  }
}

/** Syntax, wiring, options and schemas. What this build or this machine does not have is only warned of. */
async function check(call: ClientCall): Promise<number> {
  const { environment } = call
  call.document = readJobFile(jobFileRequest(call))
  const { faults, warnings } = await (await environment.service()).check(call.document)
  const isElsewhere = ({ code, definition }: MillraceError): boolean =>
    code === 'PLUGIN_NOT_FOUND' || code === 'UNIMPLEMENTED' || definition.domain !== 'user'
  new ErrorReporter(environment).warnings([...warnings, ...faults.filter(isElsewhere)])
  const serious = faults.filter((fault) => !isElsewhere(fault))
  if (serious.length > 0) throw new MillraceErrors(serious)
  return EXIT.ok
}

/** Prints the file with its secrets encrypted or decrypted. Both print the same label, as the original does. */
function convert(call: ClientCall): number {
  const { given, log } = call
  const isEncrypt = given.has('--encrypt')
  const logger = isEncrypt ? LOGGER.encrypt : LOGGER.decrypt
  if (isEncrypt && given.has('--decrypt')) {
    const message = 'When both --decrypt and --encrypt are specified, only --encrypt will take effect'
    log.warn(logger, message)
  }
  const { text, warnings } = convertedSecrets(jobFileRequest(call), isEncrypt ? 'encrypt' : 'decrypt')
  for (const warning of warnings) log.warn(LOGGER.shade, warning.message)
  logShades(log)
  log.info(logger, `Encrypt config: \n${text}\n`)
  return EXIT.ok
}
