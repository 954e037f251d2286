import { MillraceError } from '../core/error.js'
import type { Column, DataType, KernelSchema } from '../core/schema.js'
import type { FileFormat, FilePiece } from '../spi/format.js'
import type { JsonObject } from '../spi/json.js'
import { inspectFile } from './inspect.js'

/** Suffix of file names by codec. @source SeaTunnel `CompressFormat` */
const CODEC_SUFFIXES: Readonly<Record<string, string>> = {
  none: '',
  lzo: '.lzo',
  snappy: '.snappy',
  lz4: '.lz4',
  zlib: '.zlib',
  gzip: '.gz',
  brotli: '.br',
  zstd: '.zstd',
}

interface InspectedFile {
  readonly schema: KernelSchema
  readonly splits: readonly { readonly rows: number; readonly bytes: number; readonly arguments: string }[]
}

/** The reading half of a format whose files name their columns and their pieces: the kernel finds both at the end of a file. */
export function rangesRead(codec: string): Required<Pick<FileFormat, 'planRead' | 'pieces'>> {
  return {
    async planRead(declared, _options, first, context) {
      if (first === null) return { columns: declared, layout: 'ranges', codec, options: {} }
      const inspected = (await inspectFile(first, codec, {}, context)) as unknown as InspectedFile
      const inFile = inspected.schema.columns.map(({ name, type }) => columnOf(name, type))
      return { columns: declaredOver(declared, inFile, first.path), layout: 'ranges', codec, options: {} }
    },

    async pieces(file, _options, context): Promise<readonly FilePiece[]> {
      const inspected = (await inspectFile(file, codec, {}, context)) as unknown as InspectedFile
      return inspected.splits.map(({ rows, bytes, arguments: text }) => {
        return { rows, bytes, arguments: JSON.parse(text) as JsonObject }
      })
    },
  }
}

/**
 * The suffix of file names of a format under a codec of its own, for example `.snappy.parquet`.
 *
 * @param codecs codecs that the format can write.
 * @throws MillraceError `OPTION_CHOICE` for any other.
 */
export function codecSuffix(format: string, codec: string, codecs: readonly string[]): string {
  const suffix = codecs.includes(codec) ? CODEC_SUFFIXES[codec] : undefined
  if (suffix !== undefined) return `${suffix}.${format}`
  const message = `compress_codec '${codec}' cannot be used for ${format} files`
  throw new MillraceError('OPTION_CHOICE', message, {
    hint: `use ${codecs.slice(0, -1).join(', ')} or ${codecs.at(-1)}`,
  })
}

/** The columns that the user declared in place of those of the file; they must be there. */
function declaredOver(declared: readonly Column[] | null, inFile: readonly Column[], path: string): readonly Column[] {
  if (declared === null) return inFile
  const names = new Set(inFile.map((column) => column.name))
  const missing = declared.filter((column) => !names.has(column.name)).map((column) => `'${column.name}'`)
  if (missing.length === 0) return declared
  throw new MillraceError('SCHEMA_INVALID', `'${path}' does not have ${missing.join(', ')}`, {
    hint: `it has ${[...names].join(', ')}`,
  })
}

function columnOf(name: string, type: DataType): Column {
  return { name, type, nullable: true, length: null, scale: null, defaultValue: null, comment: null }
}
