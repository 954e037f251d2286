import { createHash, randomUUID } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { MillraceError } from '../../core/error.js'
import type { UploadPart } from './multipart.js'

/** Room for the files of all uploads together. */
export class UploadSpace {
  readonly limitBytes: number
  #usedBytes = 0

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  /** @returns whether there was room. */
  take(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.limitBytes) return false
    this.#usedBytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes
  }
}

/** A file that came with a request. */
export interface StoredUpload {
  readonly path: string
  /** What the client called it, made safe; for listings. */
  readonly name: string
  readonly bytes: number
  readonly sha256: string
  /** Deletes the file and gives its room back. */
  remove(): Promise<void>
}

/** Where files go, and how large they may be. */
export interface UploadTarget {
  /** An existing folder that belongs to the node. */
  readonly folder: string
  readonly limitBytes: number
  readonly space: UploadSpace
}

/**
 * Writes a part into a file whose name is ours, readable by this user only. Nothing stays when it fails.
 *
 * @throws MillraceError `BODY_TOO_LARGE` for a file beyond the limit or without room, `FILE_WRITE_FAILED`; what the body throws passes.
 */
export async function storeUpload(part: UploadPart, target: UploadTarget): Promise<StoredUpload> {
  const path = join(target.folder, `${randomUUID()}.upload`)
  const hash = createHash('sha256')
  let bytes = 0
  const remove = async (): Promise<void> => {
    await rm(path, { force: true })
    target.space.give(bytes)
    bytes = 0
  }
  try {
    const file = await open(path, 'wx', 0o600).catch(writeFault)
    try {
      for await (const piece of part.content) {
        if (bytes + piece.byteLength > target.limitBytes) throw tooLarge(`is larger than ${target.limitBytes} bytes`)
        if (!target.space.take(piece.byteLength)) throw tooLarge('does not fit beside the other uploads')
        bytes += piece.byteLength
        hash.update(piece)
        await file.writeFile(piece).catch(writeFault)
      }
    } finally {
      await file.close()
    }
    return { path, name: safeDisplayName(part.fileName), bytes, sha256: hash.digest('hex'), remove }
  } catch (error) {
    await remove()
    throw error
  }
}

/**
 * Collects a part in memory.
 *
 * @throws MillraceError `BODY_TOO_LARGE` beyond the limit.
 */
export async function readPart(part: UploadPart, limitBytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of part.content) {
    bytes += piece.byteLength
    if (bytes > limitBytes) throw tooLarge(`is larger than ${limitBytes} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** The last part of a name that a client gave, with at most 100 letters, digits, dots, dashes and underscores; never hidden, never empty. */
export function safeDisplayName(name: string | null): string {
  const last = (name ?? '').split(/[/\\]/).at(-1) ?? ''
  const safe = last
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\.+/, '')
    .slice(-100)
  return safe === '' ? 'upload' : safe
}

function tooLarge(message: string): MillraceError {
  return new MillraceError('BODY_TOO_LARGE', `the uploaded file ${message}`, { hint: 'send a smaller file' })
}

function writeFault(error: unknown): never {
  throw new MillraceError('FILE_WRITE_FAILED', 'the uploaded file cannot be written', { cause: error })
}
