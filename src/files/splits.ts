import { MillraceError } from '../core/error.js'
import type { PlanContext } from '../spi/context.js'
import type { FileFormat, FileLayout, FilePiece, FileProbe } from '../spi/format.js'
import type { JsonObject } from '../spi/json.js'
import type { Split } from '../spi/source.js'
import { TarReader } from './archive/tar.js'
import { readZipDirectory } from './archive/zip.js'
import { ChunkReader, fileChunks } from './byte-stream.js'
import type { FileEntry, FileSystem, ReadableFile } from './file-system.js'
import { fileName } from './listing.js'
import { partitionsOfPath } from './partitions.js'

/** How the files under the path are packed. */
export const ARCHIVE_CODECS = ['NONE', 'ZIP', 'TAR', 'TAR_GZ', 'GZ'] as const
export type ArchiveCodec = (typeof ARCHIVE_CODECS)[number]

/** Where the bytes of one data file are. */
export type FileBytes =
  /** In a file, or in a part of one. */
  | { readonly kind: 'range'; readonly offset: number; readonly length: number; readonly isEntry?: true }
  /** A deflated entry of a ZIP archive. */
  | {
      readonly kind: 'deflated'
      readonly offset: number
      readonly length: number
      readonly sizeBytes: number
      readonly crc32: number
    }
  | { readonly kind: 'gzip'; readonly length: number }
  /** All entries of a compressed tar archive whose names end with one of the suffixes. */
  | { readonly kind: 'tarGzip'; readonly length: number; readonly suffixes: readonly string[] }

/** What a reader is told of a split. */
export interface FileSplit extends JsonObject {
  readonly path: string
  /** Name for messages: the path, with the entry's name behind it for an archive. */
  readonly name: string
  readonly bytes: FileBytes & JsonObject
  /** Partition values by name. */
  readonly partitions: { readonly [name: string]: string }
  /** Decoder arguments of every piece for formats that name pieces; `null` for others. */
  readonly pieces: readonly JsonObject[] | null
  /** Bytes of one morsel, unless it is read by pieces: a split is cut in the same way for as long as it lives. */
  readonly morselBytes: number
  /** Metadata of the file that the job asks for, by key; absent for none. */
  readonly metadata?: JsonObject
}

/** A data file before it is cut. */
export interface DataFile {
  readonly path: string
  readonly name: string
  readonly bytes: FileBytes
}

/**
 * The data files of a listing: the files themselves, or what is in the archives.
 *
 * @param suffixes one of which an entry's name must end with, point included.
 * @throws MillraceError `FILE_CORRUPT`, `UNIMPLEMENTED`, `VALUE_TOO_LARGE` for archives that cannot be read.
 */
export async function dataFiles(
  fileSystem: FileSystem,
  entries: readonly FileEntry[],
  archive: ArchiveCodec,
  suffixes: readonly string[],
): Promise<readonly DataFile[]> {
  const files: DataFile[] = []
  for (const { path, sizeBytes } of entries) {
    switch (archive) {
      case 'NONE':
        files.push({ path, name: path, bytes: { kind: 'range', offset: 0, length: sizeBytes } })
        break
      case 'GZ':
        files.push({ path, name: path, bytes: { kind: 'gzip', length: sizeBytes } })
        break
      case 'TAR_GZ':
        files.push({ path, name: path, bytes: { kind: 'tarGzip', length: sizeBytes, suffixes } })
        break
      default:
        files.push(...(await archiveEntries(fileSystem, path, archive, suffixes)))
    }
  }
  return files
}

/** Size of the file that a data file is the whole of; `undefined` for a part of an archive. */
export function knownSize(bytes: FileBytes): number | undefined {
  return bytes.kind === 'range' && bytes.offset === 0 && !('isEntry' in bytes) ? bytes.length : undefined
}

/** Whether an entry of an archive is data. Names are only compared, never used as paths. */
export function isDataEntry(name: string, suffixes: readonly string[]): boolean {
  const lower = name.toLowerCase()
  return suffixes.some((suffix) => lower.endsWith(suffix)) && !fileName(name).startsWith('.')
}

async function archiveEntries(
  fileSystem: FileSystem,
  path: string,
  archive: 'ZIP' | 'TAR',
  suffixes: readonly string[],
): Promise<readonly DataFile[]> {
  const file = await fileSystem.openForReading(path)
  try {
    return archive === 'ZIP' ? await zipEntries(file, path, suffixes) : await tarEntries(file, path, suffixes)
  } finally {
    await file.close()
  }
}

