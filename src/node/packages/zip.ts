import { type FileHandle, open } from 'node:fs/promises'
import { MillraceError } from '../../core/error.js'
import {
  type DirectoryEnd,
  findDirectoryEnd,
  parseEntry,
  ZIP_LOCAL_BYTES,
  ZIP_LOCAL_SIGNATURE,
  type ZipEntry,
} from './zip-format.js'

/** What an archive may hold. */
export interface ZipLimits {
  readonly entries: number
  /** All contents together. */
  readonly totalBytes: number
  /** How many times larger than packed the contents may be: all together, and each above {@link RATIO_FROM_BYTES}. */
  readonly ratio: number
}

/** What holds unless it is configured. */
export const ZIP_LIMITS: ZipLimits = { entries: 10_000, totalBytes: 1024 ** 3, ratio: 100 }

/** Smaller contents may be packed as well as they can: a file of blanks is no bomb. */
const RATIO_FROM_BYTES = 1024 * 1024
/** A list of 10,000 entries with long names is far smaller. */
const DIRECTORY_LIMIT_BYTES = 32 * 1024 * 1024
/** Names that are looked at of an archive which may be of any kind. */
const NAMES_LIMIT = 100_000
/** How contents may be packed: not at all, or deflated. */
const METHODS: ReadonlySet<number> = new Set([0, 8])
/** Kinds of files in the upper bits of a Unix mode. */
const KIND_MASK = 0xf000
const KINDS: ReadonlySet<number> = new Set([0, 0x8000, 0x4000])

/** What an archive holds. */
export interface ZipSummary {
  readonly entries: readonly ZipEntry[]
  readonly totalBytes: number
}

/**
 * Looks at the list of contents of an archive without unpacking anything.
 *
 * @returns the entries in the order of the list.
 * @throws MillraceError `ARCHIVE_REFUSED` for everything that is not plain: beyond the limits, links and devices, absolute names and
 * names with `..`, encrypted, overlapping or double entries, a list that does not fit the contents; `FILE_READ_FAILED`.
 * @source PKWARE APPNOTE 6.3.10
 */
export async function inspectZip(path: string, limits: ZipLimits = ZIP_LIMITS): Promise<ZipSummary> {
  return withFile(path, (file) => inspect(file, limits))
}

/** Opens an archive for some work. @throws MillraceError `FILE_READ_FAILED`, what the work throws. */
export async function withFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new MillraceError('FILE_READ_FAILED', 'the archive cannot be read', { cause: error })
  })
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}

/**
 * Names of the entries of a file that may be an archive, whatever else is wrong with it: the first 100,000 of them.
 *
 * @returns `null` when it has no list of contents that could be read to its end.
 * @throws MillraceError `FILE_READ_FAILED`
 */
export async function zipNames(path: string): Promise<readonly string[] | null> {
  return withFile(path, async (file) => {
    const { size } = await file.stat()
    const end = await findDirectoryEnd((offset, length) => readAt(file, offset, length), size)
    if (end === null || end.bytes > DIRECTORY_LIMIT_BYTES || end.offset + end.bytes > end.endOffset) return null
    const directory = await readAt(file, end.offset, end.bytes)
    const names: string[] = []
    for (let offset = 0; offset < directory.length && names.length < NAMES_LIMIT; ) {
      const parsed = parseEntry(directory, offset)
      if (parsed === null) return null
      names.push(parsed.entry.name)
      offset = parsed.next
    }
    return names
  })
}

async function inspect(file: FileHandle, limits: ZipLimits): Promise<ZipSummary> {
  const { size } = await file.stat()
  const end = await findDirectoryEnd((offset, length) => readAt(file, offset, length), size)
  if (end === null) throw refused('it has no list of contents')
  if (end.entries > limits.entries) throw refused(`it has ${end.entries} entries, more than ${limits.entries}`)
  if (end.bytes > DIRECTORY_LIMIT_BYTES || end.offset + end.bytes > end.endOffset)
    throw refused('its list of contents is not where it says')
  const entries = readEntries(await readAt(file, end.offset, end.bytes), end)
  for (const entry of entries) checkEntry(entry, limits)
  checkTotals(entries, limits)
  await checkPlaces(file, entries, end.offset)
  return { entries, totalBytes: total(entries, 'bytes') }
}

