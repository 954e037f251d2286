import { closest } from '../config/similar.js'
import { asMillraceErrors } from '../core/error.js'
import { type ArgumentOption, optionsHelp, type ParsedArguments, parseArguments } from './arguments.js'
import { type CliEnvironment, EXIT } from './environment.js'

/** Runs a command with its arguments and gives the exit code. */
export type CommandRunner = (argv: readonly string[], environment: CliEnvironment) => Promise<number>

/** One command of the program; its code is loaded when it is called. */
export interface CliCommand {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<CommandRunner>
}

/** What a command takes. */
export interface CommandSurface {
  readonly name: string
  readonly summary: string
  /** The words behind the options in the usage line, for example `JOB_FILE`; `[NAME]` may be left out, empty for nothing. */
  readonly operand: string
  readonly options: readonly ArgumentOption[]
}

const HELP: ArgumentOption = { names: ['--help', '-h'], kind: 'flag', doc: 'Shows this text.' }

/** The usage text of a command. */
export function usageText({ name, summary, operand, options }: CommandSurface): string {
  const line = ['Usage: millrace', name, '[options]', operand].filter((part) => part !== '').join(' ')
  return `${line}\n\n${summary}\n\n${optionsHelp([...options, HELP])}\n`
}

/**
 * Reads a command's arguments. Help, unknown options and missing or surplus operands are answered here.
 *
 * @returns the arguments, or the exit code when there is nothing more to do.
 */
export function readArguments(
  surface: CommandSurface,
  argv: readonly string[],
  { out, err }: CliEnvironment,
): ParsedArguments | number {
  const refuse = (message: string): number => {
    err(`${message}\n\n${usageText(surface)}`)
    return EXIT.usage
  }
  let given: ParsedArguments
  try {
    given = parseArguments([...surface.options, HELP], argv)
  } catch (thrown) {
    return refuse(asMillraceErrors(thrown)[0]?.message ?? String(thrown))
  }
  if (given.has('--help')) {
    out(usageText(surface))
    return EXIT.ok
  }
  const [unknown] = given.unknown
  if (unknown !== undefined) {
    const names = [...surface.options, HELP].flatMap((option) => option.names)
    return refuse(`unknown option '${unknown}'${suggestion(unknown.replace(/=.*$/, ''), names)}`)
  }
  const words = surface.operand === '' ? [] : surface.operand.split(' ')
  const least = words.filter((word) => !word.startsWith('[')).length
  if (given.rest.length > words.length) return refuse(`unexpected argument '${given.rest[words.length]}'`)
  if (given.rest.length < least) return refuse(`no ${words[given.rest.length]} was given`)
  return given
}

/** `: did you mean 'x'?` or nothing; letters' case does not count. */
export function suggestion(word: string, known: readonly string[]): string {
  const byLowerCase = new Map(known.map((name) => [name.toLowerCase(), name]))
  const near = closest(word.toLowerCase(), byLowerCase.keys())
  return near === null ? '' : `: did you mean '${byLowerCase.get(near)}'?`
}
