import type { DescribedGroup, DescribedOption } from '../config/group.js'
import { asMillraceErrors, MillraceError } from '../core/error.js'
import type { CatalogView, PluginDescription } from '../engine/catalog-view.js'
import { type ArgumentOption, type ParsedArguments, parseArguments } from './arguments.js'
import { type CliEnvironment, EXIT } from './environment.js'
import { SEATUNNEL_CONNECTOR_USAGE } from './seatunnel-usage.js'

/** Options of `seatunnel-connector.sh`. @source SeaTunnel `ConnectorCheckCommandArgs` */
const OPTIONS: readonly ArgumentOption[] = [
  { names: ['--list', '-l'], kind: 'flag', doc: '' },
  { names: ['--option-rule', '-o'], kind: 'value', doc: '' },
  { names: ['--plugin-type', '-pt'], kind: 'value', doc: '' },
  { names: ['--help', '-h'], kind: 'flag', doc: '' },
]

type Kind = PluginDescription['kind']
/** In the order in which the original prints them. */
const KINDS: readonly Kind[] = ['sink', 'source', 'transform']

/**
 * The check of `seatunnel-connector.sh`: lists plug-ins or prints the options of one. A plug-in that is not known prints nothing
 * and is no failure.
 *
 * @source SeaTunnel `ConnectorCheckCommand`
 */
export async function seatunnelConnector(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const { out, err } = environment
  let given: ParsedArguments
  let kinds: readonly Kind[]
  try {
    given = parseArguments(OPTIONS, argv)
    kinds = kindsOf(given)
  } catch (thrown) {
    err(`${asMillraceErrors(thrown)[0]?.message}\n`)
    out(SEATUNNEL_CONNECTOR_USAGE)
    return EXIT.usage
  }
  if (argv.length === 0 || given.has('--help')) {
    out(SEATUNNEL_CONNECTOR_USAGE)
    return EXIT.usage
  }
  const catalog = await environment.catalog()
  if (given.has('--list')) out(listText(catalog, kinds))
  const name = given.value('--option-rule')
  if (name !== null) {
    const found = await catalog.describe(name)
    for (const kind of kinds) for (const plugin of found) if (plugin.kind === kind) out(optionRuleText(plugin))
  }
  return EXIT.ok
}

function kindsOf(given: ParsedArguments): readonly Kind[] {
  const asked = given.value('--plugin-type')
  if (asked === null) return KINDS
  const found = KINDS.filter((kind) => kind === asked.toLowerCase())
  if (found.length > 0) return found
  throw new MillraceError('CLI_USAGE', `"--plugin-type": couldn't convert "${asked}" to one of source, sink, transform`)
}

function listText(catalog: CatalogView, kinds: readonly Kind[]): string {
  return kinds
    .map((kind) => `\n${kind.charAt(0).toUpperCase()}${kind.slice(1)}\n${catalog.names(kind).join(' ')}\n\n`)
    .join('')
}

/** The options of a plug-in: those that a rule names as required, then the others. */
export function optionRuleText({ name, kind, options }: PluginDescription): string {
  const required = requiredKeys(options)
  const lines = (isRequired: boolean): string =>
    options.options
      .filter((declared) => required.has(declared.key) === isRequired)
      .map((declared) => `${optionText(declared)}\n`)
      .join(' ')
  return `\n${name} ${kind}\nRequired Options: \n ${lines(true)}\nOptional Options: \n ${lines(false)}\n`
}

function requiredKeys({ options, rules }: DescribedGroup): ReadonlySet<string> {
  const named = rules.filter((rule) => rule.kind !== 'choice').flatMap((rule) => rule.keys)
  return new Set([...named, ...options.filter((declared) => declared.required).map((declared) => declared.key)])
}

function optionText(declared: DescribedOption): string {
  const { key, fallback, doc } = declared
  const value = javaText('default' in declared ? declared.default : null)
  return `Key: '${key}', default: ${value} (fallback keys: [${fallback.join(', ')}]), Description: '${doc}'`
}

/** A value as Java prints it. */
function javaText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(javaText).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  return `{${Object.entries(value)
    .map(([key, each]) => `${key}=${javaText(each)}`)
    .join(', ')}}`
}
