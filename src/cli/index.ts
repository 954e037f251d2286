import { asMillraceErrors } from '../core/error.js'
import { Redactor } from '../core/redact.js'
import { type CliCommand, suggestion } from './command.js'
import { type CliEnvironment, EXIT } from './environment.js'
import { SERVER_CLASS } from './server-class.js'

export type { CliCommand } from './command.js'

/** Every command, in the order of the help text. */
export const CLI_COMMANDS: readonly CliCommand[] = [
  {
    name: 'run',
    summary: 'Runs a job in this process.',
    load: async () => (await import('./run-command.js')).runCommand,
  },
  {
    name: 'validate',
    summary: 'Reports every fault of a job file.',
    load: async () => (await import('./validate-command.js')).validateCommand,
  },
  {
    name: 'graph',
    summary: 'Shows what a job would run: plug-ins, tables, fused chains, lanes.',
    load: async () => (await import('./graph-command.js')).graphCommand,
  },
  {
    name: 'connectors',
    summary: 'Lists plug-ins, or the options of one.',
    load: async () => (await import('./connectors-command.js')).connectorsCommand,
  },
  {
    name: 'schema',
    summary: 'Prints the JSON Schema of job files.',
    load: async () => (await import('./schema-command.js')).schemaCommand,
  },
  {
    name: 'encrypt',
    summary: 'Prints a job file with its secrets encrypted.',
    load: async () => (await import('./secrets-command.js')).encryptCommand,
  },
  {
    name: 'decrypt',
    summary: 'Prints a job file with its secrets in the clear.',
    load: async () => (await import('./secrets-command.js')).decryptCommand,
  },
  {
    name: 'keygen',
    summary: 'Makes a key for encrypted job files.',
    load: async () => (await import('./secrets-command.js')).keygenCommand,
  },
  {
    name: 'doctor',
    summary: 'Looks whether this machine is fit to run jobs.',
    load: async () => (await import('./doctor-command.js')).doctorCommand,
  },
  {
    name: 'serve',
    summary: 'Runs a node: REST v1 and v2, durable jobs.',
    load: async () => (await import('./serve-command.js')).serveCommand,
  },
  {
    name: 'submit',
    summary: 'Hands a job to a node.',
    load: async () => (await import('./submit-command.js')).submitCommand,
  },
  {
    name: 'jobs',
    summary: 'Lists the jobs of a node.',
    load: async () => (await import('./jobs-command.js')).jobsCommand,
  },
  {
    name: 'job',
    summary: 'Shows one job of a node.',
    load: async () => (await import('./jobs-command.js')).jobCommand,
  },
  {
    name: 'logs',
    summary: 'Shows the log of a job or of the node.',
    load: async () => (await import('./logs-command.js')).logsCommand,
  },
  {
    name: 'stop',
    summary: 'Stops a job.',
    load: async () => (await import('./stop-command.js')).stopCommand,
  },
  {
    name: 'savepoint',
    summary: 'Takes a savepoint of a job.',
    load: async () => (await import('./stop-command.js')).savepointCommand,
  },
  {
    name: 'rescale',
    summary: 'Changes the parallelism of a running job.',
    load: async () => (await import('./stop-command.js')).rescaleCommand,
  },
  {
    name: 'resume',
    summary: 'Starts a job again from its last savepoint or checkpoint.',
    load: async () => (await import('./submit-command.js')).resumeCommand,
  },
  {
    name: 'top',
    summary: 'Shows a node and its jobs, again and again.',
    load: async () => (await import('./top-command.js')).topCommand,
  },
  {
    name: 'users',
    summary: 'Keeps the file of users of a node.',
    load: async () => (await import('./users-command.js')).usersCommand,
  },
  {
    name: 'seatunnel',
    summary: "SeaTunnel's client: the options of seatunnel.sh.",
    load: async () => (await import('./seatunnel-client.js')).seatunnelClient,
  },
  {
    name: 'seatunnel-connector',
    summary: "SeaTunnel's connector check: the options of seatunnel-connector.sh.",
    load: async () => (await import('./seatunnel-connector.js')).seatunnelConnector,
  },
  {
    name: 'seatunnel-cluster',
    summary: "SeaTunnel's node: the options of seatunnel-cluster.sh.",
    load: async () => (await import('./seatunnel-cluster.js')).seatunnelCluster,
  },
  {
    name: 'stop-seatunnel-cluster',
    summary: 'Stops a node: the options of stop-seatunnel-cluster.sh.',
    load: async () => (await import('./stop-cluster.js')).stopSeatunnelCluster,
  },
]

const HELP_WORDS: ReadonlySet<string> = new Set(['--help', '-h', 'help'])
const VERSION_WORDS: ReadonlySet<string> = new Set(['--version', '-V', 'version'])

/** Runs a command line and gives the exit code. What it writes is free of the secrets of the job files that it reads. Never throws. */
export async function runCli(
  argv: readonly string[],
  surroundings: Omit<CliEnvironment, 'redactor'> & { readonly commands: readonly CliCommand[] },
): Promise<number> {
  const { commands, version } = surroundings
  const redactor = new Redactor()
  const out = (text: string): void => surroundings.out(redactor.text(text))
  const err = (text: string): void => surroundings.err(redactor.text(text))
  const environment = { ...surroundings, out, err, redactor }
  const [name, ...rest] = withoutServerClass(argv)
  if (name === undefined || (HELP_WORDS.has(name) && rest.length === 0)) {
    out(helpText(commands))
    return EXIT.ok
  }
  if (VERSION_WORDS.has(name)) {
    out(`millrace ${version}\n`)
    return EXIT.ok
  }
  const [asked, ...given] = HELP_WORDS.has(name) ? [rest[0], '--help'] : [name, ...rest]
  const command = commands.find((candidate) => candidate.name === asked)
  if (command === undefined) {
    const names = commands.map((candidate) => candidate.name)
    err(`unknown command '${asked}'${suggestion(asked ?? '', names)}\n\n${helpText(commands)}`)
    return EXIT.usage
  }
  try {
    const run = await command.load()
    return await run(given, environment)
  } catch (thrown) {
    const { ErrorReporter } = await import('./error-report.js')
    new ErrorReporter(environment, given.includes('--json')).errors(thrown)
    return asMillraceErrors(thrown)[0]?.code === 'CLI_USAGE' ? EXIT.usage : EXIT.failed
  }
}

/**
 * The command line without {@link SERVER_CLASS}, which stands in front of `serve`; alone it is the launcher of a node.
 */
function withoutServerClass(argv: readonly string[]): readonly string[] {
  const [first, ...rest] = argv
  if (first !== SERVER_CLASS) return argv
  return rest[0] === 'serve' ? rest : ['seatunnel-cluster', ...rest]
}

function helpText(commands: readonly CliCommand[]): string {
  const list = commands.map((entry) => `  ${entry.name.padEnd(24)}${entry.summary}`).join('\n')
  return `Usage: millrace COMMAND [options]\n\n${list}\n\n'millrace COMMAND --help' tells the options of a command.\n`
}
