import type { CatalogTable, Column } from '../core/schema.js'
import type { PlanContext } from './context.js'
import type { JsonObject } from './json.js'

/** How the files of a format can be cut for reading. */
export type FileLayout =
  /** Records are lines: any byte range can be read by itself. */
  | 'lines'
  /** Only from the beginning. */
  | 'sequential'
  /** The format names its pieces (row groups) and byte ranges. */
  | 'ranges'

/** Options of a file source that formats read; the file connectors declare and validate them. */
export interface FileReadOptions {
  readonly fieldDelimiter: string | null
  readonly rowDelimiter: string
  readonly skipHeaderRowNumber: number
  readonly quoteChar: string | null
  readonly escapeChar: string | null
  readonly nullFormat: string | null
  readonly quotedNewlines: boolean
  readonly csvUseHeaderLine: boolean
  /** The option `path`: a file or a folder. */
  readonly path: string
  readonly sheetName: string | null
  readonly xmlRowTag: string | null
  readonly xmlUseAttrFormat: boolean | null
  readonly binaryChunkSize: number
  readonly binaryCompleteFileMode: boolean
}

/** Options of a file sink that formats read; the file connectors declare and validate them. */
export interface FileWriteOptions {
  readonly fieldDelimiter: string | null
  readonly rowDelimiter: string
  readonly dateFormat: string
  readonly datetimeFormat: string
  readonly timeFormat: string
  readonly enableHeaderWrite: boolean
  readonly compressCodec: string
  readonly csvStringQuoteMode: string
  readonly timestampAsInt96: boolean
  readonly fixedAsInt96: readonly string[]
  readonly encoding: string
  readonly sheetName: string | null
  readonly sheetMaxRows: number
  readonly xmlRootTag: string
  readonly xmlRowTag: string
  readonly xmlUseAttrFormat: boolean | null
  readonly mergeUpdateEvent: boolean
}

/** A look at a file's bytes while a job is planned. */
export interface FileProbe {
  readonly path: string
  readonly lengthBytes: number
  read(offset: number, length: number): Promise<Uint8Array>
}

/** One piece of a file that is read by itself. */
export interface FilePiece {
  /** JSON arguments of the decoder's `begin`, partitions not included. */
  readonly arguments: JsonObject
  readonly rows: number
  readonly bytes: number
}

/** What a format says of a file source. */
export interface PlannedRead {
  /** Columns of the file before `read_columns`; `null` when they are what the user declared. */
  readonly columns: readonly Column[] | null
  readonly layout: FileLayout
  /** Whether a file that is read in order is one piece of work because the decoder cannot go on in its middle. */
  readonly isWhole?: boolean
  readonly codec: string
  readonly options: JsonObject
  /** Whether the `key=value` parts of paths become no columns. */
  readonly hasFixedColumns?: boolean
}

/** What a format says of a file sink. */
export interface PlannedWrite {
  readonly codec: string
  readonly options: JsonObject
  /** Suffix of file names, for example `.txt`; a codec's suffix (`.snappy`) comes before it. */
  readonly suffix: string
  /** Bytes at the beginning of every file. */
  readonly header: Uint8Array
  /** Bytes that every row begins with and that the first row of a file must not have. */
  readonly leadingBytes: number
  /** Whether files are completed from their pieces' metadata. */
  readonly isAssembled: boolean
  /**
   * Whether what completes a file begins with changes of bytes in front of it: a 32-bit count, then for each a 64-bit offset in the
   * file, a 32-bit length and the bytes; all little-endian.
   */
  readonly hasPatches?: boolean
  /** Column whose text is the path of a row's file below the target folder; it is not in the files. */
  readonly pathColumn?: string
  /** Text codec that whole files go through (`lzo`), or `none`. */
  readonly streamCodec: string
}

/** A file format plug-in. */
export interface FileFormat {
  /** The name in `file_format_type`. */
  readonly name: string
  readonly summary: string
  /** Options that a source, or a sink, of this format must have, as they stand in a job file; for the documented examples. */
  readonly exampleOptions?: { readonly source: string; readonly sink: string }
  /** Options of a file source that matter to it beside those of every format, by their keys. */
  readonly readOptions?: readonly string[]
  /** The same for a file sink. */
  readonly writeOptions?: readonly string[]
  /** What a user should know of it, one sentence each: types, limits, differences. */
  readonly notes?: readonly string[]
  /** File name suffix that archive entries of this format have, without the point. */
  readonly extension: string
  /** Further such suffixes. */
  readonly otherExtensions?: readonly string[]
  /** Whether the columns come from the `schema` option (else from the file). */
  readonly needsSchema: boolean
  /** Whether its files are text: they go through the option `encoding` and, when they are read, through text codecs (`lzo`). */
  readonly isText?: boolean
  /** Absent for formats that cannot be read. `first` is the first file, `null` when there is none. */
  planRead?(
    declared: readonly Column[] | null,
    options: FileReadOptions,
    first: FileProbe | null,
    context: PlanContext,
  ): Promise<PlannedRead>
  /** The pieces of one file, for layout `ranges`. */
  pieces?(file: FileProbe, options: JsonObject, context: PlanContext): Promise<readonly FilePiece[]>
  /** Absent for formats that cannot be written. `columns` are those that the files hold, in order. */
  planWrite?(table: CatalogTable, options: FileWriteOptions, columns: readonly Column[]): PlannedWrite
}
