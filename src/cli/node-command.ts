import type { ArgumentOption, ParsedArguments } from './arguments.js'
import { type CommandRunner, type CommandSurface, readArguments } from './command.js'
import type { CliEnvironment } from './environment.js'
import type { NodeApi } from './node-api.js'
import { splitProperties } from './node-files.js'
import { NODE_OPTIONS, nodeApi } from './node-options.js'

/** What a command that asks a node works with. */
export interface NodeCall {
  readonly given: ParsedArguments
  readonly api: NodeApi
  readonly environment: CliEnvironment
  readonly isJson: boolean
}

const JSON_OPTION: ArgumentOption = { names: ['--json'], kind: 'flag', doc: 'The answer as JSON.' }

/** A command that asks a node: its options and those of the connection, which is closed at the end. */
export function nodeCommand(surface: CommandSurface, run: (call: NodeCall) => Promise<number>): CommandRunner {
  const whole = { ...surface, options: [...surface.options, JSON_OPTION, ...NODE_OPTIONS] }
  return async (argv, environment) => {
    const { properties, rest } = splitProperties(argv, environment.variables)
    const given = readArguments(whole, rest, environment)
    if (typeof given === 'number') return given
    const onChange = (state: 'lost' | 'back'): void =>
      environment.err(state === 'lost' ? 'the node is gone, trying to reach it again …\n' : 'the node is back\n')
    const api = nodeApi(given, { environment, properties, onChange })
    try {
      return await run({ given, api, environment, isJson: given.has('--json') })
    } finally {
      api.connection.close()
    }
  }
}
