import { createGunzip, createInflateRaw } from 'node:zlib'
import { MillraceError } from '../core/error.js'
import type { FileProbe } from '../spi/format.js'
import { crc32 } from './archive/crc32.js'
import { TarReader } from './archive/tar.js'
import {
  type ByteChunks,
  ChunkReader,
  type ExpansionLimit,
  fileChunks,
  limited,
  throughTransform,
} from './byte-stream.js'
import { toUtf8 } from './charset.js'
import type { ReadableFile } from './file-system.js'
import { type DataFile, type FileBytes, isDataEntry } from './splits.js'
import { makeStreamCodec, throughCodec } from './stream-codec.js'

/** How bytes on disk become the bytes that a decoder reads. */
export interface StreamSettings {
  readonly encoding: string
  /** Codec of whole text files, `none` for most. */
  readonly streamCodec: string
  readonly limit: ExpansionLimit
}

/** The data of one split in order: one file, or several entries one behind the other. */
export interface DataStream {
  /** Bytes of the current entry. */
  readonly entry: ChunkReader
  /** Name of the current entry inside its archive; `null` for a file by itself, or an archive that was opened at an entry. */
  readonly entryName: string | null
  /** Goes on to the next entry; `false` behind the last. */
  nextEntry(): Promise<boolean>
  close(): Promise<void>
}

/**
 * Opens the data for reading in order.
 *
 * @throws MillraceError `FILE_CORRUPT`, `VALUE_TOO_LARGE`, `ENCODING_UNSUPPORTED`, `UNIMPLEMENTED`, when it is opened or read.
 */
export async function openDataStream(
  file: ReadableFile,
  data: { readonly name: string; readonly bytes: FileBytes },
  settings: StreamSettings,
): Promise<DataStream> {
  if (data.bytes.kind === 'tarGzip') return TarGzipStream.open(file, data.name, data.bytes, settings)
  const raw = rawChunks(file, data.name, data.bytes, settings.limit)
  return new SingleStream(new ChunkReader(decoded(raw, settings)))
}

function decoded(raw: ByteChunks, settings: StreamSettings): ByteChunks {
  const { streamCodec, encoding } = settings
  const plain = streamCodec === 'none' ? raw : throughCodec(raw, makeStreamCodec(streamCodec))
  return toUtf8(plain, encoding)
}

function rawChunks(
  file: ReadableFile,
  name: string,
  bytes: Exclude<FileBytes, { kind: 'tarGzip' }>,
  limit: ExpansionLimit,
): ByteChunks {
  switch (bytes.kind) {
    case 'range':
      return fileChunks(file, bytes.offset, bytes.length)
    case 'gzip': {
      const chunks = throughTransform(fileChunks(file, 0, bytes.length), createGunzip(), `'${name}'`)
      return limited(chunks, bytes.length, limit, `'${name}'`)
    }
    case 'deflated': {
      const chunks = throughTransform(fileChunks(file, bytes.offset, bytes.length), createInflateRaw(), `'${name}'`)
      return checked(limited(chunks, bytes.length, limit, `'${name}'`), name, bytes.sizeBytes, bytes.crc32)
    }
  }
}

/** Fails at the end when the size or the checksum is not what the directory says. */
async function* checked(chunks: ByteChunks, name: string, sizeBytes: number, expected: number): ByteChunks {
  let size = 0
  let sum = 0
  for await (const chunk of chunks) {
    size += chunk.length
    sum = crc32(chunk, sum)
    if (size > sizeBytes) break
    yield chunk
  }
  if (size !== sizeBytes || sum !== expected) {
    throw new MillraceError(
      'FILE_CORRUPT',
      `'${name}' is damaged: its size or its checksum is not what the archive says`,
    )
  }
}

class SingleStream implements DataStream {
  readonly entry: ChunkReader
  readonly entryName = null

  constructor(entry: ChunkReader) {
    this.entry = entry
  }

  async nextEntry(): Promise<boolean> {
    return false
  }

  async close(): Promise<void> {
    await this.entry.close()
  }
}

/** The wanted entries of a compressed tar archive, which can only be walked from its beginning. */
class TarGzipStream implements DataStream {
  entry: ChunkReader
  entryName: string | null = null
  readonly #input: ChunkReader
  readonly #reader: TarReader
  readonly #name: string
  readonly #suffixes: readonly string[]
  readonly #settings: StreamSettings

  private constructor(input: ChunkReader, name: string, suffixes: readonly string[], settings: StreamSettings) {
    this.#input = input
    this.#reader = new TarReader(input, name)
    this.#name = name
    this.#suffixes = suffixes
    this.#settings = settings
    this.entry = new ChunkReader(nothing())
  }

  static async open(
    file: ReadableFile,
    name: string,
    bytes: FileBytes & { readonly kind: 'tarGzip' },
    settings: StreamSettings,
  ): Promise<TarGzipStream> {
    const chunks = throughTransform(fileChunks(file, 0, bytes.length), createGunzip(), `'${name}'`)
    const input = new ChunkReader(limited(chunks, bytes.length, settings.limit, `'${name}'`))
    const stream = new TarGzipStream(input, name, bytes.suffixes, settings)
    await stream.nextEntry()
    return stream
  }

  async nextEntry(): Promise<boolean> {
    for (let entry = await this.#reader.next(); entry !== null; entry = await this.#reader.next()) {
      if (entry.sizeBytes === 0 || !isDataEntry(entry.name, this.#suffixes)) continue
      this.entry = new ChunkReader(decoded(this.#entryChunks(entry.name, entry.sizeBytes), this.#settings))
      this.entryName = entry.name
      return true
    }
    return false
  }

  async close(): Promise<void> {
    await this.#input.close()
  }

  async *#entryChunks(entry: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
    for (let left = sizeBytes; left > 0; ) {
      const chunk = await this.#input.take(Math.min(left, 64 * 1024))
      if (chunk.length === 0) {
        throw new MillraceError('FILE_CORRUPT', `'${this.#name}' is not a whole tar archive: '${entry}' is cut off`)
      }
      left -= chunk.length
      this.#reader.consumed(chunk.length)
      yield chunk
    }
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** How much of a compressed file a look at its head may decompress. */
const HEAD_BYTES = 1024 * 1024

/** A look at the beginning of a data file that has to be read in order. Behind the first MiB there is nothing to see. */
export async function headProbe(file: ReadableFile, data: DataFile, settings: StreamSettings): Promise<FileProbe> {
  const stream = await openDataStream(file, data, settings)
  try {
    const head = await stream.entry.take(HEAD_BYTES)
    const isWhole = head.length < HEAD_BYTES
    return {
      path: data.name,
      lengthBytes: isWhole ? head.length : Number.MAX_SAFE_INTEGER,
      read: async (offset, length) => head.subarray(offset, offset + length),
    }
  } finally {
    await stream.close()
  }
}
