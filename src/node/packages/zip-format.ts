import { isUtf8 } from 'node:buffer'

/** One entry of an archive's list of contents. */
export interface ZipEntry {
  readonly name: string
  readonly rawName: Buffer
  /** Whether the name is UTF-8, as the archive says or by its bytes. */
  readonly isNameText: boolean
  readonly bytes: number
  readonly packedBytes: number
  /** Where its header is in the file. */
  readonly offset: number
  /** 0: not packed, 8: deflated. */
  readonly method: number
  readonly isEncrypted: boolean
  /** Permissions and kind; 0 where the archive does not say. */
  readonly unixMode: number
  /** Checksum of the contents. @source PKWARE APPNOTE 6.3.10, section 4.4.7 */
  readonly crc32: number
}

/** Where the list of contents is. */
export interface DirectoryEnd {
  readonly entries: number
  readonly offset: number
  readonly bytes: number
  /** Where the record is that says so. */
  readonly endOffset: number
}

/** Bytes of a header in front of an entry, without its name. */
export const ZIP_LOCAL_BYTES = 30
/** How such a header begins. */
export const ZIP_LOCAL_SIGNATURE = 0x04034b50

const END_SIGNATURE = 0x06054b50
const END_BYTES = 22
const LOCATOR_SIGNATURE = 0x07064b50
const LOCATOR_BYTES = 20
const END64_SIGNATURE = 0x06064b50
const END64_BYTES = 56
const ENTRY_SIGNATURE = 0x02014b50
const ENTRY_BYTES = 46
const COMMENT_LIMIT = 65_535
const IN_EXTRA_32 = 0xffffffff
const IN_EXTRA_16 = 0xffff
const EXTRA_ZIP64 = 1

/** Reads a part of the archive; shorter at its end. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>

/**
 * Finds the list of contents.
 *
 * @param size of the archive in bytes.
 * @returns `null` when there is none, or the archive is in several files.
 */
export async function findDirectoryEnd(readAt: ReadAt, size: number): Promise<DirectoryEnd | null> {
  const start = Math.max(0, size - END_BYTES - COMMENT_LIMIT)
  const tail = await readAt(start, size - start)
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END_SIGNATURE || at + END_BYTES + tail.readUInt16LE(at + 20) !== tail.length) continue
    if (tail.readUInt16LE(at + 4) !== 0 || tail.readUInt16LE(at + 6) !== 0) return null
    const entries = tail.readUInt16LE(at + 10)
    const bytes = tail.readUInt32LE(at + 12)
    const offset = tail.readUInt32LE(at + 16)
    const endOffset = start + at
    if (entries !== IN_EXTRA_16 && bytes !== IN_EXTRA_32 && offset !== IN_EXTRA_32)
      return { entries, bytes, offset, endOffset }
    return findDirectoryEnd64(readAt, endOffset)
  }
  return null
}

async function findDirectoryEnd64(readAt: ReadAt, endOffset: number): Promise<DirectoryEnd | null> {
  if (endOffset < LOCATOR_BYTES) return null
  const locator = await readAt(endOffset - LOCATOR_BYTES, LOCATOR_BYTES)
  if (locator.readUInt32LE(0) !== LOCATOR_SIGNATURE) return null
  const at = Number(locator.readBigUInt64LE(8))
  if (!Number.isSafeInteger(at) || at + END64_BYTES > endOffset) return null
  const record = await readAt(at, END64_BYTES)
  if (record.length < END64_BYTES || record.readUInt32LE(0) !== END64_SIGNATURE) return null
  const [entries, bytes, offset] = [32, 40, 48].map((field) => Number(record.readBigUInt64LE(field)))
  if (entries === undefined || bytes === undefined || offset === undefined) return null
  return { entries, bytes, offset, endOffset: at }
}

/**
 * Reads one entry of the list.
 *
 * @returns the entry and where the next one begins; `null` when the list is damaged there.
 */
export function parseEntry(directory: Buffer, at: number): { readonly entry: ZipEntry; readonly next: number } | null {
  if (at + ENTRY_BYTES > directory.length || directory.readUInt32LE(at) !== ENTRY_SIGNATURE) return null
  const nameBytes = directory.readUInt16LE(at + 28)
  const extraBytes = directory.readUInt16LE(at + 30)
  const next = at + ENTRY_BYTES + nameBytes + extraBytes + directory.readUInt16LE(at + 32)
  if (next > directory.length) return null
  const rawName = directory.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes)
  const extra = directory.subarray(at + ENTRY_BYTES + nameBytes, at + ENTRY_BYTES + nameBytes + extraBytes)
  const sizes = [directory.readUInt32LE(at + 24), directory.readUInt32LE(at + 20), directory.readUInt32LE(at + 42)]
  const resolved = resolveSizes(sizes, extra)
  if (resolved === null) return null
  const [bytes = 0, packedBytes = 0, offset = 0] = resolved
  const flags = directory.readUInt16LE(at + 8)
  // Many programs write UTF-8 and do not say so.
  const isNameText = isUtf8(rawName)
  const entry = {
    name: rawName.toString(isNameText ? 'utf8' : 'latin1'),
    rawName,
    isNameText,
    bytes,
    packedBytes,
    offset,
    method: directory.readUInt16LE(at + 10),
    isEncrypted: (flags & 1) !== 0,
    unixMode: directory.readUInt16LE(at + 40),
    crc32: directory.readUInt32LE(at + 16),
  }
  return { entry, next }
}

/** Sizes and place, from the further fields where they do not fit: in the order size, packed size, place. */
function resolveSizes(sizes: readonly number[], extra: Buffer): readonly number[] | null {
  if (!sizes.includes(IN_EXTRA_32)) return sizes
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2)
    if (end > extra.length) return null
    if (extra.readUInt16LE(at) === EXTRA_ZIP64) return fromExtra(sizes, extra.subarray(at + 4, end))
    at = end
  }
  return null
}

function fromExtra(sizes: readonly number[], values: Buffer): readonly number[] | null {
  let at = 0
  const resolved = sizes.map((size) => {
    if (size !== IN_EXTRA_32) return size
    at += 8
    return at <= values.length ? Number(values.readBigUInt64LE(at - 8)) : Number.NaN
  })
  return resolved.every(Number.isSafeInteger) ? resolved : null
}
