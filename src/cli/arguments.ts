import { MillraceError } from '../core/error.js'

/** One option of a command. */
export interface ArgumentOption {
  /** All spellings, the long one first. */
  readonly names: readonly string[]
  readonly kind: 'flag' | 'value' | 'values'
  readonly doc: string
  /** What stands for the value in help, for example `FILE`. */
  readonly value?: string
}

/** What was given: flags as `true`, values as lists in order. */
export class ParsedArguments {
  readonly #given: ReadonlyMap<string, readonly string[]>
  readonly rest: readonly string[]
  /** Options that are not known, as written. */
  readonly unknown: readonly string[]

  constructor(given: ReadonlyMap<string, readonly string[]>, rest: readonly string[], unknown: readonly string[]) {
    this.#given = given
    this.rest = rest
    this.unknown = unknown
  }

  has(name: string): boolean {
    return this.#given.has(name)
  }

  /** The last value given, or `null`. */
  value(name: string): string | null {
    return this.#given.get(name)?.at(-1) ?? null
  }

  values(name: string): readonly string[] {
    return this.#given.get(name) ?? []
  }
}

/**
 * Reads a command line. `--name value` and `--name=value` are the same; `--` ends the options.
 *
 * @throws MillraceError `CLI_USAGE` when an option that needs a value stands last or is followed by another option.
 */
export function parseArguments(options: readonly ArgumentOption[], argv: readonly string[]): ParsedArguments {
  const byName = new Map(options.flatMap((option) => option.names.map((name) => [name, option] as const)))
  const given = new Map<string, string[]>()
  const rest: string[] = []
  const unknown: string[] = []
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? ''
    if (argument === '--') {
      rest.push(...argv.slice(index + 1))
      break
    }
    if (!argument.startsWith('-') || argument === '-') {
      rest.push(argument)
      continue
    }
    const { name, inline } = splitInline(argument, byName)
    const option = byName.get(name)
    if (option === undefined) {
      unknown.push(argument)
      continue
    }
    const values = given.get(option.names[0] ?? name) ?? []
    given.set(option.names[0] ?? name, values)
    if (option.kind === 'flag') continue
    if (inline !== null) {
      values.push(inline)
      continue
    }
    let next = argv[index + 1]
    if (next === undefined || byName.has(next)) {
      throw new MillraceError('CLI_USAGE', `Expected a value after parameter ${argument}`)
    }
    do {
      values.push(next)
      index += 1
      next = argv[index + 1]
    } while (option.kind === 'values' && next !== undefined && !next.startsWith('-'))
  }
  return new ParsedArguments(given, rest, unknown)
}

function splitInline(
  argument: string,
  byName: ReadonlyMap<string, ArgumentOption>,
): { name: string; inline: string | null } {
  if (byName.has(argument)) return { name: argument, inline: null }
  const equals = argument.indexOf('=')
  if (equals < 0) return { name: argument, inline: null }
  return { name: argument.slice(0, equals), inline: argument.slice(equals + 1) }
}

/** The options as help lines. */
export function optionsHelp(options: readonly ArgumentOption[]): string {
  const lines = options.map(({ names, kind, value, doc }) => {
    const left = `  ${[...names].reverse().join(', ')}${kind === 'flag' ? '' : ` ${value ?? 'VALUE'}`}`
    return left.length < 30 ? `${left.padEnd(30)}${doc}` : `${left}\n${' '.repeat(30)}${doc}`
  })
  return lines.join('\n')
}
