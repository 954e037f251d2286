import { MillraceError } from '../../core/error.js'
import type { ReadableFile } from '../file-system.js'

/** A file in a ZIP archive. Sizes and offsets in bytes of the archive. */
export interface ZipEntry {
  readonly name: string
  readonly method: 'stored' | 'deflated'
  readonly compressedBytes: number
  readonly sizeBytes: number
  readonly crc32: number
  /** Where the entry's data begin. */
  readonly dataOffset: number
}

const END_SIGNATURE = 0x06054b50
const END64_LOCATOR_SIGNATURE = 0x07064b50
const END64_SIGNATURE = 0x06064b50
const CENTRAL_SIGNATURE = 0x02014b50
const LOCAL_SIGNATURE = 0x04034b50
const END_BYTES = 22
const COMMENT_LIMIT_BYTES = 65_535
const LOCAL_BYTES = 30
const CENTRAL_BYTES = 46
const DIRECTORY_LIMIT_BYTES = 64 * 1024 * 1024

const FLAG_ENCRYPTED = 1
const METHOD: ReadonlyMap<number, ZipEntry['method']> = new Map([
  [0, 'stored'],
  [8, 'deflated'],
])

interface CentralRecord {
  readonly name: string
  readonly flags: number
  readonly method: number
  readonly compressedBytes: number
  readonly sizeBytes: number
  readonly crc32: number
  readonly localOffset: number
}

/**
 * The files of an archive whose names are wanted, in the order of its directory. Nothing is decompressed.
 *
 * @throws MillraceError `FILE_CORRUPT` for a damaged directory or entries that overlap, `UNIMPLEMENTED` for encryption and for
 *   other methods than stored and deflate, `VALUE_TOO_LARGE` for a directory of more than 64 MiB.
 * @source PKWARE APPNOTE 6.3, with ZIP64
 */
export async function readZipDirectory(
  file: ReadableFile,
  archive: string,
  isWanted: (name: string) => boolean,
): Promise<readonly ZipEntry[]> {
  const reader = new ZipReader(file, archive)
  const entries: ZipEntry[] = []
  for (const record of await reader.directory()) {
    if (!record.name.endsWith('/') && isWanted(record.name)) entries.push(await reader.entry(record))
  }
  reader.refuseOverlaps(entries)
  return entries
}

class ZipReader {
  readonly #file: ReadableFile
  readonly #archive: string

  constructor(file: ReadableFile, archive: string) {
    this.#file = file
    this.#archive = archive
  }

  async directory(): Promise<readonly CentralRecord[]> {
    const { offset, bytes: length, entries } = await this.#end()
    if (length > DIRECTORY_LIMIT_BYTES) {
      throw new MillraceError('VALUE_TOO_LARGE', `the directory of '${this.#archive}' has '${length}' bytes`)
    }
    const bytes = await this.#read(offset, length)
    const records: CentralRecord[] = []
    for (let at = 0; records.length < entries; ) {
      if (at + CENTRAL_BYTES > bytes.length || bytes.readUInt32LE(at) !== CENTRAL_SIGNATURE) {
        throw this.#corrupt('its directory is damaged')
      }
      const nameBytes = bytes.readUInt16LE(at + 28)
      const extraBytes = bytes.readUInt16LE(at + 30)
      const end = at + CENTRAL_BYTES + nameBytes + extraBytes + bytes.readUInt16LE(at + 32)
      if (end > bytes.length) throw this.#corrupt('its directory is cut off')
      records.push(this.#record(bytes, at, nameBytes, extraBytes))
      at = end
    }
    return records
  }

  async entry(record: CentralRecord): Promise<ZipEntry> {
    const { name, compressedBytes, sizeBytes, crc32 } = record
    const method = METHOD.get(record.method)
    if ((record.flags & FLAG_ENCRYPTED) !== 0 || method === undefined) {
      const what = method === undefined ? `compression method '${record.method}'` : 'encryption'
      throw new MillraceError('UNIMPLEMENTED', `'${name}' in '${this.#archive}' uses ${what}, which is not implemented`)
    }
    const local = await this.#read(record.localOffset, LOCAL_BYTES)
    if (local.readUInt32LE(0) !== LOCAL_SIGNATURE)
      throw this.#corrupt(`entry '${name}' is not where its directory says`)
    const dataOffset = record.localOffset + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28)
    if (dataOffset + compressedBytes > this.#file.sizeBytes) throw this.#corrupt(`entry '${name}' is cut off`)
    if (method === 'stored' && compressedBytes !== sizeBytes) throw this.#corrupt(`entry '${name}' has two sizes`)
    return { name, method, compressedBytes, sizeBytes, crc32, dataOffset }
  }

  /** Entries that share bytes are how a small archive becomes a very large one. */
  refuseOverlaps(entries: readonly ZipEntry[]): void {
    const byOffset = [...entries].sort((left, right) => left.dataOffset - right.dataOffset)
    for (const [index, entry] of byOffset.entries()) {
      const following = byOffset[index + 1]
      if (following !== undefined && entry.dataOffset + entry.compressedBytes > following.dataOffset) {
        throw this.#corrupt(`entries '${entry.name}' and '${following.name}' overlap`)
      }
    }
  }

  async #end(): Promise<{ readonly offset: number; readonly bytes: number; readonly entries: number }> {
    const tailBytes = Math.min(this.#file.sizeBytes, END_BYTES + COMMENT_LIMIT_BYTES)
    const tailOffset = this.#file.sizeBytes - tailBytes
    const tail = await this.#read(tailOffset, tailBytes)
    for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
      if (tail.readUInt32LE(at) !== END_SIGNATURE) continue
      const end = {
        entries: tail.readUInt16LE(at + 10),
        bytes: tail.readUInt32LE(at + 12),
        offset: tail.readUInt32LE(at + 16),
      }
      const isLarge = end.entries === 0xffff || end.bytes === 0xffffffff || end.offset === 0xffffffff
      return isLarge ? this.#end64(tailOffset + at) : end
    }
    throw this.#corrupt('its directory is missing')
  }

