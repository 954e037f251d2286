import { posix } from 'node:path'
import { MillraceError } from '../../core/error.js'
import type { CatalogTable, Column, DataType } from '../../core/schema.js'
import type { FileFormat } from '../../spi/format.js'

/** @source SeaTunnel `BinaryReadStrategy.binaryRowType` */
const COLUMNS: readonly Column[] = [
  binaryColumn('data', { kind: 'BYTES' }),
  binaryColumn('relativePath', { kind: 'STRING' }),
  binaryColumn('partIndex', { kind: 'BIGINT' }),
]

/** @source SeaTunnel `BinaryReadStrategy` */
const LARGEST_CHUNK_BYTES = 100 * 1024 * 1024

/** Files as they are. */
export const format: FileFormat = {
  name: 'binary',
  summary: 'Files as they are: rows of parts that a sink of the same format puts together again.',
  extension: 'bin',
  needsSchema: false,

  async planRead(_declared, options) {
    const { path, binaryChunkSize, binaryCompleteFileMode } = options
    if (binaryChunkSize > LARGEST_CHUNK_BYTES) {
      const message = `binary_chunk_size '${binaryChunkSize}' is over the limit of '${LARGEST_CHUNK_BYTES}' bytes`
      throw new MillraceError('OPTION_INVALID', message)
    }
    return {
      columns: COLUMNS,
      // One piece per file: a checkpoint never divides a file.
      layout: 'ranges',
      codec: 'binary',
      options: { chunkSize: binaryChunkSize, completeFile: binaryCompleteFileMode, basePath: path },
      hasFixedColumns: true,
    }
  },

  async pieces(file, options) {
    const chunkBytes = Number(options.chunkSize)
    const rows = options.completeFile === true ? 1 : Math.ceil(file.lengthBytes / chunkBytes)
    const relativePath = relativeTo(String(options.basePath), file.path)
    return [{ rows, bytes: file.lengthBytes, arguments: { length: file.lengthBytes, relativePath } }]
  },

  planWrite(table) {
    if (!hasBinaryColumns(table)) {
      const message =
        'binary files are written from the columns data (bytes), relativePath (string), partIndex (bigint) only'
      throw new MillraceError('SCHEMA_INVALID', message, {
        hint: 'read files with the format binary, and do not change the columns in a transform',
      })
    }
    return {
      codec: 'binary',
      options: {},
      suffix: '',
      header: Buffer.alloc(0),
      leadingBytes: 0,
      isAssembled: false,
      pathColumn: 'relativePath',
      streamCodec: 'none',
    }
  },
}

/** Path below the folder that is read; the name for a file that is read itself. */
function relativeTo(base: string, path: string): string {
  const relative = posix.relative(posix.resolve(base), posix.resolve(path))
  return relative === '' ? posix.basename(path) : relative
}

function hasBinaryColumns(table: CatalogTable): boolean {
  return (
    table.columns.length === COLUMNS.length &&
    COLUMNS.every(({ name, type }, at) => {
      const column = table.columns[at]
      return column?.name === name && column.type.kind === type.kind
    })
  )
}

function binaryColumn(name: string, type: DataType): Column {
  return { name, type, nullable: true, length: null, scale: null, defaultValue: null, comment: null }
}
