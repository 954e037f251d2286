import type { CatalogView, PluginDescription } from '../engine/catalog-view.js'
import { type CommandSurface, readArguments, suggestion } from './command.js'
import { type CliEnvironment, EXIT } from './environment.js'
import { optionLines } from './option-text.js'

/** Arguments of `millrace connectors`. */
export const CONNECTORS_SURFACE: CommandSurface = {
  name: 'connectors',
  summary: 'Lists the sources, transforms and sinks of this build; with a name, its options, rules and an example.',
  operand: '[NAME]',
  options: [
    { names: ['--kind'], kind: 'value', value: 'KIND', doc: 'Only source, transform or sink.' },
    { names: ['--json'], kind: 'flag', doc: 'As JSON.' },
  ],
}

type Kind = PluginDescription['kind']
const KINDS: readonly Kind[] = ['source', 'transform', 'sink']

/** Lists plug-ins or describes one. Exit code 1 for a name that this build does not have. */
export async function connectorsCommand(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const given = readArguments(CONNECTORS_SURFACE, argv, environment)
  if (typeof given === 'number') return given
  const asked = given.value('--kind')?.toLowerCase() ?? null
  const kinds = asked === null ? KINDS : KINDS.filter((kind) => kind === asked)
  if (kinds.length === 0) {
    environment.err(`unknown kind '${asked}': use source, transform or sink\n`)
    return EXIT.usage
  }
  const catalog = await environment.catalog()
  const [name] = given.rest
  if (name === undefined) return list(catalog, kinds, given.has('--json'), environment)
  return describe(catalog, name, kinds, given.has('--json'), environment)
}

async function list(
  catalog: CatalogView,
  kinds: readonly Kind[],
  isJson: boolean,
  { out }: CliEnvironment,
): Promise<number> {
  const plugins = await catalog.all(kinds)
  const formats = await catalog.formats()
  if (isJson) {
    const items = plugins.map(({ name, kind, summary }) => ({ name, kind, summary }))
    out(`${JSON.stringify({ plugins: items, formats }, null, 2)}\n`)
    return EXIT.ok
  }
  const width = Math.max(...plugins.map(({ name }) => name.length), ...formats.map(({ name }) => name.length)) + 2
  const sections = kinds.map((kind) => {
    const lines = plugins.filter((plugin) => plugin.kind === kind).map((each) => line(each.name, each.summary, width))
    return `${kind}s\n${lines.join('\n')}\n`
  })
  const formatLines = formats.map(({ name, summary, reads, writes }) => {
    const ways = [...(reads ? ['reads'] : []), ...(writes ? ['writes'] : [])].join(', ')
    return line(name, `${summary} (${ways})`, width)
  })
  out(`${[...sections, `file formats\n${formatLines.join('\n')}\n`].join('\n')}`)
  return EXIT.ok
}

function line(name: string, summary: string, width: number): string {
  return `  ${name.padEnd(width)}${summary}`
}

async function describe(
  catalog: CatalogView,
  name: string,
  kinds: readonly Kind[],
  isJson: boolean,
  { out, err }: CliEnvironment,
): Promise<number> {
  const found = (await catalog.describe(name)).filter((plugin) => kinds.includes(plugin.kind))
  if (found.length === 0) {
    const names = kinds.flatMap((kind) => catalog.names(kind))
    err(`no ${kinds.length === 1 ? kinds[0] : 'plug-in'} is called '${name}'${suggestion(name, names)}\n`)
    return EXIT.failed
  }
  if (isJson) out(`${JSON.stringify(found, (_, value: unknown) => plain(value), 2)}\n`)
  else out(found.map(pluginText).join('\n'))
  return EXIT.ok
}

function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

/** One plug-in with everything that its spec declares. */
export function pluginText({ name, kind, summary, example, options }: PluginDescription): string {
  const exampleLines = example.split('\n').map((text) => `  ${text}`)
  const optionText = options.options.length === 0 ? ['  none'] : optionLines(options)
  return `${[`${name} (${kind})`, `  ${summary}`, '', 'options', ...optionText, '', 'example', ...exampleLines].join('\n')}\n`
}