  async #end64(
    endOffset: number,
  ): Promise<{ readonly offset: number; readonly bytes: number; readonly entries: number }> {
    const locator = await this.#read(endOffset - 20, 20)
    if (locator.readUInt32LE(0) !== END64_LOCATOR_SIGNATURE) throw this.#corrupt('its directory is damaged')
    const end = await this.#read(this.#safe(locator.readBigUInt64LE(8)), 56)
    if (end.readUInt32LE(0) !== END64_SIGNATURE) throw this.#corrupt('its directory is damaged')
    return {
      entries: this.#safe(end.readBigUInt64LE(32)),
      bytes: this.#safe(end.readBigUInt64LE(40)),
      offset: this.#safe(end.readBigUInt64LE(48)),
    }
  }

  #record(bytes: Buffer, at: number, nameBytes: number, extraBytes: number): CentralRecord {
    const extraAt = at + CENTRAL_BYTES + nameBytes
    const large = this.#zip64Values(bytes.subarray(extraAt, extraAt + extraBytes))
    const size32 = bytes.readUInt32LE(at + 24)
    const compressed32 = bytes.readUInt32LE(at + 20)
    const offset32 = bytes.readUInt32LE(at + 42)
    // The 64-bit field holds only those values that do not fit, in this order.
    const sizeBytes = size32 === 0xffffffff ? (large.shift() ?? size32) : size32
    const compressedBytes = compressed32 === 0xffffffff ? (large.shift() ?? compressed32) : compressed32
    const localOffset = offset32 === 0xffffffff ? (large.shift() ?? offset32) : offset32
    return {
      name: bytes.toString('utf8', at + CENTRAL_BYTES, extraAt),
      flags: bytes.readUInt16LE(at + 8),
      method: bytes.readUInt16LE(at + 10),
      crc32: bytes.readUInt32LE(at + 16),
      compressedBytes,
      sizeBytes,
      localOffset,
    }
  }

  #zip64Values(extra: Buffer): number[] {
    for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
      if (extra.readUInt16LE(at) !== 1) continue
      const field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2))
      return Array.from({ length: field.length >> 3 }, (_, index) => this.#safe(field.readBigUInt64LE(index * 8)))
    }
    return []
  }

  async #read(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length)
    if (offset < 0 || offset + length > this.#file.sizeBytes || (await this.#file.read(bytes, offset)) < length) {
      throw this.#corrupt('it is cut off')
    }
    return bytes
  }

  #safe(value: bigint): number {
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.#corrupt('it has an offset beyond every file')
    return Number(value)
  }

  #corrupt(reason: string): MillraceError {
    return new MillraceError('FILE_CORRUPT', `'${this.#archive}' is not a whole zip archive: ${reason}`)
  }
}