async function zipEntries(file: ReadableFile, path: string, suffixes: readonly string[]): Promise<readonly DataFile[]> {
  const entries = await readZipDirectory(file, path, (name) => isDataEntry(name, suffixes))
  return entries
    .filter((entry) => entry.sizeBytes > 0)
    .map(({ name, method, dataOffset, compressedBytes, sizeBytes, crc32 }) => ({
      path,
      name: `${path}!${name}`,
      bytes:
        method === 'stored'
          ? { kind: 'range', offset: dataOffset, length: sizeBytes, isEntry: true }
          : { kind: 'deflated', offset: dataOffset, length: compressedBytes, sizeBytes, crc32 },
    }))
}

async function tarEntries(file: ReadableFile, path: string, suffixes: readonly string[]): Promise<readonly DataFile[]> {
  const input = new PositionedInput(file)
  const reader = new TarReader(input, path)
  const files: DataFile[] = []
  for (let entry = await reader.next(); entry !== null; entry = await reader.next()) {
    if (entry.sizeBytes === 0 || !isDataEntry(entry.name, suffixes)) continue
    if (input.position + entry.sizeBytes > file.sizeBytes) {
      throw new MillraceError('FILE_CORRUPT', `'${path}' is not a whole tar archive: entry '${entry.name}' is cut off`)
    }
    const bytes: FileBytes = { kind: 'range', offset: input.position, length: entry.sizeBytes, isEntry: true }
    files.push({ path, name: `${path}!${entry.name}`, bytes })
  }
  return files
}

/** Skips without reading. */
class PositionedInput {
  position = 0
  readonly #file: ReadableFile

  constructor(file: ReadableFile) {
    this.#file = file
  }

  async take(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    const read = await this.#file.read(bytes, this.position)
    this.position += read
    return bytes.subarray(0, read)
  }

  async skip(length: number): Promise<boolean> {
    this.position += length
    return this.position <= this.#file.sizeBytes
  }
}

/** A look at a data file by position; only for data files that are a range. */
export async function probeOf(fileSystem: FileSystem, file: DataFile): Promise<FileProbe & { close(): Promise<void> }> {
  const { bytes, path, name } = file
  if (bytes.kind !== 'range') {
    throw new MillraceError('UNIMPLEMENTED', `'${name}' is compressed and this format reads by position`)
  }
  const open = await fileSystem.openForReading(path, knownSize(bytes))
  return {
    path: name,
    lengthBytes: bytes.length,
    async read(offset, length) {
      const target = new Uint8Array(Math.max(0, Math.min(length, bytes.length - offset)))
      return target.subarray(0, await open.read(target, bytes.offset + offset))
    },
    close: () => open.close(),
  }
}

/** What cutting a data file into morsels depends on. */
export interface CutSettings {
  readonly table: number
  readonly layout: FileLayout
  /** Whether the bytes can be read as they are; false with a compression or an encoding in between. */
  readonly isPlain: boolean
  readonly morselBytes: number
  readonly withPartitions: boolean
}

/** The split of one data file. */
export async function cutFile(
  fileSystem: FileSystem,
  file: DataFile,
  settings: CutSettings,
  format: FileFormat,
  options: JsonObject,
  context: PlanContext,
): Promise<Split> {
  const partitions = settings.withPartitions ? Object.fromEntries(partitionsOfPath(file.path)) : {}
  let pieces: readonly JsonObject[] | null = null
  let morsels: number | null = null
  let expected: { readonly expectedRows?: number; readonly expectedBytes?: number } = {}
  if (settings.isPlain && file.bytes.kind === 'range') expected = { expectedBytes: file.bytes.length }
  if (settings.layout === 'ranges') {
    const found = await piecesOf(fileSystem, file, format, options, context)
    pieces = found.map((piece) => piece.arguments)
    morsels = pieces.length
    expected = { expectedRows: found.reduce((rows, piece) => rows + piece.rows, 0) }
  } else if (settings.layout === 'lines' && settings.isPlain && file.bytes.kind === 'range') {
    morsels = Math.ceil(file.bytes.length / settings.morselBytes)
  }
  const { path, name, bytes } = file
  const payload: FileSplit = { path, name, bytes, partitions, pieces, morselBytes: settings.morselBytes }
  return { id: `${settings.table}:${name}`, table: settings.table, morsels, delayMs: 0, ...expected, payload }
}

async function piecesOf(
  fileSystem: FileSystem,
  file: DataFile,
  format: FileFormat,
  options: JsonObject,
  context: PlanContext,
): Promise<readonly FilePiece[]> {
  if (format.pieces === undefined) throw new Error(`format '${format.name}' names no pieces`)
  const probe = await probeOf(fileSystem, file)
  try {
    return await format.pieces(probe, options, context)
  } finally {
    await probe.close()
  }
}

/** The first bytes of a range as a chunk reader, for looking at a head. */
export function rangeReader(file: ReadableFile, offset: number, length: number): ChunkReader {
  return new ChunkReader(fileChunks(file, offset, length))
}
