import { parseVariables } from '../../../config/variables.js'
import { MillraceErrors } from '../../../core/error.js'
import { FlinkFault } from './fault.js'

/** Characters of an argument that an answer repeats. */
const SHOWN_LENGTH = 200

/**
 * Splits a line of arguments as a shell does: at blanks, with quotes of both kinds. A backslash keeps the next character outside of
 * single quotes.
 *
 * @throws FlinkFault 400 for a quote that is not closed.
 */
export function splitArguments(line: string): readonly string[] {
  const found: string[] = []
  let current: string | null = null
  let quote: string | null = null
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] as string
    if (quote === null && /\s/.test(char)) {
      if (current !== null) found.push(current)
      current = null
    } else if (quote === char) quote = null
    else if (quote === null && (char === '"' || char === "'")) {
      quote = char
      current ??= ''
    } else if (char === '\\' && quote !== "'" && at + 1 < line.length) {
      at += 1
      current = `${current ?? ''}${line[at]}`
    } else current = `${current ?? ''}${char}`
  }
  if (quote !== null) throw new FlinkFault(400, `the program arguments have a ${quote} that is not closed`)
  if (current !== null) found.push(current)
  return found
}

/**
 * The variables that arguments of a program give: `name=value`, `--name value`, `--name=value`, `-Dname=value`, `-D name=value`, and
 * `-i name=value` or `--variable name=value` with a comma between several, as on the command line. Of a repeated name the last counts.
 *
 * @throws FlinkFault 400 for any other argument, which it names; MillraceErrors `CONFIG_VARIABLE` for a reserved name.
 */
export function argumentVariables(given: readonly string[]): ReadonlyMap<string, string> {
  const variables = new Map<string, string>()
  const take = (name: string, value: string): void => {
    // Reserved names are refused by the reader of the command line.
    parsed(`${name}=`)
    variables.set(name, value)
  }
  for (let at = 0; at < given.length; at += 1) {
    const argument = given[at] as string
    const follower = (): string => {
      const next = given[at + 1]
      if (next === undefined || /^--\D/.test(next)) throw unknownArgument(argument)
      at += 1
      return next
    }
    const pair = /^(?:-D)?([^=\s-][^=]*)=([\s\S]*)$/.exec(argument) ?? /^--([^=]+)=([\s\S]*)$/.exec(argument)
    if (argument === '-i' || argument === '--variable') {
      for (const [name, value] of parsed(pairText(follower(), argument))) variables.set(name, value)
    } else if (argument === '-D') {
      const next = pairText(follower(), argument)
      take(next.slice(0, next.indexOf('=')), next.slice(next.indexOf('=') + 1))
    } else if (pair !== null) take((pair[1] ?? '').trim(), pair[2] ?? '')
    else if (/^--[^\s=-]/.test(argument)) take(argument.slice(2), follower())
    else throw unknownArgument(argument)
  }
  return variables
}

function pairText(text: string, argument: string): string {
  if (text.indexOf('=') < 1) throw unknownArgument(`${argument} ${text}`)
  return text
}

function parsed(text: string): ReadonlyMap<string, string> {
  try {
    return parseVariables([text]).variables
  } catch (thrown) {
    throw thrown instanceof Error && 'code' in thrown ? new MillraceErrors([thrown as never]) : thrown
  }
}

function unknownArgument(argument: string): FlinkFault {
  const forms = "'name=value', '--name value', '-Dname=value' or '-i name=value'"
  return new FlinkFault(
    400,
    `the program argument '${argument.slice(0, SHOWN_LENGTH)}' is not in one of the forms ${forms}`,
  )
}
