import { planFileSource, sourceTablesOf } from '../../files/file-source.js'
import { LocalFileSystem } from '../../files/local-file-system.js'
import { FileSourceReader, type TableReadSettings } from '../../files/reader.js'
import { sourceFactory } from '../../spi/source.js'
import { SOURCE_SPEC } from './spec.js'

/** Reads files of this machine. */
export const source = sourceFactory({
  spec: SOURCE_SPEC,
  create: (options, context) => planFileSource(new LocalFileSystem(), sourceTablesOf(options, context), context),
  createReader: async ({ tables }) =>
    new FileSourceReader(new LocalFileSystem(), tables as unknown as readonly TableReadSettings[]),
})
