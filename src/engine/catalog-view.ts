import { ENV_SPEC } from '../config/env-options.js'
import type { DescribedGroup } from '../config/group.js'
import { COMMON_KEYS, describeOptions } from '../config/validate.js'
import type { PluginRegistry } from '../spi/registry.js'
import { jobSchema } from './job-schema.js'

/** What is known of one plug-in. */
export interface PluginDescription {
  readonly name: string
  readonly kind: 'source' | 'transform' | 'sink'
  readonly summary: string
  readonly example: string
  readonly options: DescribedGroup
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
  names(kind: PluginDescription['kind']): readonly string[] {
    return this.#registry.names(kind)
  }

  /** Everything of that name, whatever its kind; letters' case does not count. Empty when there is none. */
  async describe(name: string): Promise<readonly PluginDescription[]> {
    const found: PluginDescription[] = []
    for (const kind of PLUGIN_KINDS) {
      if (!this.#registry.has(kind, name)) continue
      const { spec } = await this.#registry.load(kind, name)
      const { summary, example } = spec
      found.push({ name: spec.name, kind, summary, example, options: describeOptions(spec) })
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

  /** File formats that file connectors read and write, sorted. */
  async formats(): Promise<readonly FormatDescription[]> {
    const formats = await Promise.all(this.#registry.names('format').map((name) => this.#registry.load('format', name)))
    return formats.map((format) => ({
      name: format.name,
      summary: format.summary,
      reads: format.planRead !== undefined,
      writes: format.planWrite !== undefined,
    }))
  }

  /** The options of `env`. */
  env(): DescribedGroup {
    return describeOptions(ENV_SPEC)
  }

  /** JSON Schema of job files. The same build gives the same schema, member for member. */
  async jobSchema(): Promise<object> {
    return jobSchema(await this.all(), this.env(), COMMON_KEYS)
  }
}

/** What is known of one file format. */
export interface FormatDescription {
  readonly name: string
  readonly summary: string
  readonly reads: boolean
  readonly writes: boolean
}
