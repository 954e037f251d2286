import { planFileSource, sourceTablesOf } from '../../files/file-source.js'
import { LocalFileSystem } from '../../files/local-file-system.js'
import { FileSourceReader, type TableReadSettings } from '../../files/reader.js'
import { sourceFactory } from '../../spi/source.js'
import { SOURCE_SPEC } from './spec.js'

/** What a worker is told. */
interface ReaderConfig {
  readonly tables: readonly TableReadSettings[]
  readonly fileRoots: readonly string[] | null
}

/** Reads files of this machine. */
export const source = sourceFactory({
  spec: SOURCE_SPEC,
  async create(options, context) {
    const fileRoots = context.fileRoots ?? null
    const source = await planFileSource(new LocalFileSystem(fileRoots), sourceTablesOf(options, context), context)
    return { ...source, readerConfig: { ...source.readerConfig, fileRoots } }
  },
  async createReader(config) {
    const { tables, fileRoots } = config as unknown as ReaderConfig
    return new FileSourceReader(new LocalFileSystem(fileRoots), tables)
  },
})
