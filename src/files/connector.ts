import { type ConfigObject, lookup } from '../config/document.js'
import type { PlanContext } from '../spi/context.js'
import type { JsonObject } from '../spi/json.js'
import type { OptionFields, OptionValues } from '../spi/option.js'
import { type SinkFactory, sinkFactory } from '../spi/sink.js'
import { type SourceFactory, sourceFactory } from '../spi/source.js'
import type { PluginSpec } from '../spi/spec.js'
import { blockPlace, type OptionPlace } from './fault.js'
import { type FileSinkOptions, planFileSink } from './file-sink.js'
import { type FileSourceOptions, type FileSourceTable, planFileSource } from './file-source.js'
import type { FileSystem } from './file-system.js'
import { FileSourceReader, type TableReadSettings } from './reader.js'
import { FileSinkWriter, type TableWriteSettings } from './writer.js'

/** A kind of file system, as the connectors for it differ from each other. */
export interface FileStore<Options> {
  /** Keys of the options that say where the files are; a table of `tables_configs` that has none of them takes those of the block. */
  readonly keys: readonly string[]
  /**
   * Checks the options and gives what {@link open} needs, as plain data for workers.
   *
   * @throws MillraceError at the option that is missing or wrong.
   */
  settings(options: Options, place: OptionPlace, context: PlanContext): Promise<JsonObject>
  /** Opens nothing yet: connections are made when they are needed. */
  open(settings: JsonObject): FileSystem
}

/** What a worker is told of a source. */
interface ReaderConfig {
  readonly tables: readonly TableReadSettings[]
  /** One per table. */
  readonly stores: readonly JsonObject[]
}

/** What a worker is told of a sink's table. */
interface WriterConfig extends TableWriteSettings {
  readonly store: JsonObject
}

type SourceOptions<O> = O & FileSourceOptions & { readonly tablesConfigs: readonly (O & FileSourceOptions)[] | null }

/** Makes the source of a file connector. */
export function fileSource<F extends OptionFields, O>(spec: PluginSpec<F>, store: FileStore<O>): SourceFactory {
  return sourceFactory({
    spec,
    async create(values: OptionValues<F>, context) {
      const options = values as unknown as SourceOptions<O>
      const planned = await tablesOf(options, store, context)
      const source = await planFileSource(
        planned.map(({ table }) => table),
        context,
      )
      // Workers have connections of their own; only a source that goes on looking needs these.
      if (source.isBounded) for (const { table } of planned) await table.fileSystem.close()
      const stores = planned.map(({ settings }) => settings)
      return { ...source, readerConfig: { ...source.readerConfig, stores } }
    },
    async createReader(config) {
      const { tables, stores } = config as unknown as ReaderConfig
      const open = sharedStores(store)
      return new FileSourceReader((table) => open(stores[table] ?? {}), tables)
    },
  })
}

/** Makes the sink of a file connector. */
export function fileSink<F extends OptionFields, O>(spec: PluginSpec<F>, store: FileStore<O>): SinkFactory {
  const open = sharedStores(store)
  return sinkFactory({
    spec,
    async create(values: OptionValues<F>, tables, context) {
      const options = values as unknown as O & FileSinkOptions
      const settings = await store.settings(options, blockPlace(context.block), context)
      const sink = await planFileSink(store.open(settings), options, tables, context)
      const withStore = sink.tables.map((table) => ({
        ...table,
        writerConfig: { ...table.writerConfig, store: settings },
      }))
      return { ...sink, tables: withStore }
    },
    async createWriter(config, context) {
      const settings = config as unknown as WriterConfig
      return new FileSinkWriter(open(settings.store), settings, context)
    },
  })
}

/** One file system for all that have the same settings, so that a worker has few connections. */
function sharedStores<O>(store: FileStore<O>): (settings: JsonObject) => FileSystem {
  const known = new Map<string, FileSystem>()
  return (settings) => {
    const key = JSON.stringify(settings)
    const fileSystem = known.get(key) ?? store.open(settings)
    known.set(key, fileSystem)
    return fileSystem
  }
}

/** The tables of a source block: those of `tables_configs`, else the block itself. */
async function tablesOf<O>(
  options: SourceOptions<O>,
  store: FileStore<O>,
  context: PlanContext,
): Promise<readonly { readonly table: FileSourceTable; readonly settings: JsonObject }[]> {
  const place = blockPlace(context.block)
  const open = sharedStores(store)
  const tableOf = async (own: FileSourceOptions, ownPlace: OptionPlace, where: O, wherePlace: OptionPlace) => {
    const settings = await store.settings(where, wherePlace, context)
    return { table: { options: own, place: ownPlace, fileSystem: open(settings) }, settings }
  }
  const { tablesConfigs } = options
  if (tablesConfigs === null) return [await tableOf(options, place, options, place)]
  const list = lookup(place.object, 'tables_configs')?.node
  const items = list?.kind === 'list' ? list.items : list === undefined ? [] : [list]
  const tables: { readonly table: FileSourceTable; readonly settings: JsonObject }[] = []
  for (const [index, table] of tablesConfigs.entries()) {
    const item = items[index]
    const object: ConfigObject = item?.kind === 'object' ? item : place.object
    const ownPlace = { path: `${place.path}.tables_configs[${index}]`, object }
    const hasOwn = store.keys.some((key) => lookup(object, key) !== null)
    tables.push(
      hasOwn ? await tableOf(table, ownPlace, table, ownPlace) : await tableOf(table, ownPlace, options, place),
    )
  }
  return tables
}
