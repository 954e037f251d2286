import { closest } from '../config/similar.js'
import { MillraceError } from '../core/error.js'
import type { FileFormat } from './format.js'
import type { SinkFactory } from './sink.js'
import type { SourceFactory } from './source.js'
import type { PluginKind } from './spec.js'
import type { TransformFactory } from './transform.js'

/** What a plug-in of each kind exports. */
export interface PluginFactories {
  readonly source: SourceFactory
  readonly transform: TransformFactory
  readonly sink: SinkFactory
  readonly format: FileFormat
}

/** A plug-in that is loaded when a job names it. */
export interface PluginEntry<K extends PluginKind = PluginKind> {
  readonly kind: K
  readonly name: string
  readonly load: () => Promise<PluginFactories[K]>
}

const INTERFACE_NAMES: Record<PluginKind, string> = {
  source: 'org.apache.seatunnel.api.table.factory.TableSourceFactory',
  transform: 'org.apache.seatunnel.api.table.factory.TableTransformFactory',
  sink: 'org.apache.seatunnel.api.table.factory.TableSinkFactory',
  format: 'FileFormat',
}

/** Every plug-in by kind and name. */
export class PluginRegistry {
  readonly #entries = new Map<string, PluginEntry>()

  constructor(entries: readonly PluginEntry[]) {
    for (const entry of entries) this.#entries.set(key(entry.kind, entry.name), entry)
  }

  /** Names of a kind, sorted. */
  names(kind: PluginKind): readonly string[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.kind === kind)
      .map((entry) => entry.name)
      .sort()
  }

  has(kind: PluginKind, name: string): boolean {
    return this.#entries.has(key(kind, name))
  }

  /**
   * Loads a plug-in; its name is matched without regard to case.
   *
   * @throws MillraceError `PLUGIN_NOT_FOUND` with the names there are.
   */
  async load<K extends PluginKind>(kind: K, name: string): Promise<PluginFactories[K]> {
    const entry = this.#entries.get(key(kind, name)) as PluginEntry<K> | undefined
    if (entry === undefined) {
      const names = new Map(this.names(kind).map((each) => [each.toLowerCase(), each]))
      const near = names.get(closest(name.toLowerCase(), names.keys()) ?? '')
      const available = [...names.values()].join('\n')
      throw new MillraceError(
        'PLUGIN_NOT_FOUND',
        `Could not find any factory for identifier '${name}' that implements '${INTERFACE_NAMES[kind]}' in the classpath.\n\nAvailable factory identifiers are:\n\n${available}`,
        { hint: near === undefined ? undefined : `did you mean '${near}'?` },
      )
    }
    return entry.load()
  }
}

function key(kind: PluginKind, name: string): string {
  return `${kind}:${name.toLowerCase()}`
}
