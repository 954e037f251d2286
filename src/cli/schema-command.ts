import { type CommandSurface, readArguments } from './command.js'
import { type CliEnvironment, EXIT } from './environment.js'

/** Arguments of `millrace schema`. */
export const SCHEMA_SURFACE: CommandSurface = {
  name: 'schema',
  summary:
    'Prints the JSON Schema of job files, made from the plug-ins of this build. Editors complete and check JSON jobs with it.',
  operand: '',
  options: [{ names: ['--json'], kind: 'flag', doc: 'On one line, for programs.' }],
}

/** Prints the schema. The same build prints the same text. */
export async function schemaCommand(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const given = readArguments(SCHEMA_SURFACE, argv, environment)
  if (typeof given === 'number') return given
  const schema = await (await environment.catalog()).jobSchema()
  environment.out(`${JSON.stringify(schema, null, given.has('--json') ? 0 : 2)}\n`)
  return EXIT.ok
}
