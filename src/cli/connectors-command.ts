import type { CatalogView, FormatDescription, PluginDescription } from '../engine/catalog-view.js'
import { type CommandSurface, readArguments, suggestion, usageText } from './command.js'
import { type CliEnvironment, EXIT } from './environment.js'
import { optionLines } from './option-text.js'

/** Arguments of `millrace connectors`. */
export const CONNECTORS_SURFACE: CommandSurface = {
  name: 'connectors',
  summary:
    'Lists the sources, transforms, sinks and file formats of this build; with a name, its options, rules and examples.',
  operand: '[show] [NAME]',
  options: [
    { names: ['--kind'], kind: 'value', value: 'KIND', doc: 'Only source, transform, sink or format.' },
    { names: ['--json'], kind: 'flag', doc: 'As JSON.' },
  ],
}

type Kind = PluginDescription['kind'] | 'format'
const KINDS: readonly Kind[] = ['source', 'transform', 'sink', 'format']
const isPluginKind = (kind: Kind): kind is PluginDescription['kind'] => kind !== 'format'

/** Lists plug-ins or describes one. Exit code 1 for a name that this build does not have. */
export async function connectorsCommand(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const given = readArguments(CONNECTORS_SURFACE, argv, environment)
  if (typeof given === 'number') return given
  const asked = given.value('--kind')?.toLowerCase() ?? null
  const kinds = asked === null ? KINDS : KINDS.filter((kind) => kind === asked)
  const refuse = (message: string): number => {
    environment.err(message)
    return EXIT.usage
  }
  if (kinds.length === 0) return refuse(`unknown kind '${asked}': use source, transform, sink or format\n`)
  const isShow = given.rest[0] === 'show'
  const [name, surplus] = isShow ? given.rest.slice(1) : given.rest
  if (surplus !== undefined) return refuse(`unexpected argument '${surplus}'\n\n${usageText(CONNECTORS_SURFACE)}`)
  if (isShow && name === undefined) return refuse(`no NAME was given\n\n${usageText(CONNECTORS_SURFACE)}`)
  const catalog = await environment.catalog()
  if (name === undefined) return list(catalog, kinds, given.has('--json'), environment)
  return describe(catalog, name, kinds, given.has('--json'), environment)
}

async function list(
  catalog: CatalogView,
  kinds: readonly Kind[],
  isJson: boolean,
  { out }: CliEnvironment,
): Promise<number> {
  const plugins = await catalog.all(kinds.filter(isPluginKind))
  const formats = kinds.includes('format') ? await catalog.formats() : []
  if (isJson) {
    const items = plugins.map(({ name, kind, summary }) => ({ name, kind, summary }))
    const formatItems = formats.map(({ name, summary, reads, writes }) => ({ name, summary, reads, writes }))
    out(`${JSON.stringify({ plugins: items, formats: formatItems }, null, 2)}\n`)
    return EXIT.ok
  }
  const width = Math.max(...plugins.map(({ name }) => name.length), ...formats.map(({ name }) => name.length)) + 2
  const sections = kinds.filter(isPluginKind).map((kind) => {
    const lines = plugins.filter((plugin) => plugin.kind === kind).map((each) => line(each.name, each.summary, width))
    return `${kind}s\n${lines.join('\n')}\n`
  })
  const formatLines = formats.map((format) => line(format.name, `${format.summary} (${waysText(format)})`, width))
  const formatSection = formatLines.length === 0 ? [] : [`file formats\n${formatLines.join('\n')}\n`]
  out([...sections, ...formatSection].join('\n'))
  return EXIT.ok
}

function line(name: string, summary: string, width: number): string {
  return `  ${name.padEnd(width)}${summary}`
}

function waysText({ reads, writes }: FormatDescription): string {
  return [...(reads ? ['reads'] : []), ...(writes ? ['writes'] : [])].join(', ')
}

async function describe(
  catalog: CatalogView,
  name: string,
  kinds: readonly Kind[],
  isJson: boolean,
  { out, err }: CliEnvironment,
): Promise<number> {
  const plugins = (await catalog.describe(name)).filter((plugin) => kinds.includes(plugin.kind))
  const format = kinds.includes('format') ? await catalog.format(name) : null
  if (plugins.length === 0 && format === null) {
    const names = [...new Set(kinds.flatMap((kind) => catalog.names(kind)))]
    err(`no ${kinds.length === 1 ? kinds[0] : 'plug-in'} is called '${name}'${suggestion(name, names)}\n`)
    return EXIT.failed
  }
  if (isJson) {
    const found = [...plugins, ...(format === null ? [] : [{ kind: 'format', ...format }])]
    out(`${JSON.stringify(found, (_, value: unknown) => plain(value), 2)}\n`)
  } else out([...plugins.map(pluginText), ...(format === null ? [] : [formatText(format)])].join('\n'))
  return EXIT.ok
}

function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

/** One plug-in with everything that its spec declares. */
export function pluginText({ name, kind, summary, example, examples, options }: PluginDescription): string {
  const optionText = options.options.length === 0 ? ['  none'] : optionLines(options)
  const more = examples.flatMap(({ title, block }) => ['', `example: ${title}`, ...indented(block)])
  return `${[`${name} (${kind})`, `  ${summary}`, '', 'options', ...optionText, '', 'example', ...indented(example), ...more].join('\n')}\n`
}

/** One file format with the options of file connectors that matter to it. */
export function formatText(format: FormatDescription): string {
  const { name, summary, notes, readOptions, writeOptions, examples } = format
  const section = (title: string, options: FormatDescription['readOptions']): string[] =>
    options.length === 0 ? [] : ['', title, ...optionLines({ options, rules: [] })]
  const lines = [
    `${name} (file format; ${waysText(format)})`,
    ...[summary, ...notes].map((text) => `  ${text}`),
    ...section('options of file sources', readOptions),
    ...section('options of file sinks', writeOptions),
    ...examples.flatMap(({ kind, block }) => ['', `example of a ${kind}`, ...indented(block)]),
  ]
  return `${lines.join('\n')}\n`
}

function indented(block: string): string[] {
  return block.split('\n').map((text) => `  ${text}`)
}
