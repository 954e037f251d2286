import { asMillraceErrors } from '../core/error.js'
import { type CliEnvironment, EXIT } from './environment.js'
import { errorJson, errorText } from './error-report.js'
import { runCommand } from './run-command.js'
import { seatunnelClient } from './seatunnel-client.js'

/** One command of the program. */
export interface CliCommand {
  readonly name: string
  readonly summary: string
  readonly run: (argv: readonly string[], environment: CliEnvironment) => Promise<number>
}

/** Every command, in the order of the help text. */
export const CLI_COMMANDS: readonly CliCommand[] = [
  { name: 'run', summary: 'Runs a job in this process.', run: runCommand },
  { name: 'seatunnel', summary: "SeaTunnel's client: the options of seatunnel.sh.", run: seatunnelClient },
]

/** Runs a command line and gives the exit code. Never throws. */
export async function runCli(
  argv: readonly string[],
  environment: CliEnvironment & { readonly commands: readonly CliCommand[] },
): Promise<number> {
  const [name, ...rest] = argv
  const command = environment.commands.find((candidate) => candidate.name === name)
  if (command === undefined) {
    const isHelp = name === undefined || name === '--help' || name === '-h' || name === 'help'
    if (name === '--version') {
      environment.out(`millrace ${environment.version}\n`)
      return EXIT.ok
    }
    const list = environment.commands.map((entry) => `  ${entry.name.padEnd(14)}${entry.summary}`).join('\n')
    const text = `Usage: millrace COMMAND [options]\n\n${list}\n`
    if (isHelp) environment.out(text)
    else environment.err(`unknown command '${name}'\n\n${text}`)
    return isHelp ? EXIT.ok : EXIT.usage
  }
  try {
    return await command.run(rest, environment)
  } catch (thrown) {
    const isJson = rest.includes('--json')
    for (const error of asMillraceErrors(thrown)) {
      environment.err(isJson ? `${JSON.stringify({ type: 'error', ...errorJson(error) })}\n` : `${errorText(error)}\n`)
    }
    return asMillraceErrors(thrown)[0]?.code === 'CLI_USAGE' ? EXIT.usage : EXIT.failed
  }
}
