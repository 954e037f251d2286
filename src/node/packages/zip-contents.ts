import { mkdir, open, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInflateRaw, inflateRaw } from 'node:zlib'
import { MillraceError } from '../../core/error.js'
import { crc32 } from '../../files/archive/crc32.js'
import { readAt, refused, shown, withFile } from './zip.js'
import { ZIP_LOCAL_BYTES, type ZipEntry } from './zip-format.js'

/** Bytes of an archive that are read at a time. */
const PIECE_BYTES = 256 * 1024
/** Bytes that packing may add to contents which cannot be packed. */
const PACKING_BYTES = 64 * 1024
/** Time that all unpacked files have, in seconds since 1970: a job that goes on after a restart must find its files unchanged. */
const UNPACKED_AT_SECONDS = 946_684_800

/**
 * Unpacks one entry into memory.
 *
 * @param entry of this archive, as the checked list of contents has it.
 * @throws MillraceError `ARCHIVE_REFUSED` for one that is larger than the limit or than it says, or damaged; `FILE_READ_FAILED`.
 */
export async function zipEntryBytes(path: string, entry: ZipEntry, limitBytes: number): Promise<Buffer> {
  // Deflated contents are larger than unpacked ones by a few bytes at most.
  if (Math.max(entry.bytes, entry.packedBytes - PACKING_BYTES) > limitBytes)
    throw refused(`'${shown(entry.name)}' is larger than ${limitBytes} bytes`)
  return withFile(path, async (file) => {
    const packed = await readAt(file, await contentOffset(path, entry), entry.packedBytes)
    const content = entry.method === 0 ? packed : await inflated(packed, entry)
    if (content.length !== entry.bytes || crc32(content) !== entry.crc32) throw damaged(entry)
    return content
  })
}

function inflated(packed: Buffer, entry: ZipEntry): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    inflateRaw(packed, { maxOutputLength: entry.bytes + 1 }, (error, content) => {
      if (error === null) resolve(content)
      else reject(damaged(entry, error))
    })
  })
}

/**
 * Unpacks entries below a folder that is there and empty. Nothing is ever written elsewhere: names were checked, and a file that is
 * there already is not written again.
 *
 * @param entries of this archive, as the checked list of contents has them.
 * @throws MillraceError `ARCHIVE_REFUSED` for contents that are not as the list says, `FILE_READ_FAILED`, `FILE_WRITE_FAILED`.
 */
export async function unpackZip(path: string, entries: readonly ZipEntry[], folder: string): Promise<void> {
  for (const entry of entries) {
    const target = join(folder, entry.name)
    const isFolder = entry.name.endsWith('/')
    await mkdir(isFolder ? target : dirname(target), { recursive: true, mode: 0o700 }).catch(writeFault(entry))
    if (!isFolder) await unpackEntry(path, entry, target)
  }
}

async function unpackEntry(path: string, entry: ZipEntry, target: string): Promise<void> {
  const file = await open(target, 'wx', 0o400).catch(writeFault(entry))
  let sum = 0
  let bytes = 0
  try {
    for await (const piece of contentPieces(path, entry)) {
      bytes += piece.byteLength
      if (bytes > entry.bytes) throw damaged(entry)
      sum = crc32(piece, sum)
      await file.writeFile(piece).catch(writeFault(entry))
    }
  } finally {
    await file.close()
  }
  if (bytes !== entry.bytes || sum !== entry.crc32) throw damaged(entry)
  await utimes(target, UNPACKED_AT_SECONDS, UNPACKED_AT_SECONDS).catch(writeFault(entry))
}

/** The unpacked content of an entry, piece by piece. */
async function* contentPieces(path: string, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const start = await contentOffset(path, entry)
  async function* packed(): AsyncGenerator<Buffer> {
    const file = await open(path, 'r')
    try {
      for (let at = 0; at < entry.packedBytes; at += PIECE_BYTES)
        yield await readAt(file, start + at, Math.min(PIECE_BYTES, entry.packedBytes - at))
    } finally {
      await file.close()
    }
  }
  if (entry.method === 0) {
    yield* packed()
    return
  }
  const inflate = createInflateRaw({ chunkSize: PIECE_BYTES })
  const fed = feed(inflate, packed())
  try {
    for await (const piece of inflate) yield piece as Uint8Array
    await fed
  } catch (error) {
    throw error instanceof MillraceError ? error : damaged(entry, error)
  } finally {
    inflate.destroy()
  }
}

/** Writes pieces into a stream no faster than it takes them. Ends when it does. */
async function feed(stream: ReturnType<typeof createInflateRaw>, pieces: AsyncIterable<Buffer>): Promise<void> {
  try {
    for await (const piece of pieces) {
      if (stream.destroyed) return
      if (!stream.write(piece)) await drained(stream)
    }
    stream.end()
  } catch (error) {
    stream.destroy(error as Error)
  }
}

function drained(stream: ReturnType<typeof createInflateRaw>): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      stream.off('drain', over)
      stream.off('close', over)
      resolve()
    }
    stream.on('drain', over)
    stream.on('close', over)
  })
}

/** Where the content of an entry begins: behind its own header, whose further fields may differ from those of the list. */
async function contentOffset(path: string, { offset, rawName }: ZipEntry): Promise<number> {
  const header = await withFile(path, (file) => readAt(file, offset, ZIP_LOCAL_BYTES))
  if (header.length < ZIP_LOCAL_BYTES) throw refused('it is shorter than it was')
  return offset + ZIP_LOCAL_BYTES + rawName.length + header.readUInt16LE(28)
}

function damaged({ name }: ZipEntry, cause?: unknown): MillraceError {
  const fault = refused(`the content of '${shown(name)}' is damaged`)
  return new MillraceError(fault.code, fault.message, { ...fault.details, cause, hint: 'pack it again' })
}

function writeFault({ name }: ZipEntry): (error: unknown) => never {
  return (error) => {
    const { code } = error as NodeJS.ErrnoException
    // Two names for one place, such as `a` and `a/b`.
    if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR')
      throw refused(`'${shown(name)}' is in the place of another entry`)
    throw new MillraceError('FILE_WRITE_FAILED', `'${shown(name)}' of the package cannot be unpacked`, { cause: error })
  }
}
