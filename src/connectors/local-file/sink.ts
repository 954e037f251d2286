import { planFileSink } from '../../files/file-sink.js'
import { LocalFileSystem } from '../../files/local-file-system.js'
import { FileSinkWriter, type TableWriteSettings } from '../../files/writer.js'
import { sinkFactory } from '../../spi/sink.js'
import { SINK_SPEC } from './spec.js'

/** Writes files on this machine. */
export const sink = sinkFactory({
  spec: SINK_SPEC,
  create: (options, tables, context) => planFileSink(new LocalFileSystem(), options, tables, context),
  createWriter: async (config, context) =>
    new FileSinkWriter(new LocalFileSystem(), config as unknown as TableWriteSettings, context),
})
