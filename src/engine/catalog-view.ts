import { ENV_SPEC } from '../config/env-options.js'
import type { DescribedGroup, DescribedOption } from '../config/group.js'
import { COMMON_KEYS, describeOptions } from '../config/validate.js'
import { FILE_SINK_OPTIONS, FILE_SOURCE_OPTIONS } from '../files/options.js'
import type { FileFormat } from '../spi/format.js'
import type { PluginRegistry } from '../spi/registry.js'
import type { PluginExample } from '../spi/spec.js'
import { COMMON_DOCS, jobSchema } from './job-schema.js'

/** What is known of one plug-in. */
export interface PluginDescription {
  readonly name: string
  readonly kind: 'source' | 'transform' | 'sink'
  readonly summary: string
  readonly example: string
  readonly examples: readonly PluginExample[]
  readonly options: DescribedGroup
}

/** What is known of one file format. */
export interface FormatDescription {
  readonly name: string
  readonly summary: string
  readonly reads: boolean
  readonly writes: boolean
  readonly notes: readonly string[]
  /** Options of file sources that matter to it. */
  readonly readOptions: readonly DescribedOption[]
  /** Options of file sinks that matter to it. */
  readonly writeOptions: readonly DescribedOption[]
  /** Blocks of a source and a sink, as far as it reads and writes. */
  readonly examples: readonly { readonly kind: 'source' | 'sink'; readonly block: string }[]
}

/** Kinds of plug-ins, in the order of a job. */
export const PLUGIN_KINDS = ['source', 'transform', 'sink'] as const

/** The plug-ins of this build, for command line, REST and documentation. Loads what it is asked for, and no kernels. */
export class CatalogView {
  readonly #registry: PluginRegistry

  constructor(registry: PluginRegistry) {
    this.#registry = registry
  }

  /** Names by kind, sorted. */
  names(kind: PluginDescription['kind'] | 'format'): readonly string[] {
    return this.#registry.names(kind)
  }

  /** Everything of that name, whatever its kind; letters' case does not count. Empty when there is none. */
  async describe(name: string): Promise<readonly PluginDescription[]> {
    const found: PluginDescription[] = []
    for (const kind of PLUGIN_KINDS) {
      if (!this.#registry.has(kind, name)) continue
      const { spec } = await this.#registry.load(kind, name)
      const { summary, example, examples = [] } = spec
      found.push({ name: spec.name, kind, summary, example, examples, options: describeOptions(spec) })
    }
    return found
  }

  /** Every plug-in of the given kinds, by kind and name. */
  async all(kinds: readonly PluginDescription['kind'][] = PLUGIN_KINDS): Promise<readonly PluginDescription[]> {
    const found: PluginDescription[] = []
    for (const kind of kinds) {
      for (const name of this.names(kind)) {
        found.push(...(await this.describe(name)).filter((description) => description.kind === kind))
      }
    }
    return found
  }

  /** The file format of that name; letters' case does not count. */
  async format(name: string): Promise<FormatDescription | null> {
    return this.#registry.has('format', name) ? describeFormat(await this.#registry.load('format', name)) : null
  }

  /** File formats that file connectors read and write, sorted. */
  async formats(): Promise<readonly FormatDescription[]> {
    const names = this.#registry.names('format')
    return (await Promise.all(names.map((name) => this.format(name)))).filter((format) => format !== null)
  }

  /** The options of `env`. */
  env(): DescribedGroup {
    return describeOptions(ENV_SPEC)
  }

  /** What every plug-in takes beside its own options, by key. */
  commonOptions(): readonly { readonly key: string; readonly doc: string }[] {
    return [...COMMON_KEYS].map((key) => ({ key, doc: COMMON_DOCS[key] ?? '' }))
  }

  /** JSON Schema of job files. The same build gives the same schema, member for member. */
  async jobSchema(): Promise<object> {
    return jobSchema(await this.all(), this.env(), COMMON_KEYS)
  }
}

function describeFormat(format: FileFormat): FormatDescription {
  const [reads, writes] = [format.planRead !== undefined, format.planWrite !== undefined]
  const schema = format.needsSchema ? ', schema { fields { id = bigint, name = string } }' : ''
  const block = (path: string, needed: string | undefined, more: string): string => {
    const options = needed === undefined ? '' : `, ${needed}`
    return `LocalFile { path = "${path}", file_format_type = ${format.name}${options}${more} }`
  }
  const { exampleOptions } = format
  return {
    name: format.name,
    summary: format.summary,
    reads,
    writes,
    notes: format.notes ?? [],
    readOptions: reads ? chosen(describeOptions({ options: FILE_SOURCE_OPTIONS }), format.readOptions) : [],
    writeOptions: writes ? chosen(describeOptions({ options: FILE_SINK_OPTIONS }), format.writeOptions) : [],
    examples: [
      ...(reads ? [{ kind: 'source', block: block('/data/in', exampleOptions?.source, schema) } as const] : []),
      ...(writes ? [{ kind: 'sink', block: block('/data/out', exampleOptions?.sink, '') } as const] : []),
    ],
  }
}

function chosen({ options }: DescribedGroup, keys: readonly string[] = []): readonly DescribedOption[] {
  return keys.map((key) => {
    const option = options.find((each) => each.key === key)
    if (option === undefined) throw new Error(`file connectors have no option '${key}'`)
    return option
  })
}
