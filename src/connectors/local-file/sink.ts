import { planFileSink } from '../../files/file-sink.js'
import { LocalFileSystem } from '../../files/local-file-system.js'
import { FileSinkWriter, type TableWriteSettings } from '../../files/writer.js'
import { sinkFactory } from '../../spi/sink.js'
import { SINK_SPEC } from './spec.js'

/** What a worker is told. */
interface WriterConfig extends TableWriteSettings {
  readonly fileRoots: readonly string[] | null
}

/** Writes files on this machine. */
export const sink = sinkFactory({
  spec: SINK_SPEC,
  async create(options, tables, context) {
    const fileRoots = context.fileRoots ?? null
    const sink = await planFileSink(new LocalFileSystem(fileRoots), options, tables, context)
    const withRoots = sink.tables.map((table) => ({ ...table, writerConfig: { ...table.writerConfig, fileRoots } }))
    return { ...sink, tables: withRoots }
  },
  async createWriter(config, context) {
    const settings = config as unknown as WriterConfig
    return new FileSinkWriter(new LocalFileSystem(settings.fileRoots), settings, context)
  },
})