function readEntries(directory: Buffer, end: DirectoryEnd): readonly ZipEntry[] {
  const entries: ZipEntry[] = []
  const names = new Set<string>()
  let offset = 0
  for (let index = 0; index < end.entries; index += 1) {
    const parsed = parseEntry(directory, offset)
    if (parsed === null) throw refused('its list of contents is damaged')
    if (names.has(parsed.entry.name)) throw refused(`'${shown(parsed.entry.name)}' is there twice`)
    names.add(parsed.entry.name)
    entries.push(parsed.entry)
    offset = parsed.next
  }
  if (offset !== directory.length) throw refused('its list of contents is damaged')
  return entries
}

function checkEntry(entry: ZipEntry, limits: ZipLimits): void {
  const { name, isNameText, bytes, packedBytes, method, isEncrypted, unixMode } = entry
  const fault = nameFault(name)
  if (fault !== null) throw refused(`'${shown(name)}' ${fault}`)
  if (!isNameText) throw refused(`the name of '${shown(name)}' is no UTF-8`)
  if (isEncrypted) throw refused(`'${shown(name)}' is encrypted`)
  if (!METHODS.has(method)) throw refused(`'${shown(name)}' is packed in a way that is not read`)
  if (!KINDS.has(unixMode & KIND_MASK)) throw refused(`'${shown(name)}' is a link or a device`)
  if (method === 0 && bytes !== packedBytes) throw refused(`'${shown(name)}' is not as large as it says`)
  if (bytes > RATIO_FROM_BYTES && bytes > packedBytes * limits.ratio)
    throw refused(`'${shown(name)}' would be more than ${limits.ratio} times its packed size`)
}

/** What is wrong with the name of an entry; `null` when it stays below the folder that it is unpacked into. */
export function nameFault(name: string): string | null {
  if (name === '' || name.length > 4096) return 'has no usable name'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are refused.
  if (/[\u0000-\u001f\u007f\\]/.test(name)) return 'has characters that a name must not have'
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return 'has an absolute name'
  const parts = name.replace(/\/$/, '').split('/')
  if (parts.some((part) => part === '..' || part === '.' || part === '')) return 'leads out of its folder'
  return null
}

function checkTotals(entries: readonly ZipEntry[], limits: ZipLimits): void {
  const bytes = total(entries, 'bytes')
  if (bytes > limits.totalBytes) throw refused(`its contents have more than ${limits.totalBytes} bytes`)
  if (bytes > RATIO_FROM_BYTES && bytes > total(entries, 'packedBytes') * limits.ratio)
    throw refused(`its contents would be more than ${limits.ratio} times their packed size`)
}

/** Contents must be where the list says, under the same name, and no two in one place: a small archive can hide much in overlaps. */
async function checkPlaces(file: FileHandle, entries: readonly ZipEntry[], directoryOffset: number): Promise<void> {
  const sorted = [...entries].sort((left, right) => left.offset - right.offset)
  for (const [index, entry] of sorted.entries()) {
    const header = await readAt(file, entry.offset, ZIP_LOCAL_BYTES + entry.rawName.length)
    const known =
      header.length === ZIP_LOCAL_BYTES + entry.rawName.length &&
      header.readUInt32LE(0) === ZIP_LOCAL_SIGNATURE &&
      header.readUInt16LE(26) === entry.rawName.length &&
      header.subarray(ZIP_LOCAL_BYTES).equals(entry.rawName)
    if (!known) throw refused(`'${shown(entry.name)}' is not where the list of contents says`)
    const endOffset = entry.offset + header.length + header.readUInt16LE(28) + entry.packedBytes
    if (endOffset > (sorted[index + 1]?.offset ?? directoryOffset))
      throw refused(`'${shown(entry.name)}' overlaps what follows it`)
  }
}

function total(entries: readonly ZipEntry[], field: 'bytes' | 'packedBytes'): number {
  return entries.reduce((sum, entry) => sum + entry[field], 0)
}

/** Reads a part of an archive; shorter at its end. @throws MillraceError `FILE_READ_FAILED` */
export async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset).catch((error: unknown) => {
    throw new MillraceError('FILE_READ_FAILED', 'the archive cannot be read', { cause: error })
  })
  return buffer.subarray(0, bytesRead)
}

/** A name of an entry as errors show it. */
export function shown(name: string): string {
  return name.slice(0, 100).replace(/[^ -~]/g, '?')
}

/** An archive that is not taken. */
export function refused(message: string): MillraceError {
  return new MillraceError('ARCHIVE_REFUSED', `the archive is not accepted: ${message}`, {
    hint: 'pack plain files below their folder, without links',
  })
}
