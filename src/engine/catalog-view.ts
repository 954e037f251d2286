import type { DescribedGroup } from '../config/group.js'
import { describeOptions } from '../config/validate.js'
import type { KernelBackend } from '../native/backend.js'
import type { PluginRegistry } from '../spi/registry.js'

/** What is known of one plug-in. */
export interface PluginDescription {
  readonly name: string
  readonly kind: 'source' | 'transform' | 'sink'
  readonly summary: string
  readonly example: string
  readonly options: DescribedGroup
}

const KINDS = ['source', 'transform', 'sink'] as const

/** The plug-ins and kernels of this build, for command line and REST. */
export class CatalogView {
  readonly #registry: PluginRegistry
  readonly #backend: () => KernelBackend

  constructor(registry: PluginRegistry, backend: () => KernelBackend) {
    this.#registry = registry
    this.#backend = backend
  }

  /** Names by kind, sorted. */
  names(kind: PluginDescription['kind']): readonly string[] {
    return this.#registry.names(kind)
  }

  /** Everything of that name, whatever its kind. Empty when there is none. */
  async describe(name: string): Promise<readonly PluginDescription[]> {
    const found: PluginDescription[] = []
    for (const kind of KINDS) {
      if (!this.#registry.has(kind, name)) continue
      const { spec } = await this.#registry.load(kind, name)
      const { summary, example } = spec
      found.push({ name: spec.name, kind, summary, example, options: describeOptions(spec) })
    }
    return found
  }

  /** The kernels that were loaded. @throws MillraceError `BACKEND_UNAVAILABLE` */
  kernels(): { readonly kind: string; readonly description: ReturnType<KernelBackend['describe']> } {
    const backend = this.#backend()
    return { kind: backend.kind, description: backend.describe() }
  }
}
